"""Counts are right to the child."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database

from tests.web.make import make_class, make_family, make_participant, make_place, make_programme
from web.clock import CITY_TIME
from web.data import Row, every
from web.figures.counting import attendances, indicator, participants, sessions_held, who_came
from web.ids import new_id

APRIL_2026 = datetime(2026, 4, 1, 10, 0, tzinfo=CITY_TIME)


def came(db: Database, session: Row, child: Row, state: str = "present") -> None:
    row = {"session": session["id"], "participant": child["id"], "state": state, "via": "qr", "by": "test"}
    db.table("attendances").insert({**row, "at": session["starts_at"], "key": f"{session['id']}{child['id']}"})


def heads(db: Database, session: Row, count: int, band: str = "preschool") -> None:
    row = {"id": new_id("headcount"), "session": session["id"], "age_band": band, "count": count, "by": "test", "at": session["starts_at"]}
    db.table("headcounts").insert({**row, "key": new_id("headcount")})


def sessions_of(db: Database, of_class: Row) -> list[Row]:
    return every(db, "select * from sessions where class = ? order by number", (of_class["id"],))


def test_one_child_at_three_sessions_is_three_attendances_and_one_participant(db: Database) -> None:
    child = make_participant(db, make_family(db))
    for session in sessions_of(db, make_class(db, sessions=3, starts=APRIL_2026)):
        came(db, session, child)
    assert (attendances(db, "7-6", 2026), participants(db, "7-6", 2026)) == (3, 1)


def test_a_child_whom_both_parents_registered_is_one_participant(db: Database) -> None:
    first, second = make_participant(db, make_family(db)), make_participant(db, make_family(db))
    db.execute("update participants set same_as = ? where id = ?", (first["id"], second["id"]))
    one, two = sessions_of(db, make_class(db, sessions=2, starts=APRIL_2026))
    came(db, one, first)
    came(db, two, second)
    assert (attendances(db, "7-6", 2026), participants(db, "7-6", 2026)) == (2, 1)


def test_who_stayed_away_and_what_was_cancelled_does_not_count(db: Database) -> None:
    child = make_participant(db, make_family(db))
    one, two = sessions_of(db, make_class(db, sessions=2, starts=APRIL_2026))
    came(db, one, child, state="absent")
    came(db, two, child)
    db.execute("update sessions set state = 'cancelled' where id = ?", (two["id"],))
    assert (attendances(db, "7-6", 2026), participants(db, "7-6", 2026), sessions_held(db, "7-6", 2026)) == (0, 0, 0)


def test_the_year_turns_on_the_first_of_april(db: Database) -> None:
    child, place = make_participant(db, make_family(db)), make_place(db)
    for starts in (APRIL_2026 - timedelta(days=1), APRIL_2026, datetime(2027, 3, 31, 23, 0, tzinfo=CITY_TIME)):
        for session in sessions_of(db, make_class(db, starts=starts, place=place)):
            came(db, session, child)
    assert [attendances(db, "7-6", year) for year in (2025, 2026, 2027)] == [1, 2, 0]
    assert participants(db, "7-6", 2026) == 1


def test_programmes_do_not_mix_and_a_child_counts_in_each(db: Database) -> None:
    make_programme(db, "7-9", indicator="participants")
    child = make_participant(db, make_family(db))
    for programme in ("7-6", "7-9"):
        came(db, sessions_of(db, make_class(db, programme=programme, starts=APRIL_2026))[0], child)
    assert (participants(db, "7-6", 2026), participants(db, "7-9", 2026)) == (1, 1)


def test_heads_add_attendances_and_the_fullest_session_tells_the_participants(db: Database) -> None:
    first, second = sessions_of(db, make_class(db, sessions=2, starts=APRIL_2026))
    heads(db, first, 20)
    heads(db, first, 2, "adult")
    heads(db, second, 18)
    assert (attendances(db, "7-6", 2026), participants(db, "7-6", 2026), sessions_held(db, "7-6", 2026)) == (40, 22, 2)


def test_a_session_closed_at_the_door_was_held_though_nobody_came(db: Database) -> None:
    session = sessions_of(db, make_class(db, starts=APRIL_2026))[0]
    assert sessions_held(db, "7-6", 2026) == 0
    db.execute("update sessions set state = 'held' where id = ?", (session["id"],))
    assert sessions_held(db, "7-6", 2026) == 1


def test_figures_entered_by_hand_are_added_and_withdrawn_ones_are_not(db: Database) -> None:
    make_class(db)
    for value, withdrawn in ((30, None), (12, None), (99, "2026-05-01T00:00:00+09:00")):
        row = {
            "id": new_id("figure"),
            "programme": "7-6",
            "fiscal_year": 2026,
            "value": value,
            "source": "s",
            "entered_by": "t",
            "entered_at": "x",
        }
        db.table("hand_figures").insert({**row, "withdrawn_at": withdrawn})
    db.table("programme_years").insert({"programme": "7-6", "fiscal_year": 2026, "target": 200})
    found = indicator(db, "7-6", 2026)
    assert (found.by_hand, found.counted, found.actual, found.target) == (42, 0, 42, 200)


def test_what_only_others_can_tell_is_unknown_until_somebody_did(db: Database) -> None:
    assert indicator(db, "7-11", 2026).actual is None
    with pytest.raises(KeyError):
        indicator(db, "9-9", 2026)


def test_who_came_by_age_and_gender(db: Database) -> None:
    family = make_family(db)
    session = sessions_of(db, make_class(db, starts=APRIL_2026))[0]
    for birth, gender in (("2017-06-15", "female"), ("2017-06-16", "female"), ("2012-06-15", None), (None, None)):
        came(db, session, make_participant(db, family, birth_date=birth, gender=gender))
    heads(db, session, 5)
    assert {(row["age_band"], row["gender"]): row["count"] for row in who_came(db, session["id"])} == {
        ("elementary", "female"): 2, ("junior_high", ""): 1, ("unknown", ""): 1, ("preschool", ""): 5,
    }  # fmt: skip
