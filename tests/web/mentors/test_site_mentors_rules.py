"""What holds of mentors, without a database: qualifications, having time, answers, the way's worth."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.dispatch.travel import Point
from web.mentors.allowance import RULE, fare, total
from web.mentors.rules import (
    AssignmentState,
    Kind,
    Qualification,
    Refusal,
    Span,
    Standing,
    best_kind,
    completed,
    end_of_term,
    free_on,
    may_cancel,
    may_confirm,
    may_offer,
    refuses,
    runs_out,
    valid,
)

TUESDAY = date(2026, 11, 24)
BEFORE, START, AFTER = "2026-12-05T09:00:00+09:00", "2026-12-05T10:00:00+09:00", "2026-12-05T10:00:01+09:00"


def day(number: int) -> date:
    return TUESDAY + timedelta(days=number)


def had(kind: Kind, first: int, last: int | None) -> Qualification:
    return Qualification(kind, day(first), None if last is None else day(last))


def test_a_qualification_holds_on_its_first_and_on_its_last_day() -> None:
    one = had("lead", 0, 10)
    assert [valid(one, day(number)) for number in (-1, 0, 10, 11)] == [False, True, True, False]
    assert valid(had("lead", 0, None), day(9999))


def test_the_best_valid_qualification_counts() -> None:
    own = [had("trainee", 0, None), had("lead", 0, 5), had("assistant", 0, 20)]
    assert [best_kind(own, day(number)) for number in (-1, 5, 6, 21)] == [None, "lead", "assistant", "trainee"]


def test_a_qualification_that_is_followed_without_a_gap_does_not_run_out() -> None:
    assert runs_out([had("assistant", -9, 5)], TUESDAY) == day(5)
    assert runs_out([had("assistant", -9, 5), had("assistant", 6, 30)], TUESDAY) == day(30)
    assert runs_out([had("assistant", -9, 5), had("lead", 3, None)], TUESDAY) is None
    assert runs_out([had("assistant", -9, 5), had("assistant", 7, 30)], TUESDAY) == day(5)  # a day without
    assert runs_out([had("lead", -9, 5), had("assistant", -9, None)], TUESDAY) == day(5)  # may lead no more
    assert runs_out([had("lead", -9, -5)], TUESDAY) is None


def weekly(weekday: int, start: str, end: str) -> dict[str, Any]:
    return {"weekday": weekday, "day": None, "from_time": start, "to_time": end, "available": 1}


def dated(on: date, start: str, end: str, available: int) -> dict[str, Any]:
    return {"weekday": None, "day": on.isoformat(), "from_time": start, "to_time": end, "available": available}


def test_a_day_is_the_weeks_hours_without_what_was_taken_out_with_what_was_added() -> None:
    week = [weekly(1, "09:00", "12:00"), weekly(1, "12:00", "15:00"), weekly(2, "09:00", "10:00")]
    assert free_on(TUESDAY, week) == (Span("09:00", "15:00"),)
    assert free_on(TUESDAY, [*week, dated(TUESDAY, "10:00", "11:00", 0)]) == (Span("09:00", "10:00"), Span("11:00", "15:00"))
    assert free_on(TUESDAY, [*week, dated(TUESDAY, "00:00", "24:00", 0)]) == ()
    both = [*week, dated(TUESDAY, "00:00", "24:00", 0), dated(TUESDAY, "18:00", "20:00", 1)]
    assert free_on(TUESDAY, both) == (Span("18:00", "20:00"),)
    assert free_on(day(1), both) == (Span("09:00", "10:00"),)
    assert free_on(day(7), both) == (Span("09:00", "15:00"),)


_TIMES = st.integers(0, 96).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
_ROWS = st.builds(
    lambda is_week, times, free: weekly(1, min(times), max(times)) if is_week else dated(TUESDAY, min(times), max(times), free),
    st.booleans(),
    st.tuples(_TIMES, _TIMES),
    st.integers(0, 1),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(_ROWS, max_size=8))
def test_any_entries_make_a_day_of_separate_spans_that_says_minute_by_minute_what_was_entered(rows: list[dict[str, Any]]) -> None:
    spans = free_on(TUESDAY, rows)
    assert all(one.start < one.end for one in spans) and all(one.end < two.start for one, two in pairwise(spans))
    for quarter in range(96):
        at = f"{quarter // 4:02}:{quarter % 4 * 15:02}"
        says = [row for row in rows if row["from_time"] <= at < row["to_time"]]
        usual = any(row["weekday"] == 1 for row in says) and not any(row["day"] and not row["available"] for row in says)
        assert any(one.start <= at < one.end for one in spans) == (usual or any(row["day"] and row["available"] for row in says))


@pytest.mark.parametrize(
    ("state", "at", "accept", "why"),
    [
        ("offered", BEFORE, True, None),
        ("offered", BEFORE, False, None),
        ("offered", START, True, Refusal.BEGUN),
        ("offered", START, False, Refusal.BEGUN),
        ("accepted", BEFORE, False, None),
        ("accepted", BEFORE, True, Refusal.ANSWERED),
        ("accepted", AFTER, False, Refusal.BEGUN),
        ("declined", BEFORE, True, Refusal.ANSWERED),
        ("done", BEFORE, False, Refusal.ANSWERED),
        ("cancelled", BEFORE, True, Refusal.CANCELLED),
        ("planned", BEFORE, True, Refusal.NOT_ASKED),
    ],
)
def test_which_answers_are_possible(state: AssignmentState, at: str, accept: bool, why: Refusal | None) -> None:
    assert refuses(Standing(state, START, True), at, accept=accept) == why
    assert refuses(Standing(state, START, False), at, accept=accept) == Refusal.CANCELLED


def test_what_staff_may_do() -> None:
    states: tuple[AssignmentState, ...] = ("planned", "offered", "accepted", "declined", "cancelled", "done")
    assert [state for state in states if may_offer(Standing(state, START, True), BEFORE)] == ["planned"]
    assert not may_offer(Standing("planned", START, True), START) and not may_offer(Standing("planned", START, False), BEFORE)
    assert [state for state in states if may_cancel(Standing(state, START, True))] == ["planned", "offered", "accepted"]
    assert [state for state in states if may_confirm(Standing(state, START, True), START)] == ["planned", "offered", "accepted", "done"]
    assert not any(may_confirm(Standing(state, START, True), BEFORE) for state in states)


def test_the_course_is_completed_with_enough_of_what_was_held() -> None:
    assert [completed(present, 5, 80) for present in (3, 4, 5)] == [False, True, True]
    assert completed(7, 9, 77) and not completed(7, 9, 78)
    assert not completed(0, 0, 80)


def test_the_qualification_ends_with_a_fiscal_year() -> None:
    assert end_of_term(date(2026, 11, 24), 3) == date(2029, 3, 31)
    assert end_of_term(date(2027, 3, 31), 3) == date(2029, 3, 31)
    assert end_of_term(date(2027, 4, 1), 1) == date(2028, 3, 31)


HOME, NEAR, FAR = Point(36.56, 136.65), Point(36.565, 136.65), Point(36.65, 136.75)


def test_what_was_paid_stays_and_what_staff_entered_goes_before_the_distance() -> None:
    assert fare(500, 700, HOME, FAR).yen == 500
    assert (one := fare(None, 700, HOME, FAR)).yen == 700 and one.basis == "told"
    assert (one := fare(None, 0, None, None)).yen == 0 and one.basis == "told"
    assert (one := fare(None, 700, HOME, FAR, same_way=True)).yen == 0 and one.basis == "same_way"


def test_without_a_fare_the_distance_counts_and_without_coordinates_nobody_knows() -> None:
    far = fare(None, None, HOME, FAR)
    assert far.basis == "distance" and far.yen and far.km and far.yen % 10 == 0
    assert 0 <= far.yen - 2 * far.km * RULE.yen_a_km < 10
    assert fare(None, None, HOME, NEAR).yen == 0
    assert fare(None, None, HOME, Point(43.06, 141.35)).yen == RULE.most
    for home, place in ((None, FAR), (HOME, None)):
        assert fare(None, None, home, place).basis == "missing" and fare(None, None, home, place).yen is None
    assert total([far, fare(None, None, None, None), fare(300, None, None, None)]) == far.yen + 300
