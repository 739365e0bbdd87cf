"""One grading worker a house."""

from __future__ import annotations

from contextlib import AbstractContextManager

from kanikko.errors import KanikkoError
from kanikko.lock import hold
from kanikko.settings import Settings


class WorkerError(KanikkoError):
    """The worker cannot run."""


def only_one(settings: Settings) -> AbstractContextManager[None]:
    """The worker's lock. Raises WorkerError if another worker has it."""
    taken = WorkerError("another grading worker runs on this house", remedy="Stop it first, or leave it to its work.")
    return hold(settings.run_dir / "grader.lock", taken)


def is_taken(settings: Settings) -> bool:
    """Whether a worker runs now."""
    try:
        with only_one(settings):
            return False
    except WorkerError:
        return True
