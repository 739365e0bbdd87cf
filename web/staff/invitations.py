"""One-time invitations: how staff sets password and one-time codes the first time, or again after a reset."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from kanikko.settings import Settings
from web.clock import now, stamp
from web.data import Row, one, writing
from web.staff.credentials import hash_password, matching_step, new_recovery_codes, new_totp, open_totp, seal_totp
from web.staff.limits import ACCOUNT, key, start_afresh
from web.staff.sessions import end_sessions

VALID = timedelta(days=7)
"""An invitation that was not used within this time is worth nothing."""


class WrongCode(KanikkoError):
    """The code is not the one that the app shows; the invitation stays open."""


class UsedUp(KanikkoError):
    """There is no such invitation (any more)."""


def invite(db: Database, settings: Settings, staff: str) -> str:
    """A new invitation's token (256 bits), the only time it can be read. The ones before it are worth nothing."""
    token = secrets.token_urlsafe(32)
    with writing(db):
        db.execute(
            "update staff set invitation_hash = ?, invitation_totp_sealed = ?, invited_until = ? where id = ?",
            (_hash(token), seal_totp(settings, staff, new_totp()), stamp(now() + VALID), staff),
        )
    return token


def reset(db: Database, staff: str) -> None:
    """Take password, one-time codes, recovery codes and sessions away: only a new invitation opens the account again."""
    with writing(db):
        db.execute(
            "update staff set password_hash = null, totp_sealed = null, invitation_hash = null, invitation_totp_sealed = null,"
            " invited_until = null where id = ?",
            (staff,),
        )
        db.execute("delete from staff_recovery where staff = ?", (staff,))
        end_sessions(db, staff)


def find(db: Database, token: str) -> Row | None:
    """The row of staff whose open invitation this is, or None."""
    return one(db, "select * from staff where invitation_hash = ? and invited_until > ? and active", (_hash(token), stamp()))


def totp_of(settings: Settings, invited: Row) -> str:
    """The secret that the invitation's QR code shows. Raises UsedUp when it was sealed with another key."""
    secret = open_totp(settings, invited["id"], invited["invitation_totp_sealed"])
    if secret is None:
        raise UsedUp("この招待は使えません。", remedy="責任者に新しい招待を頼んでください。")
    return secret


def accept(db: Database, settings: Settings, token: str, password: str, code: str) -> tuple[str, list[str]]:
    """Use the invitation up; the member of staff's id and the recovery codes. Raises WrongCode or UsedUp, having changed nothing."""
    invited = find(db, token)
    if invited is None:
        raise UsedUp("この招待は使えません。", remedy="責任者に新しい招待を頼んでください。")
    secret, staff = totp_of(settings, invited), str(invited["id"])
    step = matching_step(secret, code, now().timestamp())
    if step is None:
        raise WrongCode("アプリに出ている6けたの数字と合いません。", remedy="新しい数字が出てから、もう一度入力してください。")
    password_hash = hash_password(password)
    with writing(db):
        used = db.execute(
            "update staff set password_hash = ?, totp_sealed = invitation_totp_sealed, totp_step = ?, invitation_hash = null,"
            " invitation_totp_sealed = null, invited_until = null where id = ? and invitation_hash = ?",
            (password_hash, step, staff, _hash(token)),
        )
        if used.rowcount != 1:
            raise UsedUp("この招待は、たった今使われました。", remedy="サインインしてみてください。")
        end_sessions(db, staff)
        start_afresh(db, key(settings, "account", invited["login"].lower(), ACCOUNT))
        forget_mails(db, staff)
        codes = new_recovery_codes(db, settings, staff)
    return staff, codes


def forget_mails(db: Database, staff: str) -> None:
    """Links that were mailed have done their work: one still waiting is not sent, the others say nothing any more."""
    with writing(db):
        about = "template = 'staff/invited' and about = ?"
        db.execute(f"delete from mails where {about} and state = 'queued'", (staff,))  # noqa: S608 (ours)
        db.execute(f"update mails set body = '' where {about}", (staff,))  # noqa: S608 (ours)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
