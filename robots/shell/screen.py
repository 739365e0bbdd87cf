"""What a program prints, made fit for a mentor's terminal: letters and line ends only."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable
from enum import Enum, auto

from robots.unseen import UNSEEN

_STRINGS = "]P^_X"  # after ESC: these go on until they are ended


class _State(Enum):
    TEXT = auto()
    ESCAPE = auto()
    CONTROL = auto()  # ESC [ … letter
    STRING = auto()  # ESC ] … BEL, or … ESC \
    STRING_ESCAPE = auto()


class Screen:
    """Takes bytes as they come, in whatever pieces, and shows text without anything that a terminal obeys."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._state = _State.TEXT

    def write(self, data: bytes) -> None:
        """More of the output."""
        text = "".join(letter for letter in self._decode(data) if self._seen(letter))
        if text:
            self._show(text)

    def _seen(self, letter: str) -> bool:
        if letter == "\x1b":
            self._state = _State.STRING_ESCAPE if self._state is _State.STRING else _State.ESCAPE
            return False
        if self._state is _State.TEXT:
            return letter in "\n\t" or unicodedata.category(letter) not in UNSEEN
        self._state = self._after(letter)
        return False

    def _after(self, letter: str) -> _State:
        """The state after one more letter of an escape sequence. A line's end ends every one: no output is lost behind it."""
        if letter == "\n" or letter == "\x07":
            return _State.TEXT
        if self._state is _State.ESCAPE:
            if letter == "[":
                return _State.CONTROL
            return _State.STRING if letter in _STRINGS else _State.TEXT
        if self._state is _State.CONTROL:
            return _State.TEXT if "@" <= letter <= "~" else _State.CONTROL
        return _State.TEXT if self._state is _State.STRING_ESCAPE else _State.STRING


def plain(data: bytes) -> str:
    """All at once."""
    parts: list[str] = []
    Screen(parts.append).write(data)
    return "".join(parts)
