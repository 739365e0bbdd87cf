"""Why a seat stays empty: every mentor with the one reason that keeps him from it, read off the rules and not off the solver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from web.dispatch.cost import missing_seats
from web.dispatch.problem import Assignment, Group, Instead, Seats, Unfilled, Why
from web.dispatch.rules import Frame, Line, Period

LIMIT: dict[Period, Why] = {"day": Why.DAY, "week": Why.WEEK, "month": Why.MONTH}


def unfilled(frame: Frame, people: tuple[Assignment, ...]) -> tuple[Unfilled, ...]:
    """One entry for each line with empty seats, in the order of the sessions; ``instead`` is still unknown."""
    missing = missing_seats(frame, people)
    return tuple(
        Unfilled(Seats(*line, missing[line]), frame.wanted[line], groups(frame, people, line), Instead(None))
        for line in frame.seats
        if line in missing
    )


def groups(frame: Frame, people: Iterable[Assignment], line: Line) -> tuple[Group, ...]:
    """All mentors by reason, in the order of :class:`Why`. A reason of the plan holds with this plan, one before HERE with every plan."""
    seated: defaultdict[str, list[str]] = defaultdict(list)
    for one in people:
        seated[one.mentor].append(one.session)
    who: defaultdict[Why, list[str]] = defaultdict(list)
    where: defaultdict[Why, set[str]] = defaultdict(set)
    for mentor in frame.mentors:
        why, sessions = reason(frame, seated[mentor], mentor, line)
        who[why].append(mentor)
        where[why] |= set(sessions)
    return tuple(Group(why, tuple(who[why]), tuple(s for s in frame.sessions if s in where[why])) for why in Why if why in who)


def reason(frame: Frame, own: list[str], mentor: str, line: Line) -> tuple[Why, tuple[str, ...]]:
    """What keeps a mentor, who serves ``own`` sessions, from a seat; and which sessions do."""
    session = line.session
    if why := frame.personal(mentor, line):
        return why, ()
    if session in own:
        return Why.HERE, (session,)
    if kept := frame.kept_by_fixed(mentor, session):
        return Why.FIXED, kept
    clashing = tuple(other for other in own if other in frame.clashes[session])
    for why in (Why.BOOKED, Why.TRAVEL):
        if found := tuple(other for other in clashing if frame.clashes[session][other] is why):
            return why, found
    for period, counted in frame.reached(mentor, session, own):
        return LIMIT[period], counted
    return Why.FREE, ()
