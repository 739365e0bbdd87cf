"""A virtual board behaves as one on the table."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import serial

from robots.simulator.onboard import connect
from robots.virtual import VirtualBoard, VirtualBoardError
from tests.robots.virtual.talking import Link, give_kani

Plug = Callable[..., VirtualBoard]
ESP32 = "Generic ESP32 module with ESP32"
WHO = "import sys, os; print(sys.implementation._machine, '|', os.uname().machine, '|', sys.implementation.version[:3], sys.platform)"


def duty(board: VirtualBoard, pin: int) -> object:
    """What a PWM pin was told last."""
    return next((event["duty"] for event in reversed(board.events) if event["ev"] == "pwm" and event["id"] == pin), None)


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


# ---------------------------------------------------------------- who it is
@pytest.mark.parametrize(
    ("profile", "machine", "platform"),
    [("pico", "Raspberry Pi Pico with RP2040", "rp2"), ("esp32", ESP32, "esp32")],
)
def test_it_says_that_it_is_the_chosen_board(plug: Plug, profile: str, machine: str, platform: str) -> None:
    with Link(plug(profile=profile, firmware="1.24.1")) as link:
        assert link.do(WHO).strip() == f"{machine} | {machine} | (1, 24, 1) {platform}"


class Hasty(VirtualBoard):
    """Interrupted in the very moment from which somebody may type."""

    def _ready(self, wanted: bool) -> None:
        if wanted and self.state == "starting" and self._console is not None:
            os.kill(self._console.pid, signal.SIGINT)
        super()._ready(wanted)


def test_however_early_a_ctrl_c_comes_it_is_that_board(tmp_path: Path) -> None:
    who = WHO + "\nimport machine; print(machine.unique_id().hex())"
    with Hasty(tmp_path / "board", "esp32") as board:
        for _ in range(40):
            with Link(board) as link:
                assert link.do(who).split("\r\n")[:2] == [f"{ESP32} | {ESP32} | (1, 28, 0) esp32", board.serial]
            board.reset()


def test_each_board_has_an_id_of_its_own_that_stays_with_its_flash(plug: Plug, tmp_path: Path) -> None:
    one, other = plug("one"), plug("other")
    with Link(one) as link:
        assert link.do("import machine; print(machine.unique_id().hex())").strip() == one.serial
    assert one.serial != other.serial and len(one.uid) == 8
    one.close()
    with VirtualBoard(tmp_path / "one") as again:
        assert again.serial == one.serial


def test_old_firmware_is_new_after_it_was_flashed(plug: Plug) -> None:
    seen: list[str] = []
    board = plug(firmware="1.19.1", on_bootloader=lambda board: seen.append(board.state))
    with contextlib.suppress(OSError), Link(board) as link:
        link.transport.exec_raw_no_follow("import machine; machine.bootloader()")
    board.wait_until("bootloader")
    assert seen == ["bootloader"] and not Path(board.port).exists()
    board.firmware = "1.28.0"
    board.plug_in()
    with Link(board) as link:
        assert "(1, 28, 0)" in link.do(WHO)


def test_two_processes_never_share_a_flash(board: VirtualBoard) -> None:
    with pytest.raises(VirtualBoardError, match="もう うごいています"):
        VirtualBoard(board.folder)


# ---------------------------------------------------------------- its life
def test_files_outlive_every_kind_of_restart(board: VirtualBoard) -> None:
    with Link(board) as link:
        link.put({"lib/a.py": b"print('a')"})
        link.transport.enter_raw_repl(soft_reset=True)
        assert link.do("x = 1\nimport a").strip() == "a"
    board.reset()
    board.unplug()
    assert not Path(board.port).exists() and board.state == "unplugged"
    board.plug_in()
    with Link(board) as link:
        assert link.do("import a\nprint('x' in globals())").split() == ["a", "False"]


def test_boot_and_main_run_at_the_start_but_main_not_in_the_raw_repl(board: VirtualBoard) -> None:
    with Link(board) as link:
        link.put({"boot.py": b"booted = 1\nprint('boot')", "main.py": b"print('main', booted)"})
        said = link.after_leaving()
        assert said.index("soft reboot") < said.index("boot\r\n") < said.index("main 1\r\n")
        link.transport.enter_raw_repl(soft_reset=True)
        assert link.do("print(booted)").strip() == "1"
        assert link.do("print('main' in dir())").strip() == "False"


def test_lines_end_as_on_a_board_and_errors_name_no_place_of_this_computer(board: VirtualBoard) -> None:
    with Link(board) as link:
        assert link.do("print('a')") == "a\r\n"
        link.put({"main.py": b"1/0"})
        said = link.after_leaving()
    assert 'File "main.py", line 1' in said and "/onboard/" not in said


def test_mains_wait_for_the_button_ends_with_ctrl_c_every_time(board: VirtualBoard) -> None:
    give_kani(board)
    for number in range(6):
        if number % 3 == 0:
            board.reset()
        with Link(board) as link:
            assert link.do("print(1)") == "1\r\n"
            if number % 2:
                link.leave()
            else:
                link.transport.exec_raw_no_follow("while True: pass")


@pytest.mark.parametrize("rest", ["time.sleep_ms(60)", "while time.ticks_diff(time.ticks_ms(), began) < 60: pass"])
def test_whoever_connects_while_main_is_about_to_end_gets_the_prompt(board: VirtualBoard, rest: str) -> None:
    with Link(board) as link:
        link.put({"main.py": f"import time\nbegan = time.ticks_ms()\n{rest}\n".encode()})
        link.leave()
    for _ in range(3):
        with Link(board) as link:
            assert link.do("print(1)") == "1\r\n"
            link.leave()


def test_typed_ahead_letters_are_not_lost(board: VirtualBoard) -> None:
    with serial.Serial(board.port, timeout=10) as port:
        port.write(b"import time\rtime.sleep_ms(20)\rx = 5\rprint(x * 111)\r")
        assert port.read_until(b"\r\n555\r\n").endswith(b"\r\n555\r\n")


def test_the_library_drives_and_stops_on_it(board: VirtualBoard) -> None:
    give_kani(board, b"from kani import *\nwhile True:\n    forward(50)\n    wait(0.02)\n")
    until(lambda: {"ev": "pin", "id": 25, "value": 1} in board.events)  # it blinks: it waits for the button
    board.press()
    time.sleep(0.3)
    board.press(False)
    until(lambda: duty(board, 10) == 32767)
    board.press()  # the guard sees it in the background
    until(lambda: duty(board, 10) == 0)
    with Link(board) as link:
        assert "'button': True" in link.do("import kani; print(kani.self_test())")


def test_a_timer_calls_back_in_a_busy_program(board: VirtualBoard) -> None:
    code = (
        "import machine\nseen = []\nt = machine.Timer(-1)\nt.init(period=5, callback=lambda t: seen.append(1))\n"
        "while len(seen) < 20: x = [0] * 50\nt.deinit()\nprint('done')"
    )
    with Link(board) as link:
        assert link.do(code).strip() == "done"


def test_pins_answer_what_the_world_does_to_them(board: VirtualBoard) -> None:
    board.set_pin(5, 0)
    board.set_analog(26, 12345)
    with Link(board) as link:
        read = "from machine import Pin, ADC\n"
        read += "print(Pin(5, Pin.IN, Pin.PULL_UP).value(), Pin(6, Pin.IN, Pin.PULL_UP).value(), ADC(26).read_u16())"
        assert link.do(read).split() == ["0", "1", "12345"]
        link.do("p = Pin(7, Pin.OUT)\np.toggle()")
    assert board.wait_for("pin")["id"] == 7 and board.events[-1] == {"ev": "pin", "id": 7, "value": 1}


def test_with_hardware_every_operation_goes_to_it(plug: Plug) -> None:
    asked: list[tuple[object, ...]] = []

    class Bench:
        def op(self, name: str, *arguments: int | str) -> tuple[int, tuple[str, ...]]:
            asked.append((name, *arguments))
            return (51_234 if name == "adc" else int(arguments[0]) if name == "sleep" else 0), ()

    with Link(plug(hardware=Bench())) as link:
        assert link.do("from machine import ADC\nimport time\ntime.sleep(2)\nprint(ADC(26).read_u16())").strip() == "51234"
    assert asked == [("sleep", 2_000_000), ("adc_pin", 26), ("adc", 26)]
    assert connect is not None


# ---------------------------------------------------------------- its end
def test_after_a_crash_it_starts_again_like_a_watchdog(board: VirtualBoard) -> None:
    with Link(board) as link:
        link.put({"kept.txt": b"kept"})
    board.kill()
    assert board.wait_for("crashed")["code"] == -9
    board.wait_until("running")
    with Link(board) as link:
        assert link.do("print(open('kept.txt').read())").strip() == "kept"


def test_one_that_cannot_start_says_why_and_hangs_nobody(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(VirtualBoardError, match="うごきだしません"):
        VirtualBoard(tmp_path / "board", heap_kb=6)
    assert time.monotonic() - began < 15


def test_the_end_leaves_no_process_no_thread_and_no_port(
    tmp_path: Path, started: Callable[[], list[psutil.Process]], opened: Callable[[], Counter[str]]
) -> None:
    threads = set(threading.enumerate())
    with VirtualBoard(tmp_path / "a") as one, VirtualBoard(tmp_path / "b") as other:
        assert one.port != other.port
        assert len(started()) == 2
        assert len(set(threading.enumerate()) - threads) == 1  # one thread for all
        one.reset()
    assert not set(threading.enumerate()) - threads and not started()
    assert not opened()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["board.img", "board.uid"]
