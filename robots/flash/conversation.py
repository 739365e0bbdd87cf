"""What the station and one board say to each other: who are you, what do you hold, take this, show it again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from robots.board import Payload
from robots.flash import scripts
from robots.flash.contents import Contents, Plan, check, plan, room_needed, to_delete
from robots.flash.dialects import Dialect
from robots.flash.faults import Fault, FlashError
from robots.flash.text import clean
from robots.flash.wire import Progress, Wire

MPY_VERSION = 6
"""Of the bytecode that ``robots.board.payload`` makes; MicroPython 1.19 and later read it."""
HASH_SECONDS = 30
WRITE_SECONDS = 20


@dataclass(frozen=True)
class Identity:
    """Who a board says it is. ``uid``: its chip's number, in hexadecimal digits; ``version``: of the firmware, as ``(1, 25, 0)``."""

    uid: str
    name: str
    machine: str
    version: tuple[int, ...]
    mpy: int
    marked: bool = False
    unpacks: bool = False

    @property
    def version_text(self) -> str:
        return ".".join(str(number) for number in self.version)


def identify(wire: Wire) -> Identity:
    """Ask the board at the raw REPL. Raises FlashError (GARBLED where it answers something else)."""
    text = wire.run(scripts.HEAD + scripts.IDENTIFY, 5)
    said = dict(re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE))
    try:
        decoded = {key: bytes.fromhex(said[key].strip("-")).decode(errors="replace") for key in ("name", "machine", "version")}
        version = _numbers(decoded["version"])
        uid = bytes.fromhex(said["uid"]).hex()  # a board without a number of its own could be mistaken for another
        return Identity(
            uid,
            clean(decoded["name"], 40),
            clean(decoded["machine"], 80),
            version,
            int(said["mpy"]),
            said["marked"] == "1",
            said["deflate"] == "1",
        )
    except (KeyError, ValueError) as error:
        raise FlashError(Fault.GARBLED, error) from None


def _numbers(release: str) -> tuple[int, ...]:
    """``1.25.0-preview`` as (1, 25, 0). Raises ValueError."""
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?", release)
    if found is None:
        raise ValueError(f"no version: {release}")
    return tuple(int(number or 0) for number in found.groups())


def contents(wire: Wire, dialect: Dialect) -> Contents:
    """Everything in flash, with SHA-256, as the board reads it now."""
    return dialect.parse(wire.run(dialect.listing, HASH_SECONDS))


@dataclass(frozen=True)
class Wanted:
    """What a board is to hold. ``keep_program``: the program that is there stays; ``wipe``: nothing else but calibration stays."""

    payload: Payload
    keep_program: bool = False
    wipe: bool = False

    def plan(self, found: Contents) -> Plan:
        return plan(found, self.payload.hashes, keep_program=self.keep_program, wipe=self.wipe)


def bring(wire: Wire, dialect: Dialect, found: Contents, wanted: Wanted, progress: Progress, *, packed: bool = False) -> None:
    """Remove what is in the way and write what differs (``packed``: the board can unpack).

    Raises FlashError; FULL with what could be deleted.
    """
    todo = dialect.arrange(wanted.plan(found))
    if room_needed(found, todo, {path: len(content) for path, content in wanted.payload.files.items()}):
        raise _full(found, todo)
    try:
        if todo.remove or todo.folders:
            wire.run(dialect.prepare(todo.remove, todo.folders), WRITE_SECONDS)
        files = {path: wanted.payload.files[path] for path in todo.write}
        chunk, small = dialect.chunks
        try:
            _write(wire, dialect.write(files, chunk, packed=packed), files, progress)
        except FlashError as error:
            if error.fault is not Fault.MEMORY:
                raise
            wire.fresh()
            _write(wire, dialect.write(files, small, packed=False), files, progress)
    except FlashError as error:
        raise _full(found, todo) if error.fault is Fault.FULL else error from None


def _write(wire: Wire, pieces: Iterator[tuple[str, int]], files: Mapping[str, bytes], progress: Progress) -> None:
    total, done = sum(map(len, files.values())) or 1, 0
    for script, size in pieces:
        wire.run(script, WRITE_SECONDS)
        done += size
        progress(done / total)


def _full(found: Contents, todo: Plan) -> FlashError:
    detail = to_delete(found, todo.others)
    remedy = "" if detail else "プログラムを みじかく するか、ファームウェアを いれなおして フラッシュを まっさらに してください。"
    return FlashError(Fault.FULL, detail, remedy=remedy)


def verify(wire: Wire, dialect: Dialect, wanted: Wanted) -> Contents:
    """After a soft reset: every file of ours as it is in flash, and nothing foreign in its way. Raises FlashError."""
    wire.fresh()
    return verify_now(wire, dialect, wanted)


def verify_now(wire: Wire, dialect: Dialect, wanted: Wanted) -> Contents:
    """The same without a reset of its own, for a board that has just started. Raises FlashError."""
    found = contents(wire, dialect)
    check(found, wanted.payload.hashes, keep_program=wanted.keep_program)
    return found


def self_test(wire: Wire) -> str:
    """``kani.self_test()`` on the board, from flash; what it saw, in words. Raises FlashError (SELF_TEST)."""
    wire.fresh()
    try:
        text = wire.run(scripts.SELF_TEST, 20)
    except FlashError as error:
        if error.fault in (Fault.UNPLUGGED, Fault.BUSY):
            raise
        raise FlashError(Fault.SELF_TEST, error.detail or error.message) from None
    return judge_self_test(text)


def judge_self_test(text: str) -> str:
    """Words for what the self-test printed. Raises FlashError for a button that is down (its wire is loose)."""
    match = re.search(r"^self-test (\S+) (\S+) (\S+) ([01])$", text, re.MULTILINE)
    try:
        left, right, volts, pressed = match.groups() if match else ()
        eyes = f"め {float(left):.0f} / {float(right):.0f}"
        battery = "" if volts == "-" else f"、でんち {float(volts):.1f}V"
    except ValueError:
        raise FlashError(Fault.SELF_TEST, "こたえが よめません") from None
    if pressed == "1":
        raise FlashError(Fault.SELF_TEST, "ボタンが おされた ままです")
    return eyes + battery


def restart(wire: Wire, dialect: Dialect) -> None:
    """Leave a mark in memory and reset the whole board; the port is closed then."""
    wire.run(scripts.MARK, 5)
    wire.run_and_go(dialect.reset)
