"""An ESP32 in its boot loader at the end of a pty: as much of the ROM as esptool needs to write and verify without its stub.

It refuses what the ROM refuses: a packet whose checksum is wrong, data beyond what was announced, compressed data that is none.
"""

from __future__ import annotations

import hashlib
import os
import pty
import select
import struct
import threading
import tty
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

SYNC, WRITE_REG, READ_REG = 0x08, 0x09, 0x0A
FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
DEFLATE_BEGIN, DEFLATE_DATA, DEFLATE_END = 0x10, 0x11, 0x12
FLASH_MD5 = 0x13
SPI = 0x3FF42000
REGISTERS = {0x40001000: 0x00F01D83, 0x3FF5A00C: 0x8000, 0x3FF5A004: 0x12345678, 0x3FF5A008: 0x00AA24A1}
READ_ID, W25Q32 = 0x9F, 0x1640EF


def esp32_image(*, chip: int = 0, size: int = 0x24000) -> bytes:
    """Something with the looks of MicroPython's image for the ESP32: boot loader, partition table, program."""
    head = lambda segments: struct.pack("<BBBBIBBBBHBHHB", 0xE9, segments, 2, 0x20, 0x40080000, 0, 0, 0, 0, chip, 0, 0, 0, 0) + b"\0\0\0\1"  # noqa: E731
    image = bytearray(b"\xff" * size)
    boot = head(1)[:24] + struct.pack("<II", 0x3FFF0000, 1024) + bytes(1024)
    image[: len(boot)] = boot
    image[0x7000:0x7004] = b"\xaa\x50\x01\x02"
    body = os.urandom(size - 0xF000 - 24 - 8 - 64)
    program = head(1)[:24] + struct.pack("<II", 0x3F400020, len(body)) + body
    image[0xF000 : 0xF000 + len(program)] = program
    return bytes(image)


class Esp32Rom:
    """The chip behind the port ``link``. ``spoil``: a byte of flash that keeps it wrong. ``on_verified()``: esptool is done."""

    def __init__(self, link: Path, *, spoil: int | None = None, on_verified: Callable[[], None] = lambda: None) -> None:
        self.link = link
        self.flash = bytearray(b"\xff" * (4 << 20))
        self.refused: list[str] = []
        self.verified = 0
        self._spoil, self._on_verified = spoil, on_verified
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        link.symlink_to(os.ttyname(self._theirs))
        self._registers = dict(REGISTERS)
        self._place = self._end = 0
        self._unpacker: zlib._Decompress | None = None
        self._wake, self._bell = os.pipe()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _frames(self) -> Iterator[bytes]:
        frame, inside, escaped = bytearray(), False, False
        while True:
            if self._wake in select.select([self._ours, self._wake], [], [])[0]:
                return
            for byte in os.read(self._ours, 65536):
                if byte == 0xC0:
                    if inside and frame:
                        yield bytes(frame)
                    frame, inside = bytearray(), True
                elif inside and escaped:
                    frame.append({0xDC: 0xC0, 0xDD: 0xDB}[byte])
                    escaped = False
                elif inside and byte == 0xDB:
                    escaped = True
                elif inside:
                    frame.append(byte)

    def _reply(self, op: int, value: int = 0, data: bytes = b"", *, fine: bool = True) -> None:
        packet = struct.pack("<BBHI", 1, op, len(data) + 4, value) + data + (b"\0\0\0\0" if fine else b"\1\7\0\0")
        packet = b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
        while packet:
            packet = packet[os.write(self._ours, packet) :]

    def _refuse(self, op: int, why: str) -> None:
        self.refused.append(why)
        self._reply(op, fine=False)

    def _run(self) -> None:
        for frame in self._frames():
            if len(frame) >= 8:
                _, op, _, checksum = struct.unpack("<BBHI", frame[:8])
                self._obey(op, checksum, frame[8:])

    def _obey(self, op: int, checksum: int, data: bytes) -> None:
        if op == SYNC:
            for _ in range(8):
                self._reply(op, 0x20120707)
        elif op == READ_REG:
            self._reply(op, self._registers.get(struct.unpack("<I", data)[0], 0))
        elif op == WRITE_REG:
            for start in range(0, len(data), 16):
                address, value, _, _ = struct.unpack("<IIII", data[start : start + 16])
                self._registers[address] = value
                if address == SPI:  # a command of its SPI unit, done at once
                    if self._registers.get(SPI + 0x24, 0) & 0xFF == READ_ID:
                        self._registers[SPI + 0x80] = W25Q32
                    self._registers[SPI] = 0
            self._reply(op)
        elif op in (FLASH_BEGIN, DEFLATE_BEGIN):
            size, _, _, self._place = struct.unpack("<IIII", data[:16])
            self._end = self._place + (size + 4095) // 4096 * 4096
            self._unpacker = zlib.decompressobj() if op == DEFLATE_BEGIN else None
            self.flash[self._place : self._end] = b"\xff" * (self._end - self._place)
            self._reply(op)
        elif op in (FLASH_DATA, DEFLATE_DATA):
            self._write(op, checksum, data)
        elif op == FLASH_MD5:
            address, size = struct.unpack("<II", data[:8])
            self.verified += 1
            self._reply(op, 0, hashlib.md5(self.flash[address : address + size]).hexdigest().encode())
            if self.verified == 2:  # once after writing, once for verify-flash: the last thing asked
                threading.Timer(0.3, self._on_verified).start()
        else:
            self._reply(op)

    def _write(self, op: int, checksum: int, data: bytes) -> None:
        piece = data[16 : 16 + struct.unpack("<I", data[:4])[0]]
        found = 0xEF
        for byte in piece:
            found ^= byte
        if found != checksum:
            return self._refuse(op, "checksum")
        if self._unpacker is not None:
            try:
                piece = self._unpacker.decompress(piece)
            except zlib.error:
                return self._refuse(op, "not compressed data")
        if self._place + len(piece) > self._end + 4096:
            return self._refuse(op, "more than announced")
        self.flash[self._place : self._place + len(piece)] = piece
        if self._spoil is not None and self._place <= self._spoil < self._place + len(piece):
            self.flash[self._spoil] ^= 0xFF
        self._place += len(piece)
        return self._reply(op)

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        os.write(self._bell, b"x")
        self._thread.join(5)
        self.link.unlink(missing_ok=True)
        for descriptor in (self._ours, self._theirs, self._wake, self._bell):
            with suppress(OSError):
                os.close(descriptor)
