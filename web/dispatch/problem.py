"""What dispatch is given and what it gives back. Ids are opaque; times are naive and local."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from kanikko.errors import KanikkoError
from web.dispatch.travel import Travel


class ProblemError(KanikkoError):
    """What dispatch was given contradicts itself (an id twice, a session that ends before it starts, …)."""


class Role(StrEnum):
    """Both what somebody does at a session and what a qualification allows: who may lead may assist, too."""

    LEAD = "lead"
    ASSISTANT = "assistant"
    TRAINEE = "trainee"


@dataclass(frozen=True)
class Qualification:
    """``role`` is the most it allows; valid from ``first`` to ``last``, both included (None: no end)."""

    role: Role
    first: date
    last: date | None = None

    def valid(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Span:
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Limits:
    """The most sessions in a day, in a week from Monday, in a calendar month; None: no limit."""

    day: int | None = None
    week: int | None = None
    month: int | None = None


WishKind = Literal["place", "area", "programme", "mentor"]


@dataclass(frozen=True)
class Wish:
    """``weight`` from -2 (please not) to 2 (very much). A wish for the place itself counts before one for its area."""

    kind: WishKind
    target: str
    weight: int


@dataclass(frozen=True)
class Mentor:
    """``home`` is a key of the travel table; None: nobody knows where he sets out from."""

    id: str
    skills: frozenset[str]
    qualifications: tuple[Qualification, ...]
    available: tuple[Span, ...]
    limits: Limits = Limits()
    wishes: tuple[Wish, ...] = ()
    home: str | None = None


@dataclass(frozen=True)
class Need:
    """``count`` people as ``role`` (lead or assistant) who have ``skill``; None: any mentor qualified for the role."""

    role: Role
    skill: str | None
    count: int = 1


@dataclass(frozen=True)
class Session:
    """``trainees`` is how many may come to learn: seats that may stay empty."""

    id: str
    start: datetime
    end: datetime
    place: str
    needs: tuple[Need, ...]
    trainees: int = 1
    area: str = ""
    programme: str = ""

    @property
    def day(self) -> date:
        return self.start.date()


@dataclass(frozen=True, order=True)
class Assignment:
    """``skill`` is the need that he fills: None for a need of any skill, and for a trainee."""

    session: str
    mentor: str
    role: Role
    skill: str | None = None


@dataclass(frozen=True)
class Weights:
    """Points in the last stage, all at least 0.

    ``minute`` for a minute of way to a session; ``wish`` for each step a wish is missed by; ``fair`` for the square of
    a mentor's sessions over what he offered; ``practice`` for a trainee's seat that stays empty though trainees offered the time: so much
    that load, way and wishes must all speak against it.
    """

    minute: int = 1
    wish: int = 20
    fair: int = 60
    practice: int = 240


@dataclass(frozen=True)
class Problem:
    """``fixed`` stay whatever the rules say; ``current`` is the plan people have been told; ``declined`` are (mentor, session).

    A session that is over, but counts for somebody's limits, is given like any other with its people in ``fixed``.
    People in ``fixed`` and ``current`` whose session or mentor is not there any more are left out.
    """

    mentors: tuple[Mentor, ...]
    sessions: tuple[Session, ...]
    fixed: tuple[Assignment, ...] = ()
    current: tuple[Assignment, ...] = ()
    declined: frozenset[tuple[str, str]] = frozenset()
    travel: Travel = field(default_factory=Travel)
    weights: Weights = Weights()

    def __post_init__(self) -> None:
        for what, ids in (("mentor", [m.id for m in self.mentors]), ("session", [s.id for s in self.sessions])):
            if len(set(ids)) != len(ids):
                raise ProblemError(f"A {what} stands twice in the problem.", remedy="Give each one once.")
        for session in self.sessions:
            if session.end <= session.start or session.end.date() != session.day:
                raise ProblemError(f"Session {session.id} does not end after its start on the same day.", remedy="Correct its times.")
            if session.trainees < 0 or any(need.count < 1 or need.role is Role.TRAINEE for need in session.needs):
                raise ProblemError(f"Session {session.id} has a need that is none.", remedy="Needs are leads and assistants, 1 or more.")
        for name, people in (("fixed", self.fixed), ("current", self.current)):
            if len({(one.session, one.mentor) for one in people}) != len(people):
                raise ProblemError(f"Somebody is {name} twice at one session.", remedy="One seat a person at a session.")


# ------------------------------------------------------------------ what comes back
class Why(StrEnum):
    """Why one mentor does not fill a seat. Everybody has exactly one: the first that is true, in this order."""

    UNSKILLED = "unskilled"
    UNQUALIFIED = "unqualified"  # has the skill, has (or had, or will have) no qualification for this role
    EXPIRED = "expired"  # has a qualification for this role, but not on this day
    DECLINED = "declined"
    AWAY = "away"  # has not offered this time
    HERE = "here"  # has another seat at this very session
    FIXED = "fixed"  # staff put him elsewhere: no plan could have him here
    BOOKED = "booked"  # is at another session at this time, by this plan
    TRAVEL = "travel"  # is at another session, by this plan, too far to come from
    DAY = "day"  # limits that are reached, by this plan
    WEEK = "week"
    MONTH = "month"
    FREE = "free"  # only where a plan is not proven: the time ended


@dataclass(frozen=True)
class Group:
    """Mentors with the same reason; ``sessions`` are those that keep them (for HERE, FIXED, BOOKED, TRAVEL and the limits)."""

    why: Why
    mentors: tuple[str, ...]
    sessions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seats:
    session: str
    role: Role
    skill: str | None
    count: int = 1


@dataclass(frozen=True)
class Instead:
    """What would become of one more here. ``possible`` None: not found out in time; ``emptied``: the seats that would then be empty."""

    possible: bool | None
    emptied: tuple[Seats, ...] = ()


@dataclass(frozen=True)
class Unfilled:
    """``seats.count`` are missing of ``wanted``. ``groups`` hold every mentor of the problem exactly once."""

    seats: Seats
    wanted: int
    groups: tuple[Group, ...]
    instead: Instead


class Breach(StrEnum):
    """What a fixed assignment breaks; it stays all the same."""

    UNSKILLED = "unskilled"
    UNQUALIFIED = "unqualified"
    TRAINEE = "trainee"  # fixed as lead or assistant, but a trainee that day: is there as a trainee
    DECLINED = "declined"
    AWAY = "away"
    CLASH = "clash"
    LIMIT = "limit"
    NO_LEAD = "no_lead"


@dataclass(frozen=True, order=True)
class Note:
    breach: Breach
    mentor: str
    session: str


@dataclass(frozen=True, order=True)
class Cost:
    """Compared from left to right, less is better. ``points`` are the sum of what :class:`Weights` weighs."""

    leads_missing: int
    assistants_missing: int
    changes: int
    points: int


Status = Literal["optimal", "feasible", "cancelled"]


@dataclass(frozen=True)
class Plan:
    """``status`` optimal: proven, nothing is better. Else ``gap`` says how many percent at most could be better in the first stage that is
    not proven (``stage``: fill, changes or points); 0 when proven. ``seconds`` is how long it took."""

    assignments: tuple[Assignment, ...]
    cost: Cost
    unfilled: tuple[Unfilled, ...] = ()
    notes: tuple[Note, ...] = ()
    status: Status = "feasible"
    gap: float = 0.0
    stage: str = ""
    seconds: float = 0.0
    parts: Mapping[str, int] = field(default_factory=dict)
    """``cost.points`` by what they are for: way, wishes, load, practice."""
