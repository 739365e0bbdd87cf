"""MicroPython's process and its terminal: from the start through boot.py and main.py to the REPL, as it goes on a board."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import secrets
import signal
import subprocess
import termios
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from robots.virtual import child, operations
from robots.virtual.operations import Operation
from robots.virtual.voice import Voice

RAW = b"raw REPL; CTRL-B to exit\r\n"
FRIENDLY = b'Type "help()" for more information.\r\n'
PROMPT = b">>> "
PASTE = b"\x05A\x01"
LONGEST_LINE = 1 << 20
KEPT_BYTES = 65536
STOP_SECONDS, RUN_SECONDS = 0.5, 0.05
"""How long a prompt may take to come after Ctrl-C, and after a line, before what was typed next is passed on all the same."""

TRY_SECONDS, MOST_TRIES = 0.002, 100
"""How often, and how many times, we look whether a busy program sleeps, for a Ctrl-C to reach it then."""


State = Literal["starting", "programs", "banner", "to-raw", "repl"]


class Console:
    """One life of a board, from power or reset to the next. Lives in the loop's thread.

    ``said(data)``: output for the computer. ``event(facts)``: what the board does, ``{"ev": kind, …}``. ``ended(code)``: the process is
    gone, by itself. ``typed``: by the computer, before. ``ready()``: from now on the computer's input is wanted (again), or no longer.
    """

    def __init__(
        self,
        events: asyncio.AbstractEventLoop,
        how: Mapping[str, object],
        *,
        heap_kb: int,
        banner: bytes,
        raw: bool,
        typed: bytes,
        operation: Operation | None,
        said: Callable[[bytes], None],
        event: Callable[[dict[str, object]], None],
        ended: Callable[[int], None],
        ready: Callable[[bool], None],
    ) -> None:
        self._events, self._voice, self._operation = events, Voice(banner), operation
        self._said, self._event, self._ended, self._ready = said, event, ended, ready
        self.state: State = "starting"
        self.raw = self._want_raw = raw
        self._pending, self._tail, self._unsent, self._line = b"", b"", bytearray(), b""
        self._pasting = self._running = self._over = False
        self._waits: asyncio.TimerHandle | None = None
        self._tries = 0
        self.commands = 0
        self._typed, self._later = b"", typed
        self._mark = b"\x1e" + secrets.token_hex(8).encode()
        self._terminal, inner = pty.openpty()
        _as_board(inner)
        self._from, to_us = os.pipe()
        for_it, self._answers = os.pipe()
        try:
            self._process = child.start(
                "board",
                for_it,
                heap_kb=heap_kb,
                stdin=inner,
                stdout=inner,
                pass_fds=(to_us, for_it),
                terminal=True,
            )
        except BaseException:
            for descriptor in (self._terminal, self._from, self._answers):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (inner, to_us, for_it):
                os.close(descriptor)
        os.write(self._answers, json.dumps({**how, "mark": self._mark.decode(), "events": to_us}).encode() + b"\n")
        os.set_blocking(self._terminal, False)
        self.listen(True)
        os.set_blocking(self._from, False)
        events.add_reader(self._from, self._read_events)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def unread(self) -> bytes:
        """What was typed and has not reached it: the next life gets it."""
        return bytes(self._unsent) + self._later

    @property
    def unsaid(self) -> str:
        """What it said and nobody has heard: why it could not start."""
        return self._pending[-2000:].decode(errors="replace").strip()

    def listen(self, wanted: bool) -> None:
        """Whether the board may say more, or has to wait."""
        if wanted:
            self._events.add_reader(self._terminal, self._read)
        else:
            self._events.remove_reader(self._terminal)

    def kill(self) -> int:
        """The power goes, in the middle of whatever it was. Returns how the process ended."""
        self._over = True
        if self._waits is not None:
            self._waits.cancel()
        self._process.kill()
        code = self._process.wait()
        for descriptor in (self._terminal, self._from):
            self._events.remove_reader(descriptor)
        self._events.remove_writer(self._terminal)
        for descriptor in (self._terminal, self._from, self._answers):
            os.close(descriptor)
        return code

    # -------------------------------------------------------------- what the board does
    def _read_events(self) -> None:
        try:
            data = os.read(self._from, 65536)
        except BlockingIOError:
            return
        if not data:  # the process is ending: the terminal says so too
            self._events.remove_reader(self._from)
            return
        *lines, self._line = (self._line + data).split(b"\n")
        self._line = self._line[-LONGEST_LINE:]
        for line in lines:
            if self._over:  # what it said before was its end
                return
            try:
                said = json.loads(line)
            except ValueError:
                said = {"ev": "garbled"}
            if isinstance(said, dict) and said.get("ev") == "typed":
                self._later = bytes(said["bytes"]) + self._later
            elif isinstance(said, dict) and said.get("ev") == "clean":
                self._voice.clean = bool(said["on"])
            elif isinstance(said, dict):
                self._event(said)
            elif isinstance(said, list) and self._operation is not None:
                os.write(self._answers, operations.answer(self._operation, said))

    # -------------------------------------------------------------- what the board says
    def _read(self) -> None:
        try:
            data = os.read(self._terminal, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end()
            return
        self._read_events()  # what it did before it said this, above all: that bytes are bytes from now on
        if self._over:
            return
        data = self._voice.say(data)
        if self.state == "repl":
            self._follow(data)
            self._said(data)
        else:
            self._pending += data
            self._advance()

    def _end(self) -> None:
        self.listen(False)
        try:
            code = self._process.wait(1)  # it has closed its terminal: it is on its way out
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        self._ended(code)

    def _follow(self, data: bytes) -> None:
        """Which REPL it is in, and whether code that was pasted is done."""
        self._tail = (self._tail + data)[-200:]
        raw, friendly = self._tail.rfind(RAW), self._tail.rfind(FRIENDLY)
        if raw != friendly:
            self.raw = raw > friendly
        if self._tail.endswith(b"\x04>"):
            self._running = False
            self._interruptible(False)
        if self._waits is not None and self._tail.endswith((PROMPT, b"... ", RAW + b">", b"\x04>")):
            self._go_on()

    def _advance(self) -> None:
        """What came before the REPL is passed on; the marks and the computer's own banner are not."""
        if self.state == "starting" and self._mark in self._pending:
            self._pending = self._pending.split(self._mark, 1)[1]
            self.state = "programs"
            self._pass_on()
        if self.state == "starting" and self._pending.endswith(PROMPT):  # our own part did not get to its end
            self._ended(1)
            return
        if self.state == "programs":
            said, mark, rest = self._pending.partition(self._mark)
            kept = 0 if mark else next((n for n in range(len(self._mark) - 1, 0, -1) if said.endswith(self._mark[:n])), 0)
            self._said(said[: len(said) - kept])
            self._pending = said[len(said) - kept :] + rest
            if mark:
                self.state = "banner"
                self._ready(False)
                os.write(self._answers, b"!")
        if self.state == "banner" and PROMPT in self._pending:
            self._pending = self._pending.replace(self._mark, b"")
            if self._want_raw:
                self._pending = self._pending.split(PROMPT, 1)[1]
                os.write(self._terminal, b"\x01")
                self.state = "to-raw"
            else:
                self._to_repl()
        if self.state == "to-raw" and RAW + b">" in self._pending:
            self._pending = self._pending[self._pending.index(RAW) :]
            self._to_repl()

    def _to_repl(self) -> None:
        self._read_events()  # what was typed during the programs was said before this
        if self._over:
            return
        self.state, said, self._pending = "repl", self._pending, b""
        self._follow(said)
        self._said(said)
        self._go_on()

    # -------------------------------------------------------------- what the computer says
    def type(self, data: bytes) -> None:
        """Input of the computer, in the order it came."""
        self._later += data
        self._pass_on()

    def _pass_on(self) -> None:
        if self.state not in ("programs", "repl"):
            return  # later
        while self._later and self._waits is None and not self._over:
            data, wait = self._share()
            self._later = self._later[len(data) :]
            self._forward(data)
            if wait:
                self._waits = self._events.call_later(wait, self._go_on)
        self._ready(self._waits is None)

    def _go_on(self) -> None:
        """There is a prompt again, or the wait is over."""
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None
        self._pass_on()

    def _share(self) -> tuple[bytes, float]:
        """How much of what was typed may go to MicroPython now, and how long to wait then: for the next prompt, at most so many seconds."""
        data = self._later
        stop = -1 if self._voice.clean else data.find(3)
        if stop == 0 and self._tries < MOST_TRIES and self._busy():
            # The unix port leaves at once whatever it is doing, a lock in its hands or not. While it sleeps it holds none.
            self._tries += 1
            return b"", TRY_SECONDS
        self._tries = 0
        data = data[:1] if stop == 0 else data if stop < 0 else data[:stop]
        if self.state == "repl" and not self._pasting and not self._running and (reset := data.find(4)) >= 0 and PASTE not in data[:reset]:
            return data[: reset + 1], STOP_SECONDS  # a soft reset perhaps: what comes after it is for the next life
        if self.state == "repl" and not self.raw and not self._voice.clean:
            # Around each command the unix port throws away what was typed meanwhile: it comes when there is a prompt again.
            end = next((at for at, byte in enumerate(data) if byte in b"\r\n\x03"), None)
            if end is not None:
                return data[: end + 1], STOP_SECONDS if data[end] == 3 else RUN_SECONDS
        return data, 0

    def _busy(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"R"
        except OSError:  # not Linux
            return False

    def _forward(self, data: bytes) -> None:
        while data:
            if self._pasting:
                end = next((at for at, byte in enumerate(data) if byte in b"\x03\x04"), None)
                self._write(data if end is None else data[: end + 1])
                if end is None:
                    return
                self._pasting = False
                if data[end] == 4:  # the code is complete and runs now
                    self.commands += 1
                    self._running = True
                    self._interruptible(True)
                data, self._typed = data[end + 1 :], b""
                continue
            seen = self._typed + data
            at = -1 if self._running or not self.raw else seen.find(PASTE)
            cut = len(data) if at < 0 else at + len(PASTE) - len(self._typed)
            self.commands += 0 if self._running or not self.raw else data[:cut].count(b"\x04")
            self._write(data[:cut])
            self._pasting = at >= 0
            data, self._typed = data[cut:], b"" if at >= 0 else seen[-2:]

    def _write(self, data: bytes) -> None:
        if self._unsent and b"\x03" in data and termios.tcgetattr(self._terminal)[3] & termios.ISIG:
            self._unsent.clear()  # nobody reads what was typed: without this Ctrl-C would wait behind it
            os.kill(self._process.pid, signal.SIGINT)
        was_empty = not self._unsent
        self._unsent += data
        if was_empty:
            self._flush()

    def _flush(self) -> None:
        try:
            del self._unsent[: os.write(self._terminal, self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()
        if self._unsent:
            self._events.add_writer(self._terminal, self._flush)
            del self._unsent[KEPT_BYTES:]
        else:
            self._events.remove_writer(self._terminal)

    def _interruptible(self, wanted: bool) -> None:
        """The unix port keeps pasted code in the terminal's raw mode: let Ctrl-C through meanwhile."""
        attributes = termios.tcgetattr(self._terminal)
        flags = attributes[3] | termios.ISIG | termios.NOFLSH if wanted else attributes[3] & ~termios.ISIG
        if flags != attributes[3]:
            attributes[3] = flags
            termios.tcsetattr(self._terminal, termios.TCSANOW, attributes)


def _as_board(terminal: int) -> None:
    """No line is edited and nothing is turned into something else; Ctrl-C interrupts."""
    attributes = termios.tcgetattr(terminal)
    attributes[0] = attributes[1] = 0
    attributes[3] = termios.ISIG | termios.NOFLSH
    for key in (termios.VQUIT, termios.VSUSP):
        attributes[6][key] = b"\0"
    attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
