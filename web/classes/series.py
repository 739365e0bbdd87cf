"""The days of a series of sessions. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Why = Literal["", "except", "holiday"]
LAST = -1


@dataclass(frozen=True)
class Series:
    """A weekday (0: Monday) from a day to another, both inclusive: every ``weeks`` weeks counted from its first day, or, with ``nth``,
    its first to fourth (or LAST) in each month."""

    weekday: int
    from_day: date
    to_day: date
    weeks: int = 1
    nth: int | None = None
    except_days: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Planned:
    """A day of the series and why it is left out, if it is. ``holiday``: its name, also where holidays are not left out."""

    day: date
    left_out: Why = ""
    holiday: str = ""


def days_of(series: Series) -> list[date]:
    """Every day of the series before exceptions, in order."""
    return list(_monthly(series) if series.nth is not None else _weekly(series))


def _weekly(series: Series) -> Iterator[date]:
    day = series.from_day + timedelta(days=(series.weekday - series.from_day.weekday()) % 7)
    while day <= series.to_day:
        yield day
        day += timedelta(weeks=series.weeks)


def _monthly(series: Series) -> Iterator[date]:
    day = series.from_day + timedelta(days=(series.weekday - series.from_day.weekday()) % 7)
    while day <= series.to_day:
        if _is_nth(day, series.nth):
            yield day
        day += timedelta(weeks=1)


def _is_nth(day: date, nth: int | None) -> bool:
    if nth == LAST:
        return (day + timedelta(weeks=1)).month != day.month
    return (day.day - 1) // 7 + 1 == nth


def plan(series: Series, holidays: dict[date, str], *, skip_holidays: bool) -> list[Planned]:
    """The series with its exceptions marked; those without ``left_out`` take place."""

    def why(day: date) -> Why:
        if day in series.except_days:
            return "except"
        return "holiday" if skip_holidays and day in holidays else ""

    return [Planned(day, why(day), holidays.get(day, "")) for day in days_of(series)]


def unused_exceptions(series: Series) -> Collection[date]:
    """Exceptions on which nothing would have been: most likely a mistyped day."""
    return sorted(series.except_days - set(days_of(series)))
