"""A micro:bit's DAPLink drive: always there beside the port; what is copied to it is flashed, and then it is mounted anew.

It believes no file name: it follows the hex records to the last one. What it does not like it says in ``FAIL.TXT``, which stays there until
the next copy.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

BUSY_SECONDS, AWAY_SECONDS = 0.3, 0.3
OWN = ("DETAILS.TXT", "MICROBIT.HTM", "FAIL.TXT")
END = b":00000001FF"
DETAILS = (
    "# DAPLink Firmware - see https://mbed.com/daplink\r\nUnique ID: {serial}\r\nHIC ID: 6E052820\r\nAuto Reset: 1\r\n"
    "Interface Version: 0257\r\nUSB Interfaces: MSD, CDC, HID, WebUSB\r\n"
)


class DapLink:
    """``serial``: what USB says too. ``refuses``: why it takes nothing. ``on_flashed(hex)``: the chip starts what it got."""

    def __init__(self, below: Path, serial: str, *, name: str = "MICROBIT", refuses: str = "", complaint: str = "",
                 on_flashed: Callable[[bytes], None] = lambda content: None) -> None:  # fmt: skip
        self.path, self.serial, self.refuses = below / name, serial, refuses
        self.taken: list[bytes] = []
        self._on_flashed = on_flashed
        self._mount(complaint)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _mount(self, complaint: str) -> None:
        aside = self.path.parent.parent / f"{self.path.name}.aside"
        aside.mkdir()
        (aside / "DETAILS.TXT").write_bytes(DETAILS.format(serial=self.serial).encode())
        (aside / "MICROBIT.HTM").write_text("<html></html>")
        if complaint:
            (aside / "FAIL.TXT").write_text(complaint)
        aside.rename(self.path)

    def _watch(self) -> None:
        while not self._over.wait(0.03):
            for file in [place for place in self.path.glob("*") if place.name not in OWN]:
                content = file.read_bytes()
                if END in content:
                    self._take(content)

    def _take(self, content: bytes) -> None:
        complaint = self.refuses or self._wrong(content)
        self._over.wait(BUSY_SECONDS)
        shutil.rmtree(self.path)
        self._over.wait(AWAY_SECONDS)
        if not complaint:
            self.taken.append(content)
            self._on_flashed(content)
        self._mount(complaint)

    @staticmethod
    def _wrong(content: bytes) -> str:
        for line in content.split():
            if line[:1] != b":" or sum(bytes.fromhex(line[1:].decode())) & 0xFF:
                return "error: The hex file cannot be decoded. Checksum calculation failure occurred.\r\ntype: user\r\n"
        return ""

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        shutil.rmtree(self.path, ignore_errors=True)
