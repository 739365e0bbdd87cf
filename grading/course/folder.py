"""A course's folder: made once, brought up to date each time, on a place that teachers' rooms write to."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from kanikko.errors import KanikkoError
from kanikko.safe_files import open_folder, write_tree
from kanikko.settings import PROJECT, Settings

GRADEBOOK = "gradebook.db"
FOLDERS = ("source", "release", "submitted", "autograded", "feedback")
CONFIG_FILE = "nbgrader_config.py"
CONFIG = '''"""nbgrader's configuration for this class. Kanikko writes the file; add your own lines below the last one, they are kept."""

import os

from grading.course import nbgrader_config

c = get_config()  # noqa: F821
c.merge(nbgrader_config({course!r}, os.path.dirname(os.path.abspath(__file__))))
'''


class CourseError(KanikkoError):
    """The course folder holds something that must not be there."""


def ensure_course(settings: Settings, course: str) -> Path:
    """The class's nbgrader course folder, complete: folders, configuration, gradebook, and the class's pupils in it (ids only).

    Cheap when nothing has changed. Safe to call again and by several processes. Raises CourseError.
    """
    root = settings.courses_dir / course
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in FOLDERS:
        with open_folder(root, name):
            pass
    if not (root / CONFIG_FILE).exists():
        write_tree(root, {CONFIG_FILE: CONFIG.format(course=course).encode()})
    _ensure_gradebook(settings, root / GRADEBOOK)
    _ensure_pupils(settings, course, root / GRADEBOOK)
    return root


def _ensure_gradebook(settings: Settings, place: Path) -> None:
    try:
        found = place.lstat()
    except FileNotFoundError:
        aside = place.with_name(f".{GRADEBOOK}.{os.getpid()}.{os.urandom(4).hex()}")
        shutil.copyfile(_template(settings), aside)
        try:
            os.link(aside, place, follow_symlinks=False)  # never over one that another process has just made
        except FileExistsError:
            pass
        finally:
            aside.unlink()
        found = place.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise CourseError(f"{place} is not a file", remedy="Remove it, and restore gradebook.db from the backup.")
    with closing(sqlite3.connect(place, timeout=10)) as database:
        database.execute("PRAGMA journal_mode=WAL")  # kept in the file: the worker writes while formgrader reads


def _template(settings: Settings) -> Path:
    """An empty gradebook, made once: nbgrader starts another program (alembic) for each new one, which takes seconds."""
    place = settings.courses_dir / f".gradebook-{version('nbgrader')}.db"
    if not place.exists():
        with tempfile.TemporaryDirectory(prefix=".kk", dir=settings.courses_dir) as folder:
            made = Path(folder) / GRADEBOOK
            path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"  # where alembic is
            environment = os.environ | {"PATH": path, "PYTHONPATH": str(PROJECT)}
            done = subprocess.run(
                [sys.executable, "-m", "grading.course.template", str(made)], env=environment, capture_output=True, text=True, timeout=120
            )
            if done.returncode != 0:
                raise CourseError("nbgrader cannot make a gradebook", remedy=done.stderr[-2000:])
            made.replace(place)
    return place


def _ensure_pupils(settings: Settings, course: str, gradebook: Path) -> None:
    """Every pupil of the class is in the gradebook, by opaque id. Those who left stay: their marks do."""
    if not settings.roster_db.exists():
        return
    from hub.roster import Roster

    with closing(Roster(settings.roster_db)) as roster:
        pupils = {pupil.account for pupil in roster.pupils(course)}
    with closing(sqlite3.connect(f"file:{gradebook}?mode=ro", uri=True, timeout=10)) as database:
        known = {row[0] for row in database.execute("SELECT id FROM student")}
        courses = {row[0] for row in database.execute("SELECT id FROM course")}
    if pupils <= known and course in courses:
        return
    from nbgrader.api import Gradebook  # a second of imports, only when somebody new has come

    with Gradebook(f"sqlite:///{gradebook.absolute()}", course) as book:
        for account in sorted(pupils - known):
            book.update_or_create_student(account)
