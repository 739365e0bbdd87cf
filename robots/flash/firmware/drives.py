"""Drives that a board shows while it takes firmware: a Pico's boot drive (UF2), a micro:bit's DAPLink drive (hex)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from robots.flash.faults import PUT_IN_AGAIN, Fault, FlashError
from robots.flash.firmware.images import MICROBIT_V2_BLOCKS
from robots.flash.text import clean
from robots.flash.wire import Progress

ROOTS = ("/media/*", "/run/media/*", "/media", "/Volumes")
"""Where systems mount drives; one level below lie the drives themselves."""
MOST_INFO = 4096
CHUNK = 64 * 1024
LEAVE_SECONDS = 20
COMPLAINT = "FAIL.TXT"
"""Where a DAPLink says why it refused; it stays there until the next copy."""


@dataclass(frozen=True)
class Drive:
    """A mounted drive that takes firmware. ``chip`` as in profiles; ``serial``: what USB says too, where the drive tells ("" else)."""

    path: Path
    chip: str
    serial: str = ""


def find_drives(roots: Sequence[Path] | None = None) -> list[Drive]:
    """The drives that are mounted now below ``roots`` (default: where this system mounts them)."""
    folders = [found for root in ROOTS for found in Path("/").glob(root[1:])] if roots is None else list(roots)
    return [drive for place in _below(folders) if (drive := _look(place)) is not None]


def _below(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        with suppress(OSError):  # unplugged while we look, or not ours to see
            yield from sorted(place for place in folder.iterdir() if place.is_dir())


def _look(place: Path) -> Drive | None:
    if text := _read(place / "INFO_UF2.TXT"):
        # The texts differ between boot loaders; the label in "Board-ID" is what they share.
        if "RP2350" in text:
            return Drive(place, "rp2350")
        return Drive(place, "rp2040") if "RPI-RP2" in text or "RP2040" in text else None
    if text := _read(place / "DETAILS.TXT"):
        serial = re.search(r"^Unique ID:\s*([0-9A-Fa-f]{4,64})\s*$", text, re.MULTILINE)
        if serial and int(serial.group(1)[:4], 16) in MICROBIT_V2_BLOCKS:  # its first digits say which board it is
            return Drive(place, "microbit", serial.group(1).lower())
    return None


def _read(place: Path) -> str:
    try:
        with place.open("rb") as file:
            return file.read(MOST_INFO).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""


def install(drive: Drive, name: str, content: bytes, progress: Progress) -> None:
    """Write a file to the drive, and wait until the board has taken it.

    Raises FlashError: DRIVE_GONE, or DRIVE_REFUSED with the board's own words where it gives any.
    """
    complaint = _read(drive.path / COMPLAINT)
    try:
        _copy(drive, name, content, progress)
        _wait_until_taken(drive, complaint)
    except FlashError as error:
        raise FlashError(error.fault, error.detail, remedy=PUT_IN_AGAIN if drive.chip == "microbit" else "") from None


def _copy(drive: Drive, name: str, content: bytes, progress: Progress) -> None:
    """Boards restart at the last byte, so an error then is as good as none."""
    written = 0
    try:
        descriptor = os.open(drive.path / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            while written < len(content):
                written += os.write(descriptor, content[written : written + CHUNK])
                progress(written / len(content))
            with suppress(OSError):
                os.fsync(descriptor)
        finally:
            with suppress(OSError):
                os.close(descriptor)
    except OSError as error:
        raise FlashError(Fault.DRIVE_GONE, error.strerror) from None


def _wait_until_taken(drive: Drive, complaint: str) -> None:
    """A boot drive goes away; a DAPLink drive is mounted anew, with ``FAIL.TXT`` where it refused. ``complaint``: what that said before."""
    end = time.monotonic() + LEAVE_SECONDS
    went = False
    while time.monotonic() < end:
        there = _look(drive.path) is not None
        went = went or not there
        if drive.chip != "microbit" and not there:
            return
        if drive.chip == "microbit" and there:
            failed = _read(drive.path / COMPLAINT)
            if failed and (went or failed != complaint):
                raise FlashError(Fault.DRIVE_REFUSED, clean(failed, 120))
            if went:
                return
        time.sleep(0.05)
    raise FlashError(Fault.DRIVE_REFUSED)
