"""The rule of availability against counting moment by moment."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from web.kits.availability import Booking, conflicts, fits, free, gaps, most_booked

HOURS = [f"2026-12-05T{hour:02}:00:00+09:00" for hour in range(24)]


@st.composite
def bookings(draw: st.DrawFn) -> list[Booking]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, 22))
        end = draw(st.integers(start + 1, 23))
        found.append(Booking(f"r{number}", draw(st.integers(1, 3)), HOURS[start], HOURS[end]))
    return found


def _booked_at(held: list[Booking], hour: int) -> int:
    return sum(one.count for one in held if one.from_at <= HOURS[hour] < one.until)


@settings(max_examples=80, deadline=None)
@given(bookings(), st.integers(0, 22), st.integers(1, 8), st.integers(0, 8))
def test_what_is_free_is_what_is_free_at_every_moment_of_the_time(held: list[Booking], start: int, length: int, units: int) -> None:
    end = min(23, start + length)
    most = max(_booked_at(held, hour) for hour in range(start, end))
    assert most_booked(held, HOURS[start], HOURS[end]) == most
    assert free(units, held, HOURS[start], HOURS[end]) == max(0, units - most)


@settings(max_examples=80, deadline=None)
@given(bookings(), st.integers(0, 22), st.integers(1, 8), st.integers(1, 4), st.integers(0, 6))
def test_it_fits_exactly_when_no_moment_has_too_many_and_conflicts_name_who_holds_the_units(
    held: list[Booking], start: int, length: int, count: int, units: int
) -> None:
    wanted = Booking("new", count, HOURS[start], HOURS[min(23, start + length)])
    hours = range(start, min(23, start + length))
    tight = [hour for hour in hours if _booked_at(held, hour) + count > units]
    assert fits(units, held, wanted) == (not tight)
    named = {one.id for one in conflicts(units, held, wanted)}
    assert named == {one.id for one in held for hour in tight if one.from_at <= HOURS[hour] < one.until}


@settings(max_examples=50, deadline=None)
@given(bookings(), st.integers(0, 6))
def test_gaps_are_the_moments_with_more_booked_than_there_is(held: list[Booking], units: int) -> None:
    found = gaps(units, held)
    for hour in range(24):
        missing = max(0, _booked_at(held, hour) - units)
        assert sum(gap.missing for gap in found if gap.from_at <= HOURS[hour] < gap.until) == missing


def test_a_booking_may_begin_when_another_ends() -> None:
    held = [Booking("r1", 2, HOURS[9], HOURS[12])]
    assert free(2, held, HOURS[12], HOURS[14]) == 2
    assert free(2, held, HOURS[11], HOURS[14]) == 0


def test_ones_own_old_time_is_not_in_the_way_of_moving_it() -> None:
    held = [Booking("r1", 2, HOURS[9], HOURS[12])]
    assert fits(2, held, Booking("r1", 2, HOURS[10], HOURS[13]))
