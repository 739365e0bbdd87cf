"""How much disk a home holds, measured from outside while hostile code may be changing it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

MAX_FILES = 50_000
MAX_DEPTH = 64
BLOCK = 512
MIB = 1 << 20


@dataclass(frozen=True)
class Usage:
    """What a folder holds: bytes on the disk (holes do not count) and files, folders included.

    ``complete`` is False if we stopped looking: too many files, too deep, or a folder closed to us.
    """

    bytes: int
    files: int
    complete: bool

    def over(self, quota_mb: int) -> bool:
        """Is it more than ``quota_mb`` MiB, or built so that nobody can tell?"""
        return not self.complete or self.bytes > quota_mb * MIB


def measure(folder: Path) -> Usage:
    """Measure what ``folder`` holds. No link is followed, and each folder is entered from its parent, so none can be swapped for one."""
    tally = _Tally()
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return Usage(0, 0, True)
    _walk(descriptor, 1, tally)
    return Usage(tally.bytes, tally.files, tally.complete)


@dataclass
class _Tally:
    bytes: int = 0
    files: int = 0
    complete: bool = True
    linked: set[int] = field(default_factory=set)

    def add(self, info: os.stat_result) -> None:
        self.files += 1
        if info.st_nlink > 1 and not stat.S_ISDIR(info.st_mode):
            if info.st_ino in self.linked:  # one file under several names is on the disk once
                return
            self.linked.add(info.st_ino)
        self.bytes += info.st_blocks * BLOCK


def _walk(descriptor: int, depth: int, tally: _Tally) -> None:
    """Count what the folder behind ``descriptor`` holds, and close it."""
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if tally.files >= MAX_FILES:
                    tally.complete = False
                    return
                try:
                    info = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                tally.add(info)
                if stat.S_ISDIR(info.st_mode):
                    _enter(descriptor, entry.name, depth, tally)
    finally:
        os.close(descriptor)


def _enter(parent: int, name: str, depth: int, tally: _Tally) -> None:
    if depth >= MAX_DEPTH:
        tally.complete = False
        return
    try:
        child = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    except (FileNotFoundError, NotADirectoryError):
        return  # gone, or swapped for something that is no folder: the next look will see it
    except OSError:
        tally.complete = False
        return
    _walk(child, depth + 1, tally)
