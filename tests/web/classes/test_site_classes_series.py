"""The days of a series: pure rules."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.classes.series import LAST, Series, days_of, plan

SATURDAY, SUNDAY, MONDAY = 5, 6, 0


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


def between(start: str, end: str) -> dict[str, date]:
    return {"from_day": date.fromisoformat(start), "to_day": date.fromisoformat(end)}


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (Series(SATURDAY, **between("2026-12-01", "2026-12-26")), days("2026-12-05", "2026-12-12", "2026-12-19", "2026-12-26")),
        (Series(SATURDAY, **between("2026-12-05", "2026-12-05")), days("2026-12-05")),
        (Series(SATURDAY, **between("2026-12-06", "2026-12-11")), []),
        (Series(SATURDAY, weeks=2, **between("2027-01-23", "2027-03-10")), days("2027-01-23", "2027-02-06", "2027-02-20", "2027-03-06")),
        (Series(MONDAY, weeks=2, **between("2026-12-22", "2027-01-20")), days("2026-12-28", "2027-01-11")),  # 2026 has 53 weeks
        (Series(SATURDAY, weeks=4, **between("2028-02-05", "2028-04-05")), days("2028-02-05", "2028-03-04", "2028-04-01")),  # a leap year
        (Series(SUNDAY, nth=1, **between("2027-01-31", "2027-03-31")), days("2027-01-31", "2027-02-07", "2027-03-07")[1:]),
        (Series(SATURDAY, nth=4, **between("2027-01-01", "2027-03-31")), days("2027-01-23", "2027-02-27", "2027-03-27")),
        (Series(SATURDAY, nth=LAST, **between("2027-01-01", "2027-03-31")), days("2027-01-30", "2027-02-27", "2027-03-27")),
    ],
)
def test_a_series_falls_on_these_days(series: Series, expected: list[date]) -> None:
    assert days_of(series) == expected


def test_exceptions_and_holidays_are_left_out_and_say_why() -> None:
    holidays = {date(2026, 11, 23): "勤労感謝の日"}
    series = Series(MONDAY, except_days=frozenset(days("2026-11-30")), **between("2026-11-16", "2026-12-07"))
    skipped = plan(series, holidays, skip_holidays=True)
    assert [(one.day.day, one.left_out) for one in skipped] == [(16, ""), (23, "holiday"), (30, "except"), (7, "")]
    kept = plan(series, holidays, skip_holidays=False)
    assert [(one.day.day, one.left_out, one.holiday) for one in kept][1] == (23, "", "勤労感謝の日")


@settings(max_examples=50, database=None)
@given(
    weekday=st.integers(0, 6),
    start=st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    length=st.integers(0, 400),
    weeks=st.integers(1, 4),
)
def test_every_day_of_a_series_is_its_weekday_in_its_span_and_evenly_apart(weekday: int, start: date, length: int, weeks: int) -> None:
    end = start + timedelta(days=length)
    found = days_of(Series(weekday, start, end, weeks=weeks))
    assert all(day.weekday() == weekday and start <= day <= end for day in found)
    assert all(later - earlier == timedelta(weeks=weeks) for earlier, later in pairwise(found))
    if found:
        assert found[0] - start < timedelta(weeks=1) and end - found[-1] < timedelta(weeks=weeks)


@settings(max_examples=50, database=None)
@given(weekday=st.integers(0, 6), month=st.integers(1, 12), year=st.integers(2000, 2099), nth=st.sampled_from([1, 2, 3, 4, LAST]))
def test_every_month_has_one_such_weekday(weekday: int, month: int, year: int, nth: int) -> None:
    first = date(year, month, 1)
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    assert len(days_of(Series(weekday, first, last, nth=nth))) == 1
