"""Writing down what came in: an application, its entries, their answers. What becomes of them is :mod:`web.apply.places`'s."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, value
from web.ids import new_code, new_id


def store_application(db: Database, class_id: str, family: Row, told: Mapping[str, object], moment: datetime) -> Row:
    """The next application in order of arrival. ``told``: mode, via, key, language, entered_by."""
    row = {
        "id": new_id("application"),
        "arrival": (value(db, "select max(arrival) from applications") or 0) + 1,
        "class": class_id,
        "family": family["id"],
        "consent_version": family["consent_version"],
        "arrived_at": stamp(moment),
        **told,
    }
    db.table("applications").insert(row)
    return row


def store_entry(db: Database, application: Row, participant: str, answers: Mapping[str, str], moment: datetime) -> str:
    """A child's entry, ``applied``, with its answers (question id → text); the entry's id."""
    entry = new_id("entry")
    db.table("entries").insert(
        {
            "id": entry,
            "application": application["id"],
            "class": application["class"],
            "participant": participant,
            "state": "applied",
            "checkin_code": new_code(),
            "state_at": stamp(moment),
        }
    )
    store_answers(db, entry, answers)
    return entry


def store_answers(db: Database, entry: str, answers: Mapping[str, str]) -> None:
    """Those that are not empty, in place of what was there."""
    db.execute("delete from answers where entry = ?", (entry,))
    for question, text in answers.items():
        if text:
            db.table("answers").insert({"entry": entry, "question": question, "text": text})
