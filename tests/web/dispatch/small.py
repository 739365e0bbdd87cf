"""Small problems: made by hand in a line, or drawn."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

from web.dispatch.problem import Assignment, Limits, Mentor, Need, Problem, Qualification, Role, Session, Span, Wish
from web.dispatch.travel import Travel

LEAD, ASSISTANT, TRAINEE = Role.LEAD, Role.ASSISTANT, Role.TRAINEE
SATURDAY = date(2026, 10, 3)
EVER = date(2020, 4, 1)
WHOLE_DAY = "08:00-20:00"
NO_WISH: tuple[Wish, ...] = ()


def span(day: date, hours: str) -> Span:
    start, end = (datetime.combine(day, time.fromisoformat(part)) for part in hours.split("-"))
    return Span(start, end)


def session(
    name: str,
    hours: str = "10:00-12:00",
    *needs: Need,
    day: date = SATURDAY,
    place: str = "library",
    trainees: int = 0,
    programme: str = "",
) -> Session:
    """One lead for robots, if nothing is said."""
    when = span(day, hours)
    return Session(name, when.start, when.end, place, needs or (Need(LEAD, "robots"),), trainees=trainees, programme=programme)


def mentor(
    name: str,
    role: Role = LEAD,
    *,
    skills: str = "robots",
    hours: str = WHOLE_DAY,
    days: int = 60,
    until: date | None = None,
    limits: Limits = Limits(),
    wishes: tuple[Wish, ...] = NO_WISH,
    home: str | None = None,
) -> Mentor:
    """Has time at these hours on every day from a week before SATURDAY."""
    first = SATURDAY - timedelta(days=7)
    offered = tuple(span(first + timedelta(days=n), hours) for n in range(days)) if hours else ()
    return Mentor(name, frozenset(skills.split()), (Qualification(role, EVER, until),), offered, limits, wishes, home)


def seated(session: str, mentor: str, role: Role = LEAD, skill: str | None = "robots") -> Assignment:
    return Assignment(session, mentor, role, None if role is TRAINEE else skill)


# ------------------------------------------------------------------ drawn
PLACES = ("library", "school", "hall")
SKILLS = ("robots", "scratch")


def drawn(dice: random.Random, mentors: int, sessions: int) -> Problem:
    """Tight and odd: two days of one week and one of the next month, overlaps, long ways, everything fixed, told, declined at random."""
    people = tuple(_drawn_mentor(f"m{n}", dice, mentors) for n in range(mentors))
    classes = tuple(_drawn_session(f"s{n}", dice) for n in range(sessions))
    table = {(a, b): dice.choice((10, 30, 70)) for a in (*PLACES, "home") for b in PLACES if a != b}
    pairs = [(one, other) for one in people for other in classes]
    some = dice.sample(pairs, min(len(pairs), dice.choice((0, 1, 3))))
    told = dice.sample(pairs, min(len(pairs), dice.choice((0, 2, 4))))
    fixed = dice.sample(pairs, min(len(pairs), dice.choice((0, 0, 1, 2))))
    return Problem(
        people,
        classes,
        fixed=tuple(_drawn_seat(dice, *pair) for pair in fixed),
        current=tuple(_drawn_seat(dice, *pair) for pair in told),
        declined=frozenset((one.id, other.id) for one, other in some),
        travel=Travel(table),
    )


def _drawn_seat(dice: random.Random, who: Mentor, where: Session) -> Assignment:
    seats = [(need.role, need.skill) for need in where.needs] + [(TRAINEE, None)]
    return Assignment(where.id, who.id, *dice.choice(seats))


def _drawn_session(name: str, dice: random.Random) -> Session:
    day = SATURDAY + timedelta(days=dice.choice((0, 0, 1, 28)))
    hours = dice.choice(("09:00-10:30", "10:00-12:00", "10:30-12:00", "13:00-15:00", "12:45-14:00"))
    needs = [Need(LEAD, dice.choice(SKILLS))]
    needs += [Need(ASSISTANT, dice.choice((*SKILLS, None)), dice.choice((1, 1, 2)))] if dice.random() < 0.7 else []
    needs += [Need(LEAD, None)] if dice.random() < 0.1 else []
    return session(
        name, hours, *needs, day=day, place=dice.choice(PLACES), trainees=dice.choice((0, 1, 1, 2)), programme=dice.choice(("7-5", "7-6"))
    )


def _drawn_mentor(name: str, dice: random.Random, mentors: int) -> Mentor:
    role = dice.choice((LEAD, LEAD, ASSISTANT, TRAINEE))
    ends = dice.choice((None, None, None, SATURDAY - timedelta(days=1), SATURDAY + timedelta(days=1)))
    qualifications = [Qualification(role, EVER, ends)]
    qualifications += [Qualification(TRAINEE, EVER)] if dice.random() < 0.2 else []
    days = [SATURDAY + timedelta(days=n) for n in (0, 1, 28)]
    offered = [span(day, hours) for day in days for hours in ("08:00-12:00", "12:00-18:00") if dice.random() < 0.85]
    wishes = {(kind, target): dice.choice((-2, -1, 1, 2)) for kind, target in _wishable(mentors) if target != name and dice.random() < 0.2}
    return Mentor(
        name,
        frozenset(skill for skill in SKILLS if dice.random() < 0.75),
        tuple(qualifications),
        tuple(offered),
        Limits(*(dice.choice((None, 1, 2, 3)) for _ in range(3))),
        tuple(Wish(kind, target, weight) for (kind, target), weight in wishes.items()),
        dice.choice((None, "home", "library")),
    )


def _wishable(mentors: int) -> list[tuple[str, str]]:
    return [*(("place", place) for place in PLACES), ("programme", "7-5"), ("area", ""), *(("mentor", f"m{n}") for n in range(mentors))]
