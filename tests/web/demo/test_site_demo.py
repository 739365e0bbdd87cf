"""The demo year: a newcomer finds every room of the site furnished, and no real site is touched by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.conftest import TODAY
from tests.web.make import make_class
from web import clock
from web.access import ROLES
from web.app import prepare
from web.data import every, one, open_database, value
from web.data.check import examine
from web.demo.cli import ensure, sheet_text
from web.demo.sheet import kept, place
from web.figures.counting import indicator
from web.opendata.datasets import DATA_SETS
from web.staff.credentials import right_password


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A site with the demo year, made once: tests only read it."""
    settings = Settings(var=tmp_path_factory.mktemp("demo") / "var", site_port=0)
    clock.travel_to(TODAY)
    prepare(settings)
    assert ensure(settings) is True
    yield settings
    clock.travel_to(None)


@pytest.fixture
def db(demo: Settings, today: datetime) -> Iterator[Database]:
    database = open_database(demo.site_db)
    yield database
    database.close()


def test_every_room_has_something_to_look_at(db: Database) -> None:
    for table in (
        "classes",
        "sessions",
        "applications",
        "attendances",
        "headcounts",
        "mentors",
        "assignments",
        "kit_units",
        "reservations",
        "outreach_requests",
        "draws",
    ):
        assert value(db, f"select count(*) from {table}") > 0, table
    today = "select count(*) from sessions where starts_at like '2026-11-24%'"
    assert value(db, today) == 1, "a session today, for the door"
    assert examine(db) == [], "and nothing contradicts itself"


def test_the_figures_have_a_past_and_open_data_is_valid(demo: Settings, db: Database) -> None:
    for programme in every(db, "select id from programmes"):
        assert indicator(db, programme["id"], 2025).actual is not None
    assert [problem for data_set in DATA_SETS for problem in data_set.rows(db, demo)[1]] == []


def test_nobody_is_older_or_younger_than_the_class_is_for(db: Database) -> None:
    wrong = every(
        db,
        "select classes.title, participants.birth_date from entries join classes on classes.id = entries.class"
        " join participants on participants.id = participant where audience = 'children' and (cast(substr(birth_date, 1, 4) as integer)"
        " > fiscal_year - 5 - grade_from or cast(substr(birth_date, 1, 4) as integer) < fiscal_year - 7 - grade_to)",
    )
    assert wrong == []


def test_each_role_may_sign_in_and_the_sheet_is_for_its_user_only(demo: Settings, db: Database) -> None:
    sheet = kept(demo)
    assert [staff.role for staff in sheet] == list(ROLES) and place(demo).stat().st_mode & 0o077 == 0
    row = one(db, "select * from staff where login = ?", (sheet[0].login,))
    assert row is not None and right_password(row["password_hash"], sheet[0].password) and row["totp_sealed"]
    assert sheet[0].password in sheet_text(demo) and sheet[0].code in sheet_text(demo)


def test_a_site_with_classes_of_its_own_is_not_touched(site_settings: Settings, today: datetime) -> None:
    prepare(site_settings)
    db = open_database(site_settings.site_db)
    make_class(db)
    before = value(db, "select count(*) from families")
    assert ensure(site_settings) is False and value(db, "select count(*) from families") == before and not kept(site_settings)
    db.close()


def test_nobody_is_at_two_places_on_a_day_and_everybody_can_what_they_do(db: Database) -> None:
    twice = (
        "select mentor from assignments join sessions on sessions.id = session"
        " group by mentor, substr(starts_at, 1, 10) having count(*) > 1"
    )
    unable = "select 1 from assignments where (mentor, skill) not in (select mentor, skill from mentor_skills)"
    assert every(db, twice) == [] and every(db, unable) == []
    assert {row["state"] for row in every(db, "select state from assignments")} == {"done", "accepted"}
