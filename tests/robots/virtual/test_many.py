"""Thirty boards at once, and the list by which the station finds them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from robots.board import load_profile, payload
from robots.shell.find import PORTS_FILE, PortsError, find_ports
from robots.virtual import Faults, VirtualBoard, VirtualBoardError, VirtualBoards
from tests.robots.virtual.talking import Link

Started = Callable[[], list[psutil.Process]]


def test_thirty_boards_are_written_at_once_by_one_thread_of_theirs(tmp_path: Path, started: Started) -> None:
    files = payload(load_profile("pico"), b"from kani import *\nforward(50, 1)\n")
    threads = set(threading.enumerate())

    def write(board: VirtualBoard) -> list[str]:
        with Link(board) as link:
            link.put(dict(files.files))
            return [bytes(link.transport.fs_hashfile(path, "sha256")).hex() for path in files.hashes]

    with VirtualBoards(tmp_path, 30) as boards:
        assert len(set(threading.enumerate()) - threads) == 1
        with ThreadPoolExecutor(10) as pool:
            assert list(pool.map(write, boards)) == [list(files.hashes.values())] * 30
        assert len({board.serial for board in boards}) == 30
    assert not set(threading.enumerate()) - threads
    assert not started()


def test_boards_at_rest_take_no_time_of_the_processor(tmp_path: Path, started: Started) -> None:
    others = {thread.native_id for thread in threading.enumerate()}
    with VirtualBoards(tmp_path, 6):
        places = [f"/proc/{process.pid}/status" for process in started()]
        places += [f"/proc/self/task/{one.native_id}/status" for one in threading.enumerate() if one.native_id not in others]
        assert len(places) == 7
        before = sum(map(woken, places))
        threading.Event().wait(1)
        assert sum(map(woken, places)) - before < 20  # nobody woke up to look around


def woken(place: str) -> int:
    """How often a process or thread has waited for something and gone on."""
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", Path(place).read_text(), re.MULTILINE)[1])  # type: ignore[index]


def test_the_list_follows_what_is_plugged_in(tmp_path: Path) -> None:
    with VirtualBoards(tmp_path, 2, faults={1: Faults(bytes_per_second=5000)}) as boards:
        one, other = find_ports(tmp_path)[-2:]
        assert (one.device, one.vid, one.pid, one.serial) == (boards[0].port, 0x2E8A, 0x0005, boards[0].serial)
        assert one.description == "virtual pico" and boards[1].faults.bytes_per_second == 5000
        boards[0].unplug()
        assert [port.device for port in find_ports(tmp_path) if "virtual" in port.description] == [other.device]
        boards[0].plug_in()
        assert set(json.loads((tmp_path / PORTS_FILE).read_bytes())[0]) == {"port", "profile", "vid", "pid", "serial"}
        with pytest.raises(VirtualBoardError):
            VirtualBoards(tmp_path, 1)
        kept = (tmp_path / PORTS_FILE).read_bytes()
    assert [port for port in find_ports(tmp_path) if "virtual" in port.description] == []
    (tmp_path / PORTS_FILE).write_bytes(kept)  # as after a kill -9: nobody keeps that list any more
    assert [port for port in find_ports(tmp_path) if "virtual" in port.description] == []


@pytest.mark.parametrize("text", ["", "{", '{"port": 1}', '[{"port": "/a"}]', "[1]"])
def test_a_list_that_makes_no_sense_is_an_error_with_a_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / PORTS_FILE).write_text(text)
    with pytest.raises(PortsError) as error:
        find_ports(tmp_path)
    assert error.value.remedy
