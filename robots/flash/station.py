"""The station: looks for boards, starts a job for each that appears, keeps the rows that people see, and asks for teams."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from kanikko.errors import KanikkoError
from robots.board import Payload
from robots.flash.faults import WORDS, Fault, FlashError
from robots.flash.finder import Finder, Sightings
from robots.flash.firmware.drives import Drive
from robots.flash.job import Boot, Choice, Job, Options, Result, firmware_by_drive
from robots.flash.log import FAILED, GOOD, Log
from robots.flash.steps import Step, View
from robots.flash.teams import Kitchen, team_of
from robots.shell.find import Port

LOOK_SECONDS = 0.2
LOSSES, LOSS_SECONDS, QUIET_SECONDS = 3, 60.0, 10.0
"""A board lost so often in that time is in a restart loop; staying so long, it may try again."""

logger = logging.getLogger(__name__)


@dataclass
class _Row:
    """What the station knows of one port (or boot drive). Guarded by the station's lock."""

    view: View
    port: Port | None = None
    drive: Drive | None = None
    job: Job | None = None
    thread: threading.Thread | None = None
    began: float = 0.0
    log_row: int | None = None
    since: float = 0.0
    losses: deque[float] = field(default_factory=lambda: deque(maxlen=LOSSES))
    team: str = ""
    chosen: threading.Event = field(default_factory=threading.Event)
    self_test: bool = False
    waited: float = 0.0

    @property
    def seconds(self) -> float:
        """What the work took, without the time that people took to say whose board it is."""
        return round(time.monotonic() - self.began - self.waited, 3)

    @property
    def is_busy(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class Station:
    """Flashes every board that is plugged in. ``start`` it, look at ``views``, and ``stop`` it; all methods are safe from any thread.

    ``by``: the operator, ``name``: this station, both for the log. ``ask_team``: ask also for boards whose team is known.
    """

    def __init__(
        self, options: Options, finder: Finder, kitchen: Kitchen, log: Log, *, by: str = "", name: str = "", ask_team: bool = False
    ) -> None:
        self.options, self._finder, self._kitchen, self._log = options, finder, kitchen, log
        self.by, self.name, self._ask_team = by, name, ask_team
        self._rows: dict[int, _Row] = {}
        self._numbers = itertools.count(1)
        self._news = threading.Condition(threading.RLock())
        self._version = 0
        self._boot = Boot()
        self._stopping = threading.Event()
        self._looker: threading.Thread | None = None
        self.trouble = ""

    # ------------------------------------------------------------------ for screens
    def views(self) -> list[View]:
        """Every row, as it is now."""
        with self._news:
            return [row.view for row in self._rows.values()]

    @property
    def version(self) -> int:
        """Grows with every change of a row."""
        return self._version

    def wait_for_news(self, version: int, seconds: float) -> int:
        """Wait until something has changed since ``version``; the version now."""
        with self._news:
            self._news.wait_for(lambda: self._version != version, seconds)
            return self._version

    @property
    def asked(self) -> View | None:
        """The board whose team a scan or a typed number is for: the one that has waited longest."""
        with self._news:
            waiting = [row for row in self._rows.values() if row.view.kind == "asks" and row.is_busy and not row.chosen.is_set()]
            return min(waiting, key=lambda row: row.since).view if waiting else None

    # ------------------------------------------------------------------ for people
    def answer(self, text: str) -> str:
        """What was typed or scanned: a team for the board that is asked about, or ``3=12`` for row 3. What happened, in words."""
        row, _, team = text.replace("＝", "=").rpartition("=")
        if row and not row.strip().isdecimal():
            return "わかりません。チームばんごうか、「ぎょう=チーム」と いれてください。"
        asked = self.asked
        number = int(row) if row else asked.number if asked else 0
        return self.assign(number, team) if number else "いま チームを まっている ボードは ありません。"

    def assign(self, number: int, text: str) -> str:
        """Give the board of a row to a team. A board that is done already is done again with that team's program."""
        team = team_of(text)
        known = self._kitchen.programs.find(team) if team else None
        if known is None:
            return "その チームは パッケージに ありません。"
        with self._news:
            row = self._rows.get(number)
            if row is None or not row.view.uid:
                return f"{number}ばんの ボードは まだ わかりません。"
            row.team = known.team
            self._log.give(row.view.uid, known.team, self.by)
            row.chosen.set()
            if not row.is_busy:
                self._begin(row)
        return f"{number}ばんは チーム {known.team} です。"

    def retry(self, number: int, *, self_test: bool = False) -> str:
        """Do a board again, from its first step; with ``self_test`` also the robot's self-test. What happened, in words."""
        with self._news:
            row = self._rows.get(number)
            if row is None or not row.view.plugged or row.is_busy:
                return f"{number}ばんは いま できません。"
            row.losses.clear()
            row.self_test = self_test
            self._begin(row)
        return f"{number}ばんを はじめました。"

    # ------------------------------------------------------------------ life
    def start(self) -> None:
        """Begin to look for boards."""
        self._looker = threading.Thread(target=self._look_on, name="finder", daemon=True)
        self._looker.start()

    def stop(self, seconds: float = 20) -> None:
        """Take no new board; boards under way come to the end of their step and are marked unfinished in the log."""
        self._stopping.set()
        with self._news:
            threads = [row.thread for row in self._rows.values() if row.thread is not None]
            for row in self._rows.values():
                row.chosen.set()
        end = time.monotonic() + seconds
        for thread in [self._looker, *threads]:
            if thread is not None and thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))

    def wait_until_done(self, seconds: float, *, least: int = 1) -> bool:
        """Until at least ``least`` boards are there and none is under way; whether it came to that in time."""

        def done() -> bool:
            rows = [row for row in self._rows.values() if row.drive is None]
            return len(rows) >= least and not any(row.is_busy or (row.job is not None and row.job.expecting) for row in rows)

        end = time.monotonic() + seconds
        with self._news:
            while not done() and (left := end - time.monotonic()) > 0:
                self._news.wait(min(left, 0.2))
            return done()

    def _look_on(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
                self.trouble = ""
            except (KanikkoError, OSError) as error:
                self.trouble = str(error)
            self._stopping.wait(LOOK_SECONDS)

    # ------------------------------------------------------------------ what came and went
    def look(self) -> None:
        """Look around once, and act on what came and went."""
        seen = self._finder.look()
        with self._news:
            for row in list(self._rows.values()):
                self._notice(row, seen)
            for device in sorted(set(seen.ports) - {row.port.device for row in self._rows.values() if row.port and row.view.plugged}):
                self._appeared(seen.ports[device])
            known = {row.drive.path for row in self._rows.values() if row.drive and row.view.plugged} | self._boot.taken
            if not self._boot.turn.locked():  # else the new drive is the one that a job waits for
                for path in sorted(set(seen.drives) - known):
                    if seen.drives[path].chip != "microbit":  # that one is always there, beside its port
                        self._drive_appeared(seen.drives[path])

    def _notice(self, row: _Row, seen: Sightings) -> None:
        """One row: is its board still there? A board in a loop that has become quiet may try again."""
        if row.drive is not None:
            if row.view.plugged and row.drive.path not in seen.drives:
                self._change(row, plugged=False)
                if row.view.handed_on or not row.is_busy:
                    del self._rows[row.view.number]
            return
        if row.job is not None and row.is_busy:
            row.port = row.job.result.port
            if row.job.expecting:
                return
        there = row.port is not None and row.port.device in seen.ports
        if row.view.plugged and not there:
            row.losses.append(time.monotonic())
            self._change(row, plugged=False)
            row.chosen.set()
        looping = row.view.fault is Fault.RESTART_LOOP and not row.is_busy
        if looping and there and row.losses and time.monotonic() - row.losses[-1] > QUIET_SECONDS:
            row.losses.clear()
            self._begin(row)

    def _appeared(self, port: Port) -> None:
        for row in self._rows.values():
            if row.is_busy and row.job is not None and row.job.expecting:
                away = row.job.result.port
                if away.device == port.device or (
                    port.serial and away.serial == port.serial and (away.vid, away.pid) == (port.vid, port.pid)
                ):
                    return  # its job waits for it
        row = next((row for row in self._rows.values() if row.port is not None and row.port.device == port.device), None) or self._new_row(
            port.device
        )
        if row.is_busy:
            return  # the last job on this port has not noticed yet that its board is gone
        if row.port is not None and row.port.serial != port.serial:
            row.losses.clear()  # another board: people are quick
        row.port = port
        now = time.monotonic()
        if len(row.losses) == LOSSES and now - row.losses[0] < LOSS_SECONDS:
            what, todo = WORDS[Fault.RESTART_LOOP]
            self._change(row, plugged=True, fault=Fault.RESTART_LOOP, what=what, todo=todo)
            return
        row.team = ""
        self._begin(row)

    def _drive_appeared(self, drive: Drive) -> None:
        row = self._new_row(str(drive.path))
        row.drive = drive
        self._begin(row)

    def _new_row(self, device: str) -> _Row:
        number = next(self._numbers)
        row = self._rows[number] = _Row(View(number, short_name(device)))
        return row

    def _begin(self, row: _Row) -> None:
        if self._stopping.is_set():
            return
        row.began, row.log_row, row.waited = time.monotonic(), None, 0.0
        row.chosen.clear()
        row.view = View(row.view.number, row.view.port)
        target = self._run_drive if row.drive is not None else self._run_board
        row.thread = threading.Thread(target=target, args=(row,), name=f"board-{row.view.number}", daemon=True)
        self._change(row)
        row.thread.start()

    def _change(self, row: _Row, **facts: object) -> None:
        with self._news:
            if facts.get("step") is not None and facts["step"] is not row.view.step:
                row.since = time.monotonic()
            row.view = replace(row.view, **facts)  # type: ignore[arg-type]
            self._version += 1
            self._news.notify_all()

    # ------------------------------------------------------------------ in a board's own thread
    def _run_board(self, row: _Row) -> None:
        assert row.port is not None  # noqa: S101 (known by now)
        show: Callable[..., None] = lambda **facts: self._change(row, **facts)  # noqa: E731
        job = Job(row.port, self.options, self._finder, self._boot, lambda result: self._choose(row, result), show,
                  self_test=row.self_test, stopping=self._stopping)  # fmt: skip
        row.job, row.self_test = job, False
        fault, detail = self._guarded(job.run)
        job.expecting = False
        row.port = job.result.port
        self._note_end(row, job.result, fault, detail)

    def _run_drive(self, row: _Row) -> None:
        assert row.drive is not None  # noqa: S101 (known by now)
        drive = row.drive
        found: list[str] = []
        fault, detail = self._guarded(
            lambda: found.append(firmware_by_drive(drive, self.options, lambda **facts: self._change(row, **facts)).version)
        )
        if fault is not None:
            self._show_fault(row, fault, detail)
        log_row = self._log.start(board="", machine=drive.chip, by=self.by, station=self.name)
        self._log.finish(
            log_row, FAILED if fault else "firmware", firmware=found[0] if found else "", step=Step.FIRMWARE.value if fault else "",
            seconds=row.seconds, detail=fault.value if fault else "",
        )  # fmt: skip

    def _guarded(self, work: Callable[[], object]) -> tuple[Fault | None, FlashError | None]:
        """Run it; whatever happens there ends here as a fault: no mistake of ours may look like a good board."""
        try:
            work()
        except FlashError as error:
            return error.fault, error
        except KanikkoError as error:
            return Fault.INTERNAL, FlashError(Fault.INTERNAL, error.message)
        except Exception as error:
            logger.exception("a board's job failed")
            return Fault.INTERNAL, FlashError(Fault.INTERNAL, repr(error))
        return None, None

    def _show_fault(self, row: _Row, fault: Fault, error: FlashError | None) -> None:
        shown = error or FlashError(fault)
        self._change(row, fault=fault, what=shown.message, todo=shown.remedy)

    def _note_end(self, row: _Row, result: Result, fault: Fault | None, error: FlashError | None) -> None:
        step = row.view.step
        if row.log_row is None:
            row.log_row = self._log.start(**self._facts(result))
        if fault is not Fault.STOPPED:
            detail = f"{fault.value}: {error.detail}".rstrip(": ") if fault and error else result.note
            self._log.finish(
                row.log_row, FAILED if fault else GOOD, **self._facts(result), step=step.value if fault else "", detail=detail,
                seconds=row.seconds,
            )  # fmt: skip
        if fault is not None:
            self._show_fault(row, fault, error)

    def _facts(self, result: Result) -> dict[str, str]:
        identity, choice = result.identity, result.choice
        facts = {
            "board": identity.uid if identity else "", "machine": identity.machine if identity else "", "firmware": result.firmware,
            "profile": result.profile.name if result.profile else "", "by": self.by, "station": self.name,
        }  # fmt: skip
        if choice is not None:
            library = {path: content for path, content in choice.wanted.payload.files.items() if path != "program.py"}
            facts |= {"library": Payload(library).digest, "program": choice.program_sha256, "team": choice.team}
        return facts

    def _choose(self, row: _Row, result: Result) -> Choice:
        """Which team's board this is: the log knows, or a person says. Raises FlashError, also when the board is pulled out meanwhile."""
        assert result.identity is not None and result.profile is not None  # noqa: S101 (known by now)
        row.log_row = self._log.start(**self._facts(result))
        if not self._kitchen.programs.asks_for_teams:
            return self._kitchen.choice("", result.profile)
        team = row.team or ("" if self._ask_team else self._log.team_of(result.identity.uid))
        if team and self._kitchen.programs.find(team) is None and not row.team:
            team = ""  # remembered from another package
        asked = time.monotonic()
        if not team:
            self._change(row, asking=True)
        while not team:
            row.chosen.wait()
            row.waited = time.monotonic() - asked
            row.chosen.clear()
            team = row.team
            if self._stopping.is_set():
                raise FlashError(Fault.STOPPED)
            if not Path(result.port.device).exists() or not row.view.plugged:
                raise FlashError(Fault.UNPLUGGED)
        self._change(row, asking=False)
        return self._kitchen.choice(team, result.profile)


def short_name(device: str) -> str:
    """A port's name for a narrow column: ``ttyACM3``, ``b03/port``'s folder for virtual boards."""
    path = Path(device)
    name = path.parent.name if path.name == "port" else path.name
    return name[-12:]
