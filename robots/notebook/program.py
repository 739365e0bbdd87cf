"""A pupil's program as a file in the lesson's folder: which names it may have, how it is kept and read."""

from __future__ import annotations

import os
import re
import sys
from importlib.machinery import PathFinder
from pathlib import Path

from kanikko.errors import KanikkoError
from kanikko.safe_files import open_folder, read_file, write_file
from robots.notebook import words
from robots.notebook.marked import LONGEST_PROGRAM

DEFAULT = "crab"
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
LONGEST = LONGEST_PROGRAM
"""Bytes of one program; a board has not much more."""

ON_BOARD = frozenset({"boot", "kani", "kani_board", "machine", "main", "microbit", "micropython", "music", "network", "program", "rp2"})
"""Names that mean something else on a board."""


class ProgramFault(KanikkoError):
    """A program cannot be kept or found; said in a child's words."""

    def _render_traceback_(self) -> list[str]:
        return [self.message, *filter(None, [self.remedy])]


def checked_name(name: str, folder: Path) -> str:
    """``name`` if a program in ``folder`` may be called so. Raises ProgramFault.

    A name that Python finds elsewhere is refused: the file would stand before a package that the notebook itself needs.
    """
    if not NAME.fullmatch(name):
        raise ProgramFault(words.BAD_NAME.format(name=name[:40]), remedy=words.BAD_NAME_HELP)
    elsewhere = [place for place in sys.path if place and not _same(Path(place), folder)]
    if name in ON_BOARD or name in sys.stdlib_module_names or PathFinder.find_spec(name, elsewhere):
        raise ProgramFault(words.TAKEN_NAME.format(name=name), remedy=words.TAKEN_NAME_HELP)
    return name


def _same(place: Path, folder: Path) -> bool:
    try:
        return place.samefile(folder)
    except OSError:
        return False


def keep(folder: Path, name: str, source: str) -> None:
    """Write the program as ``<name>.py``, whole or not at all. Raises ProgramFault."""
    content = source.encode("utf-8", "replace")
    if not source.strip():
        raise ProgramFault(words.EMPTY, remedy=words.EMPTY_HELP)
    if len(content) > LONGEST:
        raise ProgramFault(words.TOO_LONG, remedy=words.TOO_LONG_HELP)
    try:
        with open_folder(folder) as here:
            write_file(here, f"{name}.py", content)
    except OSError as error:
        raise ProgramFault(words.NOT_KEPT, remedy=f"{os.strerror(error.errno or 0)}。{words.ASK}") from error


def kept(folder: Path, name: str) -> str:
    """The program that was kept as ``<name>.py``. Raises ProgramFault if there is none."""
    try:
        with open_folder(folder) as here:
            content = read_file(here, f"{checked_name(name, folder)}.py", most=LONGEST)
    except OSError:
        content = None
    if content is None or len(content) > LONGEST:
        raise ProgramFault(words.NOT_RUN.format(name=name), remedy=words.NOT_RUN_HELP.format(name=name))
    return content.decode("utf-8", "replace")
