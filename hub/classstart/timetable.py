"""When a class has lessons, and which of them are due: plain values and pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kanikko.clock import CITY_TIME

LATE = timedelta(minutes=20)
"""A lesson whose start was missed (the hub was down) is still begun so long after it."""


@dataclass(frozen=True, order=True)
class Weekly:
    """A lesson each week. ``weekday`` counts from Monday, 0."""

    weekday: int
    at: time


@dataclass(frozen=True, order=True)
class Once:
    """A lesson on one day."""

    day: date
    at: time


@dataclass(frozen=True)
class Timetable:
    """The lessons of one class, by the clock on the wall. On a ``skipped`` day no weekly lesson takes place."""

    weekly: frozenset[Weekly] = frozenset()
    once: frozenset[Once] = frozenset()
    skipped: frozenset[date] = frozenset()

    def on(self, day: date) -> set[datetime]:
        """When lessons begin on a day."""
        times = {lesson.at for lesson in self.once if lesson.day == day}
        if day not in self.skipped:
            times |= {lesson.at for lesson in self.weekly if lesson.weekday == day.weekday()}
        return {datetime.combine(day, at, CITY_TIME) for at in times}


@dataclass(frozen=True, order=True)
class Slot:
    """One lesson of one class at one moment."""

    begins: datetime
    course: str


def due(timetables: Mapping[str, Timetable], now: datetime, already: Iterable[Slot], ahead: timedelta) -> list[Slot]:
    """The lessons to prepare for at ``now``: from ``ahead`` before they begin until ``LATE`` after, each once; earliest first."""
    done = set(already)
    return sorted(
        slot
        for course, timetable in timetables.items()
        for day in _days(now - LATE, now + ahead)
        for slot in (Slot(begins, course) for begins in timetable.on(day))
        if slot.begins - ahead <= now < slot.begins + LATE and slot not in done
    )


def coming(timetable: Timetable, now: datetime, days: int = 28) -> list[datetime]:
    """When lessons begin in the next ``days`` days, earliest first."""
    return sorted(begins for day in _days(now, now + timedelta(days=days)) for begins in timetable.on(day) if begins >= now)


def _days(first: datetime, last: datetime) -> Iterator[date]:
    """The days on the wall's calendar from one moment to another."""
    day, end = first.astimezone(CITY_TIME).date(), last.astimezone(CITY_TIME).date()
    while day <= end:
        yield day
        day += timedelta(days=1)
