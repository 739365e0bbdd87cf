"""What the pool needs of a place where notebooks are graded."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Protocol


class Backend(Protocol):
    """Makes executors. Jobs are functions of importable modules with plain values; so is what they answer."""

    spare: int
    """How many jobs that take long may run beside ``size()`` others."""

    lost: tuple[type[BaseException], ...]
    """Errors of a job that did nothing wrong: who did it is gone. It is tried again, elsewhere."""

    def size(self) -> int:
        """How many jobs at once make full use of it."""

    def executor(self) -> Executor:
        """A new executor, after the first or after the last one broke. Raises PoolError."""

    def close(self) -> None:
        """After the last executor was shut down."""
