"""Has what a warm process imported been changed on disk?"""

from __future__ import annotations

import os
import site
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hub.room.bwrap import OUR_CODE, PROJECT

LOOK_SECONDS = 2.0
SUFFIXES = (".py", ".txt", ".json", ".html")
SETTINGS = "settings.env"


class Changes:
    """Looks at installed packages, our code and the settings, at most every two seconds. ``state`` is a descriptor of ``var/``."""

    def __init__(self, state: int) -> None:
        self._state = state
        self._known = self._fingerprint()
        self._looked = time.monotonic()

    def seen(self) -> bool:
        """Whether anything differs from when this object was made."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return False
        self._looked = time.monotonic()
        return self._fingerprint() != self._known

    def _fingerprint(self) -> frozenset[tuple[str, int]]:
        found = set()
        for place in _code():
            with suppress(OSError):
                found.add((place, os.stat(place).st_mtime_ns))  # noqa: PTH116  (a thousand of them, every two seconds)
        with suppress(OSError):
            found.add((SETTINGS, os.stat(SETTINGS, dir_fd=self._state).st_mtime_ns))
        return frozenset(found)


def _code() -> Iterator[str]:
    yield from site.getsitepackages()  # an installation or an upgrade renames folders in it
    for name in OUR_CODE:
        for folder, _, files in os.walk(PROJECT / name):
            yield from (str(Path(folder, file)) for file in files if file.endswith(SUFFIXES))
