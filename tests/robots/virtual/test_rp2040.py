"""Two looks at a true RP2040 (emulated): what virtual boards promise holds there too. Skipped without emulator or firmware."""

from __future__ import annotations

import importlib.util
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mpremote.transport_serial import SerialTransport

from kanikko.settings import PROJECT
from robots.board import load_profile, payload
from tests.robots.virtual.watched_pico import PINS as _PINS

FIRMWARE = "KANIKKO_RP2040_FIRMWARE"
PROGRAM = b"from kani import *\narm_up()\nforward(50, 0.12)\nturn_left(25, 0.06)\nstop()\n"
FILES = payload(load_profile("pico"), PROGRAM)


def firmware() -> Path:
    named = os.environ.get(FIRMWARE)
    found = [Path(named)] if named else sorted((PROJECT.parent / "shared" / "firmware").glob("*.uf2"))
    if not found or not found[0].is_file():
        pytest.skip(f"no firmware for the emulator: set {FIRMWARE} to a MicroPython .uf2 for the Raspberry Pi Pico")
    return found[0]


class Pico:
    """The emulator in a process of its own, at the end of a pty."""

    def __init__(self, folder: Path) -> None:
        self.pins = folder / "pins"
        spec = f"{Path(__file__).with_name('watched_pico.py')}:board"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rp2040py", "micropython", "--image", str(firmware()), "--pty", "--board-spec", spec],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"WATCHED_PINS": str(self.pins)},
        )  # fmt: skip
        self.link = folder / "pico"
        self.link.symlink_to(self._port())
        self.transport = SerialTransport(str(self.link))
        self._wait_for_prompt()

    def _wait_for_prompt(self) -> None:
        """Until its USB is up: what is sent before is lost, as on the table."""
        said, end = b"", time.monotonic() + 60
        while not said.endswith(b">>> "):
            assert time.monotonic() < end, said
            self.transport.serial.write(b"\r")
            time.sleep(0.3)
            said += self.transport.serial.read(self.transport.serial.in_waiting)

    def _port(self) -> str:
        assert self._process.stdout is not None
        said, end = "", time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            if select.select([self._process.stdout], [], [], 1)[0]:
                said += os.read(self._process.stdout.fileno(), 4096).decode()
            if found := re.search(r"/dev/(?:pts/\d+|ttys\d+)", said):
                return found[0]
        raise AssertionError(f"the emulator did not start: {said}")

    def close(self) -> None:
        self.transport.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def give(self, files: dict[str, bytes]) -> None:
        self.transport.enter_raw_repl(soft_reset=True, timeout_overall=30)
        if not self.transport.fs_exists("lib"):
            self.transport.fs_mkdir("lib")
        for path, content in files.items():
            self.transport.fs_writefile(path, content)

    def duty(self, pin: int) -> set[float]:
        """Shares of its time that the pin was high, for each whole period of 1 kHz, in tenths."""
        changes = [tuple(map(int, line.split())) for line in self.pins.read_text().splitlines()]
        own = [(level, at) for number, level, at in changes if number == pin]
        found = set()
        for (up, rose), (down, fell), (again, next_rise) in zip(own, own[1:], own[2:], strict=False):
            if (up, down, again) == (1, 0, 1) and 950_000 < next_rise - rose < 1_050_000:
                found.add(round((fell - rose) / (next_rise - rose), 1))
        return found


@pytest.fixture(scope="module")
def pico(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pico]:
    if importlib.util.find_spec("rp2040py") is None:
        pytest.skip("no emulator: pip install rp2040py")
    made = Pico(tmp_path_factory.mktemp("pico"))
    made.give(dict(FILES.files))
    yield made
    made.close()


def test_the_library_gives_the_motors_the_power_it_promises(pico: Pico) -> None:
    ended, failed = pico.transport.exec_raw("import kani\nprint(kani.run(start_button=False))", timeout=60)
    assert (ended, failed) == (b"end\r\n", b"")
    ahead_left, astern_left, ahead_right, astern_right = (pico.duty(pin) for pin in _PINS[:4])
    assert ahead_left == {0.5} and astern_right == set()
    assert astern_left == {0.2} | (astern_left & {0.3}) and ahead_right == {0.5} | (ahead_right & {0.2, 0.3})
    last = {line.split()[0]: line.split()[1] for line in pico.pins.read_text().splitlines()}
    assert all(last.get(str(pin), "0") == "0" for pin in _PINS[:4])  # standing still at the end


def test_files_are_written_and_proved_as_the_station_does_it(pico: Pico) -> None:
    who = pico.transport.exec("import sys, machine\nprint(sys.implementation._machine, len(machine.unique_id()))").decode()
    assert who.strip() == "Raspberry Pi Pico with RP2040 8"
    assert {path: bytes(pico.transport.fs_hashfile(path, "sha256")).hex() for path in FILES.hashes} == dict(FILES.hashes)
    pico.transport.fs_writefile("program.py", PROGRAM.replace(b"50", b"51"))
    assert bytes(pico.transport.fs_hashfile("program.py", "sha256")).hex() != FILES.hashes["program.py"]
