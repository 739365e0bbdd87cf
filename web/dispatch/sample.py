"""Made-up terms, as like a real one as we can: for the bench, the tests and a first look. The same seed makes the same term."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from web.dispatch.problem import Limits, Mentor, Need, Problem, Qualification, Role, Session, Span, Wish
from web.dispatch.travel import Point, travel

FIRST_DAY = date(2026, 9, 5)
"""A Saturday; terms have sixteen weeks."""
WEEKS = 16
SKILLS = {"scratch": 10, "viscuit": 6, "microbit": 5, "rp2040": 3, "python": 3, "unplugged": 5}
"""With how many in 32 mentors and sessions are about them."""
PLACES = {
    "musashi": (36.5713, 136.6545),
    "station": (36.5780, 136.6480),
    "oyama": (36.5653, 136.6583),
    "teramachi": (36.5480, 136.6560),
    "kodatsuno": (36.5520, 136.6740),
    "kanaiwa": (36.6010, 136.5940),
    "ono": (36.6130, 136.6100),
    "morimoto": (36.6090, 136.7000),
    "nuka": (36.5200, 136.6180),
    "yuwaku": (36.4930, 136.7520),
    "ekinishi": (36.5880, 136.6330),
    "tagami": (36.5430, 136.7030),
}
"""Latitude and longitude of twelve neighbourhoods, roughly."""
TIMES = {
    2: ("15:30-17:00", "16:00-17:30"),
    5: ("09:30-11:30", "10:00-12:00", "13:00-15:00", "14:00-16:00"),
    6: ("10:00-12:00", "13:30-15:30"),
}
"""By weekday: Wednesday, Saturday, some Sundays."""
OFFERED = (
    {5: "09:00-12:30"},
    {5: "09:00-17:00"},
    {2: "15:00-18:00"},
    {2: "15:00-18:00", 5: "12:30-17:00"},
    {2: "15:00-18:00", 5: "09:00-17:00", 6: "09:00-17:00"},
)


@dataclass(frozen=True)
class Term:
    mentors: int = 60
    sessions: int = 100
    seed: int = 1


def term(size: Term = Term()) -> Problem:
    """A term: most sessions on Saturdays and Wednesdays at twelve places, six skills, few who may lead what is rare."""
    dice = random.Random(size.seed)  # noqa: S311
    mentors = [_mentor(f"m{n:03}", dice, size) for n in range(size.mentors)]
    homes = {f"home:{mentor.id}": _near(dice) for mentor in mentors}
    return Problem(
        mentors=tuple(mentors),
        sessions=tuple(_session(f"s{n:03}", dice) for n in range(size.sessions)),
        travel=travel({**{place: Point(*where) for place, where in PLACES.items()}, **homes}),
    )


def _near(dice: random.Random) -> Point:
    latitude, longitude = dice.choice(list(PLACES.values()))
    return Point(latitude + dice.uniform(-0.012, 0.012), longitude + dice.uniform(-0.015, 0.015))


def _skill(dice: random.Random) -> str:
    return dice.choices(list(SKILLS), list(SKILLS.values()))[0]


def _session(name: str, dice: random.Random) -> Session:
    weekday = dice.choices((5, 2, 6), (60, 35, 5))[0]
    day = FIRST_DAY + timedelta(days=(weekday - FIRST_DAY.weekday()) % 7 + 7 * dice.randrange(WEEKS))
    hours = _span(day, dice.choice(TIMES[weekday]))
    skill = _skill(dice)
    needs = [Need(Role.LEAD, skill), Need(Role.ASSISTANT, skill)]
    needs += [Need(Role.ASSISTANT, None, dice.choice((1, 1, 2)))] if dice.random() < 0.8 else []
    place = dice.choice(list(PLACES))
    programme = dice.choice(("7-3", "7-5", "7-6", "7-6"))
    return Session(name, hours.start, hours.end, place, tuple(needs), trainees=1, area=_area(place), programme=programme)


def _area(place: str) -> str:
    return "north" if PLACES[place][0] > 36.57 else "south"


def _span(day: date, hours: str) -> Span:
    start, end = (datetime.combine(day, time.fromisoformat(part)) for part in hours.split("-"))
    return Span(start, end)


def _mentor(name: str, dice: random.Random, size: Term) -> Mentor:
    role = dice.choices((Role.LEAD, Role.ASSISTANT, Role.TRAINEE), (40, 47, 13))[0]
    return Mentor(
        name,
        skills=frozenset(_skill(dice) for _ in range(dice.choice((2, 3, 3, 4)))),
        qualifications=_qualifications(role, dice),
        available=_available(dice),
        limits=Limits(dice.choice((1, 1, 2)), dice.choice((1, 2, 2, 3)), dice.choice((2, 3, 4, 4, 6))),
        wishes=_wishes(name, dice, size),
        home=f"home:{name}",
    )


def _qualifications(role: Role, dice: random.Random) -> tuple[Qualification, ...]:
    if dice.random() < 0.1:
        return (Qualification(role, date(2024, 4, 1), FIRST_DAY + timedelta(days=dice.randrange(10, 90))),)
    if role is Role.TRAINEE and dice.random() < 0.3:
        ends = FIRST_DAY + timedelta(days=56)
        return (Qualification(role, date(2026, 4, 1), ends), Qualification(Role.ASSISTANT, ends + timedelta(days=1)))
    return (Qualification(role, date(2024, 4, 1), date(2029, 3, 31)),)


def _available(dice: random.Random) -> tuple[Span, ...]:
    week = dice.choice(OFFERED)
    days = [FIRST_DAY + timedelta(days=n) for n in range(-7, 7 * WEEKS + 7)]
    return tuple(_span(day, week[day.weekday()]) for day in days if day.weekday() in week and dice.random() > 0.12)


def _wishes(name: str, dice: random.Random, size: Term) -> tuple[Wish, ...]:
    found: list[Wish] = []
    if dice.random() < 0.5:
        liked, *unwanted = _some(list(PLACES), dice, 3)
        found += [Wish("place", liked, dice.choice((1, 2))), *(Wish("place", place, -dice.choice((1, 2))) for place in unwanted)]
    if dice.random() < 0.2:
        found.append(Wish("area", dice.choice(("north", "south")), dice.choice((-1, 1))))
    if dice.random() < 0.3:
        found.append(Wish("programme", dice.choice(("7-3", "7-5", "7-6")), dice.choice((-1, 1, 2))))
    if dice.random() < 0.35:
        others = [f"m{n:03}" for n in range(size.mentors) if f"m{n:03}" != name]
        found += [Wish("mentor", other, dice.choice((1, 2, -2))) for other in _some(others, dice, 2)]
    return tuple(found)


def _some(things: Sequence[str], dice: random.Random, count: int) -> list[str]:
    return dice.sample(list(things), min(count, len(things)))
