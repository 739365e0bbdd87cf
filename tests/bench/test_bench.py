"""The bench itself: a class of two comes in, hands in and is graded like nbgrader's; nothing is left behind; no number is made up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from rich.console import Console

from bench import page
from bench.grading import DifferentMarks, Graded, check
from bench.memory import MemoryReader, leave_reader
from bench.ours import OurHouse
from bench.result import UNITS, Reading, compare
from bench.sides import _attempt
from bench.visit import SINGLES, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RUN = Graded(rows=[("u1", "kani", "grade", "mondai1", 2.0)], seconds=2.0, cpu=4.0, own_cpu=1.0, notebooks=4)


def test_a_ratio_needs_both_sides_and_the_reason_stands_where_one_is_missing() -> None:
    lines = compare(40, {"class_ready": Reading(40), "grade_per_s": Reading(None, "failed: no room")}, {"class_ready": Reading(8)})
    ready, grades = lines
    assert (ready.name, ready.ratio, ready.n) == ("class_ready", 5.0, 40)
    assert (grades.ours, grades.stock, grades.ratio) == (None, None, None)
    assert "failed: no room" in grades.note
    assert [line.name for line in compare(1, dict.fromkeys(UNITS, Reading(1.0)), {})] == list(UNITS)


def test_no_time_counts_of_a_run_with_other_marks() -> None:
    check(RUN, replace(RUN, seconds=99.0))
    with pytest.raises(DifferentMarks, match="mondai1"):
        check(RUN, replace(RUN, rows=[("u1", "kani", "grade", "mondai1", 1.0)]))
    assert (RUN.rate().value, RUN.outside().value) == (2.0, 0.75)


def test_a_measurement_that_fails_is_a_line_and_not_the_end_of_the_bench() -> None:
    def fails() -> Any:
        raise RuntimeError("the machine is on fire")

    found = _attempt({"class_ready"}, fails, Console(quiet=True))
    assert found["class_ready"].value is None
    assert "on fire" in found["class_ready"].note


def test_memory_is_not_asked_of_anybody_when_root_did_not_start_the_bench() -> None:
    leave_reader()
    assert MemoryReader.from_environment() is None


@pytest.fixture(scope="module")
def house() -> Iterator[OurHouse]:
    with OurHouse(2 + SINGLES) as opened:
        yield opened
    assert not opened.folder.exists()
    marked = [process for process in psutil.process_iter() if str(opened.folder) in " ".join(_words(process))]
    assert marked == []


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.pid != os.getpid() else []
    except psutil.Error:
        return []


@pytest.mark.house
def test_a_class_of_two_comes_in_all_the_way_and_sees_its_points(house: OurHouse) -> None:
    wanted = {"class_ready", "class_start_s", "kernel_start_s", "hand_in_max_s", "pupil_memory_mb"}
    found = asyncio.run(visit(house, 2, wanted, None, Console(quiet=True)))
    assert found["class_ready"] == Reading(2)
    assert {name for name, reading in found.items() if reading.value is not None} == wanted - {"pupil_memory_mb"}, found
    assert "without root" in found["pupil_memory_mb"].note


@pytest.mark.house
@pytest.mark.browser
def test_our_pupils_ask_the_server_what_chromium_asks(house: OurHouse, chromium: Browser) -> None:
    account = house.pupils[0]
    tab = chromium.new_page(locale="ja-JP")
    tab.set_default_timeout(60_000)
    asked: set[str] = set()
    base = f"{house.url}/user/{account}/"
    tab.on("request", lambda request: asked.add(request.url.removeprefix(base)) if request.url.startswith(base) else None)
    tab.goto(f"{house.url}/hub/badge#{house.badge(account)}")
    tab.wait_for_url("**/hub/home")
    tab.goto(f"{house.url}/hub/lesson/{house.course}/{house.lesson}")
    tab.wait_for_selector(".jp-CodeCell")
    tab.wait_for_selector(".kk-saved[data-state=saved]")
    tab.wait_for_timeout(1000)
    tab.close()
    own = {_place(call) for wave in page.OURS.of(house.notebook(account)) for call in wave}
    seen = {_place(call) for call in asked if call.startswith(("api/", "lab/", "kanikko/usage"))}
    sessions = {place for place in seen if place.startswith(("api/sessions/", "api/kernels/"))}  # their ids are new each time
    assert own == seen - sessions, (own - seen, seen - own)


def _place(call: str) -> str:
    return call.partition("?")[0]
