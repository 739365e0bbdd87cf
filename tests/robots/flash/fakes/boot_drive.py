"""A Pico's boot drive: a folder that takes what the real boot ROM takes and refuses what it refuses.

The boot ROM looks at each 512-byte block by itself: magic numbers, family, address. It passes over blocks that are not for it, counts the
rest by number, and restarts into the new program only when it has every block. All else leaves the drive standing.
"""

from __future__ import annotations

import shutil
import struct
import threading
from collections.abc import Callable
from pathlib import Path

INFO = {
    "rp2040": ("RPI-RP2", "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n", 0xE48BFF56),
    "rp2350": ("RP2350", "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2350\r\nBoard-ID: RP2350\r\n", 0xE48BFF59),
}

OWN = ("INDEX.HTM", "INFO_UF2.TXT")


def uf2(family: int = 0xE48BFF56, blocks: int = 40, *, say: bytes = b"") -> bytes:
    """A UF2 file of 256-byte pieces."""
    made = []
    for number in range(blocks):
        piece = (say + bytes([number % 256]) * 256)[:256]
        head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, 0x10000000 + 256 * number, 256, number, blocks, family)
        made.append(head + piece + bytes(476 - 256) + struct.pack("<I", 0x0AB16F30))
    return b"".join(made)


class BootDrive:
    """The drive of one board in its boot loader. ``on_flashed(image)`` is called when the board has all of a program and restarts."""

    def __init__(self, below: Path, chip: str = "rp2040", *, name: str = "",
                 on_flashed: Callable[[dict[int, bytes]], None] = lambda image: None, deaf: bool = False) -> None:  # fmt: skip
        label, info, self.family = INFO[chip]
        self.path = below / (name or label)
        self.path.mkdir(parents=True)
        (self.path / "INDEX.HTM").write_text("<html></html>")
        (self.path / "INFO_UF2.TXT").write_bytes(info.encode())
        self.image: dict[int, bytes] = {}
        self.refused: list[str] = []
        self._on_flashed, self._deaf = on_flashed, deaf
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.03):
            for file in [place for place in self.path.glob("*") if place.name not in OWN]:  # whatever its name: the ROM sees blocks only
                if not self._deaf and self._take(file.read_bytes()):
                    shutil.rmtree(self.path)
                    self._on_flashed(self.image)
                    return

    def _take(self, data: bytes) -> bool:
        seen: set[int] = set()
        image: dict[int, bytes] = {}
        count = 0
        for start in range(0, len(data) - 511, 512):
            first, second, flags, address, size, number, blocks, family = struct.unpack_from("<8I", data, start)
            ours = (first, second) == (0x0A324655, 0x9E5D5157) and flags & 0x2000 and family == self.family and not flags & 1
            if not ours or size != 256 or address % 256 or not 0x10000000 <= address < 0x11000000:
                continue
            image[address], count = data[start + 32 : start + 288], blocks
            seen.add(number)
        if not count or seen != set(range(count)):
            self.refused.append(f"{len(seen)} of {count} blocks")
            return False
        self.image = image
        return True

    def close(self) -> None:
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        shutil.rmtree(self.path, ignore_errors=True)
