"""Drives that a board shows while it takes firmware: a Pico's boot drive (UF2), a micro:bit's DAPLink drive (hex)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from robots.flash.faults import Fault, FlashError
from robots.flash.text import clean
from robots.flash.wire import Progress

ROOTS = ("/media/*", "/run/media/*", "/media", "/Volumes")
"""Where systems mount drives; one level below lie the drives themselves."""
MOST_INFO = 4096
CHUNK = 64 * 1024
LEAVE_SECONDS = 20


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
        return Drive(place, "microbit", serial.group(1).lower()) if serial and serial.group(1)[:2] == "99" else None
    return None


def _read(place: Path) -> str:
    try:
        with place.open("rb") as file:
            return file.read(MOST_INFO).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""


def copy_to(drive: Drive, name: str, content: bytes, progress: Progress) -> None:
    """Write a file to the drive. Boards restart at the last byte, so an error then is as good as none. Raises FlashError (DRIVE_GONE)."""
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


def wait_until_taken(drive: Drive, seconds: float = LEAVE_SECONDS) -> None:
    """Until the board has taken what was copied: a boot drive goes away, a DAPLink drive is mounted anew without ``FAIL.TXT``.

    Raises FlashError (DRIVE_REFUSED) with the board's own words where it gives any.
    """
    end = time.monotonic() + seconds
    went = False
    while time.monotonic() < end:
        there = _look(drive.path) is not None
        went = went or not there
        if drive.chip != "microbit" and not there:
            return
        if drive.chip == "microbit" and there:
            if failed := _read(drive.path / "FAIL.TXT"):
                raise FlashError(Fault.DRIVE_REFUSED, clean(failed, 120))
            if went:
                return
        time.sleep(0.05)
    raise FlashError(Fault.DRIVE_REFUSED)
