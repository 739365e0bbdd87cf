"""Links to the application form: they show that whoever opens them reads the mail of that address."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlite_utils import Database

from web.apply import letters
from web.clock import moment as moment_of
from web.clock import stamp
from web.data import Row, one, value, writing
from web.language import Language

MOST_AN_HOUR = 5
"""Mails with a link to one address in an hour; further ones are not sent, and the page looks the same."""
WITHOUT_END = timedelta(days=30)
LONGEST = timedelta(days=90)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(db: Database, of_class: Row, email: str, language: Language, moment: datetime) -> str:
    """A new link's token for this address and class; it works as long as one may apply."""
    token = secrets.token_urlsafe(24)
    end = moment_of(of_class["apply_to"]) if of_class["apply_to"] else moment + WITHOUT_END
    with writing(db):
        db.table("email_confirmations").insert(
            {
                "id_hash": _hash(token),
                "email": email,
                "language": language,
                "class": of_class["id"],
                "made_at": stamp(moment),
                "until": stamp(min(end, moment + LONGEST)),
            }
        )
    return token


def send(db: Database, of_class: Row, email: str, language: Language, moment: datetime) -> bool:
    """Mail a link to this address. False when it has had enough of them for now."""
    with writing(db):
        lately = value(
            db,
            "select count(*) from email_confirmations where email = ? and made_at > ?",
            (email, stamp(moment - timedelta(hours=1))),
        )
        if lately >= MOST_AN_HOUR:
            return False
        token = make(db, of_class, email, language, moment)
        until = value(db, "select until from email_confirmations where id_hash = ?", (_hash(token),))
        letters.confirm_address(db, of_class, email, language, token, until)
        return True


def find(db: Database, class_id: str, token: str, moment: datetime) -> Row | None:
    """Whose address the link is for (``email``, ``language``), or None when it is none of ours, of another class, or over."""
    return one(
        db,
        "select * from email_confirmations where id_hash = ? and class = ? and until >= ?",
        (_hash(token), class_id, stamp(moment)),
    )
