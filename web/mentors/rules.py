"""What holds of mentors: when a qualification is valid, when somebody has time, which answers are possible. Pure.

Days are dates, times of the day text ``HH:MM`` (``24:00``: the day's end), moments what :func:`web.clock.stamp` writes: all compare as
they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal, NamedTuple

Kind = Literal["trainee", "assistant", "lead"]
KINDS: tuple[Kind, ...] = ("trainee", "assistant", "lead")
"""From the least to the most that somebody may do."""
MentorState = Literal["applied", "training", "active", "resting", "left"]
AssignmentState = Literal["planned", "offered", "accepted", "declined", "cancelled", "done"]
DAY_BEGINS, DAY_ENDS = "00:00", "24:00"

DESK_AFTER: dict[MentorState, tuple[MentorState, ...]] = {
    "applied": ("training", "active", "left"),
    "training": ("active", "resting", "left"),
    "active": ("training", "resting", "left"),
    "resting": ("active", "training", "left"),
    "left": ("applied", "active"),
}
"""What staff may make of a mentor."""
OWN_AFTER: dict[MentorState, tuple[MentorState, ...]] = {
    "applied": ("left",),
    "training": ("left",),
    "active": ("resting", "left"),
    "resting": ("active", "left"),
    "left": ("applied",),
}
"""What mentors may make of themselves."""


# ---------------------------------------------------------------------- qualifications
@dataclass(frozen=True)
class Qualification:
    """Valid from ``first`` to ``last``, both included; None: no end."""

    kind: Kind
    first: date
    last: date | None = None


def qualification_of(row: Mapping[str, Any]) -> Qualification:
    """A row of ``qualifications``."""
    last = row["until_day"]
    return Qualification(row["kind"], date.fromisoformat(row["from_day"]), date.fromisoformat(last) if last else None)


def valid(one: Qualification, day: date) -> bool:
    return one.first <= day and (one.last is None or day <= one.last)


def best_kind(qualifications: Iterable[Qualification], day: date) -> Kind | None:
    """The most that somebody may do on that day."""
    return max((one.kind for one in qualifications if valid(one, day)), key=KINDS.index, default=None)


def runs_out(qualifications: Iterable[Qualification], day: date) -> date | None:
    """The last day on which somebody may do as much as today; None: no end, or nothing to lose.

    Qualifications that follow each other without a day between count as one.
    """
    own = list(qualifications)
    kind = best_kind(own, day)
    if kind is None:
        return None
    enough = [one for one in own if KINDS.index(one.kind) >= KINDS.index(kind)]
    last = day
    while following := [one for one in enough if one.first.toordinal() <= last.toordinal() + 1 and (one.last is None or one.last > last)]:
        ends = [one.last for one in following]
        if None in ends:
            return None
        last = max(end for end in ends if end is not None)
    return last


# ---------------------------------------------------------------------- having time
class Span(NamedTuple):
    """From ``start`` to before ``end``."""

    start: str
    end: str


def free_on(day: date, rows: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    """When somebody has time on a day: the week's hours, without what was taken out for that day, with what was added for it.

    ``rows``: of the table ``availability``.
    """
    usual: list[Span] = []
    out: list[Span] = []
    added: list[Span] = []
    for row in rows:
        span = Span(row["from_time"], row["to_time"])
        if row["weekday"] is not None and row["weekday"] == day.weekday() and row["available"]:
            usual.append(span)
        elif row["day"] == day.isoformat():
            (added if row["available"] else out).append(span)
    for hole in out:
        usual = [part for span in usual for part in _without(span, hole)]
    return _merged([*usual, *added])


def _without(span: Span, hole: Span) -> list[Span]:
    parts = (Span(span.start, min(span.end, hole.start)), Span(max(span.start, hole.end), span.end))
    return [part for part in parts if part.start < part.end]


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(one for one in spans if one.start < one.end):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


# ---------------------------------------------------------------------- answers
class Refusal(StrEnum):
    """Why nothing can be answered any more."""

    CANCELLED = "cancelled"
    BEGUN = "begun"
    ANSWERED = "answered"
    NOT_ASKED = "not_asked"
    BUSY = "busy"


@dataclass(frozen=True)
class Standing:
    """What decides about an answer: an assignment's state, and its session's."""

    state: AssignmentState
    starts_at: str
    session_live: bool


def refuses(standing: Standing, at: str, *, accept: bool) -> Refusal | None:
    """Why this answer is not possible at this moment; None: it is.

    Whoever accepted may still say no until the session begins: better than not to come. A no stays a no: the seat may be somebody else's.
    """
    if standing.state == "cancelled" or not standing.session_live:
        return Refusal.CANCELLED
    if standing.state == "planned":
        return Refusal.NOT_ASKED
    if standing.state in ("declined", "done"):
        return Refusal.ANSWERED
    if at >= standing.starts_at:
        return Refusal.BEGUN
    return Refusal.ANSWERED if accept and standing.state == "accepted" else None


def may_offer(standing: Standing, at: str) -> bool:
    return standing.state == "planned" and standing.session_live and at < standing.starts_at


def may_cancel(standing: Standing) -> bool:
    return standing.state in ("planned", "offered", "accepted")


def may_confirm(standing: Standing, at: str) -> bool:
    """Can it be said whether the mentor came? Also of one who came without having answered."""
    return standing.state in ("planned", "offered", "accepted", "done") and standing.session_live and at >= standing.starts_at


# ---------------------------------------------------------------------- the course
MOST_PERCENT = 100


def completed(present: int, held: int, percent: int) -> bool:
    """Was somebody at enough of the sessions that were held? ``percent``: the share, in hundredths. Nobody completes a course not held."""
    return held > 0 and present * MOST_PERCENT >= held * percent


def end_of_term(granted: date, years: int) -> date:
    """The last day of a qualification: March 31, so many fiscal years on; the one under way counts as the first."""
    first = granted.year if granted.month >= 4 else granted.year - 1
    return date(first + years, 3, 31)
