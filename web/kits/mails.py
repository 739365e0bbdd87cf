"""The kits' room's mails, to whoever borrows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, one
from web.kits.booking import reservation
from web.kits.loans import loans_of
from web.language import day_words, moment_words, text_of
from web.mail import post


def tell(db: Database, name: str, reservation_id: str, **more: Any) -> None:
    """Queue ``kits/<name>`` (asked, confirmed, declined) for a reservation's borrower; once."""
    _post(db, name, reservation_id, f"kits/{name}:{reservation_id}", more)


def remind(db: Database, reservation_id: str, moment: datetime) -> None:
    """Queue ``kits/overdue``: what should have come back and when."""
    labels = [loan["label"] for loan in loans_of(db, reservation_id) if not loan["returned_at"]]
    _post(db, "overdue", reservation_id, f"kits/overdue:{reservation_id}:{stamp(moment)[:10]}", {"labels": labels})


def _post(db: Database, name: str, reservation_id: str, key: str, more: dict[str, Any]) -> None:
    row = reservation(db, reservation_id)
    if row is None:
        return
    values = {**_values(db, row), **more}
    post(db, f"kits/{name}", row["borrower_email"], row["language"], key=key, values=values, about=("reservation", row["id"]))


def _values(db: Database, row: Row) -> dict[str, Any]:
    kind = one(db, "select * from kit_kinds where id = ?", (row["kind"],)) or {"name": ""}
    return {
        "borrower": row["borrower_name"],
        "kind": text_of(kind, "name"),
        "count": row["count"],
        "from_day": day_words(row["from_at"]),
        "until": moment_words(row["until"]),
        "purpose": row["purpose"],
    }
