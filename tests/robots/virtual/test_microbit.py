"""The stand-in for a micro:bit: what it lacks is what a micro:bit lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mpremote.transport import TransportExecError

from robots.board import load_profile, payload
from robots.virtual import VirtualBoard, VirtualBoardError
from robots.virtual.faults import Faults
from tests.robots.virtual.talking import Link

Plug = Callable[..., VirtualBoard]


@pytest.fixture
def microbit(plug: Plug) -> VirtualBoard:
    return plug(profile="microbit")


def put(link: Link, name: str, content: bytes) -> None:
    link.do(f"with open({name!r}, 'wb') as f: f.write({content!r})")


def test_it_says_that_it_is_a_micro_bit(plug: Plug) -> None:
    with Link(plug(profile="microbit", firmware="2.0.0")) as link:
        said = link.do(
            "import sys, os; i = sys.implementation; print(sys.platform, i.name, i.version, os.uname().release, os.uname().machine)"
        )
    assert said.strip() == "microbit micropython (1, 18, 0) 2.0.0 micro:bit with nRF52833"


@pytest.mark.parametrize(
    "code",
    ["import json", "import hashlib", "import ubinascii", "import deflate", "import vfs", "import io", "from os import ilistdir",
     "from os import rename", "from os import mkdir", "from os import statvfs", "from os import stat", "from machine import Pin",
     "from machine import reset", "from sys import executable", "open('x', 'a')",
     "open('x')", "open(1)", "import sys; sys.implementation._mpy", "import sys; sys.implementation._machine"],
)  # fmt: skip
def test_what_it_has_not_it_has_not(microbit: VirtualBoard, code: str) -> None:
    with Link(microbit) as link, pytest.raises(TransportExecError):
        link.do(code)


def test_it_has_files_but_no_folders(microbit: VirtualBoard) -> None:
    with Link(microbit) as link:
        put(link, "a.py", b"b = 1\n")
        assert (
            link.do("import os, a; print(os.listdir(), os.size('a.py'), a.b, open('a.py', 'rb').read())") == "['a.py'] 6 1 b'b = 1\\n'\r\n"
        )
        assert link.do("os.remove('a.py'); print(os.listdir())") == "[]\r\n"


def test_a_file_that_is_opened_for_writing_is_empty_at_once_and_grows_with_each_write(microbit: VirtualBoard) -> None:
    with Link(microbit) as link:
        put(link, "a.py", b"before")
        link.do("f = open('a.py', 'wb')\nf.write(b'aft')")
        microbit.unplug()
    microbit.plug_in()
    with Link(microbit) as link:
        assert link.do("print(open('a.py').read())") == "aft\r\n"


def test_its_port_stays_when_it_restarts(microbit: VirtualBoard) -> None:
    with Link(microbit) as link:
        link.transport.exec_raw_no_follow("import microbit; microbit.sleep(50); microbit.reset()")
        microbit.wait_for("reset")
        assert Path(microbit.port).exists()
    microbit.wait_until("running")


def test_a_full_disk_is_told_as_there(microbit: VirtualBoard) -> None:
    microbit.faults = Faults(full_disk=True)
    with Link(microbit) as link, pytest.raises(TransportExecError, match="28"):
        put(link, "a.py", b"x" * 5000)


def test_kani_and_a_program_have_memory_enough_there(microbit: VirtualBoard) -> None:
    files = payload(load_profile("microbit"), b"from kani import *\nforward(60)\nwait(0.1)\nprint(left_eye())\nbeep()\n").files
    with Link(microbit) as link:
        for name, content in files.items():
            put(link, name, content)
        said = link.do("import kani; print(kani.run(start_button=False))")
    assert said == "1873\r\nend\r\n"
    assert any(event["ev"] == "pwm" and event["id"] == "pin13" and event["duty"] for event in microbit.events)


def test_no_simulated_crab_is_behind_its_pins(tmp_path: Path) -> None:
    class Behind:
        def op(self, name: str, *arguments: int | str) -> tuple[int, tuple[str, ...]]:
            return 0, ()

    with pytest.raises(VirtualBoardError, match="not simulated"):
        VirtualBoard(tmp_path / "board", "microbit", hardware=Behind())
