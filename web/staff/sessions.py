"""Sessions of staff: a random token in a cookie, its hash in the database, so that they can be ended there."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from flask import current_app, g, request
from sqlite_utils import Database
from werkzeug.wrappers import Response

from web.clock import now, stamp
from web.data import Row, every, one, request_db, writing

COOKIE = "kanikko-staff"
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
HALF = timedelta(minutes=10)
"""How long the page that asks for the code waits after the password."""

_STAFF = "staff.id, login, name, role, mentor, totp_done, seen_at"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def open_session(db: Database, staff: str, *, totp_done: bool) -> str:
    """A new session; its token, for the cookie. With ``totp_done`` false it opens nothing but the page that asks for the code."""
    token = secrets.token_urlsafe(32)
    with writing(db):
        db.table("staff_sessions").insert(
            {
                "id_hash": _hash(token),
                "staff": staff,
                "created_at": stamp(),
                "seen_at": stamp(),
                "until": stamp(now() + (LONGEST if totp_done else HALF)),
                "totp_done": int(totp_done),
            }
        )
    return token


def end_session(db: Database, token: str) -> None:
    with writing(db):
        db.execute("delete from staff_sessions where id_hash = ?", (_hash(token),))


def end_sessions(db: Database, staff: str, *, but: str = "") -> int:
    """End all sessions of a member of staff (but the one with this token); how many there were."""
    with writing(db):
        return int(db.execute("delete from staff_sessions where staff = ? and id_hash <> ?", (staff, _hash(but))).rowcount)


def sessions_of(db: Database, staff: str) -> list[Row]:
    """Open sessions, the newest first: ``created_at``, ``seen_at``, ``here`` (is it the one that asks?)."""
    rows = every(
        db,
        "select id_hash, created_at, seen_at from staff_sessions where staff = ? and totp_done and until > ? and seen_at > ?"
        " order by created_at desc",
        (staff, stamp(), stamp(now() - IDLE)),
    )
    here = _hash(session_token())
    return [{"created_at": row["created_at"], "seen_at": row["seen_at"], "here": row["id_hash"] == here} for row in rows]


def forget_ended(db: Database, moment: datetime) -> None:
    """Remove the rows of sessions that are over."""
    with writing(db):
        db.execute("delete from staff_sessions where until <= ? or seen_at <= ?", (stamp(moment), stamp(moment - IDLE)))


def session_staff(db: Database, token: str) -> Row | None:
    """Whose session this is (``id, login, name, role, mentor, totp_done, seen_at``), or None when it is over."""
    return one(
        db,
        f"select {_STAFF} from staff_sessions join staff on staff.id = staff_sessions.staff"  # noqa: S608 (ours)
        " where id_hash = ? and until > ? and seen_at > ? and staff.active",
        (_hash(token), stamp(), stamp(now() - IDLE)),
    )


def current_staff() -> Row | None:
    """Who asks, if it is staff that has signed in with both factors."""
    if "staff" not in g:
        token = session_token()
        found = session_staff(request_db(), token) if token else None
        g.staff = found if found and found["totp_done"] else None
        if g.staff and g.staff["seen_at"] < stamp(now() - timedelta(minutes=5)):
            with writing(request_db()) as db:
                db.execute("update staff_sessions set seen_at = ? where id_hash = ?", (stamp(), _hash(token)))
    staff: Row | None = g.staff
    return staff


def signed_in() -> Row:
    """As :func:`current_staff`, on pages that the gate opens for staff only."""
    staff = current_staff()
    if staff is None:
        raise LookupError("this page's line in web.access lets in who has not signed in")
    return staff


def half_signed_in() -> Row | None:
    """Who has given the password in this browser and not yet the code."""
    token = session_token()
    found = session_staff(request_db(), token) if token else None
    return found if found and not found["totp_done"] else None


def session_token() -> str:
    """The token that this browser brought, or ''."""
    return request.cookies.get(COOKIE, "")


def give_cookie(response: Response, token: str) -> Response:
    """Send a session's token to the browser; '' takes it away."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(COOKIE, token, max_age=None if token else 0, httponly=True, samesite="Lax", secure=secure)
    return response
