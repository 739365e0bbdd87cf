"""Whatever happens to a board: it is never called good when it is not, people are told what to do, and a retry repairs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from rig import HASTY, PROGRAM, Beside, Table, big_program, expected, files_on, put_on, team, wait_until

from robots.flash.faults import WORDS, Fault
from robots.flash.log import UNFINISHED
from robots.flash.package import TeamProgram
from robots.flash.steps import Step, View
from robots.flash.teams import Programs
from robots.virtual.board import VirtualBoard
from robots.virtual.faults import NO_FAULTS, Faults

Start = Callable[..., Beside]
BIG = TeamProgram("", "big", big_program(30_000))
LARGE = Programs(common=BIG)
MIDDLE = Programs(common=TeamProgram("", "middle", big_program(8_000)))
SLOW = Faults(bytes_per_second=8_000)


def assert_told(view: View) -> None:
    """A row that is not good says what happened and what to do, and has the sign that needs no colour."""
    assert view.kind == "bad"
    assert view.sign == "✕"
    assert view.what and view.todo
    assert view.what.startswith(WORDS[view.fault][0])  # type: ignore[index]


def good_again(beside: Beside, board: VirtualBoard, program: bytes = PROGRAM) -> None:
    """After the fault is gone, the board becomes good by itself (it was put in again) or on "once more"."""
    beside.station.retry(1)
    beside.wait_for(lambda views: views[0].kind == "good" and views[0].plugged)
    beside.done()
    assert files_on(board) == dict(expected(program).hashes)


@pytest.mark.parametrize("step", [Step.IDENTIFY, Step.FILES, Step.VERIFY, Step.SELF_TEST, Step.RESET, Step.FINAL])
def test_unplugged_at_any_step_it_is_not_good_and_putting_it_in_again_repairs(table: Table, station: Start, step: Step) -> None:
    beside = station(programs=LARGE, self_test=step is Step.SELF_TEST, back_seconds=1.5)
    change = beside.station._change
    pulled: list[Step] = []

    def pull(row: object, **facts: object) -> None:
        change(row, **facts)  # type: ignore[arg-type]
        if facts.get("step") is step and not pulled:
            pulled.append(step)
            table.boards[0].unplug()

    beside.station._change = pull  # type: ignore[method-assign]
    board = table.add()
    beside.wait_for(lambda views: pulled and views[0].fault is not None)
    view = beside.view()
    assert_told(view)
    assert view.fault in (Fault.UNPLUGGED, Fault.NOT_BACK)
    assert view.step is step
    assert beside.log.rows()[0]["verdict"] == "failed"
    assert beside.log.rows()[0]["step"] == step.value
    board.plug_in()
    good_again(beside, board, BIG.program)


@pytest.mark.parametrize("bytes_heard", [300, 2_000, 9_000])
def test_unplugged_in_the_middle_of_a_transfer(table: Table, station: Start, bytes_heard: int) -> None:
    board = table.add()
    board.faults = Faults(unplug_after_bytes=bytes_heard)
    beside = station(programs=LARGE)
    beside.wait_for(lambda views: views and views[0].fault)
    assert_told(beside.view())
    board.faults = NO_FAULTS
    board.plug_in()
    good_again(beside, board, BIG.program)


@pytest.mark.parametrize("writes", [3, 12, 25])
def test_power_lost_while_flash_is_written_and_the_next_time_repairs(table: Table, station: Start, writes: int) -> None:
    board = table.add()
    board.faults = Faults(power_lost_after_writes=writes)
    beside = station(programs=LARGE)
    beside.wait_for(lambda views: views and views[0].fault)
    assert_told(beside.view())
    board.faults = NO_FAULTS
    board.plug_in()
    good_again(beside, board, BIG.program)


@pytest.mark.parametrize("writes", [6, 20])
def test_a_byte_that_flash_keeps_wrong_is_found(table: Table, station: Start, writes: int) -> None:
    board = table.add()
    board.faults = Faults(corrupt_after_writes=writes)
    beside = station(programs=LARGE)
    view = beside.view()
    flipped = any(event["ev"] == "flip" for event in board.events)
    assert flipped
    if view.kind == "good":  # it hit a block that littlefs threw away, or wrote once more
        assert files_on(board) == dict(expected(BIG.program).hashes)
    else:
        assert_told(view)
    board.faults = NO_FAULTS
    good_again(beside, board, BIG.program)


def test_a_byte_changed_on_the_line_never_makes_a_good_board(table: Table, station: Start) -> None:
    board = table.add()
    board.faults = Faults(corrupt_after_bytes=3_000)
    beside = station(programs=LARGE)
    view = beside.view()
    assert any(event["ev"] == "corrupted" for event in board.events)
    if view.kind == "good":
        assert files_on(board) == dict(expected(BIG.program).hashes)
    else:
        assert_told(view)
    board.faults = NO_FAULTS
    good_again(beside, board, BIG.program)


def test_a_byte_changed_in_flash_after_writing_is_found_by_reading_back(table: Table, station: Start) -> None:
    board = table.add()
    beside = station()
    assert beside.view().kind == "good"
    put_on(board, {"program.py": PROGRAM.replace(b"60", b"61")})
    change, done = beside.station._change, []

    def spoil(row: object, **facts: object) -> None:
        change(row, **facts)  # type: ignore[arg-type]
        if facts.get("step") is Step.RESET and not done:  # verified already: the last check has to see it
            done.append(1)
            content = board.image.read_bytes()
            assert content.count(PROGRAM) >= 1
            board.image.write_bytes(content.replace(PROGRAM, PROGRAM.replace(b"60", b"99")))

    beside.station._change = spoil  # type: ignore[method-assign]
    beside.station.retry(1)
    view = beside.view()
    assert done
    assert view.fault is Fault.CORRUPT
    assert view.step is Step.FINAL
    assert "program.py" in view.what
    good_again(beside, board)


def test_a_silent_board_is_given_up_in_time_and_others_go_on(table: Table, station: Start) -> None:
    silent, other = table.add(), table.add()
    silent.faults = Faults(silent=True)
    beside = station(enter_seconds=HASTY)
    views = beside.done(2)
    by_uid = {view.uid: view for view in views}
    assert by_uid[other.serial].kind == "good"
    assert by_uid[""].fault is Fault.SILENT
    assert "BOOTSEL" in by_uid[""].todo
    silent.faults = NO_FAULTS
    beside.station.retry(by_uid[""].number)
    assert {view.kind for view in beside.done(2)} == {"good"}


def test_a_full_board_says_what_could_be_deleted_and_wiping_repairs(table: Table, station: Start) -> None:
    board = table.add(flash_kb=128)
    put_on(board, {"measured.csv": os.urandom(60_000), "a\x1b[2Jb.bin": os.urandom(20_000)})
    programs = Programs(common=TeamProgram("", "big", big_program(40_000)))
    beside = station(programs=programs)
    view = beside.view()
    assert_told(view)
    assert view.fault is Fault.FULL
    assert "measured.csv 59kB" in view.what
    assert "\x1b" not in view.what
    beside.close()
    again = station(programs=programs, wipe=True, by="second")
    assert again.view().kind == "good"
    assert "measured.csv" not in files_on(board)


@pytest.mark.parametrize("held", [{}, {"old.py": os.urandom(20_000), "lib/kani.mpy": b"old"}])
def test_a_full_disk_is_told_and_the_next_time_repairs(table: Table, station: Start, held: dict[str, bytes]) -> None:
    """``held``: what the station may remove; less than it needs."""
    board = table.add()
    put_on(board, held)
    board.faults = Faults(full_disk=True)
    beside = station(programs=LARGE)
    view = beside.view()
    assert_told(view)
    assert (view.fault, view.step) == (Fault.FULL, Step.FILES)
    assert "full.log" in view.what
    board.faults = NO_FAULTS
    good_again(beside, board, BIG.program)


def test_a_restart_loop_is_told_and_quiet_boards_go_on(table: Table, station: Start) -> None:
    board, other = table.add(), table.add()
    board.faults = Faults(restart_every=0.5)
    beside = station(back_seconds=2)
    beside.wait_for(lambda views: any(view.fault is Fault.RESTART_LOOP for view in views), 60)
    beside.wait_for(lambda views: any(view.uid == other.serial and view.kind == "good" for view in views))
    board.faults = NO_FAULTS
    number = next(view.number for view in beside.station.views() if view.fault is Fault.RESTART_LOOP)
    wait_until(lambda: board.state == "running")
    time.sleep(0.5)
    beside.station.retry(number)
    beside.wait_for(lambda views: all(view.kind == "good" for view in views))


def test_a_board_of_another_kind_is_left_alone(table: Table, station: Start) -> None:
    board = table.add()
    put_on(board, {"keep.py": b"precious = 1\n"})
    board.unplug()
    board.profile = board.profile.model_copy(update={"boards": ("Teapot with RP2040",)})
    board.plug_in()
    view = station().view()
    assert view.fault is Fault.WRONG_BOARD
    assert "Teapot" in view.what
    assert set(files_on(board)) == {"keep.py"}


def test_a_program_for_another_kind_of_board_is_not_written(table: Table, station: Start) -> None:
    board = table.add()
    beside = station(programs=Programs({"1": team("1", profile="esp32")}))
    beside.wait_for(lambda views: views and views[0].kind == "asks")
    beside.station.answer("kanikko:team:1")
    view = beside.view()
    assert view.fault is Fault.WRONG_PROFILE
    assert files_on(board) == {}


def test_a_program_with_a_mistake_is_told_with_its_line_before_anything_is_written(table: Table, station: Start) -> None:
    board = table.add()
    view = station(programs=Programs(common=TeamProgram("", "", b"forward(60)\nif True\n  stop()\n"))).view()
    assert view.fault is Fault.PROGRAM
    assert files_on(board) == {}


def test_what_an_earlier_team_left_is_removed_but_calibration_and_data_stay(table: Table, station: Start) -> None:
    board = table.add()
    left = {
        "kani.py": b"raise SystemExit\n", "kani.mpy": b"junk", "program/__init__.py": b"print('not ours')\n", "program.mpy": b"junk",
        "boot.py": b"import kani\n", "machine.py": b"1/0\n", "os.py": b"1/0\n", "hashlib.py": b"1/0\n", "lib/kani_board.py": b"1/0\n",
        "lib/other.mpy": b"x", "deep/down/x.py": b"1", "kani.log": b"old trouble", "main.py.kanikko~": b"half",
        "kani.cal": b"left_trim=0.9\n", "notes.txt": b"keep", "time/": b"",
    }  # fmt: skip
    put_on(board, left)
    view = station().view()
    assert view.kind == "good", (view.what, view.todo)
    held = files_on(board)
    assert set(held) == {*expected().files, "kani.cal", "notes.txt"}
    assert "ほかの ファイル 1こ" in view.note


def test_without_a_package_the_program_on_the_board_stays(table: Table, station: Start) -> None:
    board = table.add()
    put_on(board, {"program.py": b"stop()\n", "program.mpy": b"junk"})
    view = station(programs=Programs()).view()
    assert view.kind == "good"
    assert set(files_on(board)) == {*expected(None).files, "program.py"}


def test_of_two_stations_at_once_the_second_says_who_has_the_port(table: Table, station: Start) -> None:
    table.add()
    table.boards[0].faults = SLOW
    first = station(programs=MIDDLE, by="はじめ")
    first.wait_for(lambda views: views and views[0].step is Step.FILES)
    second = station(by="つぎ")
    view = second.view()
    assert view.fault is Fault.BUSY
    assert "はじめ" in view.what
    assert first.view().kind == "good", ("the second has not disturbed it", first.view())
    table.boards[0].faults = replace(NO_FAULTS)
    second.wait_for(lambda views: views[0].plugged)
    second.station.retry(1)
    second.wait_for(lambda views: views[0].kind == "good")


def test_stopping_marks_boards_under_way_as_unfinished(table: Table, station: Start) -> None:
    board = table.add()
    board.faults = SLOW
    beside = station(programs=MIDDLE)
    beside.wait_for(lambda views: views and views[0].step is Step.FILES)
    beside.station.stop()
    view = beside.station.views()[0]
    assert view.fault is Fault.STOPPED
    assert beside.log.rows()[0]["verdict"] == UNFINISHED


def test_the_self_test_is_done_on_request(table: Table, station: Start) -> None:
    board = table.add()
    beside = station()
    assert beside.view().note == ""
    beside.station.retry(1, self_test=True)
    assert "でんち" in beside.view().note
    board.press(True)
    beside.station.retry(1, self_test=True)
    view = beside.view()
    assert view.fault is Fault.SELF_TEST
    assert "ボタン" in view.what
