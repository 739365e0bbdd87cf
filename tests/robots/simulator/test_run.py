"""A pupil's program in the simulator: what it finds, how it can end, and that nothing of it stays."""

from __future__ import annotations

import builtins
import math
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from robots.simulator.modules import CUT, MOST_PRINTED
from robots.simulator.run import Run, simulate
from robots.simulator.setup import Setup

Go = Callable[..., Run]
Make = Callable[..., Setup]

ENDLESS = {
    "a loop": "while True: pass",
    "except": "while True:\n    try:\n        pass\n    except:\n        pass",
    "a loop in a loop": "while True:\n    try:\n        while True: pass\n    except:\n        pass",
    "BaseException": "while True:\n    try:\n        while True: pass\n    except BaseException as error:\n        print(type(error))",
    "finally": "def spin():\n    while True: pass\ndef again():\n    try:\n        spin()\n    finally:\n        again()\nagain()",
    "except round a call": "def spin():\n    while True: pass\nwhile True:\n    try:\n        spin()\n    except:\n        pass",
    "a destructor": "class A:\n    def __del__(self):\n        while True: pass\nA()\nwhile True: pass",
    "with": """
class All:
    def __enter__(self): pass
    def __exit__(self, *error): return True
while True:
    with All():
        while True: pass
""",
    "a function": "def count(n):\n    while n >= 0:\n        try:\n            n += 1\n        except:\n            continue\ncount(0)",
    "printing": "while True: print('x' * 1000)",
    "a property": """
class A:
    @property
    def a(self):
        try:
            while True: pass
        except:
            return self.a
A().a
""",
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("what", ENDLESS)
def test_a_program_that_never_ends_is_ended(go: Go, what: str) -> None:
    before = signal.getsignal(signal.SIGALRM)
    began = time.monotonic()
    run = go(ENDLESS[what], bare=True, wall=0.15)
    assert run.ended == "endless" and run.error == ""
    assert time.monotonic() - began < 10
    assert signal.getsignal(signal.SIGALRM) == before and signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("what", ["a loop", "finally", "except round a call", "a destructor", "printing"])
def test_also_in_another_thread(make: Make, what: str) -> None:
    runs: list[Run] = []
    thread = threading.Thread(target=lambda: runs.append(simulate(ENDLESS[what], make(), wall_seconds=0.15)))
    thread.start()
    thread.join(20)
    assert [run.ended for run in runs] == ["endless"]
    assert not [one for one in threading.enumerate() if one.name == "deadline"]


def test_runs_in_threads_do_not_disturb_each_other(make: Make) -> None:
    program = "from kani import *\nfor i in range(40):\n    motors(40, 60, 0.1)\n    print(i, left_eye())"
    alone = {seed: simulate(program, make(seed=seed)) for seed in range(4)}
    found: dict[int, Run] = {}

    def run(seed: int) -> None:
        found[seed] = simulate(program, make(seed=seed))

    threads = [threading.Thread(target=run, args=(seed,)) for seed in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {seed: (one.decisions, one.printed) for seed, one in found.items()} == {
        seed: (one.decisions, one.printed) for seed, one in alone.items()
    }


def test_no_time_at_all_is_no_hang(go: Go) -> None:
    assert go("while True: pass", wall=0).ended == "endless"


def test_someone_elses_alarm_still_rings(go: Go) -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        go("while True: pass", bare=True, wall=0.1)
        deadline = time.monotonic() + 5
        while not rung and time.monotonic() < deadline:
            time.sleep(0.01)
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "program",
    [
        "while True:\n    try:\n        forward(60)\n        wait(0.1)\n    except: pass",
        "while True:\n    turn_left(50)",
        "while True:\n    stop()",
        "while True:\n    light(1)",
        "while not button(): pass",
        "while timer() < 1000: pass",
        "while True:\n    left_eye()",
        "import machine\nmachine.Timer(-1).init(period=1, callback=lambda timer: left_eye())\nwait(1000)",
        "import time\nwhile True: time.sleep_ms(1)",
    ],
)
@pytest.mark.parametrize("board", ["pico", "esp32"])
def test_a_loop_that_touches_the_crab_ends_with_the_simulated_time(go: Go, program: str, board: str) -> None:
    run = go(program, seconds=20, profile=board)
    assert run.ended in ("time", "off-field")
    assert run.ended == "off-field" or run.seconds == 20


def test_the_button_stops_a_program(go: Go) -> None:
    run = go("forward(60)\nwait(10)\nprint('no')", presses=(1.0,))
    assert (run.ended, run.printed) == ("button", "")
    assert 1 < run.seconds < 2
    y = run.recording.frames["y"]
    assert y[-1] == y[-2] > 1.6
    assert "pressed" in [event.kind for event in run.recording.events]


def test_a_button_that_is_down_at_the_start_stops_nothing(go: Go) -> None:
    assert go("forward(60, 1)", presses=(0.0,)).ended == "end"


def test_a_weak_battery_stops_a_program(go: Go) -> None:
    run = go("forward(60)\nwait(60)", charge=0.02)
    assert run.ended == "battery" and 2 < run.seconds < 4


def test_the_end_leaves_the_crab_standing(go: Go) -> None:
    run = go("forward(100)\nwait(1)")
    y = run.recording.frames["y"]
    assert run.ended == "end" and y[-1] == y[-2] and run.recording.frames["left"][-1] == 0


@pytest.mark.parametrize("program", ["import sys\nsys.exit()", "raise SystemExit"])
def test_leaving_early_is_an_end(go: Go, program: str) -> None:
    assert go(program).ended == "end"


# ------------------------------------------------------------------ mistakes
def test_an_error_names_the_programs_lines_and_only_them(go: Go) -> None:
    run = go("def go():\n    forward('fast')\n\ngo()")
    assert run.ended == "error"
    assert run.error == (
        "Traceback (most recent call last):\n"
        '  File "program.py", line 5, in <module>\n    go()\n'
        "  File \"program.py\", line 3, in go\n    forward('fast')\n"
        "TypeError: motors( ) needs a number, not 'fast'\n"
    )
    assert run.recording.ended == "error" and run.recording.events[-1].kind == "stopped"


def test_what_is_no_python_is_an_error_in_its_line(go: Go) -> None:
    run = go("forward(60\nstop()")
    assert run.ended == "error" and 'File "program.py", line 2' in run.error and "SyntaxError" in run.error
    assert run.seconds < 0.2


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("def f(): f()\nf()", "RecursionError"),
        ("raise BaseException('odd')", "BaseException: odd"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("import numpy", "ImportError: no module named 'numpy'"),
        ("from . import x", "ImportError"),
        ("import os.path", "ImportError"),
        ("input()", "EOFError"),
        ("open('/etc/passwd')", "[Errno 2]"),
        ("import machine\nmachine.PWM(machine.Pin(10), freq=1000, duty_u16=0.5)", "ValueError: "),
        ("1 / 0", "ZeroDivisionError"),
        ("\0", "SyntaxError|ValueError"),
        ("(" * 1000, "SyntaxError|MemoryError"),
        ("class E(Exception):\n    def __str__(self): raise E\nraise E", "exception str"),
        ("raise Exception('x' * 100000)", "xxxx"),
        ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('other')", "KeyError: 'other'"),
        ("exec('1 / 0')", "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_every_mistake_is_a_result(go: Go, program: str, said: str) -> None:
    run = go(program)
    assert run.ended == "error"
    assert any(one in run.error for one in said.split("|"))
    assert len(run.error) < 5000 and "kani.py" not in run.error and "robots" not in run.error


def test_an_error_while_the_error_is_written_down_is_no_hang(go: Go) -> None:
    assert go("class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E", wall=0.3).ended == "endless"


def test_a_real_ctrl_c_passes(go: Go) -> None:
    with pytest.raises(KeyboardInterrupt):
        go("raise KeyboardInterrupt")


# ------------------------------------------------------------------ what a program finds
def test_what_it_prints_is_kept_and_goes_nowhere_else(go: Go, capfd: pytest.CaptureFixture[str]) -> None:
    run = go("import sys\nprint('a', 1, sep='-', end='!')\nprint()\nsys.stdout.write('b\\n')\nprint('c', file=sys.stderr)")
    assert run.printed == "a-1!\nb\nc\n"
    assert capfd.readouterr() == ("", "")


def test_too_much_output_is_cut_and_says_so(go: Go) -> None:
    run = go("for i in range(10000): print('0123456789' * 10)")
    assert run.ended == "end"
    assert len(run.printed) == MOST_PRINTED + len(CUT) and run.printed.endswith(CUT)


def test_modules_of_the_board(go: Go) -> None:
    program = """
import math, json, time, random, machine, kani, sys, micropython, utime, urandom, re, struct, collections, os, gc, array
from math import sqrt as root
print(root(16), json.loads('[1]'), time.ticks_diff(5, 3), micropython.const(7), 1 <= random.randint(1, 3) <= 3)
print(math.pi == __import__('math').pi, kani.forward is forward, sys.platform, __name__)
"""
    assert go(program).printed == "4.0 [1] 2 7 True\nTrue True pico program\n"


def test_time_is_the_crabs_and_not_the_computers(go: Go) -> None:
    began = time.monotonic()
    run = go("import time\nbegin = time.ticks_ms()\ntime.sleep(100)\nprint(time.ticks_diff(time.ticks_ms(), begin), time.time())")
    passed, now = run.printed.split()
    assert 100_000 < int(passed) < 100_010 and now == "100"
    assert time.monotonic() - began < 30


def test_interrupts_and_timers_reach_the_program(go: Go) -> None:
    program = """
import time
from machine import Pin, Timer
seen = []
Pin(14, Pin.IN, Pin.PULL_UP).irq(lambda pin: seen.append(("button", pin.value())), Pin.IRQ_FALLING)
Timer(-1).init(period=400, mode=Timer.PERIODIC, callback=lambda timer: seen.append("tick"))
time.sleep(1)
print(seen)
"""
    assert go(program, bare=True, presses=(0.5,)).printed == "['tick', ('button', 0), 'tick']\n"


def test_random_repeats_with_the_setups_seed(go: Go) -> None:
    program = "import random\nprint([random.randint(1, 6) for i in range(10)])"
    assert go(program, seed=3).printed == go(program, seed=3).printed != go(program, seed=4).printed
    again = "import random\nfirst = random.random()\nrandom.seed()\nprint(first == random.random())"
    assert go(again, seed=3).printed == "True\n"


def test_files_are_the_boards_own_and_gone_after_the_run(go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kani.cal").write_text("left_white=4000\n", encoding="utf-8")  # a file of the computer's, not of the board's
    run = go("with open('a.txt', 'w') as file:\n    file.write('hello')\nprint(open('a.txt').read(), left_eye() < 1000)")
    assert run.printed == "hello True\n"
    assert "[Errno 2]" in go("open('a.txt')").error
    assert [path.name for path in tmp_path.iterdir()] == ["kani.cal"]
    assert "OSError" in go("file = open('big', 'w')\nwhile True: file.write('x' * 1000)").error


def test_calibration_can_be_kept_within_a_run(go: Go) -> None:
    run = go("import kani\nkani.calibrate(left_white=100)\nprint(open('kani.cal').read().count('left_white=100'))")
    assert (run.ended, run.printed) == ("end", "1\n")


def test_the_self_test_passes_in_the_simulator(go: Go) -> None:
    run = go("import kani\nfound = kani.self_test(0.1)\nprint(sorted(found))")
    assert run.ended == "end" and "battery" in run.printed


# ------------------------------------------------------------------ nothing stays
def test_nothing_of_a_run_reaches_the_next_one_or_the_caller(go: Go) -> None:
    modules, names = set(sys.modules), set(vars(builtins))
    spoil = ("import kani, math, sys", "kani.forward = None", "kani._cal.clear()", "math.pi = 3", "sys.modules.clear()")
    go("\n".join((*spoil, "globals()['__builtins__']['len'] = None")))
    assert math.pi > 3.1 and len("ab") == 2
    assert "kani" not in sys.modules and "program" not in sys.modules and "machine" not in sys.modules
    assert set(vars(builtins)) == names
    assert set(sys.modules) - modules <= {"json.decoder"}
    run = go("forward(60, 0.5)\nprint(len('abc'))\nimport math\nprint(math.pi)")
    assert run.ended == "end" and run.printed == "3\n3.141592653589793\n"


def test_a_caller_may_have_modules_of_these_names(go: Go) -> None:
    marker = object()
    sys.modules["program"] = marker  # type: ignore[assignment]
    try:
        assert go("stop()").ended == "end"
        assert sys.modules["program"] is marker
    finally:
        del sys.modules["program"]


def test_the_same_run_twice_is_the_same_run(go: Go) -> None:
    program = "import random\nfor i in range(5):\n    motors(random.randint(20, 60), 50, 0.3)\n    print(left_eye(), battery())"
    assert go(program, "line", seed=9) == go(program, "line", seed=9)
