"""Firmware for an ESP32 through esptool: written, and compared with what the chip reads back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from robots.flash.faults import Fault, FlashError
from robots.flash.text import clean
from robots.flash.wire import Progress

ADDRESS = 0x1000
"""Where MicroPython's image for the ESP32 begins."""
SECONDS = 240
PERCENT = re.compile(r"(\d{1,3})(?:\.\d)? ?%")


@dataclass(frozen=True)
class Way:
    """How esptool reaches the chip's boot loader: over the serial chip's reset lines, unless it is there already."""

    before: str = "default-reset"
    after: str = "hard-reset"
    stub: bool = True
    baud: int = 460_800


def write(device: str, image: bytes, progress: Progress, way: Way | None = None) -> None:
    """Write ``image`` and compare it; the caller has the port's lock. Raises FlashError (FIRMWARE_VERIFY, FIRMWARE_TOOL)."""
    way = way or Way()
    with tempfile.TemporaryDirectory(prefix="kanikko-esp32-") as folder:
        place = Path(folder, "firmware.bin")
        place.write_bytes(image)
        _run(device, way, ["write-flash", hex(ADDRESS), str(place)], lambda part: progress(part * 0.9), last=False)
        _run(device, way, ["verify-flash", hex(ADDRESS), str(place)], lambda part: progress(0.9 + part * 0.1), last=True)
    progress(1.0)


def _run(device: str, way: Way, words: list[str], progress: Progress, *, last: bool) -> None:
    after = way.after if last else "no-reset" if way.before == "no-reset" else way.after
    command = [sys.executable, "-m", "esptool", "--chip", "esp32", "--port", device, "--baud", str(way.baud)]
    command += ["--before", way.before, "--after", after, *([] if way.stub else ["--no-stub"]), *words]
    with tempfile.TemporaryFile() as output, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as tool:
        try:
            _follow(tool, output.fileno(), progress)
        finally:
            if tool.poll() is None:
                tool.kill()
        output.seek(0)
        said = output.read().decode(errors="replace")
    if tool.returncode:
        raise _why(device, said)


def _follow(tool: subprocess.Popen[bytes], output: int, progress: Progress) -> None:
    for _ in range(SECONDS * 5):
        try:
            tool.wait(0.2)
            return
        except subprocess.TimeoutExpired:
            if found := PERCENT.findall(_tail(output)):
                progress(min(int(found[-1]), 100) / 100)


def _tail(output: int) -> str:
    size = os.fstat(output).st_size
    return os.pread(output, 400, max(0, size - 400)).decode(errors="replace")


def _why(device: str, said: str) -> FlashError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = next((line for line in reversed(lines) if "rror" in line or "failed" in line), lines[-1] if lines else "")
    if not Path(device).exists():
        return FlashError(Fault.UNPLUGGED)
    differs = "does not match" in said or "digest mismatch" in said or "Verification failed" in said
    return FlashError(Fault.FIRMWARE_VERIFY if differs else Fault.FIRMWARE_TOOL, clean(fatal, 120))
