"""How a job of the queue ended, before anybody was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grading.marks.grade import Finished
from grading.marks.result import Book, HandIn, Marks


@dataclass(frozen=True)
class Failed:
    """It could not be done. ``note`` is for the child (a hand-in) or the teacher (everything else)."""

    note: str


@dataclass(frozen=True)
class Done:
    """An execution, release or withdrawal is done."""

    result: dict[str, Any] | None = None


@dataclass(frozen=True)
class Seen:
    """A counted hand-in's notebook has the outputs for pupils' eyes now. ``before``: as it was written without them."""

    hand_in: HandIn
    book: Book
    name: str
    before: bytes
    after: bytes


Outcome = Finished | Marks | Failed | Done
"""``Finished``: marked, not written yet. ``Marks``: in the gradebook already, only to be told."""
