"""Free counts by day: what the public and the desk see of a month."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from sqlite_utils import Database

from web.kits.availability import Booking, free
from web.kits.booking import bookings, usable_units
from web.kits.forms import at_hour

MOST_MONTHS = 12


@dataclass(frozen=True)
class Day:
    """A day of a month's sheet. ``free``: units that nobody has at any time of it; None for days that are over or of another month."""

    day: date
    free: int | None


@dataclass(frozen=True)
class Sheet:
    """A month's weeks, Sunday first."""

    month: date
    weeks: list[list[Day]]


def month_of(text: str, today: date) -> date:
    """The first of the month that was asked for (``2026-12``), kept between this month and a year ahead."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        asked = today
    return min(max(asked, today), _after(today.replace(day=1), MOST_MONTHS)).replace(day=1)


def neighbours(month: date, today: date) -> tuple[str | None, str | None]:
    """The months before and after as ``2026-12``, None where there is none to show."""
    first, before, after = today.replace(day=1), _after(month, -1), _after(month, 1)
    return (f"{before:%Y-%m}" if before >= first else None, f"{after:%Y-%m}" if after <= _after(first, MOST_MONTHS) else None)


def sheets(db: Database, kind: str, month: date, today: date) -> list[Sheet]:
    """A month and the one after it, without the weeks that are over, with the free units of each day."""
    units, held = usable_units(db, kind), bookings(db, kind)
    return [_sheet(units, held, month, today) for month in (month, _after(month, 1))]


def _sheet(units: int, held: list[Booking], month: date, today: date) -> Sheet:
    weeks = calendar.Calendar(firstweekday=6).monthdatescalendar(month.year, month.month)
    return Sheet(
        month,
        [
            [Day(day, _free(units, held, day) if day.month == month.month and day >= today else None) for day in week]
            for week in weeks
            if week[-1] >= today
        ],
    )


def _free(units: int, held: list[Booking], day: date) -> int:
    return free(units, held, at_hour(day, 0), at_hour(day + timedelta(days=1), 0))


def _after(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
