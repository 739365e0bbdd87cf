"""Locks that say that only one of something runs on a state folder. The kernel gives them back however a process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kanikko.errors import KanikkoError


@contextmanager
def hold(place: Path, taken: KanikkoError) -> Iterator[None]:
    """Hold the lock file ``place``. Raises ``taken`` while another process does, KanikkoError where this user may not write there."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = place.open("a")
    except PermissionError as error:
        raise KanikkoError(
            f"This user may not write {error.filename or place}.",
            remedy="Start as the user who started before, or set KANIKKO_VAR to another folder.",
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        yield
