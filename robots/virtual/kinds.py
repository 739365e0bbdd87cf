"""What each kind of board says of itself and has, for a virtual one to say the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kanikko.errors import KanikkoError
from robots.board.profile import Profile

FIRMWARE = "1.28.0"
"""The version of MicroPython that a virtual board claims if nothing else is said (a micro:bit's firmware has a count of its own)."""


class VirtualBoardError(KanikkoError):
    """A virtual board cannot be made, or did not start."""


@dataclass(frozen=True)
class Kind:
    """``heap_kb``: twice what MicroPython has for programs there, since its objects are twice as large on a computer of 64 bits.
    What makes a board of it takes 32 of these, which a micro:bit is given on top: it has little enough.
    ``own_usb``: its port goes away when it restarts; behind a serial chip it stays."""

    platform: str
    build: str
    heap_kb: int
    flash_kb: int
    own_usb: bool
    firmware: str = FIRMWARE
    """The version that it claims if nothing else is said."""
    micropython: tuple[int, int, int] | None = None
    """What its firmware is made of, where that has a version of its own."""


_KINDS = {
    "rp2040": Kind("rp2", "RPI_PICO", 384, 1408, True),
    "rp2350": Kind("rp2", "RPI_PICO2", 900, 3072, True),
    "esp32": Kind("esp32", "ESP32_GENERIC", 320, 2048, False),
    "microbit": Kind("microbit", "", 160, 40, False, "2.1.2", (1, 18, 0)),
}


def kind_of(profile: Profile) -> Kind:
    """What a virtual board of this profile is like."""
    return _KINDS[profile.firmware]


def introduction(profile: Profile, firmware: str) -> dict[str, object]:
    """What the board answers when it is asked who it is: the argument of ``disguise.put_on``. Raises VirtualBoardError."""
    kind = kind_of(profile)
    numbers, _, rest = firmware.removeprefix("v").partition("-")
    try:
        version = [int(number) for number in numbers.split(".")]
    except ValueError:
        raise VirtualBoardError(f"{firmware!r} is no version of MicroPython", remedy=f"Say it like {kind.firmware}.") from None
    return {
        "version": kind.micropython or [*version, *[0] * (3 - len(version)), rest],
        "firmware": firmware,
        "release": f"v{firmware} on 2026-01-01",
        "machine": profile.boards[0],
        "platform": kind.platform,
        "build": kind.build,
    }


def usb_ids(profile: Profile) -> tuple[int, int]:
    """(vendor, product) of the serial port."""
    return profile.usb[0] if profile.usb else (0, 0)


def uid_for(number: int) -> bytes:
    """Eight bytes that belong to the ``number``-th virtual board, always the same."""
    return hashlib.sha256(f"kanikko virtual board {number}".encode()).digest()[:8]
