"""One board's way to good: the steps one after another, in a thread of its own. Knows nothing of screens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from robots.board import Profile
from robots.flash import conversation, scripts
from robots.flash.conversation import Identity, Wanted
from robots.flash.dialects import Dialect, dialect_of
from robots.flash.faults import PUT_IN_AGAIN, Fault, FlashError
from robots.flash.finder import Finder, Sightings
from robots.flash.firmware import esp32
from robots.flash.firmware.drives import Drive, install
from robots.flash.firmware.releases import Release, Releases
from robots.flash.locks import PortLock
from robots.flash.steps import Step
from robots.flash.wire import ENTER_SECONDS, Wire
from robots.shell.find import Port

BACK_SECONDS = 15
"""How long a board may take to come back after a reset or new firmware."""
DRIVE_SECONDS = 20
ONCE_MORE = (0.3, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Choice:
    """What a board is to hold. ``wanted`` comes from the team's program; ``team`` "" for boards of no team."""

    wanted: Wanted
    team: str = ""
    title: str = ""
    program_sha256: str = ""


@dataclass(frozen=True)
class Options:
    """What is the same for every board of a station. ``release``: a name to prefer; ``who``: told to others that want a port."""

    profiles: Sequence[Profile]
    releases: Releases | None = None
    release: str = ""
    self_test: bool = False
    who: str = "kanikko flash"
    esp32: esp32.Way = field(default_factory=esp32.Way)
    back_seconds: float = BACK_SECONDS
    drive_seconds: float = DRIVE_SECONDS
    enter_seconds: tuple[float, ...] = ENTER_SECONDS


@dataclass
class Boot:
    """Boot drives that belong to a job. ``turn``: one board at a time goes to its boot loader, so that the new drive is its own."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    taken: set[Path] = field(default_factory=set)


@dataclass
class Result:
    """What is known of a board so far; the log keeps it."""

    port: Port
    identity: Identity | None = None
    profile: Profile | None = None
    choice: Choice | None = None
    firmware: str = ""
    note: str = ""


Show = Callable[..., None]
"""Called with what changed of the row: ``step=…, part=…, uid=…``."""


class Job:
    """Brings one board to good: ``run`` returns, or raises FlashError. ``show`` is told of every step."""

    def __init__(self, port: Port, options: Options, finder: Finder, boot: Boot, choose: Callable[[Result], Choice], show: Show,
                 *, self_test: bool = False, stopping: threading.Event | None = None) -> None:  # fmt: skip
        self.result = Result(port)
        self.expecting = False  # the board is away because we sent it away
        self._options, self._finder, self._boot = options, finder, boot
        self._choose, self._show, self._self_test = choose, show, self_test or options.self_test
        self._stopping = stopping or threading.Event()
        self._lock: PortLock | None = None

    # ------------------------------------------------------------------ the way
    def run(self) -> None:
        """From found to good. Raises FlashError at whatever goes wrong: then the board is not good."""
        try:
            self._go()
        finally:
            if self._lock is not None:
                self._lock.release()

    def _go(self) -> None:
        self._step(Step.IDENTIFY)
        wire = self._ensure_firmware()
        try:
            self._step(Step.TEAM)
            wire.close()  # choosing may take as long as people take
            choice = self.result.choice = self._choose(self.result)
            self._show(team=choice.team, title=choice.title)
            wire = self._again(wire)
            self._step(Step.FILES)
            found = conversation.contents(wire, self._dialect)
            conversation.bring(wire, self._dialect, found, choice.wanted, lambda part: self._show(part=part), packed=self._unpacks)
            self._step(Step.VERIFY)
            found = conversation.verify(wire, self._dialect, choice.wanted)
            if others := choice.wanted.plan(found).others:
                self._note(f"ほかの ファイル {len(others)}こ")
            if self._self_test:
                self._step(Step.SELF_TEST)
                self._note(conversation.self_test(wire))
            self._step(Step.RESET)
            wire = self._restart(wire)
            self._step(Step.FINAL)
            conversation.verify_now(wire, self._dialect, choice.wanted)
            wire.start_program()
        finally:
            wire.close()
        self._show(step=Step.GOOD, part=1.0)

    def _step(self, step: Step) -> None:
        if self._stopping.is_set():
            raise FlashError(Fault.STOPPED)
        self._show(step=step, part=0.0)

    def _note(self, text: str) -> None:
        self.result.note = f"{self.result.note}　{text}".strip()
        self._show(note=self.result.note)

    @property
    def _dialect(self) -> Dialect:
        assert self.result.profile is not None  # noqa: S101 (known since it was identified)
        return dialect_of(self.result.profile)

    @property
    def _unpacks(self) -> bool:
        return self.result.identity is not None and self.result.identity.unpacks

    # ------------------------------------------------------------------ who is there
    def _hold(self) -> PortLock:
        """The port is ours from the first word to the last, also while the board is away. Raises FlashError (BUSY)."""
        if self._lock is None or self._lock.device != self.result.port.device:
            if self._lock is not None:
                self._lock.release()
                self._lock = None
            self._lock = PortLock(self.result.port.device, self._options.who)
        return self._lock

    def _open(self) -> Wire:
        wire = Wire(self.result.port.device, self._hold())
        try:
            wire.enter(self._options.enter_seconds)
        except BaseException:
            wire.close()
            raise
        return wire

    def _identify(self, wire: Wire) -> Identity:
        """Who is there now; not somebody else than before, and a board we know. Raises FlashError."""
        try:
            found = conversation.identify(wire)
            before = self.result.identity
            if before is not None and before.uid != found.uid:
                raise FlashError(Fault.OTHER_BOARD, found.uid)
            self.result.identity = found
            self.result.firmware = found.version_text
            self._show(uid=found.uid, machine=found.machine)
            self.result.profile = self._profile_of(found)
            self._show(profile=self.result.profile.name)
        except BaseException:
            wire.close()
            raise
        return found

    def _profile_of(self, found: Identity) -> Profile:
        if found.name not in ("micropython", "micropython-microbit"):
            raise FlashError(Fault.NOT_MICROPYTHON, found.name)
        for profile in self._options.profiles:
            if found.machine in profile.boards:
                return profile
        raise FlashError(Fault.WRONG_BOARD, found.machine)

    def _again(self, wire: Wire) -> Wire:
        """The same board once more, after its port was let go."""
        if not Path(wire.device).exists():
            raise FlashError(Fault.UNPLUGGED)
        wire = self._open()
        self._identify(wire)
        return wire

    # ------------------------------------------------------------------ firmware
    def _ensure_firmware(self) -> Wire:
        """The board at its prompt, with the MicroPython it should have."""
        try:
            wire = self._open()
            found = self._identify(wire)
        except FlashError as error:
            return self._rescue(error)
        assert self.result.profile is not None  # noqa: S101 (known by now)
        release = self._release(self.result.profile.firmware, found.machine)
        if release is None and found.mpy != conversation.MPY_VERSION and self.result.profile.port == "machine":
            wire.close()
            raise FlashError(Fault.OLD_FIRMWARE, found.version_text)
        if release is None or found.version[:3] == release.numbers:
            return wire
        return self._renew(wire, self.result.profile, release)

    def _release(self, chip: str, machine: str) -> Release | None:
        """The release this board is to have; None where no folder of releases was given. Raises FlashError (NO_RELEASE)."""
        releases = self._options.releases
        if releases is None:
            return None
        named = next((one for one in releases.all if one.name == self._options.release and one.board == chip), None)
        found = named or releases.for_board(chip, machine)
        if found is None:
            raise FlashError(Fault.NO_RELEASE, chip)
        return found

    def _rescue(self, error: FlashError) -> Wire:
        """A board without a usable MicroPython. Only where its USB id tells its kind, and there is a way in, is firmware written."""
        port = self.result.port
        fitting = [one for one in self._options.profiles if (port.vid, port.pid) in one.usb and one.firmware in ("esp32", "microbit")]
        if error.fault not in (Fault.SILENT, Fault.GARBLED, Fault.NOT_MICROPYTHON) or self._options.releases is None or not fitting:
            raise error
        profile = fitting[0]
        release = self._options.releases.for_board(profile.firmware)
        if release is None:
            raise error
        self._step(Step.FIRMWARE)
        return self._write(profile, release)

    def _renew(self, wire: Wire, profile: Profile, release: Release) -> Wire:
        self._step(Step.FIRMWARE)
        try:
            self._options.releases.read(release)  # type: ignore[union-attr]  # before the board is touched
        except FlashError:
            wire.close()
            raise
        if profile.firmware not in ("rp2040", "rp2350"):
            wire.close()
            return self._write(profile, release)
        with self._boot.turn:
            known = set(self._finder.seen.drives)
            self.expecting = True
            wire.run_and_go(scripts.BOOTLOADER)
            fresh = lambda seen: next((one for one in seen.drives.values() if one.path not in known and one.chip == profile.firmware), None)  # noqa: E731
            drive = self._finder.wait_for(fresh, self._options.drive_seconds)
            if drive is None:
                raise FlashError(Fault.NO_DRIVE)
            self._boot.taken.add(drive.path)
        return self._write(profile, release, drive)

    def _write(self, profile: Profile, release: Release, drive: Drive | None = None) -> Wire:
        """Write the release in the way of this kind of board, wait for the board, and look that it has it. Raises FlashError."""
        assert self._options.releases is not None  # noqa: S101 (known by now)
        image = self._options.releases.read(release)
        show = lambda part: self._show(part=part)  # noqa: E731
        if profile.firmware == "esp32":
            esp32.write(self._hold().device, image, show, self._options.esp32)
        else:
            drive = drive or self._daplink()
            self.expecting = True  # a micro:bit's port may go with its drive
            try:
                install(drive, release.file, image, show)
            finally:
                self._boot.taken.discard(drive.path)
        wire = self._come_back()
        found = self._identify(wire)
        if found.version[:3] != release.numbers:
            wire.close()
            raise FlashError(Fault.OLD_FIRMWARE, f"{found.version_text} ← {release.version}")
        return wire

    def _daplink(self) -> Drive:
        """The drive of this micro:bit. It may be away for a moment, after an earlier copy. Raises FlashError (NO_DRIVE)."""
        serial = self.result.port.serial.lower()

        def own(seen: Sightings) -> Drive | None:
            drives = [drive for drive in seen.drives.values() if drive.chip == "microbit" and serial in ("", drive.serial)]
            return drives[0] if len(drives) == 1 else None

        found = self._finder.wait_for(own, self._options.drive_seconds)
        if found is None:
            raise FlashError(Fault.NO_DRIVE, remedy=PUT_IN_AGAIN)
        return found

    # ------------------------------------------------------------------ away and back
    def _restart(self, wire: Wire) -> Wire:
        """Reset the whole board and meet it again: the same one, and really restarted. Raises FlashError."""
        self.expecting = True
        conversation.restart(wire, self._dialect)
        wire = self._come_back()
        if self._identify(wire).marked:
            wire.close()
            raise FlashError(Fault.NOT_BACK, "リセットしませんでした")
        return wire

    def _come_back(self) -> Wire:
        """Wait for the board's port and its prompt. Raises FlashError (NOT_BACK)."""
        self.expecting = True
        end = time.monotonic() + self._options.back_seconds
        time.sleep(0.1)
        last: FlashError | None = None
        try:
            while time.monotonic() < end and not self._stopping.is_set():
                port = self.result.port if Path(self.result.port.device).exists() else self._finder.same_board(self.result.port)
                if port is None or not Path(port.device).exists():
                    time.sleep(0.05)
                    continue
                self.result.port = port
                try:
                    wire = Wire(port.device, self._hold())
                except FlashError as error:
                    last = error
                    time.sleep(0.05)
                    continue
                try:
                    wire.enter(ONCE_MORE)
                    return wire
                except FlashError as error:
                    wire.close()
                    last = error
                    time.sleep(0.1)
        finally:
            self.expecting = False
        raise FlashError(Fault.NOT_BACK, last.message if last else "")


def firmware_by_drive(drive: Drive, options: Options, show: Show) -> Release:
    """A board in its boot loader (somebody held its button): give it firmware; it comes back as a port. Raises FlashError."""
    show(step=Step.FIRMWARE, part=0.0)
    if options.releases is None:
        raise FlashError(Fault.NO_RELEASE, drive.chip)
    named = next((one for one in options.releases.all if one.name == options.release and one.board == drive.chip), None)
    release = named or options.releases.for_board(drive.chip)
    if release is None:
        raise FlashError(Fault.NO_RELEASE, drive.chip)
    image = options.releases.read(release)
    install(drive, release.file, image, lambda part: show(part=part))
    show(step=Step.GOOD, part=1.0, handed_on=True)
    return release
