"""The lock on the site's state: one site a state folder, and none while its database is replaced."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from kanikko.errors import KanikkoError
from kanikko.settings import Settings


class SiteRuns(KanikkoError):
    """The site runs on this state folder."""


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the lock; the kernel gives it back however this process ends. Raises SiteRuns."""
    try:
        settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (settings.var / "site.lock").open("w")
    except PermissionError as error:
        raise KanikkoError(
            f"This user may not write {error.filename or settings.var}.",
            remedy="Start as the user who started before, or set KANIKKO_VAR to another folder.",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SiteRuns(f"The site runs on {settings.var}.", remedy="Stop it first: Ctrl-C where it was started.") from None
        yield
