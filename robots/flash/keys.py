"""What is typed (or scanned by a reader that types) while the table is on the screen: whole lines, without echo."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST = 200


class Keys:
    """Reads the terminal in a thread; ``typed`` is the line so far, ``on_line`` is called with each whole one."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.typed = ""
        self._on_line = on_line
        self._over = threading.Event()

    @contextmanager
    def listening(self) -> Iterator[Keys]:
        """While this lasts, keys come here; afterwards the terminal is as it was. Nothing happens where there is no terminal."""
        if not sys.stdin.isatty():
            yield self
            return
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor)
        thread = threading.Thread(target=self._read, args=(descriptor,), name="keys", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join(1)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

    def _read(self, descriptor: int) -> None:
        pending = b""
        while not self._over.is_set():
            if not select.select([descriptor], [], [], 0.2)[0]:
                continue
            data = os.read(descriptor, 1024)
            if not data:
                return
            pending += data
            try:
                text, pending = pending.decode(), b""
            except UnicodeDecodeError:  # half a letter
                pending = pending[-4:]
                continue
            for letter in text:
                self.press(letter)

    def press(self, letter: str) -> None:
        """One key: a letter, Backspace, or Enter."""
        if letter in "\r\n":
            done, self.typed = self.typed.strip(), ""
            if done:
                self._on_line(done)
        elif letter in "\x7f\b":
            self.typed = self.typed[:-1]
        elif letter.isprintable():
            self.typed = (self.typed + letter)[-MOST:]
