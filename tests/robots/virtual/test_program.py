"""A pupil's program runs on real MicroPython as it does in the simulator, and what differs is said."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hub import room
from kanikko.errors import MachineError
from kanikko.settings import PROJECT
from robots.board import load_profile
from robots.simulator.field import load_field
from robots.simulator.hardware import digest
from robots.simulator.rules import load_rules
from robots.simulator.run import simulate
from robots.simulator.setup import Setup
from robots.virtual.program import run_on_board

Started = Callable[[], list[psutil.Process]]
PROGRAMS = sorted((PROJECT / "robots" / "simulator" / "programs").glob("*.py"))
FIELD = {"slalom": "slalom", "egg": "delivery", "ball": "delivery", "contest": "kanazawa", "square": "empty", "dance": "empty"}
HURRY = 12.0  # simulated seconds: longer programs go the same way


def setup(field: str = "line", profile: str = "pico", **more: object) -> Setup:
    facts: dict[str, object] = {"seed": 7, "seconds": HURRY, "presses": (4.0,)} | more
    return Setup(load_field(field), load_profile(profile), **facts)  # type: ignore[arg-type]


def test_there_are_programs_enough() -> None:
    assert len(PROGRAMS) >= 12


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_shipped_program_decides_the_same_on_micropython(path: Path) -> None:
    source, how = path.read_text(encoding="utf-8"), setup(FIELD.get(path.stem, "line"))
    here, there = simulate(source, how), run_on_board(source, how)
    assert there.ended == here.ended and there.printed == here.printed
    assert digest(there.decisions) == digest(here.decisions) and len(there.decisions) > 30
    assert there.score == here.score and there.recording.as_json() == here.recording.as_json()


def test_a_whole_run_of_the_contest_scores_the_same_on_micropython() -> None:
    source = (PROJECT / "robots" / "simulator" / "programs" / "contest.py").read_text(encoding="utf-8")
    how = setup("kanazawa", seconds=180, presses=(), rules=load_rules("echizen-2022"))
    here, there = simulate(source, how), run_on_board(source, how, wall_seconds=60)
    assert here.ended == there.ended == "end" and digest(there.decisions) == digest(here.decisions)
    assert here.score is not None and there.score == here.score and here.score.total >= 7


@pytest.mark.parametrize("profile", ["esp32", "microbit"])
def test_other_boards_decide_the_same_too(profile: str) -> None:
    source = "from kani import *\nfor n in range(5):\n    motors(30 + n, 40)\n    wait(0.3)\n    print(left_eye(), battery(), button())\n"
    here, there = (go(source, setup(profile=profile)) for go in (simulate, run_on_board))
    assert here.ended == there.ended == "end" and digest(here.decisions) == digest(there.decisions) and here.printed == there.printed


def test_chance_is_the_same_on_both() -> None:
    source = (
        "import random\nfrom kani import *\n"
        "for n in range(30): motors(random.randint(-60, 60), random.randrange(90), random.random() / 9)\n"
        "random.seed()\nprint(random.choice('abc'), random.uniform(1, 2), random.getrandbits(9))\nrandom.seed(3)\nprint(random.random())"
    )
    here, there = simulate(source, setup()), run_on_board(source, setup())
    assert here.printed == there.printed != "" and digest(here.decisions) == digest(there.decisions)


RANDOM = "import random\nfrom kani import *\nprint('go')\n"


@pytest.mark.parametrize(
    "source",
    [
        "while True: motors(random.randint(20, 60), 30, 0.1)\n",  # carried back in the middle
        "forward(30, 0.5)\n",  # over before each retry
        "forward(30, 0.5)\nprint(timer())\nfooo()\n",  # only the last try's mistake is told
        "try:\n    while True: forward(30, 0.1)\nexcept BaseException:\n    wait(0.1)\n",  # no program keeps its try
        "with open('tries', 'a') as f: print(f.write('x'))\nprint(len(open('tries').read()))\nwait(9)\n",
    ],
)
def test_a_retry_begins_the_program_anew_as_in_the_simulator(source: str) -> None:
    how = setup(seconds=30, presses=(), retries=(3.0, 12.0, 29.0))  # for the last there is no time
    here, there = simulate(RANDOM + source, how), run_on_board(RANDOM + source, how)
    assert here.printed.count("go\n") == 3
    assert (there.ended, there.printed) == (here.ended, here.printed) and bool(there.error) == bool(here.error)
    assert digest(there.decisions) == digest(here.decisions)
    assert there.recording.as_json() == here.recording.as_json()


@pytest.mark.parametrize(
    ("source", "said", "line"),
    [
        ("x = 1\nforward(\nprint(x)", "SyntaxError", 3),
        ("import numpy\n", "ImportError: no module named 'numpy'", 1),
        ("import socket\n", "ImportError: no module named 'socket'", 1),
        ("import os\nos.system('id')\n", "AttributeError", 2),
        ("open(1)\n", "OSError", 1),
        ("a = []\nwhile True:\n    a.append('x' * 1000 + str(len(a)))\n", "MemoryError", 3),
        ("def f(n):\n    return f(n + 1)\nf(1)\n", "RuntimeError: maximum recursion depth exceeded", 2),
        ("from kani import *\nforward('はやく')\n", "TypeError: forward( ) needs a number".replace("forward", "motors"), 2),
        ("import machine\nmachine.Pin(1.5)\n", "ValueError: ", 2),
    ],
)
def test_a_mistake_is_told_with_the_programs_line_only(source: str, said: str, line: int) -> None:
    run = run_on_board(source, setup())
    assert run.ended == "error" and said in run.error
    assert f'  File "program.py", line {line}, in' in run.error
    assert run.error.count("File") == run.error.count("program.py") and "/" not in run.error.replace("program.py", "")


@pytest.mark.parametrize(
    "source", ["while True: pass", "while True: print('x' * 999)", "while True:\n    try:\n        1/0\n    except: pass"]
)
def test_one_without_end_is_stopped(source: str, started: Started) -> None:
    began = time.monotonic()
    run = run_on_board(source, setup(), wall_seconds=0.5)
    assert run.ended == "endless" and time.monotonic() - began < 8 and len(run.printed) < 80_000
    assert not started()


def test_swallowing_everything_does_not_outlive_the_run() -> None:
    source = "from kani import *\nwhile True:\n    try:\n        forward(50)\n        wait(1)\n    except: pass\n"
    assert run_on_board(source, setup(seconds=3)).ended in ("time", "off-field")


def test_what_it_prints_comes_back_as_it_is_and_files_stay_on_its_board() -> None:
    source = "with open('note.txt', 'w') as file: file.write('あ')\nprint(open('/note.txt').read(), end='')\n"
    source += "print('\\x1b[31m')\nimport os\nprint(os.listdir('/'))"
    run = run_on_board(source, setup())
    assert run.ended == "end" and run.printed.startswith("あ\x1b[31m\n") and "'program.py'" in run.printed
    assert "OSError: [Errno 2] ENOENT" in run_on_board("open('note.txt')", setup()).error


# ---------------------------------------------------------------- where pupils are
@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kkroom", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


IN_THE_ROOM = """
from robots.board import load_profile
from robots.simulator.field import load_field
from robots.simulator.hardware import digest
from robots.simulator.rules import load_rules
from robots.simulator.run import simulate
from robots.simulator.setup import Setup
from robots.virtual.program import run_on_board
how = Setup(load_field("line"), load_profile("pico"), seconds=5)
source = "from kani import *\\nforward(40, 1)\\nprint(left_eye())\\n"
print(run_on_board(source, how).ended, digest(run_on_board(source, how).decisions) == digest(simulate(source, how).decisions))
"""


def test_it_works_in_a_pupils_room(home: Path) -> None:
    try:
        room.check_machine()
    except MachineError as error:
        pytest.skip(str(error))
    limits = room.Limits(memory_mb=384, processes=24, open_files=64, file_mb=20)
    robots = room.Bind(PROJECT / "robots", str(PROJECT / "robots"))
    plan = room.Room(name="pupil", limits=limits, read_only=(robots,), writable=(room.Bind(home, "/home/room"),))
    call = room.Call("subprocess:run", {"args": [sys.executable, "-c", IN_THE_ROOM]}, {"PATH": "/usr/bin:/bin", "HOME": "/home/room"})
    process = room.start(plan, call, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    said, errors = process.stdout.read().decode(), process.stderr.read().decode()
    process.wait(60)
    assert said.split() == ["end", "True"], errors[-2000:]
