"""The cable: a pty with a path of its own, which mpremote opens like a serial port."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Callable
from pathlib import Path

READ_AT_ONCE = 512
KEPT_BYTES = 65536
PATIENCE_SECONDS = 0.5
"""How long a computer may not read before what the board says is lost, as with USB."""

TICK_SECONDS = 0.02


class Line:
    """Both ways of one cable. Lives in the loop's thread: make and use it there.

    ``heard(data)`` gets what the computer sends, ``empty()`` is called when all that the board said is under way. ``rate``: bytes per
    second each way, None for no limit. The symbolic link matters: mpremote waits without end on a silent ``/dev/pts/N``.
    """

    def __init__(self, events: asyncio.AbstractEventLoop, link: Path, heard: Callable[[bytes], None], empty: Callable[[], None]) -> None:
        self._events, self._link, self._heard, self._empty = events, link, heard, empty
        self.rate: int | None = None
        self._out = bytearray()
        self._lost: asyncio.TimerHandle | None = None
        self._later: list[asyncio.TimerHandle] = []
        self._deaf = False  # nobody reads at the other end
        self._held = True
        self._pausing = False
        # Our own hold on the other end stays open: without it, reading fails while no computer is connected.
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        fresh = link.with_name(f".{link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._theirs))
        fresh.replace(link)

    def close(self) -> None:
        """Pull the cable: whoever holds the other end gets an error."""
        self._link.unlink(missing_ok=True)
        self._events.remove_reader(self._ours)
        self._events.remove_writer(self._ours)
        for timer in [*self._later, *([self._lost] if self._lost else [])]:
            timer.cancel()
        os.close(self._ours)
        os.close(self._theirs)

    # -------------------------------------------------------------- computer → board
    def hold(self, held: bool) -> None:
        """While held, what the computer sends waits in the cable."""
        self._held = held
        self._listen()

    def _listen(self) -> None:
        if self._held or self._pausing:
            self._events.remove_reader(self._ours)
        else:
            self._events.add_reader(self._ours, self._read)

    def _read(self) -> None:
        most = READ_AT_ONCE if self.rate is None else max(1, min(READ_AT_ONCE, int(self.rate * TICK_SECONDS)))
        try:
            data = os.read(self._ours, most)
        except OSError:
            return
        if self.rate is not None:
            self._pausing = True
            self._listen()
            self._after(len(data) / self.rate, self._go_on)
        self._heard(data)

    def _go_on(self) -> None:
        self._pausing = False
        self._listen()

    def _after(self, seconds: float, function: Callable[[], None]) -> None:
        self._later = [timer for timer in self._later if not timer.cancelled() and timer.when() > self._events.time()]
        self._later.append(self._events.call_later(seconds, function))

    # -------------------------------------------------------------- board → computer
    @property
    def full(self) -> bool:
        """The board had better wait before it says more."""
        return len(self._out) >= KEPT_BYTES

    def send(self, data: bytes) -> None:
        was_empty = not self._out
        self._out += data
        if was_empty and self._out:
            self._write()

    def _write(self) -> None:
        most = len(self._out) if self.rate is None else max(1, int(self.rate * TICK_SECONDS))
        try:
            sent = os.write(self._ours, self._out[:most])
        except BlockingIOError:
            self._wait_for_reader()
            return
        except OSError:
            self._lose()
            return
        del self._out[:sent]
        self._deaf = False
        if self._lost is not None:
            self._lost.cancel()
            self._lost = None
        self._events.remove_writer(self._ours)
        if self._out:
            if self.rate is not None:
                self._after(sent / self.rate, self._write)
            else:
                self._events.add_writer(self._ours, self._write)
        else:
            self._empty()

    def _wait_for_reader(self) -> None:
        if self._deaf:
            self._lose()
            return
        self._events.add_writer(self._ours, self._write)
        if self._lost is None:
            self._lost = self._events.call_later(PATIENCE_SECONDS, self._lose)

    def _lose(self) -> None:
        self._lost, self._deaf = None, True
        self._out.clear()
        self._events.remove_writer(self._ours)
        self._empty()
