"""The lesson's folder in a pupil's home: what of it is handed in, and filling it from a release without touching the child's work.

This runs in the pupil's room with his own power, so a planted link can hurt nobody else; it must only never crash or overwrite.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
from pathlib import Path

from hub.page import words
from kanikko.errors import KanikkoError
from kanikko.safe_files import ArchiveLimits, UnsafeFiles, files_below, open_folder, safe_name

ALLOWED = frozenset([".ipynb", ".py", ".txt", ".md", ".csv", ".tsv", ".json", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".wav", ".mp3"])
"""What a lesson is made of; anything else in the folder stays at home."""

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MARKS = ".kanikko"
"""Folder in the home that remembers which release a lesson's folder was filled from."""
SKIPPED = frozenset({"__pycache__", "node_modules"})


class LessonError(KanikkoError):
    """Something a child has to be told about the lesson's folder; ``status`` is the HTTP status."""

    def __init__(self, said: words.Words, status: int = 400) -> None:
        super().__init__(said.message, remedy=said.remedy)
        self.status = status


def lesson_of(path: str) -> tuple[str, str]:
    """``(course, lesson)`` of a notebook's path ``course/lesson/…/name.ipynb``. Raises LessonError."""
    parts = path.strip("/").split("/")
    if len(parts) < 3 or not all(SLUG.fullmatch(part) for part in parts[:2]):
        raise LessonError(words.NOT_A_LESSON)
    return parts[0], parts[1]


def files_to_send(root: Path, course: str, lesson: str, limits: ArchiveLimits) -> dict[str, Path]:
    """Relative path → place of everything in the lesson's folder that is handed in. Blocking. Raises LessonError."""
    folder = root / course / lesson
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        raise LessonError(words.NOT_A_LESSON, 404)
    try:
        files = {name: place for name, place in files_below(folder, ignore=_ignored).items() if _sendable(name)}
        _check_size(files, limits)
    except OSError as error:
        raise LessonError(words.NOT_READABLE, 500) from error
    return files


def _ignored(name: str) -> bool:
    return name.startswith(".") or name in SKIPPED


def _sendable(name: str) -> bool:
    try:
        safe_name(name)
    except UnsafeFiles:
        return False
    return Path(name).suffix.lower() in ALLOWED


def _check_size(files: dict[str, Path], limits: ArchiveLimits) -> None:
    if not any(name.endswith(".ipynb") for name in files):
        raise LessonError(words.NOT_A_LESSON, 404)
    if len(files) > limits.entries:
        raise LessonError(words.TOO_MANY, 413)
    if sum(place.lstat().st_size for place in files.values()) > limits.total:
        raise LessonError(words.TOO_BIG, 413)


def add_missing(root: Path, course: str, lesson: str, release: Path) -> None:
    """Put a release's files into the lesson's folder; a file that is there already is the child's and stays. Blocking.

    ``release`` must lie on the same disk as ``root``. Raises LessonError. May stop half-way (a full disk): called again
    it adds what is missing.
    """
    try:
        for name, place in files_below(release, ignore=lambda name: False).items():
            *folders, leaf = safe_name(name)
            with open_folder(root, course, lesson, *folders) as folder:
                _add(place, folder, leaf)
    except UnsafeFiles as error:
        raise LessonError(words.UNEXPECTED, 409) from error
    except OSError as error:
        raise disk_error(error) from error


def disk_error(error: OSError) -> LessonError:
    """What to tell a child when the disk refused."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return LessonError(words.DISK_FULL, 507) if full else LessonError(words.UNEXPECTED, 500)


def _add(source: Path, folder: int, name: str) -> None:
    # A hard link takes the name only if nothing stands there, in one step: the child's work is never replaced.
    with contextlib.suppress(FileExistsError):
        os.link(source, name, dst_dir_fd=folder, follow_symlinks=False)


def mend(root: Path, course: str, lesson: str) -> None:
    """Bring back notebooks that a power cut caught in the middle of a save.

    While it writes, Jupyter keeps the notebook's last state beside it as ``.~name.ipynb``. Blocking.
    """
    for kept in (root / course / lesson).glob(".~*.ipynb"):
        notebook = kept.with_name(kept.name.removeprefix(".~"))
        with contextlib.suppress(OSError):
            if _whole(kept) and not _whole(notebook):
                kept.replace(notebook)


def _whole(notebook: Path) -> bool:
    try:
        return notebook.is_file() and isinstance(json.loads(notebook.read_bytes()), dict)
    except (OSError, ValueError, RecursionError):
        return False


def first_notebook(root: Path, course: str, lesson: str) -> str | None:
    """Path of the lesson's first notebook, relative to ``root``; None if there is none yet."""
    folder = root / course / lesson
    try:
        names = sorted(place.name for place in folder.iterdir() if place.suffix == ".ipynb" and place.is_file())
    except OSError:
        return None
    visible = [name for name in names if not name.startswith(".")]
    return f"{course}/{lesson}/{visible[0]}" if visible else None


def filled_from(root: Path, course: str, lesson: str) -> str:
    """The time of the release the folder was filled from last; empty if unknown."""
    try:
        return (root / MARKS / f"{course}--{lesson}").read_text(encoding="utf-8")[:64]
    except (OSError, UnicodeDecodeError):
        return ""


def remember(root: Path, course: str, lesson: str, released_at: str) -> None:
    """Note the release the folder was filled from. Losing the note costs one more look at the release, nothing else."""
    try:
        (root / MARKS).mkdir(exist_ok=True)
        (root / MARKS / f"{course}--{lesson}").write_text(released_at, encoding="utf-8")
    except OSError:
        pass


def used_bytes(root: Path, *, most_files: int = 50_000) -> int:
    """Bytes of disk below ``root``, as the disk counts them. Links count as themselves; stops counting at ``most_files``. Blocking."""
    total = seen = 0
    waiting = [str(root)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    seen += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
        if seen > most_files:
            break
    return total
