"""A table with virtual boards, and a station beside it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from robots.board import Payload, Profile, payload, profiles
from robots.flash.finder import Finder
from robots.flash.firmware.esp32 import Way
from robots.flash.firmware.releases import Releases
from robots.flash.job import Options
from robots.flash.log import Log
from robots.flash.package import TeamProgram
from robots.flash.station import Station
from robots.flash.steps import View
from robots.flash.teams import Kitchen, Programs
from robots.flash.wire import ENTER_SECONDS, Wire
from robots.shell.find import PORTS_FILE
from robots.virtual.board import VirtualBoard

PROGRAM = b"from kani import *\n\nforward(60)\nwait(1.5)\nstop()\n"
ONE_PROGRAM = Programs(common=TeamProgram("", "one for all", PROGRAM))
HASTY = (0.4, 0.8)
"""Patience (``enter_seconds``) for tests of boards that never answer."""
ROM = Way(before="no-reset", after="no-reset", stub=False, baud=115_200)
"""How esptool reaches a boot loader that is there already, as the fake one is."""


def big_program(size: int) -> bytes:
    """A program of about so many bytes, which does not compress to nothing."""
    lines = [f"# {number} {number * 7919 % 104729} {os.urandom(8).hex()}\n" for number in range(size // 32)]
    return PROGRAM + "".join(lines).encode()


def team(number: str, *, profile: str = "", program: bytes | None = None) -> TeamProgram:
    return TeamProgram(number, f"チーム{number}", program if program is not None else PROGRAM + f"# {number}\n".encode(), profile)


def wait_until(condition: Callable[[], object], seconds: float = 30, what: Callable[[], object] = str) -> None:
    """Fails the test where it does not come true in time, saying ``what()`` there is instead."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not in {seconds} s: {what()}"
        time.sleep(0.02)


class Table:
    """Virtual boards, and the list of those that are plugged in, as ``kanikko board virtual`` keeps it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drives = folder / "drives"
        self.drives.mkdir(parents=True)
        self.boards: list[VirtualBoard] = []
        self.extra: list[dict[str, object]] = []
        self._one_by_one = threading.RLock()
        self._list()

    def add(self, profile: str = "pico", **facts: object) -> VirtualBoard:
        board = VirtualBoard(self.folder / f"b{len(self.boards) + 1:02}", profile, on_change=lambda board: self._list(), **facts)  # type: ignore[arg-type]
        self.boards.append(board)
        self._list()
        return board

    def _list(self) -> None:
        with self._one_by_one:
            rows = [
                {"port": board.port, "profile": board.profile.name, "vid": board.vid, "pid": board.pid, "serial": board.serial}
                for board in self.boards if board.plugged
            ] + self.extra  # fmt: skip
            aside = self.folder / "ports.aside"
            aside.write_text(json.dumps(rows))
            aside.replace(self.folder / PORTS_FILE)

    def add_port(self, device: Path, profile: Profile, serial: str) -> None:
        """A port that is no virtual board."""
        self.extra.append(
            {"port": str(device), "profile": profile.name, "vid": profile.usb[0][0], "pid": profile.usb[0][1], "serial": serial}
        )
        self._list()

    def remove_ports(self) -> None:
        self.extra.clear()
        self._list()

    def close(self) -> None:
        for board in self.boards:
            board.close()


class Beside:
    """A station, its log, and what it has come to."""

    def __init__(self, table: Table, log: Path, *, programs: Programs = ONE_PROGRAM, releases: Releases | None = None,
                 by: str = "まどか", self_test: bool = False, wipe: bool = False, ask_team: bool = False, back_seconds: float = 8,
                 release: str = "", drive_seconds: float = 2, enter_seconds: tuple[float, ...] = ENTER_SECONDS) -> None:  # fmt: skip
        every = list(profiles().values())
        self.log = Log(log)
        options = Options(
            every,
            releases=releases,
            release=release,
            self_test=self_test,
            who=f"test {by}",
            esp32=ROM,
            back_seconds=back_seconds,
            drive_seconds=drive_seconds,
            enter_seconds=enter_seconds,
        )
        finder = Finder(every, virtual=table.folder, drives=[table.drives])
        self.station = Station(options, finder, Kitchen(programs, wipe=wipe), self.log, by=by, name="station 1", ask_team=ask_team)
        self.station.start()

    def done(self, least: int = 1, seconds: float = 60) -> list[View]:
        """The rows when no board is under way."""
        assert self.station.wait_until_done(seconds, least=least), [view for view in self.station.views() if view.kind == "busy"]
        return self.station.views()

    def view(self, seconds: float = 60) -> View:
        """The one board's row when it is done."""
        views = self.done(1, seconds)
        assert len(views) == 1, views
        return views[0]

    def wait_for(self, condition: Callable[[list[View]], object], seconds: float = 30) -> list[View]:
        wait_until(lambda: condition(self.station.views()), seconds, self.station.views)
        return self.station.views()

    def close(self) -> None:
        self.station.stop()
        self.log.close()


def expected(program: bytes | None = PROGRAM, profile: str = "pico") -> Payload:
    return payload(profiles()[profile], program)


READ = """
import os, hashlib, binascii
def _walk(d):
    for e in os.ilistdir(d or "/"):
        p = d + "/" + e[0]
        if e[1] & 0x4000:
            _walk(p)
        else:
            print(binascii.hexlify(hashlib.sha256(open(p, "rb").read()).digest()).decode(), p[1:])
_walk("")
"""


def files_on(board: VirtualBoard) -> dict[str, str]:
    """Path → SHA-256 of what the board holds, asked for without the station's own scripts."""
    with Wire(board.port, "a look") as wire:
        wire.enter()
        wire.fresh()
        return {line.split(" ", 1)[1]: line.split(" ", 1)[0] for line in wire.run(READ, 30).splitlines()}


def files_on_all(boards: list[VirtualBoard]) -> list[dict[str, str]]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(files_on, boards))


def put_on(board: VirtualBoard, files: dict[str, bytes]) -> None:
    """What an earlier team left there."""
    with Wire(board.port, "earlier") as wire:
        wire.enter()
        for path, content in files.items():
            parts = path.split("/")[:-1]
            folders = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
            script = "import os\n" + "".join(f"try:\n os.mkdir({folder!r})\nexcept OSError: pass\n" for folder in folders)
            wire.run(script + (f"with open({path!r}, 'wb') as f: f.write({content!r})\n" if not path.endswith("/") else ""))
