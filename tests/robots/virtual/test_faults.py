"""What goes wrong at an event can be made to go wrong here, and flash survives it as littlefs promises."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from robots.virtual import Faults, VirtualBoard
from tests.robots.virtual.talking import Link

Plug = Callable[..., VirtualBoard]
BIG = os.urandom(16_000)
GONE = (OSError, TransportError)


def test_a_slow_cable_is_slow_and_loses_nothing(plug: Plug) -> None:
    board = plug(faults=Faults(bytes_per_second=3000))
    began = time.monotonic()
    with Link(board) as link:
        link.put({"a": BIG[:600]})
        assert link.get("a") == BIG[:600]
    assert time.monotonic() - began > 600 / 3000


@pytest.mark.parametrize("faults", [Faults(unplug_after_bytes=4000), Faults(unplug_after_commands=6)])
def test_it_is_pulled_out_in_the_middle_of_a_copy(board: VirtualBoard, faults: Faults) -> None:
    board.faults = faults
    with pytest.raises(GONE), Link(board) as link:
        link.put({"a": BIG})
    assert board.wait_for("unplugged")  # first: the computer notices before the board has put its things away
    assert board.state == "unplugged" and not Path(board.port).exists()
    board.faults = Faults()
    board.plug_in()
    with Link(board) as link:
        link.put({"a": BIG})
        assert link.get("a") == BIG


def test_a_silent_board_never_answers(plug: Plug) -> None:
    board = plug(faults=Faults(silent=True))
    transport = SerialTransport(board.port, timeout=0.2)
    with pytest.raises(TransportError):
        transport.enter_raw_repl(timeout_overall=1)
    transport.close()
    board.faults = Faults()
    with Link(board) as link:
        assert link.do("print(1)") == "1\r\n"


def test_a_byte_that_arrives_or_is_written_wrongly_shows_in_the_hash(board: VirtualBoard) -> None:
    with Link(board) as link:
        board.faults = Faults(corrupt_after_writes=10)
        link.put({"a": BIG})
        board.wait_for("flip")
        wrong = link.do("import hashlib\nprint(hashlib.sha256(open('a', 'rb').read()).digest().hex())").strip()
        assert wrong != hashlib.sha256(BIG).hexdigest()
        link.put({"a": BIG})  # once is once
        assert bytes(link.transport.fs_hashfile("a", "sha256")) == hashlib.sha256(BIG).digest()


def test_a_byte_is_changed_on_its_way_to_the_board(board: VirtualBoard) -> None:
    with Link(board) as link:
        board.faults = Faults(corrupt_after_bytes=8)
        with pytest.raises(GONE):
            assert link.do("print('abcdefghijk')") == "never what was meant"
        assert board.wait_for("corrupted")["at"] == 8


def test_a_full_disk_refuses_and_room_made_helps(plug: Plug) -> None:
    board = plug(faults=Faults(full_disk=True))
    with Link(board) as link:
        with pytest.raises(OSError, match=r"28|[Ss]pace"):
            link.put({"a": BIG})
        assert link.do("import os\nprint(os.statvfs('/')[3])") == "0\r\n"
        link.do("os.remove('full.log2')\nos.remove('a')")  # less than is needed
        with pytest.raises(OSError, match=r"28|[Ss]pace"):
            link.put({"a": BIG})
        link.do("os.remove('full.log')")
        link.put({"a": BIG})


def test_a_running_boards_disk_is_full_at_once_and_has_room_when_the_fault_goes(board: VirtualBoard) -> None:
    for faults, free in ((Faults(full_disk=True), 0), (Faults(), 350)):
        board.faults = faults
        with Link(board) as link:
            assert link.do("import os\nprint(os.statvfs('/')[3])") == f"{free}\r\n"


def test_a_board_in_a_restart_loop_comes_and_goes(plug: Plug) -> None:
    gone: list[bool] = []
    board = plug(faults=Faults(restart_every=0.3), on_change=lambda board: gone.append(not board.plugged))
    end = time.monotonic() + 20
    while gone.count(True) < 3:
        assert time.monotonic() < end
        time.sleep(0.02)
    board.faults = Faults()
    board.plug_in()
    with Link(board) as link:
        assert link.do("print(1)") == "1\r\n"


@pytest.mark.parametrize("writes", [1, 9])
def test_power_lost_while_a_file_is_replaced_leaves_the_old_one_whole(board: VirtualBoard, writes: int) -> None:
    old = BIG[:9_000]
    with Link(board) as link:
        link.put({"a": old, "other": b"other"})
    with pytest.raises(GONE), Link(board) as link:
        board.faults = Faults(power_lost_after_writes=writes)
        link.put({"a": BIG})
    assert board.wait_for("power") and board.state == "unplugged"
    board.plug_in()
    with Link(board) as link:
        assert link.get("a") in (old, b"")  # truncated, or not even that: never a mixture
        assert link.get("other") == b"other"
        link.put({"a": BIG})
        assert link.get("a") == BIG
