"""Reserving, handing out and taking back, on a real database."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from tests.web.make import make_class, make_kit
from web import clock
from web.clock import now, stamp
from web.data import Row, every, one, open_database, value
from web.kits import booking, loans
from web.kits.availability import gaps
from web.kits.booking import Conflict
from web.kits.jobs import overdue


def _at(hours: float) -> str:
    return stamp(now() + timedelta(hours=hours))


def _reserve(db: Database, kit: Row, count: int, start: float, end: float, **more: str) -> str:
    made = booking.reserve(db, kit["id"], count, _at(start), _at(end), "system", **more)
    assert isinstance(made, str), made
    return made


def _units(db: Database, kit: Row) -> list[str]:
    return [row["id"] for row in every(db, "select id from kit_units where kind = ? order by label", (kit["id"],))]


def test_a_conflict_names_who_has_the_kits_and_when(db: Database) -> None:
    kit = make_kit(db, units=3)
    _reserve(db, kit, 2, 24, 48, borrower_name="武蔵町会")
    found = booking.reserve(db, kit["id"], 2, _at(30), _at(60), "system", borrower_name="小立野小学校")
    assert isinstance(found, Conflict)
    assert (found.free, found.wanted) == (1, 2)
    assert "武蔵町会" in found.words
    assert "2026年11月25日(水) 09:00 から 2026年11月26日(木) 09:00 まで 2台" in found.words
    assert value(db, "select count(*) from reservations") == 1


def test_two_who_reserve_the_last_kit_at_the_same_moment_do_not_both_get_it(site: Flask, db: Database) -> None:
    kit = make_kit(db, units=3)
    place, results = site.config["SITE"].settings.site_db, []

    def somebody() -> None:
        own = open_database(place)
        for _ in range(4):
            results.append(booking.reserve(own, kit["id"], 1, _at(24), _at(48), "system"))
        own.close()

    people = [threading.Thread(target=somebody) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=60)
    assert len(results) == 16
    assert sum(isinstance(result, str) for result in results) == 3


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_at_the_desk_never_more_is_reserved_than_there_is(db: Database, seed: int) -> None:
    chance = random.Random(seed)
    kit = make_kit(db, units=4)
    open_ones: list[str] = []
    for _ in range(40):
        what = chance.choice(["reserve", "reserve", "reserve", "change", "cancel", "out", "back", "confirm"])
        start, length, count = chance.randint(1, 60), chance.randint(1, 30), chance.randint(1, 4)
        some = chance.choice(open_ones) if open_ones else ""
        if what == "reserve":
            made = booking.reserve(db, kit["id"], count, _at(start), _at(start + length), "system")
            open_ones += [made] if isinstance(made, str) else []
        elif what == "change" and some:
            booking.change(db, some, count, _at(start), _at(start + length), "system")
        elif what == "cancel" and some:
            booking.cancel(db, some, "system")
        elif what == "confirm":
            booking.ask(db, kit["id"], count, _at(start), _at(start + length), f"r{len(open_ones)}{chance.random()}")
            booking.confirm(db, every(db, "select id from reservations order by rowid desc limit 1")[0]["id"], "system")
        elif what == "out" and some:
            free = [unit["id"] for unit in loans.free_units(db, kit["id"])]
            loans.check_out(db, some, chance.sample(free, min(len(free), count)), "system")
        elif what == "back" and some:
            loans.give_back(db, some, dict.fromkeys(chance.sample(_units(db, kit), 2), "ok"), "system")
        assert gaps(booking.usable_units(db, kit["id"]), booking.bookings(db, kit["id"])) == [], what
        assert value(db, "select max(n) from (select count(*) as n from loans where returned_at is null group by unit)") in (None, 1)


def test_a_class_gets_its_kits_for_every_session_with_time_to_prepare(db: Database) -> None:
    kit = make_kit(db, units=3)
    made = make_class(db, sessions=2)
    db["class_kits"].insert({"class": made["id"], "kind": kit["id"], "count": 2})
    assert booking.reserve_for_class(db, made["id"], "system") == []
    assert booking.reserve_for_class(db, made["id"], "system") == [], "again: nothing new"
    sessions = every(db, "select * from sessions order by number")
    rows = every(db, "select * from reservations where state = 'reserved' order by from_at")
    assert [(row["session"], row["count"]) for row in rows] == [(session["id"], 2) for session in sessions]
    assert clock.moment(rows[0]["from_at"]) == clock.moment(sessions[0]["starts_at"]) - booking.BEFORE
    assert clock.moment(rows[0]["until"]) == clock.moment(sessions[0]["ends_at"]) + booking.AFTER


def test_two_classes_that_need_the_same_kits_learn_of_each_other(db: Database) -> None:
    kit = make_kit(db, units=3)
    first, second = (make_class(db, title=title) for title in ("朝のカニ", "昼のカニ"))
    for made in (first, second):
        db["class_kits"].insert({"class": made["id"], "kind": kit["id"], "count": 2})
    assert booking.reserve_for_class(db, first["id"], "system") == []
    found = booking.reserve_for_class(db, second["id"], "system")
    assert len(found) == 1
    assert "朝のカニ 第1回" in found[0].words
    assert found[0].session == value(db, "select id from sessions where class = ?", (second["id"],))


def test_a_session_that_is_moved_or_cancelled_moves_or_gives_back_its_kits(db: Database) -> None:
    kit = make_kit(db, units=3)
    made = make_class(db, sessions=2)
    db["class_kits"].insert({"class": made["id"], "kind": kit["id"], "count": 2})
    booking.reserve_for_class(db, made["id"], "system")
    first, second = every(db, "select * from sessions order by number")
    later = {name: stamp(clock.moment(first[name]) + timedelta(days=2)) for name in ("starts_at", "ends_at")}
    db["sessions"].update(first["id"], later)
    db["sessions"].update(second["id"], {"state": "cancelled"})
    booking.reserve_for_class(db, made["id"], "system")
    rows = every(db, "select * from reservations where state = 'reserved'")
    assert [row["session"] for row in rows] == [first["id"]]
    assert clock.moment(rows[0]["from_at"]) == clock.moment(later["starts_at"]) - booking.BEFORE
    db["class_kits"].delete_where("class = ?", [made["id"]])
    booking.reserve_for_class(db, made["id"], "system")
    assert value(db, "select count(*) from reservations where state = 'reserved'") == 0


def test_units_go_out_and_come_back_and_their_history_says_who_had_them(db: Database) -> None:
    kit = make_kit(db, units=3)
    units = _units(db, kit)
    made = _reserve(db, kit, 2, 0, 24, borrower_name="武蔵町会")
    assert loans.check_out(db, made, units[:2], "system") == []
    assert [unit["id"] for unit in loans.free_units(db, kit["id"])] == units[2:]
    other = _reserve(db, kit, 1, 0, 24, borrower_name="小立野小学校")
    assert "もう貸し出しています" in loans.check_out(db, other, units[:1], "system")[0]
    assert "予約は1台" in loans.check_out(db, other, [units[0], units[2]], "system")[-1]
    assert loans.loans_of(db, other) == []
    assert loans.give_back(db, made, {units[0]: "ok", units[1]: "damaged"}, "system", {units[1]: "車輪"}) == 2
    assert loans.give_back(db, made, {units[0]: "lost"}, "system") == 0, "given back twice is given back once"
    assert value(db, "select state from reservations where id = ?", (made,)) == "returned"
    assert one(db, "select state, note from kit_units where id = ?", (units[1],)) == {"state": "damaged", "note": "車輪"}
    assert [row["borrower_name"] for row in loans.history(db, units[0])] == ["武蔵町会"]
    assert booking.usable_units(db, kit["id"]) == 2


def test_a_unit_fetched_early_must_not_be_missing_to_another(db: Database) -> None:
    kit = make_kit(db, units=1)
    _reserve(db, kit, 1, 1, 5, borrower_name="武蔵町会")
    late = _reserve(db, kit, 1, 10, 24)
    assert "武蔵町会" in loans.check_out(db, late, _units(db, kit), "system")[0]


def test_what_is_late_blocks_new_bookings_until_it_is_back(db: Database) -> None:
    kit = make_kit(db, units=1)
    made = _reserve(db, kit, 1, 0, 1, borrower_name="武蔵町会")
    loans.check_out(db, made, _units(db, kit), "system")
    clock.travel_to(now() + timedelta(days=2))
    found = booking.reserve(db, kit["id"], 1, _at(24), _at(48), "system")
    assert isinstance(found, Conflict)
    assert "武蔵町会" in found.words
    loans.give_back(db, made, {_units(db, kit)[0]: "ok"}, "system")
    assert isinstance(booking.reserve(db, kit["id"], 1, _at(24), _at(48), "system"), str)


def test_a_lost_unit_that_is_out_is_no_longer_expected_and_what_is_short_shows(db: Database) -> None:
    kit = make_kit(db, units=2)
    made = _reserve(db, kit, 1, 0, 24)
    later = _reserve(db, kit, 2, 48, 72)
    loans.check_out(db, made, _units(db, kit)[:1], "system")
    unit = one(db, "select * from kit_units where id = ?", (_units(db, kit)[0],))
    assert unit is not None
    loans.set_unit(db, unit, "lost", "川へ", "system")
    assert value(db, "select state from reservations where id = ?", (made,)) == "returned"
    assert [gap.missing for gap in gaps(booking.usable_units(db, kit["id"]), booking.bookings(db, kit["id"]))] == [1]
    assert booking.cancel(db, later, "system")


def test_the_borrower_of_what_is_late_is_reminded_every_three_days_in_their_language(site: Flask, db: Database) -> None:
    kit = make_kit(db, units=2, name_en="Crab robot kit")
    settings = site.config["SITE"].settings
    for language in ("ja", "easy", "en"):
        other = make_kit(db, units=1, name_en="Crab robot kit")
        made = _reserve(db, other, 1, 0, 1, borrower_name="武蔵町会", borrower_email=f"{language}@example.jp", language=language)
        loans.check_out(db, made, _units(db, other), "system")
    silent = _reserve(db, kit, 1, 0, 1, borrower_name="電話だけ")
    loans.check_out(db, silent, _units(db, kit)[:1], "system")
    start = now()
    for hours, mails in ((0.5, 0), (2, 3), (3, 3), (48, 3), (24 * 3 + 3, 6)):
        clock.travel_to(start + timedelta(hours=hours))
        overdue(db, settings, now())
        overdue(db, settings, now())
        assert value(db, "select count(*) from mails") == mails, hours
    subjects = {row["language"]: row["subject"] for row in every(db, "select language, subject from mails")}
    assert subjects["ja"] == "機材の返す期限が過ぎています（かにロボット キット）"
    assert subjects["easy"].startswith("道具（どうぐ）を 返（かえ）してください")
    assert subjects["en"] == "Please bring back the kits (Crab robot kit)"
    assert "-001" in value(db, "select body from mails where language = 'en'")
