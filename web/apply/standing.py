"""How the places of a class stand: what is taken, free and waited for. It reads only; :mod:`web.apply.places` changes."""

from __future__ import annotations

from sqlite_utils import Database

from web.apply.states import State
from web.apply.waiting import Group, Waiter, groups
from web.data import Row, every, value


def taken(db: Database, class_id: str) -> int:
    """Places that are held: accepted and offered."""
    return int(value(db, "select count(*) from entries where class = ? and state in ('accepted', 'offered')", (class_id,)))


def free(db: Database, class_id: str) -> int:
    """Places left, never below 0."""
    capacity = value(db, "select capacity from classes where id = ?", (class_id,))
    return max(0, int(capacity or 0) - taken(db, class_id))


def counts(db: Database, class_id: str) -> dict[State, int]:
    """How many entries of the class are in each state (those with none are left out)."""
    rows = every(db, "select state, count(*) as n from entries where class = ? group by state", (class_id,))
    return {row["state"]: row["n"] for row in rows}


def position(db: Database, entry: Row) -> int | None:
    """The place of a waiting entry in the row, from 1; None when it does not wait."""
    if entry["state"] != "waiting":
        return None
    return int(
        value(
            db,
            "select count(*) from entries where class = ? and state = 'waiting' and waiting_order <= ?",
            (entry["class"], entry["waiting_order"]),
        )
    )


def waiting_row(db: Database, class_id: str) -> list[Group]:
    """The waiting list, in order."""
    rows = every(
        db,
        "select entries.id, waiting_order, application, mode from entries join applications on applications.id = application"
        " where entries.class = ? and state = 'waiting'",
        (class_id,),
    )
    return groups(Waiter(row["id"], row["waiting_order"], row["application"] if row["mode"] == "all" else row["id"]) for row in rows)


def entries_of(db: Database, application: str) -> list[Row]:
    """Entries of an application, in the order in which the children were named."""
    return every(db, "select * from entries where application = ? order by rowid", (application,))


def applied_already(db: Database, class_id: str, participant: str) -> bool:
    """Does the child have an entry in the class that was not given up?"""
    return bool(
        value(
            db,
            "select 1 from entries where class = ? and participant = ? and state not in ('withdrawn', 'declined', 'expired')",
            (class_id, participant),
        )
    )


def live_entries(db: Database, family: str) -> list[Row]:
    """Entries of a family of which something may still come, oldest first."""
    return every(
        db,
        "select entries.* from entries join applications on applications.id = application where family = ?"
        " and state in ('applied', 'accepted', 'waiting', 'offered') order by arrival, entries.rowid",
        (family,),
    )
