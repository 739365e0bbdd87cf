"""What is true of a class at a moment. Pure: rows and moments in, answers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from web.clock import stamp

Window = Literal["before", "open", "closed", "none"]
"""Where applications stand: not yet taken, taken, no longer taken, never taken."""


class Room(NamedTuple):
    """Places of a class. ``decided_later``: a lottery or selection decides, so what is free now says nothing."""

    capacity: int
    free: int
    waiting: int
    applied: int
    decided_later: bool


def is_public(row: Mapping[str, Any]) -> bool:
    """May visitors see it? Not drafts, staff's training, nor where we are invited: nobody else can come, and children are there."""
    return row["state"] in ("published", "cancelled") and row["admission"] != "invited" and row["audience"] != "staff"


PUBLIC = "classes.state in ('published', 'cancelled') and classes.admission <> 'invited' and classes.audience <> 'staff'"
""":func:`is_public` as SQL."""


def window(row: Mapping[str, Any], moment: datetime) -> Window:
    """Where the applications of a class stand. From ``apply_from`` (inclusive) to ``apply_to`` (exclusive)."""
    if row["admission"] == "invited" or row["state"] != "published" or not row["apply_from"]:
        return "none"
    at = stamp(moment)
    if at < row["apply_from"]:
        return "before"
    return "open" if not row["apply_to"] or at < row["apply_to"] else "closed"


def is_open(row: Mapping[str, Any], moment: datetime) -> bool:
    """May families apply by themselves at this moment?"""
    return window(row, moment) == "open"


def first_session(sessions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first session that was not cancelled, or None."""
    live = [session for session in sessions if session["state"] != "cancelled"]
    return min(live, key=lambda session: session["starts_at"], default=None)


class Person(NamedTuple):
    """Somebody who looks for a class: school years and ages that may be theirs, both ends inclusive."""

    grades: tuple[int, int]
    ages: tuple[int, int]


OLDEST = 130
SENIOR_FROM = 60
_IMPLIED: dict[str, Person] = {
    "preschool": Person((-5, 0), (0, OLDEST)),
    "children": Person((1, 9), (0, OLDEST)),
    "seniors": Person((10, OLDEST), (SENIOR_FROM, OLDEST)),
}


def of_grade(grade: int) -> Person:
    """A child of that school year (:mod:`web.school_years`)."""
    return Person((grade, grade), (grade + 5, grade + 6))


def of_ages(youngest: int, oldest: int = OLDEST) -> Person:
    """Somebody of that age."""
    return Person((youngest - 6, oldest - 5), (youngest, oldest))


def fits(row: Mapping[str, Any], person: Person) -> bool:
    """Is the class meant for this person? Where it names neither school years nor ages, its audience says it."""
    named = any(row[name] is not None for name in ("grade_from", "grade_to", "age_from", "age_to"))
    implied = Person((-5, OLDEST), (0, OLDEST)) if named else _IMPLIED.get(row["audience"], Person((-5, OLDEST), (0, OLDEST)))
    grades = _within(implied.grades, row["grade_from"], row["grade_to"])
    return _meet(grades, person.grades) and _meet(_within(implied.ages, row["age_from"], row["age_to"]), person.ages)


def _within(implied: tuple[int, int], lowest: int | None, highest: int | None) -> tuple[int, int]:
    return implied[0] if lowest is None else lowest, implied[1] if highest is None else highest


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def room(row: Mapping[str, Any], states: Mapping[str, int]) -> Room:
    """Places from the numbers of entries by state."""
    taken = states.get("accepted", 0) + states.get("offered", 0)
    undecided = states.get("applied", 0)
    later = row["admission"] in ("lottery", "selection") and (undecided > 0 or not taken)
    applied = taken + undecided + states.get("waiting", 0)
    return Room(row["capacity"], max(0, row["capacity"] - taken), states.get("waiting", 0), applied, later)
