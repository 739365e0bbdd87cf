"""Is a firmware file whole, and made for this chip? Looked at before anything is written: UF2, Intel hex (micro:bit), ESP32 image."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping

from robots.flash.faults import Fault, FlashError

UF2_BLOCK = 512
UF2_MAGIC = (0x0A324655, 0x9E5D5157)
UF2_END = 0x0AB16F30
NOT_MAIN_FLASH, HAS_FAMILY = 0x1, 0x2000
FAMILIES = {"rp2040": frozenset({0xE48BFF56}), "rp2350": frozenset({0xE48BFF59})}
"""UF2 family of each chip that MicroPython starts on (RP2350: its Arm cores)."""
ABSOLUTE = 0xE48BFF57
"""A block for any RP2350, wherever it is (an erratum's remedy); its numbering is its own."""
RP2_FLASH = range(0x10000000, 0x11000000)

ESP_MAGIC, ESP32_CHIP = 0xE9, 0
ESP_TABLE, ESP_APP = 0x8000 - 0x1000, 0x10000 - 0x1000
"""Where partition table and program lie in MicroPython's image, which is written from address 0x1000."""

V2_FLASH = 0x80000
V1_FLASH = 0x40000
V1_RAM_END = 0x20008000
MICROBIT_V2_BLOCKS = frozenset({0x9903, 0x9904, 0x9905, 0x9906})


def _bad(why: str) -> FlashError:
    return FlashError(Fault.BAD_RELEASE, why)


def read_uf2(data: bytes, chip: str) -> dict[int, bytes]:
    """The image in a UF2 file: address → 256 bytes. Raises FlashError (BAD_RELEASE) for one cut off, with gaps or for another chip."""
    families = FAMILIES[chip]
    if not data or len(data) % UF2_BLOCK:
        raise _bad(f"{len(data)} bytes are no whole UF2 blocks: cut off?")
    image: dict[int, bytes] = {}
    others: set[int] = set()
    numbers: dict[tuple[int, int], set[int]] = {}
    for start in range(0, len(data), UF2_BLOCK):
        first, second, flags, address, size, number, count, family = struct.unpack_from("<8I", data, start)
        if (first, second) != UF2_MAGIC or struct.unpack_from("<I", data, start + UF2_BLOCK - 4)[0] != UF2_END:
            raise _bad(f"block {start // UF2_BLOCK} is no UF2")
        if flags & NOT_MAIN_FLASH or family == ABSOLUTE:
            continue
        if not flags & HAS_FAMILY:
            raise _bad("names no chip")
        if family not in families:
            others.add(family)  # the boot ROM passes over other chips' blocks
            continue
        if size != 256 or address % 256 or address not in RP2_FLASH:
            raise _bad(f"block {start // UF2_BLOCK} does not lie in flash")
        image[address] = data[start + 32 : start + 288]
        numbers.setdefault((family, count), set()).add(number)
    if not image:
        raise _bad(f"made for another chip ({', '.join(f'{one:#x}' for one in sorted(others))}), not {chip}")
    for (_, count), seen in numbers.items():
        if seen != set(range(count)):
            raise _bad(f"{count - len(seen)} of {count} blocks are missing")
    return image


def check_esp32(data: bytes) -> None:
    """Raise FlashError unless this is MicroPython's image for an ESP32, from 0x1000: boot loader, partition table, program."""
    if len(data) < ESP_APP + 0x10000:
        raise _bad(f"{len(data)} bytes: too short for an ESP32 image")
    for place, what in ((0, "boot loader"), (ESP_APP, "program")):
        if data[place] != ESP_MAGIC:
            raise _bad(f"no {what} at {place:#x}")
        if (chip := struct.unpack_from("<H", data, place + 12)[0]) != ESP32_CHIP:
            raise _bad(f"made for another chip of the family (number {chip}), not esp32")
    if data[ESP_TABLE : ESP_TABLE + 2] != b"\xaa\x50":
        raise _bad("no partition table")
    _check_segments(data)


def _check_segments(data: bytes) -> None:
    """The program's segments have to lie inside the file: a file cut off has lost the last ones."""
    place = ESP_APP + 24
    for _ in range(data[ESP_APP + 1]):
        if place + 8 > len(data):
            raise _bad("cut off")
        place += 8 + struct.unpack_from("<I", data, place + 4)[0]
    if place >= len(data):
        raise _bad("cut off")


def check_microbit(data: bytes) -> None:
    """Raise FlashError unless this is a whole Intel hex file (plain or universal) for a micro:bit V2."""
    vectors: dict[int, int] = {}
    sections: set[int] = set()
    base, section, highest, ended = 0, 0, 0, False
    for number, kind, address, content in _records(data):
        if ended and not sections:
            raise _bad(f"line {number}: goes on after its end")
        if kind == 1:
            ended = True
        elif kind == 2:
            base = int.from_bytes(content, "big") << 4
        elif kind == 4:
            base = int.from_bytes(content, "big") << 16
        elif kind == 0x0A and len(content) >= 2:
            section = int.from_bytes(content[:2], "big")
            sections.add(section)
        elif kind in (0, 0x0D) and (not sections or section in MICROBIT_V2_BLOCKS):
            place = base + address
            if place < 0x10000000:
                highest = max(highest, place + len(content))
            if place == 0 and len(content) >= 4:
                vectors[0] = int.from_bytes(content[:4], "little")
    if not ended:
        raise _bad("no end of file record: cut off")
    if sections and not sections & MICROBIT_V2_BLOCKS:
        raise _bad("made for a micro:bit V1 only")
    if highest > V2_FLASH or 0 not in vectors:
        raise _bad("does not lie in a micro:bit's flash")
    if not sections and highest <= V1_FLASH and vectors[0] <= V1_RAM_END:
        raise _bad("made for a micro:bit V1")


def _records(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.strip()
        if not text:
            continue
        try:
            if not text.startswith(b":"):
                raise ValueError
            record = bytes.fromhex(text[1:].decode("ascii"))
            if len(record) < 5 or len(record) != record[0] + 5 or sum(record) & 0xFF:
                raise ValueError
        except ValueError:
            raise _bad(f"line {number} is no Intel hex, or cut off") from None
        yield number, record[3], int.from_bytes(record[1:3], "big"), record[4:-1]


CHECKS: Mapping[str, Callable[[bytes], object]] = {
    "rp2040": lambda data: read_uf2(data, "rp2040"),
    "rp2350": lambda data: read_uf2(data, "rp2350"),
    "esp32": check_esp32,
    "microbit": check_microbit,
}
"""By the profile's ``firmware``; each raises FlashError (BAD_RELEASE)."""
