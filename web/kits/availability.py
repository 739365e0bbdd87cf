"""How many kits are free: pure. Times are the site's stamps, which sort as they read; an interval's end is not part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Booking:
    """Some units of one kind for some time. ``count``: units still taken by it. ``words``: who, for staff."""

    id: str
    count: int
    from_at: str
    until: str
    words: str = ""

    def overlaps(self, from_at: str, until: str) -> bool:
        return self.from_at < until and from_at < self.until


@dataclass(frozen=True)
class Gap:
    """A time in which more is booked than there is, by ``missing`` units."""

    from_at: str
    until: str
    missing: int


def most_booked(bookings: Iterable[Booking], from_at: str, until: str) -> int:
    """The most units that are booked at one moment of the interval."""
    return max((level for _, _, level in _levels(bookings, from_at, until)), default=0)


def free(units: int, bookings: Iterable[Booking], from_at: str, until: str) -> int:
    """Units that are free through the whole interval; never below 0."""
    return max(0, units - most_booked(bookings, from_at, until))


def conflicts(units: int, bookings: Sequence[Booking], wanted: Booking) -> list[Booking]:
    """Nothing where the wanted booking fits; else the bookings that hold units while they are too few, in order of time."""
    others = [booking for booking in bookings if booking.id != wanted.id]
    tight = [(start, end) for start, end, level in _levels(others, wanted.from_at, wanted.until) if level + wanted.count > units]
    if wanted.count > units and not tight:
        tight = [(wanted.from_at, wanted.until)]
    in_the_way = {booking for booking in others for start, end in tight if booking.overlaps(start, end)}
    return sorted(in_the_way, key=lambda booking: (booking.from_at, booking.id))


def fits(units: int, bookings: Sequence[Booking], wanted: Booking) -> bool:
    """Are there enough units for it beside the others?"""
    others = [booking for booking in bookings if booking.id != wanted.id]
    return free(units, others, wanted.from_at, wanted.until) >= wanted.count


def gaps(units: int, bookings: Sequence[Booking]) -> list[Gap]:
    """When more is booked than there is: after a unit was damaged or lost, or came back late."""
    if not bookings:
        return []
    first, last = min(booking.from_at for booking in bookings), max(booking.until for booking in bookings)
    return [Gap(start, end, level - units) for start, end, level in _levels(bookings, first, last) if level > units]


def _levels(bookings: Iterable[Booking], from_at: str, until: str) -> list[tuple[str, str, int]]:
    """The interval cut where a booking begins or ends, and how many units are booked in each piece. One sweep."""
    steps: dict[str, int] = {from_at: 0}
    for booking in bookings:
        if booking.overlaps(from_at, until):
            steps[max(booking.from_at, from_at)] = steps.get(max(booking.from_at, from_at), 0) + booking.count
            steps[min(booking.until, until)] = steps.get(min(booking.until, until), 0) - booking.count
    times, level, pieces = sorted(steps), 0, []
    for start, end in zip(times, [*times[1:], until], strict=True):
        level += steps[start]
        if start < end:
            pieces.append((start, end, level))
    return pieces
