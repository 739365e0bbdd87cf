"""What the hand-in service answers with: small frozen facts that know to and from JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

State = Literal["queued", "grading", "graded", "failed"]


class Fact(BaseModel):
    """Frozen; knows to and from JSON. Fields a newer service adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Me(Fact):
    name: str
    student_of: tuple[str, ...] = ()
    instructor_of: tuple[str, ...] = ()


class Lesson(Fact):
    """A lesson released to a class; ``notebooks`` are names without ``.ipynb``."""

    course: str
    lesson: str
    title: str
    notebooks: tuple[str, ...]
    released_at: datetime


class CellMark(Fact):
    """``points`` is None while a person must still mark the cell. ``hint`` is the message of the failed visible check."""

    grade_id: str
    notebook: str
    points: float | None
    max_points: float
    hint: str | None = None


class Flag(Fact):
    """A sign of forged marks, for the teacher's eyes only."""

    grade_id: str
    kind: str
    detail: str = ""


class Submission(Fact):
    """One hand-in. ``feedback``: notebook name → SHA-256 of its feedback page, where there is one."""

    id: str
    course: str
    lesson: str
    student: str
    submitted_at: datetime
    state: State
    score: float | None = None
    max_score: float | None = None
    cells: tuple[CellMark, ...] = ()
    note: str | None = None
    flags: tuple[Flag, ...] = ()
    notebooks: tuple[str, ...] = ()
    feedback: dict[str, str] = {}


class Progress(Fact):
    """Where one pupil stands with a lesson: the newest submission."""

    state: State
    score: float | None
    max_score: float | None
    submission: str
    submitted_at: datetime
    flags: tuple[Flag, ...] = ()
    note: str | None = None


class Card(Fact):
    """One lesson on a pupil's home page; ``released`` is the exchange's word for not handed in yet."""

    course: str
    lesson: str
    title: str
    state: State | Literal["released"]
    score: float | None = None
    max_score: float | None = None


class RobotProgram(Fact):
    """A program that a pupil marked for the robot, from the newest hand-in that has one. ``source``: UTF-8 text."""

    student: str
    submission: str
    submitted_at: datetime
    program: str
    sha256: str
    source: str


class Event(Fact):
    """A change, as the hub hears it. ``id`` grows; give the last one to ``events`` to hear what was missed.

    ``kind``: ``submission`` (its state changed), ``released``, ``withdrawn``, ``release-failed``, ``feedback``, ``job``.
    """

    id: int
    kind: str
    course: str
    lesson: str
    account: str | None = None
    state: str | None = None
    score: float | None = None
    max_score: float | None = None


class JobView(Fact):
    """A queued piece of work: building a release, or an execution for the formgrader."""

    id: int
    kind: str
    state: Literal["queued", "running", "done", "failed"]
    note: str | None = None
    course: str = ""
    lesson: str = ""
    account: str | None = None


class Executed(Fact):
    """What the grading sandbox made of a notebook; ``ended`` as in ``grading.sandbox``."""

    notebook: dict[str, JsonValue]
    ended: str
    detail: str | None = None
