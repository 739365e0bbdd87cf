"""Notebooks graded a second: the running service and the command beside ``nbgrader autograde``, the same hand-ins, all rows compared.

A class's lesson has two notebooks; every other pupil has solved both.
"""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import cpu
from bench.lesson import BOTH, SOURCE, Row, generate, hand_ins, rows
from bench.ours import OurHouse
from bench.owncells import seconds_of
from bench.result import Reading, Readings
from grading.course import ensure_course, nbgrader_config
from grading.exchange.store import Store

LESSON, BY_COMMAND, SINGLE = "bench-service", "bench-command", "bench-single"
TITLE = "bench"
PATIENCE = 900.0
LOOK_SECONDS = 0.02
GRADERS = ("grader", "warm-grader")


class DifferentMarks(AssertionError):
    """Both sides graded, and not to the same rows: no time of such a run counts."""


@dataclass(frozen=True)
class Graded:
    """One side's run. ``ends`` are the seconds until each pupil's grade was written; ``cpu`` is CPU seconds, 0 where not taken."""

    rows: list[Row]
    seconds: float
    cpu: float
    own_cpu: float
    notebooks: int
    ends: tuple[float, ...] = ()

    def rate(self, note: str = "") -> Reading:
        return Reading(self.notebooks / self.seconds, note)

    def outside(self) -> Reading:
        """The share of the CPU time that was not spent in pupils' own cells."""
        return Reading(max(0.0, 1 - self.own_cpu / self.cpu)) if self.cpu else Reading(None, "no CPU time was told")


# ---------------------------------------------------------------------- stock
def stock(folder: Path, accounts: list[str], course: str, lesson: str) -> Graded:
    """``nbgrader autograde`` over the class, as its guide has it. ``folder`` is made and left."""
    sources = (SOURCE,) if lesson == SINGLE else BOTH
    folder.mkdir(parents=True)
    config = nbgrader_config(course, folder)
    del config.Autograde, config.ExchangeFactory
    untouched, solved = hand_ins(generate(config, folder, lesson, sources), sources, folder / "made")
    for number, account in enumerate(accounts):
        shutil.copytree(solved if number % 2 else untouched, folder / "submitted" / account / lesson)
    own = _own_cpu((untouched, solved), len(accounts))
    before, began, moment = _children_cpu(), time.perf_counter(), time.time()
    command = [sys.executable, "-m", "nbgrader", "autograde", lesson, f"--CourseDirectory.course_id={course}", "--create"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    # nbgrader writes a pupil's notebook right after its grade.
    ends = tuple(
        max(path.stat().st_mtime for path in (folder / "autograded" / account / lesson).glob("*.ipynb")) - moment for account in accounts
    )
    return Graded(rows(folder, lesson), seconds, _children_cpu() - before, own, len(accounts) * len(sources), ends)


def hand_in_of(run: Graded) -> Readings:
    """What ``autograde`` over the whole class means for a pupil who waits."""
    note = "one nbgrader autograde over the class"
    return {"hand_in_median_s": Reading(statistics.median(run.ends), note), "hand_in_max_s": Reading(max(run.ends), note)}


# ---------------------------------------------------------------------- ours
def service(house: OurHouse, accounts: list[str]) -> Graded:
    """The running house grades: from the first hand-in that reaches the exchange to the last points."""
    return _house(house, accounts, LESSON, lambda: None, GRADERS)


def command(house: OurHouse, accounts: list[str]) -> Graded | str:
    """``kanikko grade COURSE LESSON`` while the service rests; why not, where that command is missing."""
    if "grade" not in importlib.import_module("kanikko.cli").COMMANDS:
        return "there is no command kanikko grade"
    house.control("stop", "grader")
    try:
        return _house(house, accounts, BY_COMMAND, lambda: _kanikko_grade(house), ())
    finally:
        house.control("start", "grader")


def _kanikko_grade(house: OurHouse) -> None:
    environment = os.environ | {"KANIKKO_VAR": str(house.folder), "KANIKKO_PORT": str(house.port)}
    done = subprocess.run(
        [sys.executable, "-m", "kanikko", "grade", house.course, BY_COMMAND], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"kanikko grade: {done.stdout[-1000:]}{done.stderr[-2000:]}")


def _house(house: OurHouse, accounts: list[str], lesson: str, act: Callable[[], None], groups: tuple[str, ...]) -> Graded:
    """Release the lesson in the house, hand in for every pupil, and wait for the last points. A command's clock begins with it."""
    root = ensure_course(house.settings, house.course)
    released = generate(nbgrader_config(house.course, root), root, lesson, BOTH)
    made = hand_ins(released, BOTH, house.folder / "made" / lesson)
    store = Store(house.settings)
    store.put_release(house.course, lesson, TITLE, made[0])
    own = _own_cpu(made, len(accounts))
    before, began = cpu.snapshot(house), time.perf_counter()
    handed_in = [store.submit(house.course, lesson, account, made[number % 2]).id for number, account in enumerate(accounts)]
    if not groups:
        before, began = cpu.snapshot(house), time.perf_counter()
    act()
    _wait(store, handed_in)
    seconds, used = time.perf_counter() - began, cpu.snapshot(house).since(before)
    store.close()
    return Graded(rows(root, lesson), seconds, sum(used.get(group, 0.0) for group in groups), own, len(accounts) * len(BOTH))


def _wait(store: Store, handed_in: list[str]) -> None:
    """Until all are graded. Raises RuntimeError for one that failed, TimeoutError if it takes too long."""
    until = time.monotonic() + PATIENCE
    while True:
        states = [*store.states(handed_in).values()]
        if "failed" in states:
            raise RuntimeError(f"{states.count('failed')} of {len(states)} hand-ins failed")
        if states.count("graded") == len(handed_in):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{states.count('graded')} of {len(handed_in)} graded in {PATIENCE:.0f} s")
        time.sleep(LOOK_SECONDS)


# ---------------------------------------------------------------------- both
def check(ours: Graded, theirs: Graded) -> None:
    """Raises DifferentMarks unless every row is the same on both sides."""
    if ours.rows != theirs.rows:
        only = [row for row in ours.rows if row not in theirs.rows][:3], [row for row in theirs.rows if row not in ours.rows][:3]
        raise DifferentMarks(f"{len(ours.rows)} and {len(theirs.rows)} rows; only ours {only[0]}, only nbgrader's {only[1]}")


def _own_cpu(made: tuple[Path, Path], pupils: int) -> float:
    """CPU seconds of all pupils' own cells: every other one's are the solved ones."""
    untouched, solved = (sum(seconds_of(path) for path in sorted(folder.glob("*.ipynb"))) for folder in made)
    return (pupils - pupils // 2) * untouched + pupils // 2 * solved


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
