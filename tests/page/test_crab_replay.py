"""A run of the crab as a child sees it below the cell, in a real Chromium at a tablet's size."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import httpx
import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Page, ViewportSize, expect

from robots.notebook.marked import marked
from tests.conftest import ARTEFACTS
from tests.page.house import KEY, Exchange, Pupil, free_port, serving
from tests.robots.notebook.a_run import a_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

TABLET: ViewportSize = {"width": 1080, "height": 810}
UPRIGHT: ViewportSize = {"width": 810, "height": 1080}
PHONE: ViewportSize = {"width": 400, "height": 800}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MIME = "application/vnd.kanikko.crab+json"
SHOWS = """import json
for given in json.load(open('runs.json'))[{number}]:
    display({{{mime!r}: given, "text/plain": "words"}}, raw=True, metadata={{{mime!r}: {about!r}}})"""

Opener = Callable[..., Page]

expect.set_options(timeout=20_000)


@dataclass(frozen=True)
class Shows:
    """A cell that shows recordings, whoever wrote them."""

    recordings: tuple[object, ...]
    about: dict[str, object]


def shows(*recordings: object, **about: object) -> Shows:
    return Shows(recordings, about)


def notebook(*sources: str) -> bytes:
    answer = {"grade": False, "solution": True, "locked": False, "task": False, "schema_version": 3, "grade_id": "answer"}
    last = new_code_cell("", metadata={"nbgrader": answer})
    cells = [new_markdown_cell("# カニロボット"), *(new_code_cell(source) for source in sources), last]
    made = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    return str(nbformat.writes(made)).encode()


class House:
    """One pupil's server for all tests here, and the page that is open there."""

    def __init__(self, chromium: Browser, exchange: Exchange, pupil: Pupil) -> None:
        self.pupil, self._chromium, self._exchange = pupil, chromium, exchange
        self._context: BrowserContext | None = None
        self._shared: Page | None = None
        self.errors: list[str] = []

    def close(self) -> None:
        """Nothing is open, no kernel runs, and the lesson has never been opened."""
        self._shared = None
        if self._context is not None:
            self._context.close()
            self._context = None
        for session in self.pupil.ask("api/sessions").json():
            httpx.delete(f"{self.pupil.url}/api/sessions/{session['id']}", headers={"Authorization": f"token {KEY}"}, timeout=40)
        shutil.rmtree(self.pupil.folder, ignore_errors=True)

    def open(self, *cells: str | Shows) -> Page:
        """A lesson with these cells."""
        self.close()
        recordings = [cell.recordings for cell in cells if isinstance(cell, Shows)]
        numbers = iter(range(len(recordings)))
        sources = [SHOWS.format(mime=MIME, number=next(numbers), about=cell.about) if isinstance(cell, Shows) else cell for cell in cells]
        self._exchange.files |= {"kani.ipynb": notebook(*sources), "runs.json": json.dumps(recordings).encode()}
        self._context = self._chromium.new_context(viewport=TABLET, locale="ja-JP", has_touch=True)
        page = self._context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "request", lambda asked: None if asked.url.startswith((self.pupil.url, "data:", "blob:")) else self.errors.append(asked.url)
        )
        page.goto(self.pupil.notebook_url)
        page.wait_for_selector(".kk-label", timeout=60_000)
        expect(page.locator(".kk-saved[data-state=saved]")).to_be_visible()
        return page

    def one_run(self, reduced_motion: Literal["reduce", "no-preference"]) -> Page:
        """A lesson with one run, which has just been made; the page stays open for the next that asks."""
        page = self._shared or self.open(shows(a_run(), program="crab"))
        self._shared = page
        page.emulate_media(reduced_motion=reduced_motion)
        page.set_viewport_size(TABLET)
        page.locator(".kk-replay").evaluate_all("all => all.forEach(node => { node.dataset.before = '' })")
        run(page, 1)
        expect(page.locator(".kk-replay[data-before]")).to_have_count(0)
        expect(page.locator(".kk-replay")).to_have_count(1)
        return page


@pytest.fixture(scope="module")
def house(chromium: Browser) -> Iterator[House]:
    with TemporaryDirectory(prefix="kk", dir="/tmp") as folder:
        exchange = Exchange(Path(folder, "exchange.sock"))
        pupil = Pupil(Path(folder, "home"), Path(folder, "scratch"), exchange, free_port())
        pupil.home.mkdir()
        pupil.scratch.mkdir()
        with serving(exchange):
            pupil.start()
            yield House(chromium, exchange, pupil)
            pupil.die()


@pytest.fixture
def look(house: House) -> Iterator[Opener]:
    """Opens a lesson with these cells; by the end no error may have happened on the page, and nobody else been asked for anything."""
    yield house.open
    house.close()
    assert house.errors == []


@pytest.fixture
def one_run(house: House) -> Iterator[Opener]:
    """Opens a lesson with one run, which has just been made; the same holds."""
    yield lambda reduced_motion="no-preference": house.one_run(reduced_motion)
    assert house.errors == []


def run(page: Page, number: int) -> None:
    """Run that cell, to its end: the replay of one before it may still be moving the cells about."""
    cell = page.locator(f".jp-Notebook .jp-Cell >> nth={number}")
    while "jp-mod-active" not in (cell.get_attribute("class") or ""):
        cell.locator(".cm-content").click()
    page.locator("[data-kk=run]").click()
    expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"))


def state(page: Page, number: int = 0) -> Any:
    return expect(page.locator(".kk-replay").nth(number))


def time_of(page: Page, number: int = 0) -> float:
    return float(page.locator(".kk-crab-time").nth(number).inner_text().split("/")[0])


def colours(page: Page, number: int = 0) -> int:
    """How many colours the field is drawn in: an empty canvas has one."""
    found: int = (
        page.locator(".kk-crab-field")
        .nth(number)
        .evaluate("c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size")
    )
    return found


# ------------------------------------------------------------------------------------------- playing
def test_a_run_plays_by_itself_pauses_and_is_led_by_hand(one_run: Opener) -> None:
    page = one_run()
    state(page).to_have_attribute("data-state", "playing")
    page.locator("[data-crab=play]").click()
    state(page).to_have_attribute("data-state", "paused")
    assert colours(page) > 20
    stood = time_of(page)
    page.locator("[data-crab=forward]").click()
    assert time_of(page) == pytest.approx(stood + 0.05, abs=0.051)
    page.locator("[data-crab=back]").click()
    page.locator("[data-crab=back]").click()
    assert time_of(page) < stood + 0.01

    slider = page.get_by_role("slider", name="じかん")
    slider.fill("80")
    assert time_of(page) == 4.0
    expect(page.locator(".kk-crab-points")).to_have_text("1")
    slider.fill("85")
    expect(page.locator(".kk-crab-points")).to_have_text("2")
    expect(slider).to_have_attribute("aria-valuetext", "4.3びょう てん 2")
    assert page.locator(".kk-crab-events li[data-later]").all_inner_texts() == ["6.0びょう とまった"]

    page.locator("[data-crab=speed-5]").click()
    expect(page.locator("[data-crab=speed-5]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-crab=play]").click()
    state(page).to_have_attribute("data-state", "over")
    assert time_of(page) == 6.0
    expect(page.locator("[data-crab=play]")).to_have_text("もういちど")


def test_the_keyboard_leads_it_too(one_run: Opener) -> None:
    page = one_run()
    state(page).to_have_attribute("data-state", "playing")
    page.locator("[data-crab=forward]").focus()
    page.keyboard.press("Home")
    state(page).to_have_attribute("data-state", "paused")
    assert time_of(page) == 0
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "PageDown"):
        page.keyboard.press(key)
    assert time_of(page) == pytest.approx(1.05, abs=0.06)
    page.locator(".kk-crab-events").focus()
    page.keyboard.press("Space")
    state(page).to_have_attribute("data-state", "playing")
    page.keyboard.press("Space")
    state(page).to_have_attribute("data-state", "paused")
    page.locator("[data-crab=play]").focus()
    page.keyboard.press("Enter")
    state(page).to_have_attribute("data-state", "playing")
    assert page.locator(".jp-Notebook .jp-Cell").count() == 3, "no key of it is one of the notebook's"


def test_who_wants_no_motion_gets_none_without_asking(one_run: Opener) -> None:
    page = one_run("reduce")
    state(page).to_have_attribute("data-state", "paused")
    page.wait_for_timeout(500)
    assert time_of(page) == 0
    page.locator("[data-crab=play]").click()
    state(page).to_have_attribute("data-state", "playing")


# ------------------------------------------------------------------------------------------- for everybody
def test_nothing_of_it_keeps_anybody_out(one_run: Opener) -> None:
    page = one_run()
    page.locator("[data-crab=play]").click()
    for size in (TABLET, UPRIGHT, PHONE):
        page.set_viewport_size(size)
        found = Axe().run(page, context={"include": [".kk-replay"]}, options={"runOnly": {"type": "tag", "values": WCAG}})
        assert found.violations_count == 0, found.generate_report()
        for control in page.locator(".kk-replay :is(button, input)").all():
            box = control.bounding_box()
            assert box and box["height"] >= 44 and box["width"] >= 44, control.evaluate("node => node.outerHTML")
        assert page.locator(".kk-replay").evaluate("node => node.scrollWidth <= node.clientWidth + 1"), size
    described = page.locator(".kk-crab-field").get_attribute("aria-label")
    assert described == "れんしゅう コースを うえから みた ようす。6.0びょう、2てん。プログラムの さいごまで はしりました。"
    assert page.get_by_role("list", name="おきたこと").get_by_role("listitem").all_inner_texts() == [
        "1.0びょう スタートを でた ＋1てん", "4.2びょう たまごを おいた ＋1てん", "6.0びょう とまった",
    ]  # fmt: skip


def test_a_program_that_is_not_there_any_more_is_told_of(one_run: Opener) -> None:
    page = one_run()
    page.locator("[data-crab=try]").click()
    expect(page.locator(".kk-crab-told")).to_contain_text("ためせませんでした。")
    expect(page.locator(".kk-crab-told")).to_contain_text("「crab」は まだ うごかして いません。")


# ------------------------------------------------------------------------------------------- several, and later
def test_one_plays_at_a_time_and_none_out_of_sight(look: Opener) -> None:
    page = look(shows(a_run(2401)), shows(a_run(2401)), "print('\\n' * 120)")
    page.emulate_media(reduced_motion="reduce")
    for number in (1, 2, 3):
        run(page, number)
    expect(page.locator(".kk-replay")).to_have_count(2)
    for number in (0, 1):
        page.locator("[data-crab=play]").nth(number).click()
        state(page, number).to_have_attribute("data-state", "playing")
    state(page, 0).to_have_attribute("data-state", "paused")
    page.locator(".jp-WindowedPanel-outer").evaluate("node => { node.scrollTop = 0 }")
    page.locator("h1").first.scroll_into_view_if_needed()
    page.set_viewport_size({"width": 1080, "height": 300})
    state(page, 1).to_have_attribute("data-state", "paused")


def test_a_saved_run_is_there_again_and_waits(look: Opener, house: House) -> None:
    page = look(shows(a_run()))
    run(page, 1)
    expect(page.locator(".kk-replay")).to_be_visible()
    page.keyboard.press("Control+s")
    end = time.monotonic() + 20
    while MIME not in (house.pupil.folder / "kani.ipynb").read_text():
        assert time.monotonic() < end
        page.wait_for_timeout(50)
    expect(page.locator(".kk-saved[data-state=saved]")).to_be_visible()
    page.goto(house.pupil.notebook_url)
    state(page).to_have_attribute("data-state", "paused", timeout=60_000)
    page.wait_for_timeout(500)
    assert time_of(page) == 0
    assert colours(page) > 20


# ------------------------------------------------------------------------------------------- hostile recordings
HACK = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>"


def hostile() -> dict[str, Any]:
    made = a_run()
    made["field"]["title"] = made["events"][0]["text"] = HACK * 50
    made["field"]["paper"] = "red;background:url(http://127.0.0.1:9/x)"
    made["field"]["lines"][0]["colour"] = "url(#x)"
    made["things"][0]["kind"] = "__proto__"
    made["ended"] = "constructor"
    return made


def test_a_hostile_recording_stays_text(look: Opener) -> None:
    page = look(shows(hostile(), program="crab'); import os; os.system('touch hacked') #"))
    run(page, 1)
    expect(page.locator(".kk-crab-events li").first).to_contain_text("<img src=x onerror")
    assert len(page.locator(".kk-crab-events li").first.inner_text()) < 250
    assert page.locator(".kk-replay :is(img, script, a, iframe)").count() == 0
    assert page.locator("[data-crab=try]").count() == 0, "a name that is none gets no button"
    assert page.evaluate("window.hacked") is None


def without(*path: str) -> dict[str, Any]:
    made: Any = a_run()
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return made  # type: ignore[no-any-return]


def changed(value: object, *path: str | int) -> dict[str, Any]:
    made: Any = a_run()
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return made  # type: ignore[no-any-return]


BROKEN = [
    None, [], "text", 3, {}, {"version": 2}, without("frames"), without("field", "size"), without("crab"), changed(0, "step"),
    changed([], "frames", "x"), changed(["1"] * 121, "frames", "x"), changed([1e300] * 121, "frames", "y"),
    changed([None] * 121, "frames", "y"),
    changed([0.0] * 120, "frames", "heading"), changed([0, 0], "field", "size"), changed([1e9, 1], "field", "size"),
    changed([0] * 30_000, "frames", "x"), changed({"length": 9}, "things"), changed([[[[]]]], "things"), changed("x", "events", 0, "t"),
    changed([{"points": [[0, 0]] * 5000, "width": 1}], "field", "lines"), changed("many", "score", "total"),
]  # fmt: skip


def test_a_broken_recording_is_told_of_kindly(look: Opener) -> None:
    page = look(shows(*BROKEN))
    run(page, 1)
    told = page.locator(".kk-replay-broken")
    expect(told).to_have_count(len(BROKEN))
    assert all("この きろくは こわれていて" in text for text in told.all_inner_texts())


def test_the_replay_is_fetched_when_the_first_run_is_there(look: Opener) -> None:
    page = look("print('まだ')", shows(a_run()))
    run(page, 1)
    expect(page.get_by_text("まだ", exact=True)).to_be_visible()
    fetched = "performance.getEntriesByType('resource').map(one => one.name).filter(name => /crab_|crab\\.css/.test(name)).length"
    assert page.evaluate(fetched) == 0
    run(page, 2)
    expect(page.locator(".kk-replay")).to_be_visible()
    assert page.evaluate(fetched) >= 3


# ------------------------------------------------------------------------------------------- the two buttons
LINE = """%%kani crab --field line --seed 1 --seconds 30
from kani import *

while True:
    if left_eye() > 2000:
        motors(20, 60)
    elif right_eye() > 2000:
        motors(60, 20)
    else:
        forward(55)
    wait(0.01)
"""
OTHER = "%%kani other --field empty\nfrom kani import *\nimport statistics\nforward(60, 1)\n"


def test_a_program_is_tried_on_real_micropython_and_marked_for_the_robot(look: Opener, house: House) -> None:
    page = look("import robots.notebook", LINE, OTHER)
    for number in (1, 2, 3):
        run(page, number)
    expect(page.locator(".kk-replay")).to_have_count(2)
    told = page.locator(".kk-crab-told")
    page.locator("[data-crab=try]").first.click()
    expect(told.first).to_have_text("ためしています…")
    expect(told.first).to_have_attribute("data-good", "true", timeout=60_000)
    expect(told.first).to_contain_text("おめでとう！")
    page.locator("[data-crab=try]").nth(1).click()
    expect(told.nth(1)).to_have_attribute("data-good", "false", timeout=60_000)
    expect(told.nth(1)).to_contain_text("2ぎょうめ: 「statistics」")

    page.locator("[data-crab=send]").first.click()
    expect(told.first).to_contain_text("ロボットいきの しるしを つけました。")
    found = marked(house.pupil.folder)
    assert found is not None and found.unchanged and found.source.decode() == LINE.partition("\n")[2]
    prompts = page.locator(".jp-InputPrompt").all_inner_texts()
    assert [prompt for prompt in prompts if prompt.strip("[]: ")] == ["[1]:", "[2]:", "[3]:"], "buttons count as no cell"

    page.get_by_role("slider").first.fill("300")
    page.set_viewport_size({"width": 1080, "height": 980})
    page.locator(".kk-replay").first.evaluate("node => node.scrollIntoView({block: 'end'})")
    page.screenshot(path=ARTEFACTS / "crab-replay.png")
