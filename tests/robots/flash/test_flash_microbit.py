"""A micro:bit, whose MicroPython has no folders, no sums and no renaming: good only when every byte was read back, never started half."""

from __future__ import annotations

import ast
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.daplink import DapLink
from rig import PROGRAM, Beside, Table, expected, put_on, wait_until
from test_flash_firmware import microbit_hex, release_folder

from robots.flash import wire
from robots.flash.contents import Plan, parse_bytes
from robots.flash.dialects.flat import Flat
from robots.flash.faults import Fault, FlashError
from robots.flash.firmware import drives as drives_module
from robots.flash.firmware.drives import find_drives, install
from robots.flash.firmware.releases import Releases, load_releases
from robots.flash.package import TeamProgram
from robots.flash.steps import Step, View
from robots.flash.teams import Programs
from robots.flash.wire import Wire
from robots.virtual.board import VirtualBoard
from robots.virtual.faults import NO_FAULTS, Faults

Start = Callable[..., Beside]
NEW, OLD = "2.1.2", "2.0.0"
LONG = PROGRAM + "".join(f"# {number} {number * 7919 % 104729} かに\n" for number in range(150)).encode()
LONG_PROGRAM = Programs(common=TeamProgram("", "long", LONG))
HEX = microbit_hex()


@pytest.fixture
def board(table: Table) -> VirtualBoard:
    return table.add("microbit")


def held(board: VirtualBoard) -> dict[str, bytes]:
    """What is on the board, asked for without the station's own scripts."""
    with Wire(board.port, "a look") as line:
        line.enter()
        line.fresh()
        said = line.run("import os\nfor n in os.listdir():\n print((n, open(n, 'rb').read()))\n", 30)
    return dict(ast.literal_eval(row) for row in said.splitlines())


def files(program: bytes | None = PROGRAM) -> dict[str, bytes]:
    return dict(expected(program, "microbit").files)


def failed(beside: Beside) -> View:
    beside.wait_for(lambda views: views and views[0].fault)
    view = beside.view()
    assert view.kind == "bad" and view.what and view.todo
    return view


def good_again(beside: Beside, board: VirtualBoard, program: bytes = LONG) -> None:
    board.faults = NO_FAULTS
    board.plug_in()
    beside.station.retry(1)
    beside.wait_for(lambda views: views[0].kind == "good" and views[0].plugged)
    beside.done()
    assert held(board) == files(program)


# --------------------------------------------------------------------------------------------- the way to good
def test_it_gets_its_files_and_runs_them_when_its_button_is_pressed(board: VirtualBoard, station: Start) -> None:
    beside = station()
    view = beside.view()
    assert view.kind == "good", (view.what, view.todo)
    row = beside.log.rows()[0]
    assert (row["verdict"], row["profile"], row["firmware"]) == ("good", "microbit", NEW)
    board.press(True)
    time.sleep(0.5)
    board.press(False)
    wait_until(lambda: any(event["ev"] == "pwm" and event["id"] == "pin13" and event["duty"] for event in board.events))
    assert held(board) == files()


def test_what_an_earlier_team_left_is_removed_but_calibration_and_data_stay(board: VirtualBoard, station: Start) -> None:
    left = {"main.py": b"1/0\n", "time.py": b"1/0\n", "old.py": b"x", "kani.log": b"old", "kani.cal": b"left_trim=0.9\n", "notes.txt": b"a"}
    put_on(board, left)
    view = station().view()
    assert view.kind == "good", (view.what, view.todo)
    assert "ほかの ファイル 1こ" in view.note
    assert held(board) == files() | {"kani.cal": b"left_trim=0.9\n", "notes.txt": b"a"}


def test_without_a_package_the_program_on_the_board_stays(board: VirtualBoard, station: Start) -> None:
    put_on(board, {"program.py": b"stop()\n"})
    assert station(programs=Programs()).view().kind == "good"
    assert held(board) == files(None) | {"program.py": b"stop()\n"}


def test_a_micropython_that_does_not_know_raw_paste_is_talked_to_as_well(
    board: VirtualBoard, station: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older ones take the request for a Ctrl-A after two odd letters: that is what reaches the board here."""
    write, asked = wire._Line.write, []

    def older(line: wire._Line, data: bytes) -> int | None:
        asked.append(data == b"\x05A\x01")
        return write(line, b"\x01" if asked[-1] else data)

    monkeypatch.setattr(wire._Line, "write", older)
    assert station(programs=LONG_PROGRAM).view().kind == "good"
    assert any(asked)
    monkeypatch.undo()
    assert held(board) == files(LONG)


def test_the_self_test_says_what_a_micro_bit_sees(board: VirtualBoard, station: Start) -> None:
    beside = station(self_test=True)
    view = beside.view()
    assert view.kind == "good", (view.what, view.todo)
    assert "め " in view.note and "でんち" not in view.note
    board.press(True)
    beside.station.retry(1, self_test=True)
    view = beside.view()
    assert view.fault is Fault.SELF_TEST and "ボタン" in view.what


def test_a_version_1_is_left_alone(board: VirtualBoard, station: Start) -> None:
    put_on(board, {"main.py": b"precious = 1\n"})
    board.unplug()
    board.profile = board.profile.model_copy(update={"boards": ("micro:bit with nRF51822",)})
    board.plug_in()
    assert station().view().fault is Fault.WRONG_BOARD
    assert held(board) == {"main.py": b"precious = 1\n"}


# --------------------------------------------------------------------------------------------- what goes wrong
@pytest.mark.parametrize("bytes_heard", [4_000, 9_000, 20_000])
def test_unplugged_while_it_is_written_it_starts_nothing_and_the_next_time_repairs(
    board: VirtualBoard, station: Start, bytes_heard: int
) -> None:
    put_on(board, {"kani.py": b"an = 'older one'\n", "program.py": b"1/0\n", "main.py": b"import program\n"})
    board.faults = Faults(unplug_after_bytes=bytes_heard)
    beside = station(programs=LONG_PROGRAM)
    view = failed(beside)
    assert (view.fault, view.step) == (Fault.UNPLUGGED, Step.FILES)
    wait_until(lambda: not board.plugged)
    beside.close()
    board.faults = NO_FAULTS
    board.plug_in()
    assert "main.py" not in held(board)
    again = station(programs=LONG_PROGRAM)
    assert again.view().kind == "good"
    assert held(board) == files(LONG)


@pytest.mark.parametrize("writes", [3, 20, 60])
def test_power_lost_while_flash_is_written_and_the_next_time_repairs(board: VirtualBoard, station: Start, writes: int) -> None:
    board.faults = Faults(power_lost_after_writes=writes)
    beside = station(programs=LONG_PROGRAM)
    failed(beside)
    good_again(beside, board)


def test_a_byte_changed_on_the_line_never_makes_a_good_board(board: VirtualBoard, station: Start) -> None:
    board.faults = Faults(corrupt_after_bytes=9_000)
    beside = station(programs=LONG_PROGRAM)
    view = beside.view()
    assert any(event["ev"] == "corrupted" for event in board.events)
    assert view.kind == "bad" or held(board) == files(LONG)
    good_again(beside, board)


@pytest.mark.parametrize("step", [Step.VERIFY, Step.RESET])
def test_a_byte_changed_in_flash_is_found_by_reading_back(board: VirtualBoard, station: Start, step: Step) -> None:
    beside = station(programs=LONG_PROGRAM)
    assert beside.view().kind == "good"
    change, done = beside.station._change, []

    def spoil(row: object, **facts: object) -> None:
        change(row, **facts)  # type: ignore[arg-type]
        if facts.get("step") is step and not done:
            done.append(1)
            content = board.image.read_bytes()
            assert PROGRAM in content
            board.image.write_bytes(content.replace(PROGRAM, PROGRAM.replace(b"60", b"99")))

    beside.station._change = spoil  # type: ignore[method-assign]
    beside.station.retry(1)
    view = beside.view()
    assert done
    assert view.fault is Fault.CORRUPT and "program.py" in view.what
    assert view.step is (Step.VERIFY if step is Step.VERIFY else Step.FINAL)
    good_again(beside, board)


def test_a_full_board_says_what_could_be_deleted_and_starts_nothing(board: VirtualBoard, station: Start) -> None:
    put_on(board, {"measured.csv": os.urandom(500) * 30})
    beside = station(programs=LONG_PROGRAM)
    view = failed(beside)
    assert (view.fault, view.step) == (Fault.FULL, Step.FILES)
    assert "measured.csv 15kB" in view.what
    beside.close()
    assert "main.py" not in held(board)
    assert station(programs=LONG_PROGRAM, wipe=True).view().kind == "good"
    assert held(board) == files(LONG)


def test_the_room_of_what_is_replaced_is_used(board: VirtualBoard, station: Start) -> None:
    put_on(board, {"main.py": b"import program\n", "program.py": b"# older\n" * 2_500})
    assert station(programs=LONG_PROGRAM).view().kind == "good"
    assert held(board) == files(LONG)


def test_a_full_disk_is_told_and_the_next_time_repairs(board: VirtualBoard, station: Start) -> None:
    board.faults = Faults(full_disk=True)
    beside = station(programs=LONG_PROGRAM)
    view = failed(beside)
    assert view.fault is Fault.FULL and "full.log" in view.what
    good_again(beside, board)


def test_a_program_that_is_too_long_for_the_board_is_said_to_be(board: VirtualBoard, station: Start) -> None:
    view = failed(station(programs=Programs(common=TeamProgram("", "", PROGRAM + b"# crab\n" * 6_000))))
    assert view.fault is Fault.FULL
    assert "プログラムを みじかく" in view.todo


# --------------------------------------------------------------------------------------------- firmware
@pytest.fixture
def daplink(table: Table) -> Iterator[Callable[..., tuple[VirtualBoard, DapLink]]]:
    made: list[DapLink] = []

    def add(number: int = 1, *, faults: Faults = NO_FAULTS, firmware: str = OLD, **more: Any) -> tuple[VirtualBoard, DapLink]:
        """A board with its drive; new firmware erases its files, and its port goes away meanwhile, as its drive does."""
        board = table.add("microbit", uid=bytes([0x99, 0x04, 0, 0, 0, 0, 0, number]), firmware=firmware, faults=faults)

        def flashed(content: bytes) -> None:
            board.unplug()
            board.erase()
            board.firmware, board.faults = NEW, NO_FAULTS
            time.sleep(0.3)
            board.plug_in(wait=False)

        made.append(DapLink(table.drives, board.serial, name=f"MICROBIT{number}", on_flashed=flashed, **more))
        return board, made[-1]

    yield add
    for one in made:
        one.close()


def releases(tmp_path: Path) -> Releases:
    return load_releases(release_folder(tmp_path / "releases", HEX, board="microbit", version=NEW))


@pytest.mark.parametrize("faults", [NO_FAULTS, Faults(silent=True)])
def test_from_firmware_over_files_to_good(
    station: Start, tmp_path: Path, daplink: Callable[..., tuple[VirtualBoard, DapLink]], faults: Faults
) -> None:
    """With an old MicroPython, and with something that says nothing."""
    board, drive = daplink(faults=faults)
    beside = station(releases=releases(tmp_path), programs=LONG_PROGRAM)
    beside.wait_for(lambda views: views and views[0].kind in ("good", "bad"))
    view = beside.view()
    assert view.kind == "good" and view.plugged, view
    assert drive.taken == [HEX]
    assert beside.log.rows()[0]["firmware"] == NEW
    assert held(board) == files(LONG)


def test_two_boards_get_their_firmware_over_their_own_drives(
    station: Start, tmp_path: Path, daplink: Callable[..., tuple[VirtualBoard, DapLink]]
) -> None:
    (old, drive), (_, untouched) = daplink(1), daplink(2, firmware=NEW)
    beside = station(releases=releases(tmp_path))
    assert [view.kind for view in beside.done(2)] == ["good", "good"]
    assert (drive.taken, untouched.taken, old.firmware) == ([HEX], [], NEW)


def test_what_the_drive_refuses_is_told_in_its_own_words_and_a_retry_repairs(
    station: Start, tmp_path: Path, daplink: Callable[..., tuple[VirtualBoard, DapLink]]
) -> None:
    board, drive = daplink(refuses="error: The interface firmware FAILED to reset/halt the target MCU\r\ntype: target\r\n")
    beside = station(releases=releases(tmp_path))
    view = failed(beside)
    assert (view.fault, view.step) == (Fault.DRIVE_REFUSED, Step.FIRMWARE)
    assert "FAILED to reset" in view.what
    assert "BOOTSEL" not in view.todo
    assert (drive.path / "FAIL.TXT").exists(), "it stays there: the next time must not take it for an answer"
    drive.refuses = ""
    good_again(beside, board, PROGRAM)


def test_without_its_drive_nothing_is_touched(station: Start, tmp_path: Path, daplink: Callable[..., tuple[VirtualBoard, DapLink]]) -> None:
    board, drive = daplink()
    put_on(board, {"main.py": b"precious = 1\n"})
    drive.close()
    view = failed(station(releases=releases(tmp_path)))
    assert view.fault is Fault.NO_DRIVE
    assert "BOOTSEL" not in view.todo
    assert held(board) == {"main.py": b"precious = 1\n"}


def test_a_drive_that_does_not_come_back_has_taken_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drives_module, "LEAVE_SECONDS", 0.5)
    (tmp_path / "drives").mkdir()
    drive = DapLink(tmp_path / "drives", "9904" + "0" * 12)
    try:
        [found] = find_drives([tmp_path / "drives"])
        with pytest.raises(FlashError) as caught:
            install(found, "firmware.hex", HEX[:-20], lambda part: None)
    finally:
        drive.close()
    assert caught.value.fault is Fault.DRIVE_REFUSED


def test_an_old_complaint_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    (tmp_path / "drives").mkdir()
    drive = DapLink(tmp_path / "drives", "9904" + "0" * 12, complaint="error: last week\r\n")
    try:
        [found] = find_drives([tmp_path / "drives"])
        install(found, "firmware.hex", HEX, lambda part: None)
    finally:
        drive.close()
    assert drive.taken == [HEX]


def test_the_drive_of_a_version_1_is_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "drives").mkdir()
    drive = DapLink(tmp_path / "drives", "9900" + "0" * 12)
    try:
        assert find_drives([tmp_path / "drives"]) == []
    finally:
        drive.close()


# --------------------------------------------------------------------------------------------- the dialect
def test_nothing_that_starts_is_there_before_all_is() -> None:
    todo = Flat().arrange(Plan(remove=("old.py",), folders=(), write=("kani.py", "main.py", "program.py"), others=("notes.txt",)))
    assert todo == Plan(("main.py", "old.py", "kani.py", "program.py"), (), ("kani.py", "program.py", "main.py"), ("notes.txt",))


def test_a_start_that_is_right_goes_all_the_same_while_another_file_is_written() -> None:
    todo = Flat().arrange(Plan(remove=(), folders=(), write=("program.py",), others=()))
    assert (todo.remove, todo.write) == (("main.py", "program.py"), ("program.py", "main.py"))


def test_a_board_that_holds_all_is_not_touched() -> None:
    nothing = Plan((), (), (), ("notes.txt",))
    assert Flat().arrange(nothing) == nothing


def test_the_pieces_of_a_file_are_put_together() -> None:
    found = parse_bytes("file 612e7079\ndata 6869\ndata 21\nfile 62\nend\n")
    assert {name: (one.size, one.sha256) for name, one in found.files.items()} == {
        "a.py": (3, hashlib.sha256(b"hi!").hexdigest()),
        "b": (0, hashlib.sha256(b"").hexdigest()),
    }


@pytest.mark.parametrize(
    "text",
    ["", "file 61\n", "end\nfile 61", "data 61\nend", "file 61\ndata 6\nend", "file 61\nfile 61\nend", "file zz\nend", "folder 61\nend"],
)
def test_an_answer_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(FlashError) as caught:
        parse_bytes(text)
    assert caught.value.fault is Fault.GARBLED
