"""The notebook's crab where pupils' programs really run: in a room without a network, and in a grading room."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grading.sandbox import SandboxLimits, execute
from grading.sandbox.room import TARGET, WORKDIR, environment
from hub import room
from kanikko.errors import MachineError
from kanikko.settings import PROJECT
from robots.simulator.recording import MIME

if TYPE_CHECKING:
    from grading.sandbox.driver import RoomEnd

ROBOTS = room.Bind(PROJECT / "robots", str(PROJECT / "robots"))
CELL = "%%kani crab --field empty\nfrom kani import *\nforward(60, 1)\nprint(timer() > 0.9)\n"


@pytest.fixture(scope="module", autouse=True)
def _machine_can_hold_rooms() -> None:
    try:
        room.check_machine()
    except MachineError as error:
        pytest.skip(str(error))


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kkroom", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


PROBE = f"""
import json
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("import robots.notebook")
shell.run_cell({CELL!r})
from robots.notebook import asked
answers = asked.try_on_board("crab"), asked.send_to_robot("crab"), asked.try_on_board("no")
print(json.dumps([[answer.good, *answer.said] for answer in answers]))
"""


def test_a_pupils_room_runs_tries_and_marks_a_program(home: Path) -> None:
    limits = room.Limits(memory_mb=512, processes=48, open_files=128, file_mb=50)
    plan = room.Room(name="pupil", limits=limits, read_only=(ROBOTS,), writable=(room.Bind(home, "/home/room"),))
    call = room.Call("subprocess:run", {"args": [sys.executable, "-c", PROBE]}, {"PATH": "/usr/bin:/bin", "HOME": "/home/room"})
    process = room.start(plan, call, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    said, errors = process.stdout.read().decode(), process.stderr.read().decode()
    process.wait(60)
    tried, sent, missing = json.loads(said.splitlines()[-1] if said else errors)
    assert tried == [True, "おめでとう！ ほんものの MicroPython でも、シミュレーターと ぜんぶ おなじに うごきました。"]
    assert sent[:2] == [True, "「crab」に ロボットいきの しるしを つけました。"]
    assert missing[:2] == [False, "ためせませんでした。"]
    assert sorted(place.name for place in home.iterdir() if not place.name.startswith(".")) == ["crab.py", "robot.json"]


def opener(stdin: int, stdout: int, stderr: int) -> RoomEnd:
    """A grading room that sees ``robots``."""
    limits = room.Limits(memory_mb=512, processes=64, open_files=256, file_mb=64)
    tmpfs = (room.Tmpfs(WORKDIR, 64),)
    plan = room.Room(name="grade", limits=limits, read_only=(ROBOTS,), tmpfs=tmpfs, workdir=WORKDIR, dies_with_parent=True)
    call = room.Call(target=TARGET, arguments={"workdir": WORKDIR}, environment=environment())
    return room.start(plan, call, stdin=stdin, stdout=stdout, stderr=stderr)  # type: ignore[return-value]


def test_a_grading_room_runs_the_same_notebook_for_its_checks() -> None:
    check = "run = kani_run('crab')\nassert run.ended == 'end', run.ended\nassert kani_run('crab', seed=5).seconds == run.seconds"
    sources = ("import robots.notebook", CELL, check, "assert kani_run('crab').error")
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    done = execute(notebook, {}, SandboxLimits(cell_seconds=30), opener=opener, canaries=False)
    assert (done.ended, done.detail) == ("done", "")
    kinds: list[list[Any]] = [[output.output_type for output in cell.outputs] for cell in done.notebook.cells]
    assert kinds == [[], ["stream", "display_data"], [], ["error"]]
    shown = done.notebook.cells[1].outputs[1].data
    assert MIME not in shown, "nobody replays it there"
    assert set(shown) == {"text/plain", "image/png"}
