"""What tests of mentors share: assignments, and a session that has begun."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, every, one, value
from web.ids import new_id


def make_assignment(db: Database, session: str, mentor: Row, state: str = "planned", role: str = "assistant", **more: Any) -> str:
    row = {
        "id": new_id("assignment"),
        "session": session,
        "mentor": mentor["id"],
        "role": role,
        "state": state,
        "created_at": stamp(),
        **more,
    }
    db.table("assignments").insert(row)
    return str(row["id"])


def sessions_of(db: Database, of_class: Row) -> list[Row]:
    return every(db, "select * from sessions where class = ? order by starts_at", (of_class["id"],))


def state_of(db: Database, assignment: str) -> str:
    return str(value(db, "select state from assignments where id = ?", (assignment,)))


def mails(db: Database, template: str) -> list[Row]:
    return every(db, "select * from mails where template = ? order by rowid", (f"mentors/{template}",))


def mentor_row(db: Database, **values: Any) -> Row:
    (name, given), *_ = values.items()
    found = one(db, f"select * from mentors where {name} = ?", (given,))
    assert found is not None
    return found
