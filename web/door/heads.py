"""Counting heads where no names are taken: lessons in kindergartens, a festival's stall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, every, writing
from web.door.rules import BANDS, GENDERS
from web.ids import new_id
from web.staff.audit import audit

MOST = 2000
"""Heads in one field: more is a slip of the finger."""


class Cell(NamedTuple):
    band: str
    gender: str

    @property
    def field(self) -> str:
        return f"{self.band}-{self.gender or 'unknown'}"


def cells() -> Iterator[Cell]:
    return (Cell(band, gender) for band in BANDS for gender in GENDERS)


def read(form: Mapping[str, str]) -> tuple[Counter[tuple[str, str]], set[str]]:
    """The numbers that were typed, and the fields that hold no number from 0 to MOST."""
    counted: Counter[tuple[str, str]] = Counter()
    wrong = set()
    for cell in cells():
        typed = form.get(cell.field, "").strip()
        if not typed:
            continue
        number = int(typed) if typed.isdecimal() and len(typed) <= 6 else -1
        if 0 <= number <= MOST:
            counted[cell] = number
        else:
            wrong.add(cell.field)
    return counted, wrong


def counted_at_door(db: Database, session: str) -> Counter[tuple[str, str]]:
    """What this page has stored before (other sources' heads are not its own to change)."""
    rows = every(db, "select age_band, gender, count from headcounts where session = ? and key like 'door.%'", (session,))
    return Counter({(row["age_band"], row["gender"] or ""): row["count"] for row in rows})


def store(db: Database, session: Row, counted: Counter[tuple[str, str]], by: str) -> None:
    """These are the heads now. Stored twice is stored once."""
    with writing(db):
        db.execute("delete from headcounts where session = ? and key like 'door.%'", (session["id"],))
        for (band, gender), count in counted.items():
            if count:
                db.table("headcounts").insert(
                    {
                        "id": new_id("headcount"),
                        "session": session["id"],
                        "age_band": band,
                        "gender": gender or None,
                        "count": count,
                        "source": "door",
                        "key": f"door.{session['id']}.{band}.{gender or 'unknown'}",
                        "by": by,
                        "at": stamp(),
                    }
                )
        audit(db, by, "door.heads", "session", session["id"], heads=sum(counted.values()))
