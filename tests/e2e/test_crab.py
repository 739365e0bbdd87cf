"""The crab's program, from a pupil's notebook in the real house to the robots on the mentor's table."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import Page, expect

from kanikko.settings import PROJECT
from robots.flash.package import read_package
from robots.virtual.boards import VirtualBoards
from tests.e2e.house import House
from tests.e2e.people import hands_in, opens_the_lesson, points, pupil_signs_in, staff_signs_in, writes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LESSON = "kani-robot"
TABLET, DESK = {"width": 1080, "height": 810}, {"width": 1366, "height": 900}
POINTS_WITHIN_SECONDS = 20
"""The hidden tests drive ten more crabs."""


@pytest.fixture(scope="module")
def pages(house: House, chromium: Browser) -> Iterator[tuple[Page, Page]]:
    """A pupil's page and the teacher's."""
    contexts = [chromium.new_context(viewport=size, locale="ja-JP", has_touch=True) for size in (TABLET, DESK)]  # type: ignore[arg-type]
    pupil, teacher = [context.new_page() for context in contexts]
    for page in (pupil, teacher):
        page.set_default_timeout(60_000)
    pupil_signs_in(pupil, house.url, house.sheet["class_code"], house.sheet["pupils"][0])
    staff_signs_in(teacher, house.url, house.sheet["teacher"])
    yield pupil, teacher
    for context in contexts:
        context.close()


def solutions() -> list[str]:
    source = nbformat.read(PROJECT / "lessons" / LESSON / f"{LESSON}.ipynb", as_version=4)
    cells = [cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return [re.sub(r"^### (BEGIN|END) SOLUTION\n", "", cell.source, flags=re.MULTILINE) for cell in cells]


def test_one_program_goes_from_the_notebook_to_the_robots(house: House, pages: tuple[Page, Page], tmp_path: Path) -> None:
    pupil, teacher = pages
    opens_the_lesson(pupil, LESSON)
    for number, code in enumerate(solutions(), start=1):
        writes(pupil, number, code)
        pupil.keyboard.press("Shift+Enter")
        replay = pupil.locator(".kk-replay").nth(number - 1)
        expect(replay.locator("[data-crab=play]")).to_be_visible(timeout=60_000)
    replay.get_by_role("button", name="ほんもので ためす").click()  # in his own room, on real MicroPython
    expect(replay.locator(".kk-crab-told")).to_have_attribute("data-good", "true", timeout=60_000)
    replay.get_by_role("button", name="ロボットに おくる").click()
    expect(replay.locator(".kk-crab-told")).to_contain_text("しるし")
    seconds = hands_in(pupil)
    print(f"points after {seconds:.2f} s")
    assert points(pupil) == "10 / 10 てん"
    assert seconds < POINTS_WITHIN_SECONDS

    teacher.goto(f"{house.url}/hub/class/{house.sheet['course']}?lesson={LESSON}")
    with teacher.expect_download() as download:
        teacher.get_by_role("link", name="ロボットのプログラム").click()
    package = tmp_path / "robots.zip"
    download.value.save_as(package)
    (team,) = read_package(package)[1]
    assert team.team == "1" and b"while True" in team.program

    kanikko = [str(Path(sys.executable).with_name("kanikko"))]
    environment = os.environ | {"KANIKKO_VAR": str(tmp_path / "station")}
    with VirtualBoards(tmp_path / "boards", 2) as boards:
        station = [*kanikko, "flash", str(package), "--virtual", str(tmp_path / "boards"), "--once", "--no-page"]
        asked = subprocess.run(station, env=environment, input="", capture_output=True, text=True, timeout=120)
        assert asked.returncode == 1 and "チームは" in asked.stdout  # nobody has said yet whose board it is
        one_for_all = tmp_path / "program.py"
        one_for_all.write_bytes(team.program)
        station[2] = str(one_for_all)
        flashed = subprocess.run(station, env=environment, input="", capture_output=True, text=True, timeout=120)
        assert flashed.returncode == 0, flashed.stdout + flashed.stderr
        for board in boards:
            board.wait_until("running")
            mpremote = [str(Path(sys.executable).with_name("mpremote")), "connect", board.port, "fs", "sha256sum", ":program.py"]
            said = subprocess.run(mpremote, capture_output=True, text=True, timeout=60, check=True)
            assert hashlib.sha256(team.program).hexdigest() in said.stdout
    report = subprocess.run([*kanikko, "flash", "report"], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "ボード 2" in report.stdout
