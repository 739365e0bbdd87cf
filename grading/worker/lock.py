"""One grading worker a house."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from kanikko.errors import KanikkoError
from kanikko.settings import Settings


class WorkerError(KanikkoError):
    """The worker cannot run."""


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """A lock that the system takes back when this process dies, however it dies. Raises WorkerError if another worker has it."""
    place = settings.run_dir / "grader.lock"
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with place.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkerError("another grading worker runs on this house", remedy="Stop it first, or leave it to its work.") from None
        yield


def is_taken(settings: Settings) -> bool:
    """Whether a worker runs now."""
    try:
        with only_one(settings):
            return False
    except WorkerError:
        return True
