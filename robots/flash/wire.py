"""Talking to one board's raw REPL through mpremote, with a time limit on everything. The station knows mpremote here only.

mpremote waits for ever in places, prints to the terminal and raises errors of many kinds. Here each exchange has a deadline, nothing is
printed, and whatever goes wrong is a FlashError that says what it means.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import select
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from robots.flash.faults import Fault, FlashError
from robots.flash.locks import PortLock, is_busy, user_of
from robots.flash.text import clean

if TYPE_CHECKING:
    import serial

WENT_WRONG = (OSError, TransportError, termios.error, struct.error, ValueError, TypeError)
"""What pyserial and mpremote raise when a board does not behave (pyserial's errors are OSErrors; the last three come of odd answers)."""
MOST_BYTES = 1 << 20
"""What one exchange may bring: a board that never stops printing is no use."""
ENTER_SECONDS = (0.4, 0.8, 1.6, 3.2)
"""How long each try to reach the prompt may take: a board that is just starting, or busy stopping a program, loses what is typed."""
START_SECONDS = 0.3
"""A port so young belongs to a board that may be mounting its flash. MicroPython before 1.21 takes a Ctrl-C then for a broken file system,
and formats it; such boards come here to get newer firmware. (Virtual boards need no such wait.)"""
BANNER = b"raw REPL; CTRL-B to exit\r\n"
NO_SPACE = re.compile(r"OSError: (?:\[Errno 28\]|28\b|.*ENOSPC)")


class TimeUp(TransportError):
    """The deadline of an exchange has passed."""


class _Line:
    """What mpremote takes for a pyserial port: the same few methods, each of which ends by the deadline."""

    def __init__(self, port: serial.Serial) -> None:
        self.port, self.buffer = port, bytearray()
        self.deadline, self.budget = 0.0, MOST_BYTES
        port.timeout, port.write_timeout = 0, 5

    def _more(self, wait: bool) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeUp("no answer in time")
        if select.select([self.port.fileno()], [], [], left if wait else 0)[0]:
            got = self.port.read(4096)
            self.buffer += got
            self.budget -= len(got)
            if self.budget < 0:
                raise TransportError("the board never stops printing")

    def read(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self._more(True)
        got = bytes(self.buffer[:size])
        del self.buffer[:size]
        return got

    def until(self, ending: bytes) -> bytes:
        looked = 0
        while (end := self.buffer.find(ending, looked)) < 0:
            looked = max(0, len(self.buffer) - len(ending) + 1)
            self._more(True)
        return self.read(end + len(ending))

    def inWaiting(self) -> int:
        self._more(False)
        return len(self.buffer)

    def write(self, data: bytes) -> int | None:
        if time.monotonic() > self.deadline:
            raise TimeUp("no answer in time")
        return self.port.write(data)

    def close(self) -> None:
        self.port.close()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("rts", "dtr"):  # mpremote lets both go when it closes
            setattr(self.port, name, value)
        else:
            object.__setattr__(self, name, value)


class _Transport(SerialTransport):
    def read_until(self, min_num_bytes: int, ending: bytes, timeout: float | None = 10, data_consumer: Any = None,
                   timeout_overall: float | None = None) -> bytes:  # fmt: skip
        """mpremote's, but the whole exchange's deadline counts, and what does not come is an error, never half an answer."""
        got: bytes = self.serial.until(ending)
        return got


class Wire:
    """One board's raw REPL; use it in one thread, and as a context manager.

    ``who``: told to others that want the port; or a lock that the caller has already, and keeps when the wire is closed.
    """

    def __init__(self, device: str, who: str | PortLock) -> None:
        self.device = device
        self._lock = PortLock(device, who) if isinstance(who, str) else None
        try:
            self._transport = _Transport(device, timeout=0)
            self._line = _Line(self._transport.serial)
            self._transport.serial = self._line
            if not str(Path(device).resolve()).startswith("/dev/pts/"):
                # Not on a pty: its other side keeps it open, so that the mark would outlive us.
                fcntl.ioctl(self._line.port.fileno(), termios.TIOCEXCL)
        except WENT_WRONG as error:
            self._unlock()
            raise self._why_closed(error) from None
        except BaseException:
            self._unlock()
            raise

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the port go. A port that is gone already is fine."""
        with suppress(*WENT_WRONG):
            if not str(Path(self.device).resolve()).startswith("/dev/pts/"):
                fcntl.ioctl(self._line.port.fileno(), termios.TIOCNXCL)
        with suppress(*WENT_WRONG):
            self._transport.close()
        with suppress(*WENT_WRONG):
            self._line.port.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    # ------------------------------------------------------------------ prompts
    def enter(self, tries: tuple[float, ...] = ENTER_SECONDS) -> None:
        """Stop what runs and reach the raw REPL; ``tries``: seconds that each attempt may take."""
        self._let_it_start()
        for number, seconds in enumerate(tries, 1):
            try:
                with self._within(seconds):
                    self._transport.enter_raw_repl(soft_reset=False)
                    self._meet()
                return
            except FlashError as error:
                if number == len(tries) or error.fault not in (Fault.SILENT, Fault.GARBLED):
                    raise

    def _let_it_start(self) -> None:
        try:
            age = time.time() - os.lstat(self.device).st_ctime
        except OSError:
            raise FlashError(Fault.UNPLUGGED) from None
        if 0 <= age < START_SECONDS:
            time.sleep(START_SECONDS - age)

    def _meet(self) -> None:
        """A word of our own there and back: what comes after it answers us, not an earlier try or an earlier station."""
        word = secrets.token_hex(4).encode()
        self._line.write(b"print('" + word + b"')\x04")
        self._line.until(b"OK" + word + b"\r\n\x04\x04")

    def fresh(self, seconds: float = 10) -> None:
        """A soft reset, then the raw REPL: nothing but what is in flash is left. ``boot.py`` has run, ``main.py`` has not."""
        try:
            self._soft_reset(seconds / 2)
        except FlashError as error:
            if error.fault not in (Fault.SILENT, Fault.GARBLED):
                raise
            self.enter()
            self._soft_reset(seconds)

    def _soft_reset(self, seconds: float) -> None:
        # At the prompt already: mpremote's way in would send another Ctrl-C, which has no business there.
        with self._within(seconds):
            self._line.write(b"\x04")
            self._line.until(b"soft reboot\r\n")
            self._line.until(BANNER)

    def start_program(self, seconds: float = 5) -> None:
        """A soft reset at the ordinary prompt: ``main.py`` runs as after plugging in. Does not wait for it."""
        with self._within(seconds):
            self._transport.exit_raw_repl()
            self._line.until(b">>> ")
            self._line.write(b"\x04")
            self._line.until(b"soft reboot\r\n")

    # ------------------------------------------------------------------ scripts
    def run(self, script: str, seconds: float = 10) -> str:
        """What ``script`` prints on the board. An exception there is a FlashError (FULL, MEMORY, or GARBLED with its last line)."""
        with self._within(seconds):
            printed, failed = self._transport.exec_raw(script)
        if failed:
            said = failed.decode(errors="replace").strip()
            last = clean(said.splitlines()[-1] if said else "")
            fault = Fault.FULL if NO_SPACE.search(said) else Fault.MEMORY if "MemoryError" in said else Fault.GARBLED
            raise FlashError(fault, last)
        text: str = printed.decode(errors="replace").replace("\r\n", "\n")
        return text

    def run_and_go(self, script: str, seconds: float = 2) -> None:
        """Start a script that ends the connection (a reset); closes the port. That it was heard may not be told: look for what it did."""
        try:
            with self._within(seconds):
                self._transport.exec_raw_no_follow(script)
        except FlashError as error:
            if error.fault not in (Fault.UNPLUGGED, Fault.SILENT):
                raise
        finally:
            self.close()

    # ------------------------------------------------------------------ limits and errors
    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        self._line.deadline, self._line.budget = time.monotonic() + seconds, MOST_BYTES
        try:
            yield
        except WENT_WRONG as error:
            raise self._why(error) from None

    def _why(self, error: Exception) -> FlashError:
        if not Path(self.device).exists():
            return FlashError(Fault.UNPLUGGED)
        if isinstance(error, TimeUp):
            return FlashError(Fault.SILENT)
        if isinstance(error, (OSError, termios.error)):
            # The port is there again or still, but not ours any more: pulled out and put back, or the driver's last breath.
            return FlashError(Fault.UNPLUGGED, error.__class__.__name__)
        return FlashError(Fault.GARBLED, error)

    def _why_closed(self, error: Exception) -> FlashError:
        """Why the port did not open: mpremote does not say, so it is tried once more by hand."""
        try:
            descriptor = os.open(self.device, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as why:
            if is_busy(why):
                return FlashError(Fault.BUSY, user_of(self.device))
            return FlashError(Fault.NO_ACCESS, self.device) if isinstance(why, PermissionError) else FlashError(Fault.UNPLUGGED)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return FlashError(Fault.BUSY, user_of(self.device))
        finally:
            os.close(descriptor)
        return FlashError(Fault.UNPLUGGED, error)


Progress = Callable[[float], None]
"""Told how much of a step is done, 0 to 1."""
