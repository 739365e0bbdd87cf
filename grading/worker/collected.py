"""Hand-ins that lie in a course's ``submitted/`` and that the exchange does not know: nbgrader's own collect put them there, or a teacher.

That folder is written by teachers' rooms, so nothing in it is followed, and its names are only taken as ids.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dateutil import parser  # type: ignore[import-untyped]

from grading.exchange.store import TIMESTAMP_FILE, Store
from kanikko.exchange_faults import ExchangeFault
from kanikko.safe_files import ArchiveLimits, UnsafeFiles, open_folder, read_tree
from kanikko.settings import Settings


@dataclass
class Taken:
    """``new``: ids of hand-ins that the exchange has taken now. ``strange``: how many folders could not be taken."""

    new: list[str] = field(default_factory=list)
    strange: int = 0


def take_collected(settings: Settings, store: Store, course: str, lesson: str, *, again: bool = False) -> Taken:
    """Give the exchange what it does not know; it queues them. ``again``: also those that nbgrader itself has autograded."""
    taken = Taken()
    root = settings.courses_dir / course
    limits = ArchiveLimits(total=settings.submission_limit_mb << 20, entries=settings.submission_limit_files)
    for student in _folders(root):
        try:
            files = read_tree(root, "submitted", student, lesson, limits=limits)
            if not any(name.endswith(".ipynb") for name in files) or (not again and _is_autograded(root, student, lesson, files, limits)):
                continue
            if identity := store.adopt(course, lesson, student, _moment(root, student, lesson, files), files):
                taken.new.append(identity)
        except FileNotFoundError:
            continue  # nothing of this lesson
        except (UnsafeFiles, ExchangeFault, OSError):
            taken.strange += 1
    return taken


def _folders(root: Path) -> list[str]:
    try:
        with open_folder(root, "submitted", create=False) as folder:
            return sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))
    except (FileNotFoundError, UnsafeFiles):
        return []


def _is_autograded(root: Path, student: str, lesson: str, files: dict[str, bytes], limits: ArchiveLimits) -> bool:
    """nbgrader's own rule: what was graded carries the same timestamp."""
    try:
        graded = read_tree(root, "autograded", student, lesson, limits=limits)
    except (FileNotFoundError, UnsafeFiles):
        return False
    return graded.get(TIMESTAMP_FILE) == files.get(TIMESTAMP_FILE)


def _moment(root: Path, student: str, lesson: str, files: dict[str, bytes]) -> datetime:
    """When it was handed in: its timestamp, as nbgrader reads it (UTC, if it does not say); without one, the newest file's time."""
    try:
        moment: datetime = parser.parse(files[TIMESTAMP_FILE].decode())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        moment = datetime.max.replace(tzinfo=UTC)
    if moment <= datetime.now(UTC) + timedelta(days=1):  # one from the future would stand before every later hand-in
        return moment
    with open_folder(root, "submitted", student, lesson, create=False) as folder:
        newest = max(entry.stat(follow_symlinks=False).st_mtime for entry in os.scandir(folder))
    return datetime.fromtimestamp(min(newest, datetime.now(UTC).timestamp()), UTC)
