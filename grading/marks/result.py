"""What grading one hand-in comes to, in plain values that know to and from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from traitlets.config import Config

from kanikko.errors import KanikkoError
from kanikko.exchange_facts import CellMark, Fact, Flag

GRADEBOOK = "gradebook.db"


class GradingError(KanikkoError):
    """A hand-in that cannot be graded at all. ``note`` is what the child reads."""

    def __init__(self, message: str, *, note: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.note = note


@dataclass(frozen=True)
class Book:
    """A class's nbgrader course: its folder, and the configuration that nbgrader's own parts are made with."""

    course: str
    root: Path
    config: Config = field(default_factory=Config)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.root / GRADEBOOK}"


@dataclass(frozen=True)
class HandIn:
    """One submission: opaque ids, its files' folder (hostile content) and the server's time in UTC.

    ``again``: its marks are to be made anew, on purpose (the lesson's tests were mended).
    """

    id: str
    lesson: str
    student: str
    submitted_at: datetime
    folder: Path
    again: bool = False


class Marks(Fact):
    """The marks of one hand-in, as the exchange keeps them."""

    score: float
    max_score: float
    cells: tuple[CellMark, ...] = ()
    note: str | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class NotebookScores:
    """What nbgrader's rules say of one executed notebook, by grade id. A score of None waits for a person."""

    scores: Mapping[str, float | None] = field(default_factory=dict)
    comments: Mapping[str, str | None] = field(default_factory=dict)
