"""Which program a pupil wants on the robot: a small file ``robot.json`` beside the program, which travels with the hand-in.

The folder is the pupil's: whatever is in it, reading gives an honest answer or None.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kanikko.errors import KanikkoError
from kanikko.safe_files import UnsafeFiles, open_folder, read_file, write_file

MARKER = "robot.json"
LONGEST_PROGRAM = 64 * 1024
_LONGEST_MARKER = 2048
_PROGRAM = re.compile(r"[a-z][a-z0-9_]{0,31}\.py")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class MarkError(KanikkoError):
    """A program cannot be marked for the robot."""


@dataclass(frozen=True)
class Marked:
    """A program for the robot: its file, the SHA-256 it had when it was marked at ``at``, and its content now."""

    program: str
    sha256: str
    at: datetime
    source: bytes

    @property
    def unchanged(self) -> bool:
        """Whether the file still holds what was marked."""
        return hashlib.sha256(self.source).hexdigest() == self.sha256


def mark(folder: Path, program: str, at: datetime) -> Marked:
    """Mark the file ``program`` (``crab.py``) in ``folder`` for the robot, instead of any other.

    Raises MarkError; then nothing has changed.
    """
    if at.tzinfo is None:
        raise ValueError("a mark's time needs a zone")
    source = _source(folder, program)
    if source is None:
        raise MarkError(f"there is no program {program[:40]!r} to mark", remedy="Run the program once, then mark it.")
    made = Marked(program, hashlib.sha256(source).hexdigest(), at.replace(microsecond=0), source)
    text = json.dumps({"program": made.program, "sha256": made.sha256, "at": made.at.isoformat()}) + "\n"
    try:
        with open_folder(folder) as here:
            write_file(here, MARKER, text.encode())
    except OSError as error:
        raise MarkError(f"{MARKER} cannot be written: {error.strerror}", remedy="Make room in the folder, then mark it again.") from error
    return made


def marked(folder: Path) -> Marked | None:
    """What is marked for the robot in ``folder``; None if nothing is, or what stands there makes no sense."""
    content = _read(folder, MARKER, _LONGEST_MARKER)
    if content is None:
        return None
    try:
        facts = json.loads(content)
        program, sha256, at = facts["program"], facts["sha256"], facts["at"]
        if not all(isinstance(fact, str) for fact in (program, sha256, at)) or len(at) > 40 or not _SHA256.fullmatch(sha256):
            return None
        moment = datetime.fromisoformat(at)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    source = _source(folder, program)
    return None if source is None or moment.tzinfo is None else Marked(program, sha256, moment, source)


def _source(folder: Path, program: str) -> bytes | None:
    return _read(folder, program, LONGEST_PROGRAM) if _PROGRAM.fullmatch(program) else None


def _read(folder: Path, name: str, most: int) -> bytes | None:
    """A plain file's content, at most ``most`` bytes; None for anything else."""
    try:
        with open_folder(folder, create=False) as here:
            content = read_file(here, name, most=most)
    except (OSError, UnsafeFiles):
        return None
    return content if content is not None and len(content) <= most else None
