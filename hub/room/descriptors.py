"""Open file descriptors that belong together, so that none is forgotten on any way out."""

from __future__ import annotations

import os
from types import TracebackType


class Descriptors:
    """Descriptors that are closed together, or one by one before; each exactly once."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def add(self, descriptor: int) -> int:
        """Take charge of a descriptor; returns it."""
        self._open.append(descriptor)
        return descriptor

    def pipe(self) -> tuple[int, int]:
        """A new pipe's two ends, reader first."""
        reader, writer = os.pipe()
        return self.add(reader), self.add(writer)

    def close(self, *descriptors: int) -> None:
        """Close these."""
        for descriptor in descriptors:
            self._open.remove(descriptor)
            os.close(descriptor)

    def close_all(self) -> None:
        """Close what is left."""
        self.close(*self._open.copy())

    def release(self, descriptor: int) -> int:
        """Give up charge of a descriptor that stays open; returns it."""
        self._open.remove(descriptor)
        return descriptor

    def __enter__(self) -> Descriptors:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close_all()
