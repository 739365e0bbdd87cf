"""A class at the door today: five children, a session that begins now."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.make import make_application, make_class, make_family, make_participant
from web.clock import now
from web.data import Row, every, one


@dataclass
class AtDoor:
    """Today's session with its children's entries, and a duty person who is signed in."""

    db: Database
    session: Row
    entries: list[Row]
    duty: FlaskClient

    @property
    def path(self) -> str:
        return f"/door/{self.session['id']}"

    def marks(self) -> dict[str, str]:
        """Entry → state, as it is stored."""
        rows = every(
            self.db,
            "select entries.id, attendances.state from attendances join entries on entries.participant = attendances.participant"
            " where session = ?",
            (self.session["id"],),
        )
        return {row["id"]: row["state"] for row in rows}

    def send(self, *events: object, by: FlaskClient | None = None) -> list[dict[str, str]]:
        answer = (by or self.duty).post(f"{self.path}/check-in", json={"events": list(events)})
        assert answer.status_code == 200, answer.text
        answers: list[dict[str, str]] = answer.json["answers"]
        return answers


def session_today(db: Database, children: int = 5, **more: object) -> tuple[Row, list[Row]]:
    """A class of today and its accepted entries, each child of a family of its own."""
    made = make_class(db, starts=now(), **more)
    entries = []
    for number in range(children):
        family = make_family(db, emergency_name="加賀 祖母", emergency_phone="0762209999")
        child = make_participant(
            db, family, gender=("female", "male", None)[number % 3], care_note="卵アレルギー" if number == 0 else "",
            name=f"加賀 {number:02}郎", kana=f"カガ {number:02}ロウ",
        )  # fmt: skip
        entries += make_application(db, made, family, [child])[1]
    found = one(db, "select * from sessions where class = ?", (made["id"],))
    assert found is not None
    return found, entries


@pytest.fixture
def door(site: Flask, db: Database, as_role: As) -> AtDoor:
    session, entries = session_today(db)
    return AtDoor(db, session, entries, as_role("duty"))
