"""The evening before, everybody who comes tomorrow is reminded, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlite_utils import Database

from tests.web.make import make_application, make_class, make_family, make_mentor, make_participant
from web.clock import stamp
from web.clockwork import run_due
from web.data import Row, every, value
from web.ids import new_id

TOMORROW = datetime.fromisoformat("2026-12-05T10:00:00+09:00")
EVENING = TOMORROW - timedelta(hours=17)


def remind(site: Flask, moment: datetime = EVENING) -> None:
    run_due(site, moment, ("web.mail.reminders:day_before",))


def mails(db: Database) -> list[Row]:
    return every(db, "select * from mails order by recipient")


@pytest.fixture
def of_class(db: Database) -> Row:
    return make_class(db, starts=TOMORROW, sessions=2, contact_name="学び課", contact_phone="076-220-0000")


def apply(db: Database, of_class: Row, children: int = 1, state: str = "accepted", **family: Any) -> Row:
    made = make_family(db, **family)
    make_application(db, of_class, made, [make_participant(db, made) for _ in range(children)], state=state)
    return made


def assign(db: Database, of_class: Row, state: str = "accepted", **mentor: Any) -> Row:
    made = make_mentor(db, **mentor)
    session = value(db, "select id from sessions where class = ? and number = 1", (of_class["id"],))
    db.table("assignments").insert(
        {"id": new_id("assignment"), "session": session, "mentor": made["id"], "role": "lead", "state": state, "created_at": stamp()}
    )
    return made


def test_a_family_with_twins_gets_one_mail_with_both(site: Flask, db: Database, of_class: Row) -> None:
    apply(db, of_class, 2, email="twins@example.jp")
    for hour in (0, 1, 5):
        remind(site, EVENING + timedelta(hours=hour))
    (mail,) = mails(db)
    names = every(db, "select name from participants")
    assert mail["recipient"] == "twins@example.jp" and all(one["name"] in mail["body"] for one in names)
    assert "2026年12月5日(土) 10:00〜12:00" in mail["body"] and "学び課 076-220-0000" in mail["body"] and "武蔵町" in mail["body"]
    if "apply.my" in site.view_functions:
        assert "/my/" in mail["body"]


@pytest.mark.parametrize("language", ["ja", "easy", "en"])
def test_everybody_reads_it_in_their_language(site: Flask, db: Database, of_class: Row, language: str) -> None:
    apply(db, of_class, language=language)
    assign(db, of_class, language=language)
    remind(site)
    words = {"ja": "あした", "easy": "あした", "en": "tomorrow"}[language]
    assert [words in mail["subject"].lower() + mail["body"] for mail in mails(db)] == [True, True]


def test_mentors_who_accepted_are_reminded(site: Flask, db: Database, of_class: Row) -> None:
    mentor = assign(db, of_class)
    for state in ("planned", "offered", "declined", "cancelled"):
        assign(db, of_class, state)
    remind(site)
    remind(site)
    assert [mail["recipient"] for mail in mails(db)] == [mentor["email"]]


def test_nobody_else_is_disturbed(site: Flask, db: Database, of_class: Row) -> None:
    for state in ("applied", "waiting", "offered", "rejected", "withdrawn", "cancelled", "declined", "expired"):
        apply(db, of_class, state=state)
    apply(db, of_class, email=None)
    apply(db, of_class, erased_at=stamp())
    apply(db, make_class(db, starts=TOMORROW, state="cancelled"))
    apply(db, make_class(db, starts=TOMORROW, state="draft"))
    apply(db, make_class(db, starts=TOMORROW + timedelta(days=1)))
    apply(db, make_class(db, starts=TOMORROW - timedelta(days=1)))
    off = make_class(db, starts=TOMORROW)
    apply(db, off)
    db.execute("update sessions set state = 'cancelled' where class = ?", (off["id"],))
    remind(site)
    assert mails(db) == []


def test_it_comes_at_five_and_late_places_are_reminded_later_that_evening(site: Flask, db: Database, of_class: Row) -> None:
    apply(db, of_class)
    remind(site, EVENING - timedelta(minutes=1))
    assert mails(db) == []
    remind(site)
    apply(db, of_class)
    remind(site, EVENING + timedelta(hours=4))
    assert len(mails(db)) == 2
    remind(site, EVENING + timedelta(days=7))  # the second session of the series
    assert len(mails(db)) == 4
