"""When lessons are due, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from hub.classstart.book import MOST_ENTRIES, Book, Record, TimetableError
from hub.classstart.timetable import Once, Slot, Timetable, Weekly, coming, due
from kanikko.clock import CITY_TIME

COURSE = "cabcdefg"
AHEAD = timedelta(minutes=5)
TUESDAY = date(2026, 11, 24)
TUESDAYS = Timetable(weekly=frozenset({Weekly(1, time(9, 40))}))


def at(text: str, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), CITY_TIME)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("09:34:59", False),  # not yet
        ("09:35", True),  # five minutes ahead
        ("09:40", True),
        ("09:59:59", True),  # the hub was down; the lesson goes on
        ("10:00", False),  # too late to be of use
        ("21:40", False),
    ],
)
def test_a_lesson_is_due_from_five_minutes_before_until_twenty_after(now: str, expected: bool) -> None:
    assert due({COURSE: TUESDAYS}, at(now), [], AHEAD) == ([Slot(at("09:40"), COURSE)] if expected else [])


@pytest.mark.parametrize(
    ("timetable", "day", "expected"),
    [
        (TUESDAYS, date(2026, 11, 25), []),  # a Wednesday
        (TUESDAYS, date(2026, 12, 1), ["09:40"]),  # the next week
        (Timetable(TUESDAYS.weekly, skipped=frozenset({TUESDAY})), TUESDAY, []),  # no lesson on this day
        (Timetable(TUESDAYS.weekly, skipped=frozenset({date(2026, 12, 1)})), TUESDAY, ["09:40"]),
        (Timetable(once=frozenset({Once(TUESDAY, time(9, 40))})), TUESDAY, ["09:40"]),  # this day only
        (Timetable(once=frozenset({Once(TUESDAY, time(9, 40))})), date(2026, 12, 1), []),
        (Timetable(TUESDAYS.weekly, frozenset({Once(TUESDAY, time(9, 40))})), TUESDAY, ["09:40"]),  # entered twice, due once
        # moved within a skipped day: the weekly lesson is off, the one-off takes place
        (Timetable(TUESDAYS.weekly, frozenset({Once(TUESDAY, time(9, 38))}), frozenset({TUESDAY})), TUESDAY, ["09:38"]),
        (Timetable(frozenset({Weekly(1, time(9, 40)), Weekly(1, time(9, 30))})), TUESDAY, ["09:30", "09:40"]),
        (Timetable(), TUESDAY, []),
    ],
)
def test_what_is_due_at_twenty_to_ten(timetable: Timetable, day: date, expected: list[str]) -> None:
    assert due({COURSE: timetable}, at("09:40", day), [], AHEAD) == [Slot(at(begins, day), COURSE) for begins in expected]


def test_a_slot_is_due_once_and_the_next_week_again() -> None:
    first = due({COURSE: TUESDAYS}, at("09:36"), [], AHEAD)
    assert due({COURSE: TUESDAYS}, at("09:37"), first, AHEAD) == []
    assert len(due({COURSE: TUESDAYS}, at("09:37") + timedelta(days=7), first, AHEAD)) == 1


def test_each_class_has_its_own_slots() -> None:
    other = "chijkmnp"
    found = due({other: TUESDAYS, COURSE: TUESDAYS}, at("09:36"), [Slot(at("09:40"), COURSE)], AHEAD)
    assert found == [Slot(at("09:40"), other)]


def test_the_clock_on_the_wall_counts_wherever_the_machine_stands() -> None:
    assert due({COURSE: TUESDAYS}, datetime(2026, 11, 24, 0, 36, tzinfo=UTC), [], AHEAD)
    assert not due({COURSE: TUESDAYS}, datetime(2026, 11, 24, 9, 36, tzinfo=UTC), [], AHEAD)


def test_a_lesson_just_after_midnight_is_prepared_on_the_day_before() -> None:
    midnight = Timetable(weekly=frozenset({Weekly(2, time(0, 2))}))
    assert due({COURSE: midnight}, at("23:58"), [], AHEAD) == [Slot(at("00:02", date(2026, 11, 25)), COURSE)]


def test_the_coming_lessons_leave_out_what_is_past_and_what_is_skipped() -> None:
    timetable = Timetable(TUESDAYS.weekly, skipped=frozenset({date(2026, 12, 1)}))
    assert [begins.date().isoformat() for begins in coming(timetable, at("10:00"), days=15)] == ["2026-12-08"]


# ---------------------------------------------------------------- what is kept
@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "screens.db")


def test_a_timetable_is_kept_and_changed(book: Book, tmp_path: Path) -> None:
    lesson, once = Weekly(1, time(9, 40)), Once(TUESDAY, time(10, 5))
    for _ in range(2):  # twice is once
        book.add_weekly(COURSE, lesson)
        book.add_once(COURSE, once)
        book.skip(COURSE, TUESDAY)
    kept = Book(tmp_path / "screens.db").timetable(COURSE)
    assert kept == Timetable(frozenset({lesson}), frozenset({once}), frozenset({TUESDAY}))
    assert book.timetables() == {COURSE: kept}
    assert book.timetable("chijkmnp") == Timetable()
    book.remove_weekly(COURSE, lesson)
    book.remove_once(COURSE, once)
    book.unskip(COURSE, TUESDAY)
    assert book.timetables() == {}


def test_a_timetable_does_not_grow_without_end(book: Book) -> None:
    for minute in range(MOST_ENTRIES):
        book.add_weekly(COURSE, Weekly(0, time(9, minute)))
    with pytest.raises(TimetableError):
        book.skip(COURSE, TUESDAY)


def test_a_slot_is_begun_once_whoever_asks(book: Book) -> None:
    record = Record(COURSE, at("09:40"), "timetable")
    assert book.begin(record)
    assert not book.begin(record)
    assert book.slots_since(at("09:00")) == [Slot(at("09:40"), COURSE)]
    assert book.slots_since(at("09:41")) == []


def test_what_the_end_of_the_hub_cut_off_is_found_again(book: Book) -> None:
    now = datetime.now(UTC)
    record = Record(COURSE, now.replace(microsecond=0), "uabcdefgh2")
    book.begin(record)
    assert book.unfinished(now - timedelta(minutes=20)) == [record]
    assert book.unfinished(now + timedelta(minutes=1)) == []  # long ago: the lesson is over
    book.end(COURSE)
    assert book.unfinished(now - timedelta(minutes=20)) == []


def test_old_dates_are_forgotten(book: Book) -> None:
    book.skip(COURSE, date(2020, 4, 1))
    book.begin(Record(COURSE, datetime(2020, 4, 1, tzinfo=UTC), "timetable"))
    book.tidy()
    assert book.timetable(COURSE) == Timetable()
    assert book.slots_since(datetime(2019, 1, 1, tzinfo=UTC)) == []
