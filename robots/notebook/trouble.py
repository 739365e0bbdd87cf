"""A program's mistake in a child's words: the line it stopped at, what that means, and what Python itself said."""

from __future__ import annotations

import re

from kanikko.errors import KanikkoError
from robots.notebook import words

PLACE = re.compile(r'^\s*File "[^"\n]*", line (\d{1,6})', re.MULTILINE)
LAST_LINE = re.compile(r"^([A-Za-z_][\w.]*?)(?::\s*(.*))?$")
LONGEST = 300
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]")


class ProgramError(KanikkoError):
    """The pupil's program stopped with an error. ``line`` counts from 1 in the program's file; None if it is not known."""

    def __init__(self, message: str, *, remedy: str = "", line: int | None = None, lines: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.line = line
        self._lines = lines

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of its own traceback, which would be about our code."""
        return list(self._lines) or [self.message]


def of_traceback(traceback: str, source: str) -> ProgramError:
    """The error of a program's traceback, from whichever Python."""
    line = _line(traceback, source)
    name, said = _said(traceback)
    kind = words.KIND.get(name, "")
    where = words.STOPPED if line is None else words.STOPPED_AT.format(line=line)
    text = "" if line is None else source.splitlines()[line - 1].strip()
    shown = [where, words.THE_LINE.format(text=clean(text)) if text else "", kind, words.PYTHON_SAYS.format(said=said) if said else ""]
    return ProgramError(where, remedy=kind, line=line, lines=tuple(filter(None, shown)))


def endless() -> ProgramError:
    """The program never came to an end, and never waited either."""
    return ProgramError(words.ENDLESS, remedy=words.ENDLESS_HELP, lines=(words.ENDLESS, words.ENDLESS_HELP))


def clean(text: str) -> str:
    """One line without what a terminal or a page could take for an order."""
    return UNSEEN.sub(" ", text)[:LONGEST]


def _line(traceback: str, source: str) -> int | None:
    found = PLACE.findall(traceback)
    line = int(found[-1]) if found else 0
    return line if 0 < line <= len(source.splitlines()) else None


def _said(traceback: str) -> tuple[str, str]:
    """The exception's name, and its line as Python ended with it."""
    for line in reversed(traceback.strip().splitlines()):
        if match := LAST_LINE.match(line.strip()):
            return match[1].rpartition(".")[2], clean(line.strip())
    return "", ""
