"""The demo year: a newcomer finds every room of the site furnished, and no real site is touched by it."""

from __future__ import annotations

from flask import Flask
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.make import make_class
from web.access import ROLES
from web.data import every, one, value
from web.data.check import examine
from web.demo.cli import ensure, sheet_text
from web.demo.sheet import kept, place
from web.figures.counting import indicator
from web.opendata.datasets import DATA_SETS
from web.staff.credentials import right_password


def test_every_room_has_something_to_look_at(site: Flask, site_settings: Settings, db: Database) -> None:
    assert ensure(site_settings) is True
    for table in (
        "classes",
        "sessions",
        "applications",
        "attendances",
        "headcounts",
        "mentors",
        "kit_units",
        "reservations",
        "outreach_requests",
        "draws",
    ):
        assert value(db, f"select count(*) from {table}") > 0, table
    today = "select count(*) from sessions where starts_at like '2026-11-24%'"
    assert value(db, today) == 1, "a session today, for the door"
    assert examine(db) == [], "and nothing contradicts itself"


def test_the_figures_have_a_past_and_open_data_is_valid(site: Flask, site_settings: Settings, db: Database) -> None:
    ensure(site_settings)
    for programme in every(db, "select id from programmes"):
        assert indicator(db, programme["id"], 2025).actual is not None
    assert [problem for data_set in DATA_SETS for problem in data_set.rows(db, site_settings)[1]] == []


def test_nobody_is_older_or_younger_than_the_class_is_for(site: Flask, site_settings: Settings, db: Database) -> None:
    ensure(site_settings)
    wrong = every(
        db,
        "select classes.title, participants.birth_date from entries join classes on classes.id = entries.class"
        " join participants on participants.id = participant where audience = 'children' and (cast(substr(birth_date, 1, 4) as integer)"
        " > fiscal_year - 5 - grade_from or cast(substr(birth_date, 1, 4) as integer) < fiscal_year - 7 - grade_to)",
    )
    assert wrong == []


def test_each_role_may_sign_in_and_the_sheet_is_for_its_user_only(site: Flask, site_settings: Settings, db: Database) -> None:
    ensure(site_settings)
    sheet = kept(site_settings)
    assert [staff.role for staff in sheet] == list(ROLES) and place(site_settings).stat().st_mode & 0o077 == 0
    row = one(db, "select * from staff where login = ?", (sheet[0].login,))
    assert row is not None and right_password(row["password_hash"], sheet[0].password) and row["totp_sealed"]
    assert sheet[0].password in sheet_text(site_settings) and sheet[0].code in sheet_text(site_settings)


def test_a_site_with_classes_of_its_own_is_not_touched(site: Flask, site_settings: Settings, db: Database) -> None:
    make_class(db)
    before = value(db, "select count(*) from families")
    assert ensure(site_settings) is False and value(db, "select count(*) from families") == before and not kept(site_settings)
    assert ensure(site_settings) is False
