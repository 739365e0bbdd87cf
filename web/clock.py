"""The site's clock: the city's own time, to the second. Tests turn its hands; nothing else does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kanikko.clock import CITY_TIME

_shift = timedelta()


def now() -> datetime:
    """This moment in the city's time."""
    return (datetime.now(CITY_TIME) + _shift).replace(microsecond=0)


def stamp(moment: datetime | None = None) -> str:
    """A moment as the database keeps it: ``2026-12-05T10:00:00+09:00``. Fixed width, so text sorts as time does."""
    moment = moment or now()
    return (moment.replace(tzinfo=CITY_TIME) if moment.tzinfo is None else moment.astimezone(CITY_TIME)).isoformat(timespec="seconds")


def moment(text: str) -> datetime:
    """The moment that :func:`stamp` wrote."""
    return datetime.fromisoformat(text).astimezone(CITY_TIME)


def fiscal_year(day: date) -> int:
    """The Japanese fiscal year (April to March) of a day."""
    return day.year if day.month >= 4 else day.year - 1


def travel_to(moment: datetime | None) -> None:
    """For tests: set the hands to that moment (they go on turning), or back to the real time with None."""
    global _shift
    _shift = timedelta() if moment is None else moment.astimezone(CITY_TIME) - datetime.now(CITY_TIME)
