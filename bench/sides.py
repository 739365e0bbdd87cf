"""One class size, both sides: the real house first, then stock JupyterHub and nbgrader, never at the same time."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path

from rich.console import Console

from bench import grading
from bench.grading import Graded
from bench.memory import MemoryReader
from bench.ours import OurHouse
from bench.result import Reading, Readings, Result, compare
from bench.site import Site
from bench.stock import StockHub
from bench.visit import CLASS, HAND_INS, SINGLES, visit

COOL_DOWN_SECONDS = 5.0
STOCK_GRADES = 40
"""The largest class that nbgrader autogrades unless ``--full``: its rate does not grow with the class, its minutes do."""
BY_SERVICE = {"grade_per_s", "grade_outside_share"}
GRADES = BY_SERVICE | {"grade_command_per_s"}
VISITS = CLASS | {"server_start_s"}


def measure(size: int, wanted: Collection[str], full: bool, reader: MemoryReader | None, console: Console) -> list[Result]:
    """All that is ``wanted`` of a class of ``size``. Never raises for a measurement that failed: its line says why."""
    names, runs = set(wanted), _Runs()
    console.rule(f"{size} pupils: ours")
    ours, accounts, course = _ours(size, names, reader, console, runs)
    theirs: Readings = {}
    if VISITS & names - HAND_INS:
        console.rule(f"{size} pupils: stock JupyterHub")
        theirs |= _stock_hub(size, names - HAND_INS, reader, console)
    if (GRADES | HAND_INS) & names:
        if size <= STOCK_GRADES or full:
            console.rule(f"{size} pupils: nbgrader autograde")
            theirs |= _stock_grading(names, accounts, course, runs, console)
        else:
            theirs |= dict.fromkeys((GRADES | HAND_INS) & names, Reading(None, "left out for its minutes; --full runs it"))
    _compare_rows(runs, ours)
    return compare(size, {name: ours[name] for name in ours if name in names}, theirs)


class _Runs:
    """The grading runs whose rows must be equal."""

    def __init__(self) -> None:
        self.service: Graded | None = None
        self.command: Graded | None = None
        self.stock: Graded | None = None


def _ours(size: int, names: set[str], reader: MemoryReader | None, console: Console, runs: _Runs) -> tuple[Readings, list[str], str]:
    found: Readings = {}
    house = OurHouse(size + SINGLES)
    try:
        with house:
            accounts = house.pupils[:size]
            if VISITS & names:
                found |= _attempt(VISITS & names, lambda: asyncio.run(visit(house, size, names, reader, console)), console)
            if BY_SERVICE & names:
                found |= _attempt(BY_SERVICE & names, lambda: _service(house, accounts, runs), console)
            if "grade_command_per_s" in names:
                found |= _attempt({"grade_command_per_s"}, lambda: _command(house, accounts, runs), console)
    except Exception as error:  # noqa: BLE001 - the other side is still to be measured
        found = _failed(names - set(found), error, console) | found
    _cool_down()
    return found, getattr(house, "pupils", [f"u{number:09d}" for number in range(size)])[:size], getattr(house, "course", "cbench23")


def _service(house: OurHouse, accounts: list[str], runs: _Runs) -> Readings:
    runs.service = grading.service(house, accounts)
    return {"grade_per_s": runs.service.rate("the running service"), "grade_outside_share": runs.service.outside()}


def _command(house: OurHouse, accounts: list[str], runs: _Runs) -> Readings:
    run = grading.command(house, accounts)
    if isinstance(run, str):
        return {"grade_command_per_s": Reading(None, run)}
    runs.command = run
    return {"grade_command_per_s": run.rate("kanikko grade")}


def _stock_hub(size: int, names: set[str], reader: MemoryReader | None, console: Console) -> Readings:
    site: Site = StockHub(size + SINGLES)

    def stay() -> Readings:
        with site:
            return asyncio.run(visit(site, size, names, reader, console))

    found = _attempt(VISITS & names, stay, console)
    _cool_down()
    return found


def _stock_grading(names: set[str], accounts: list[str], course: str, runs: _Runs, console: Console) -> Readings:
    found: Readings = {}
    folder = Path(tempfile.mkdtemp(prefix="kkbench", dir="/tmp"))
    try:
        if GRADES & names:

            def both() -> Readings:
                runs.stock = grading.stock(folder / "two", accounts, course, grading.LESSON)
                rate = runs.stock.rate()
                return {"grade_per_s": rate, "grade_command_per_s": rate, "grade_outside_share": runs.stock.outside()}

            found |= {name: reading for name, reading in _attempt(GRADES, both, console).items() if name in names}
            _cool_down()
        if HAND_INS & names:
            found |= _attempt(
                HAND_INS, lambda: grading.hand_in_of(grading.stock(folder / "one", accounts, course, grading.SINGLE)), console
            )
            _cool_down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _compare_rows(runs: _Runs, ours: Readings) -> None:
    """A time of ours counts only if the rows are nbgrader's."""
    for run, names in ((runs.service, BY_SERVICE), (runs.command, {"grade_command_per_s"})):
        if run is None:
            continue
        for name in names & set(ours):
            if runs.stock is None:
                ours[name] = Reading(ours[name].value, f"{ours[name].note}; rows not compared: no run of nbgrader's".lstrip("; "))
                continue
            try:
                grading.check(run, runs.stock)
            except grading.DifferentMarks as error:
                ours[name] = Reading(None, f"different marks: {error}")
            else:
                ours[name] = Reading(ours[name].value, f"{ours[name].note}; {len(run.rows)} gradebook rows equal".lstrip("; "))


def _attempt(names: set[str], act: Callable[[], Readings], console: Console) -> Readings:
    """The readings, or for each of these names why there is none."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - one line fails, the bench goes on
        return _failed(names, error, console)


def _failed(names: set[str], error: Exception, console: Console) -> Readings:
    console.print(f"{', '.join(sorted(names))} failed: {type(error).__name__}: {error}", style="red", highlight=False, markup=False)
    return dict.fromkeys(names, Reading(None, f"failed: {type(error).__name__}: {str(error)[:300]}"))


def _cool_down() -> None:
    time.sleep(COOL_DOWN_SECONDS)
