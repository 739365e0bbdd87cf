"""A virtual board: real MicroPython with a flash of its own, at the end of a cable that mpremote opens like any other."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from robots.board.profile import Pin, load_profile
from robots.virtual import loop
from robots.virtual.console import Console
from robots.virtual.faults import NO_FAULTS, Faults
from robots.virtual.folder import as_on_the_table, keep_uid, take
from robots.virtual.kinds import VirtualBoardError, introduction, kind_of, usb_ids
from robots.virtual.line import Line
from robots.virtual.loop import Loop
from robots.virtual.outside import Outside

START_SECONDS = 30.0
RESET_SECONDS = 0.2
"""How long the port of a board with a USB of its own is away."""

HASTY_SECONDS = 0.3
KEPT_EVENTS = 10_000

T = TypeVar("T")


class Hardware(Protocol):
    """What is behind the pins, if not the simple ``machine`` (see docs/robots.md)."""

    def op(self, name: str, *arguments: int | str) -> tuple[int, tuple[str, ...]]: ...


class VirtualBoard:
    """One board. ``folder`` holds its flash, its unique id and the path of its port, and is the board's alone.

    Works as a context manager: plugged in at once, gone at the end (flash and id stay in the folder). Its methods may be called from any
    thread. Raises VirtualBoardError when the folder is in use, or MicroPython does not start.

    ``port``: what mpremote connects to. ``state``: "unplugged", "starting", "running", "bootloader" or "dead" (MicroPython cannot start).
    ``firmware``: the version it claims ("": the usual one); may be set, and holds from the next start on. ``on_bootloader(board)`` is
    called when a program called ``machine.bootloader()``; ``on_change(board)`` when the port has come or gone; both in the thread of all
    boards, so they must be quick. ``plug_in`` ends the boot loader. A "microbit" is a stand-in and no likeness (see ``onboard/flat.py``):
    it lacks what a micro:bit lacks.
    """

    def __init__(
        self,
        folder: Path,
        profile: str = "pico",
        *,
        uid: bytes | None = None,
        flash_kb: int | None = None,
        heap_kb: int | None = None,
        firmware: str = "",
        faults: Faults = NO_FAULTS,
        hardware: Hardware | None = None,
        on_bootloader: Callable[[VirtualBoard], None] | None = None,
        on_change: Callable[[VirtualBoard], None] | None = None,
        wait: bool = True,
    ) -> None:
        self.profile = load_profile(profile)
        self.kind = kind_of(self.profile)
        if hardware is not None and self.profile.port == "microbit":
            raise VirtualBoardError("a micro:bit's own modules are not simulated", remedy="Use run_on_board, which can.")
        self.vid, self.pid = usb_ids(self.profile)
        self.firmware = firmware or self.kind.firmware
        introduction(self.profile, self.firmware)  # refused now, not in the loop
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.image, self._link = self.folder / "board.img", self.folder / "port"
        self._lock = take(self.image)
        self.uid = keep_uid(self.folder / "board.uid", uid)
        self.flash_kb, self.heap_kb = flash_kb or self.kind.flash_kb, heap_kb or self.kind.heap_kb
        self.on_bootloader, self.on_change = on_bootloader, on_change
        self._hardware = hardware
        self._outside = Outside(self.folder / "board.outside")
        self._outside.pins[str(self.profile.parts.button)] = 1 - self.profile.parts.button_down
        self._outside.analog = as_on_the_table(self.profile)
        self._news, self._events = threading.Condition(), deque[dict[str, object]](maxlen=KEPT_EVENTS)
        self.state, self._faults = "unplugged", faults
        self._line: Line | None = None
        self._console: Console | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._heard_bytes, self._born, self._dying_words = 0, 0.0, ""
        self._loop: Loop | None = loop.borrow()
        try:
            self.faults = faults
            self.plug_in(wait=wait)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """The end of the board's process, thread and port. The folder can be used again. May be called more than once."""
        using, self._loop = self._loop, None
        if using is None:
            return
        using.call(self._power_off)
        using.give_back()
        self._outside.path.unlink(missing_ok=True)
        os.close(self._lock)

    # -------------------------------------------------------------- for its user
    @property
    def port(self) -> str:
        """The path that mpremote connects to. It is there while the board is plugged in."""
        return str(self._link)

    @property
    def serial(self) -> str:
        """The unique id in hexadecimal digits: what a Pico says over USB."""
        return self.uid.hex()

    @property
    def plugged(self) -> bool:
        """Whether there is a port."""
        return self._line is not None

    @property
    def events(self) -> list[dict[str, object]]:
        """What the board did, oldest first, as ``{"ev": kind, …}``: "pin", "pwm", "reset", "bootloader", "power", "flip", "crashed", …"""
        with self._news:
            return list(self._events)

    def wait_for(self, kind: str, seconds: float = START_SECONDS) -> dict[str, object]:
        """The first event of that kind, when it has come. Raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: any(event["ev"] == kind for event in self._events), seconds):
                raise TimeoutError(f"no event {kind!r} of {self.port} in {seconds} s")
            return next(event for event in self._events if event["ev"] == kind)

    def wait_until(self, state: str, seconds: float = START_SECONDS) -> None:
        """Until the board is in that state. Raises VirtualBoardError when it cannot start, TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: self.state in (state, "dead"), seconds):
                raise TimeoutError(f"{self.port} is {self.state}, not {state}, after {seconds} s")
        if self.state != state:
            raise VirtualBoardError(
                f"かそうボード {self.folder.name} が うごきだしません", remedy=self._dying_words or "heap_kb を ふやしてください"
            )

    @property
    def faults(self) -> Faults:
        """What goes wrong. Set it, and counting begins anew; where a disk becomes full or has room again, the board starts anew."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        def change() -> bool:
            fills = self._console is not None and faults.full_disk != self._faults.full_disk
            self._faults, self._heard_bytes = faults, 0
            self._outside.arm(faults)
            if self._console is not None:
                self._console.commands = 0
            if self._line is not None:
                self._line.rate = faults.bytes_per_second
            self._restart_later()
            if fills:
                self._hard_reset()
            return fills

        if self._on_loop(change) and not self._running_loop.inside:
            self.wait_until("running")

    def set_pin(self, pin: Pin, level: int) -> None:
        """What the world does to an input, e.g. the button."""
        self._outside.pins[str(pin)] = level
        self._outside.write()

    def set_analog(self, pin: Pin, reading: int) -> None:
        """What an analog pin reads: 0…65535."""
        self._outside.analog[str(pin)] = reading
        self._outside.write()

    def press(self, down: bool = True) -> None:
        """The start button goes down, or up."""
        parts = self.profile.parts
        self.set_pin(parts.button, parts.button_down if down else 1 - parts.button_down)

    def plug_in(self, *, wait: bool = True) -> None:
        """Connect it to the computer, with which it starts. Nothing happens if it is plugged in (but not in its boot loader).

        ``wait``: until its programs run (never in the boards' own thread, where hooks are called).
        """
        self._on_loop(self._plug)
        if wait and not self._running_loop.inside:
            self.wait_until("running")

    def unplug(self) -> None:
        """Pull the cable: power and port are gone at once, whatever was under way."""
        self._on_loop(self._power_off)

    def reset(self, *, wait: bool = True) -> None:
        """The reset button: a Pico's port goes away for a moment, an ESP32's serial chip stays."""
        self._on_loop(self._hard_reset)
        if wait and not self._running_loop.inside:
            self.wait_until("running")

    def kill(self) -> None:
        """MicroPython dies in the middle of something; then the board starts again, as with a watchdog."""
        self._on_loop(lambda: os.kill(self._console.pid, signal.SIGKILL) if self._console else None)

    def erase(self) -> None:
        """Flash as it left the factory. Only while no program runs: unplugged, or in the boot loader."""
        if self._console is not None:
            raise VirtualBoardError(f"{self.folder.name} は うごいています", remedy="unplug() の あとに けしてください")
        os.truncate(self.image, 0)

    # -------------------------------------------------------------- in the loop's thread
    @property
    def _running_loop(self) -> Loop:
        if self._loop is None:
            raise VirtualBoardError(f"{self.folder.name} は もう かたづけました", remedy="VirtualBoard を つくりなおしてください")
        return self._loop

    def _on_loop(self, function: Callable[[], T]) -> T:
        return self._running_loop.call(function)

    def _become(self, state: str) -> None:
        with self._news:
            self.state = state
            self._news.notify_all()

    def _tell(self, **event: object) -> None:
        with self._news:
            self._events.append(event)
            self._news.notify_all()

    def _after(self, what: str, seconds: float, function: Callable[[], None]) -> None:
        if what in self._timers:
            self._timers.pop(what).cancel()
        self._timers[what] = self._running_loop.events.call_later(seconds, function)

    def _plug(self) -> None:
        if self._line is not None and self.state != "bootloader":
            return
        if self._line is None:
            self._line = Line(self._running_loop.events, self._link, self._heard, self._said_all)
            self._line.rate = self._faults.bytes_per_second
            self._changed()
        self._start()

    def _power_off(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._stop()
        if self._line is not None:
            self._line.close()
            self._line = None
            self._changed()
        self._become("unplugged")

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change(self)

    def _stop(self) -> None:
        if self._console is not None:
            self._console.kill()
            self._console = None

    def _start(self, *, raw: bool = False, main: bool = True, typed: bytes = b"") -> None:
        self._become("starting")
        self._born = time.monotonic()
        if self._line is not None:
            self._line.hold(True)
        says = introduction(self.profile, self.firmware)
        self._console = Console(
            self._running_loop.events,
            {
                "image": str(self.image),
                "flash_kb": self.flash_kb,
                "outside": str(self._outside.path),
                "uid": list(self.uid),
                "kind": says,
                "main": main and not raw,
                "full": self._faults.full_disk,
                "hardware": self._hardware is not None,
            },
            heap_kb=self.heap_kb,
            banner=f"MicroPython {says['release']}; {says['machine']}\r\n".encode(),
            raw=raw,
            typed=typed,
            operation=self._hardware.op if self._hardware is not None else None,
            said=self._said,
            event=self._happened,
            ended=self._ended,
            ready=self._ready,
        )
        self._restart_later()

    def _restart_later(self) -> None:
        if "restart" in self._timers:
            self._timers.pop("restart").cancel()
        if self._faults.restart_every is not None and self._console is not None:
            self._after("restart", self._faults.restart_every, self._hard_reset)

    def _hard_reset(self) -> None:
        self._stop()
        if self._line is not None and not self.kind.own_usb:
            self._start()
            return
        self._power_off()
        self._become("starting")
        self._after("plug", RESET_SECONDS, self._plug)

    def _ready(self, wanted: bool) -> None:
        if wanted and self.state == "starting":
            self._become("running")
        if self._line is not None:
            self._line.hold(not wanted)

    def _ended(self, code: int) -> None:
        """MicroPython's process is gone by itself: what that means on a board."""
        console = self._console
        if console is None:
            return
        words = console.unsaid
        self._stop()
        if console.state == "starting":
            self._dying_words = words
            self._become("dead")
            self._tell(ev="crashed", code=code, text=words)
        elif code == -signal.SIGINT:  # a Ctrl-C in the moment between two commands, where the unix port has no handler
            self._start(main=False, typed=console.unread)
        elif code < 0:
            self._hard_reset()
            self._tell(ev="crashed", code=code, text="")
        else:
            self._soft_reset(raw=console.raw, typed=console.unread)

    def _soft_reset(self, *, raw: bool, typed: bytes) -> None:
        self._said(b"MPY: soft reboot\r\n")
        self._become("starting")
        hasty = time.monotonic() - self._born < HASTY_SECONDS and not raw  # main.py may do it again and again
        self._after("start", HASTY_SECONDS if hasty else 0, lambda: self._start(raw=raw, typed=typed))

    def _happened(self, event: dict[str, object]) -> None:
        kind = event.get("ev")
        if kind == "reset":
            self._hard_reset()
        elif kind == "power":
            self._outside.arm(NO_FAULTS)
            self._power_off()
        elif kind == "flip":
            self._outside.arm(NO_FAULTS)
        elif kind == "soft_reset":
            typed = self._console.unread if self._console is not None else b""
            self._stop()
            self._soft_reset(raw=False, typed=typed)
        elif kind == "bootloader":
            self._enter_bootloader()
        self._tell(**event)  # last: whoever waits for it finds the board in its new state

    def _enter_bootloader(self) -> None:
        self._stop()
        if self.kind.own_usb:
            self._power_off()
        self._become("bootloader")
        if self.on_bootloader is not None:
            self.on_bootloader(self)

    # -------------------------------------------------------------- what goes over the cable
    def _said(self, data: bytes) -> None:
        if self._line is None or self._faults.silent:
            return
        self._line.send(data)
        if self._line.full and self._console is not None:
            self._console.listen(False)

    def _said_all(self) -> None:
        if self._console is not None:
            self._console.listen(True)

    def _heard(self, data: bytes) -> None:
        faults, before = self._faults, self._heard_bytes
        self._heard_bytes += len(data)
        wrong, cut = faults.corrupt_after_bytes, faults.unplug_after_bytes
        if wrong is not None and before <= wrong < self._heard_bytes:
            at = wrong - before
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            self._tell(ev="corrupted", at=wrong)
        if cut is not None and self._heard_bytes > cut >= before:
            data = data[: cut - before]
        if self._console is not None and not faults.silent:
            self._console.type(data)
        commands, most = self._console.commands if self._console is not None else 0, faults.unplug_after_commands
        if (cut is not None and self._heard_bytes > cut >= before) or (most is not None and commands > most):
            self._power_off()
            self._tell(ev="unplugged")
