"""Accounts of staff: inviting, changing roles, closing. The last director who can sign in stays."""

from __future__ import annotations

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from kanikko.settings import Settings
from web.access import ROLES, Role
from web.clock import stamp
from web.data import Row, every, one, value, writing
from web.ids import new_id
from web.staff.audit import audit
from web.staff.invitations import forget_mails, invite, reset
from web.staff.limits import ACCOUNT, key, start_afresh
from web.staff.sessions import end_sessions


class AccountError(KanikkoError):
    """This cannot be done with the account."""


_ABLE = "active and role = 'director' and password_hash is not null and totp_sealed is not null"


def all_accounts(db: Database) -> list[Row]:
    """Every account with ``state`` (``active``, ``invited``, ``closed``, ``none``: neither) and ``seen_at`` of an open session."""
    rows = every(
        db,
        "select staff.id, login, name, role, mentor, active, password_hash is not null and totp_sealed is not null as ready,"
        " invited_until, staff.created_at, (select max(seen_at) from staff_sessions where staff = staff.id) as seen_at"
        " from staff order by active desc, login",
    )
    return [row | {"state": _state(row)} for row in rows]


def account(db: Database, staff: str) -> Row | None:
    return next((row for row in all_accounts(db) if row["id"] == staff), None)


def _state(row: Row) -> str:
    if not row["active"]:
        return "closed"
    if row["ready"]:
        return "active"
    return "invited" if row["invited_until"] and row["invited_until"] > stamp() else "none"


def add(db: Database, settings: Settings, login: str, name: str, role: Role, actor: str) -> tuple[str, str]:
    """A new account and its invitation's token. Raises AccountError where the login is taken."""
    if role not in ROLES:
        raise AccountError(f"「{role}」という役割はありません。", remedy=f"次から選んでください: {', '.join(ROLES)}")
    with writing(db):
        if one(db, "select 1 from staff where login = ?", (login,)):
            raise AccountError("このIDのアカウントは、もうあります。", remedy="一覧から選んで、役割を変えるか、もう一度招待してください。")
        staff = new_id("staff")
        db.table("staff").insert({"id": staff, "login": login, "name": name, "role": role, "created_at": stamp()})
        token = invite(db, settings, staff)
        audit(db, actor, "staff.invite", "staff", staff, role=role)
    return staff, token


def reset_totp(db: Database, settings: Settings, staff: str, actor: str) -> str:
    """Take both factors away and invite again; the invitation's token."""
    with writing(db):
        row = _row(db, staff)
        _keep_a_director(db, row)
        reset(db, staff)
        forget_mails(db, staff)
        start_afresh(db, key(settings, "account", row["login"].lower(), ACCOUNT))
        token = invite(db, settings, staff)
        audit(db, actor, "staff.reset_totp", "staff", staff)
    return token


def change_role(db: Database, staff: str, role: Role, actor: str) -> None:
    with writing(db):
        row = _row(db, staff)
        if role not in ROLES:
            raise AccountError(f"「{role}」という役割はありません。", remedy=f"次から選んでください: {', '.join(ROLES)}")
        if role == row["role"]:
            return
        _keep_a_director(db, row)
        db.execute("update staff set role = ? where id = ?", (role, staff))
        audit(db, actor, "staff.change_role", "staff", staff, before=row["role"], after=role)


def deactivate(db: Database, staff: str, actor: str) -> None:
    """Close an account and end its sessions at once. What it did stays in the log."""
    with writing(db):
        row = _row(db, staff)
        _keep_a_director(db, row)
        db.execute("update staff set active = 0 where id = ?", (staff,))
        reset(db, staff)
        end_sessions(db, staff)
        forget_mails(db, staff)
        audit(db, actor, "staff.deactivate", "staff", staff)


def reactivate(db: Database, settings: Settings, staff: str, actor: str) -> str:
    """Open a closed account again, with a new invitation; its token."""
    with writing(db):
        _row(db, staff)
        db.execute("update staff set active = 1 where id = ?", (staff,))
        token = invite(db, settings, staff)
        audit(db, actor, "staff.reactivate", "staff", staff)
    return token


def by_login(db: Database, login: str) -> Row:
    """Raises AccountError where there is none."""
    found = one(db, "select * from staff where login = ?", (login,))
    if found is None:
        raise AccountError(f"「{login}」というIDのアカウントはありません。", remedy="一覧を見る: kanikko site staff list")
    return found


def _row(db: Database, staff: str) -> Row:
    found = one(db, "select * from staff where id = ?", (staff,))
    if found is None:
        raise AccountError("そのアカウントはありません。", remedy="一覧を開き直してください。")
    return found


def _keep_a_director(db: Database, row: Row) -> None:
    """Raises AccountError when this account is the only director who can sign in."""
    able = f"select count(*) from staff where {_ABLE} and id"  # noqa: S608 (ours)
    if value(db, f"{able} = ?", (row["id"],)) and not value(db, f"{able} <> ?", (row["id"],)):
        raise AccountError(
            "サインインできる責任者が、ほかにいません。", remedy="先に、もう一人の責任者を招待し、準備を終えてもらってください。"
        )
