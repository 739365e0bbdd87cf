"""Sessions of staff: a random token in a cookie, its hash in the database, so that they can be ended there."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from flask import g, request
from sqlite_utils import Database

from web.clock import now, stamp
from web.data import Row, one, request_db, writing

COOKIE = "kanikko-staff"
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


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
                "until": stamp(now() + LONGEST),
                "totp_done": int(totp_done),
            }
        )
    return token


def end_session(db: Database, token: str) -> None:
    with writing(db):
        db.execute("delete from staff_sessions where id_hash = ?", (_hash(token),))


def session_staff(db: Database, token: str) -> Row | None:
    """Whose session this is (the row of staff with ``totp_done``), or None when it is over."""
    return one(
        db,
        "select staff.*, totp_done, seen_at from staff_sessions join staff on staff.id = staff_sessions.staff"
        " where id_hash = ? and until > ? and seen_at > ? and staff.active",
        (_hash(token), stamp(), stamp(now() - IDLE)),
    )


def current_staff() -> Row | None:
    """Who asks, if it is staff that has signed in with both factors."""
    if "staff" not in g:
        token = request.cookies.get(COOKIE, "")
        found = session_staff(request_db(), token) if token else None
        g.staff = found if found and found["totp_done"] else None
        if g.staff and g.staff["seen_at"] < stamp(now() - timedelta(minutes=5)):
            with writing(request_db()) as db:
                db.execute("update staff_sessions set seen_at = ? where id_hash = ?", (stamp(), _hash(token)))
    staff: Row | None = g.staff
    return staff
