"""Has what a warm process imported been changed on disk?"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from hub.room.bwrap import OUR_CODE, PROJECT
from kanikko.settings import default_var

LOOK_SECONDS = 2.0
SUFFIXES = (".py", ".txt", ".json", ".html")


class Changes:
    """Looks at installed packages, our code and the settings, at most every two seconds."""

    def __init__(self) -> None:
        self._known = fingerprint()
        self._looked = time.monotonic()

    def seen(self) -> bool:
        """Whether anything differs from when this object was made."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return False
        self._looked = time.monotonic()
        return fingerprint() != self._known


def fingerprint() -> frozenset[tuple[str, int]]:
    """Path and time of change of everything that decides what is imported."""
    return frozenset((str(place), place.stat().st_mtime_ns) for place in _places() if place.exists())


def _places() -> Iterator[Path]:
    import site

    yield from map(Path, site.getsitepackages())  # an installation or upgrade renames folders in it
    yield default_var() / "settings.env"
    for name in OUR_CODE:
        for folder, _, files in os.walk(PROJECT / name):
            yield from (Path(folder, file) for file in files if file.endswith(SUFFIXES))
