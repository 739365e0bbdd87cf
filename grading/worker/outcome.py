"""How a job of the queue ended, before anybody was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grading.marks.grade import Finished
from grading.marks.result import Marks


@dataclass(frozen=True)
class Failed:
    """It could not be done. ``note`` is for the child (a hand-in) or the teacher (everything else)."""

    note: str


@dataclass(frozen=True)
class Done:
    """An execution, release or withdrawal is done."""

    result: dict[str, Any] | None = None


Outcome = Finished | Marks | Failed | Done
"""``Finished``: marked, not written yet. ``Marks``: in the gradebook already, only to be told."""
