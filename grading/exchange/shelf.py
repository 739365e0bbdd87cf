"""The exchange's files. A folder is made ready aside, forced to the disk, and appears in its place by one rename."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path

KEEP_LEFTOVERS = 30 * 86400
"""Seconds a stray folder is kept for a person to look at."""


def sync_tree(folder: Path) -> None:
    """Force every file and folder below, and ``folder`` itself, to the disk."""
    for here, _, names in os.walk(folder, topdown=False):
        for name in names:
            _sync(Path(here, name))
        _sync(Path(here))


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Shelf:
    """``incoming/`` for what is not in yet; ``releases/``, ``submissions/``, ``feedback/`` for what is; all on one file system."""

    KINDS = ("releases", "submissions", "feedback")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.leftover = root / "leftover"
        for place in (self.incoming, *(root / kind for kind in self.KINDS)):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)

    def aside(self) -> Path:
        """A new path below ``incoming/`` that does not exist yet."""
        return self.incoming / secrets.token_hex(8)

    def put(self, ready: Path, kind: str, *parts: str) -> str:
        """Move the folder ``ready`` to ``kind/part/…``; returns that place relative to the root. It is on the disk after this."""
        sync_tree(ready)
        place = self.root.joinpath(kind, *parts)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        ready.rename(place)
        here = place.parent
        while here != self.root:  # folders made on the way are names in their parents, and those must last too
            _sync(here)
            here = here.parent
        return str(place.relative_to(self.root))

    def add_file(self, relative: str, name: str, text: str) -> None:
        """Put one more small file into a folder that is in its place already."""
        place = self.root / relative / name
        place.write_text(text)
        _sync(place)
        _sync(place.parent)

    def drop(self, relative: str) -> None:
        """Remove a folder that is no longer anyone's; best effort, what stays is swept later."""
        shutil.rmtree(self.root / relative, ignore_errors=True)

    def sweep(self, known: set[str]) -> list[str]:
        """After a crash: forget half-arrived uploads, set folders aside that no row in ``known`` (relative places) speaks of.

        Those were complete but never acknowledged. They are moved to ``leftover/``, not removed at once, because after restoring an
        old database by hand this would be the only trace of somebody's work.
        """
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir(mode=0o700, exist_ok=True)
        strays = [place for kind, depth in (("releases", 3), ("submissions", 4), ("feedback", 2)) for place in self._at_depth(kind, depth)]
        moved = []
        for stray in strays:
            relative = str(stray.relative_to(self.root))
            if relative not in known:
                self.leftover.mkdir(mode=0o700, exist_ok=True)
                os.utime(stray)
                stray.rename(self.leftover / f"{relative.replace('/', '+')}+{secrets.token_hex(3)}")
                moved.append(relative)
        for old in self.leftover.iterdir() if self.leftover.is_dir() else ():
            if old.stat().st_mtime < time.time() - KEEP_LEFTOVERS:
                shutil.rmtree(old, ignore_errors=True)
        return moved

    def _at_depth(self, kind: str, depth: int) -> list[Path]:
        return list((self.root / kind).glob("/".join("*" * depth)))
