"""The page for a second screen: everything by keyboard, nothing for a machine to complain of, nothing for another site to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as BrowserPage
from rig import HASTY, Beside, Table, files_on, team

from kanikko.settings import PROJECT
from robots.flash.page.server import Page
from robots.flash.teams import Programs
from robots.virtual.faults import Faults

TABLET = {"width": 1080, "height": 810}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}}
PICTURE = PROJECT / "docs" / "images" / "flash-station.png"
TEAMS = Programs({str(number): team(str(number)) for number in range(1, 9)})
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def beside(table: Table, station: Callable[..., Beside]) -> Beside:
    for _ in range(4):
        table.add(wait=False)
    table.boards[3].faults = Faults(silent=True)
    teams = Programs({**TEAMS.teams, "9": team("9", profile="esp32")})
    made = station(programs=teams, enter_seconds=HASTY)
    made.wait_for(lambda views: sum(view.kind == "asks" for view in views) == 3)
    return made


@pytest.fixture
def address(beside: Beside) -> Iterator[str]:
    with Page(beside.station) as page:
        yield page.address


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[BrowserPage]:
    errors: list[str] = []
    context = chromium.new_context(viewport=TABLET, locale="ja-JP")  # type: ignore[arg-type]
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto(address)
    yield opened
    context.close()
    assert not errors, errors


def test_a_scan_gives_the_asked_board_to_its_team_by_keyboard_alone(page: BrowserPage, beside: Beside, table: Table) -> None:
    asked = beside.station.asked
    assert asked is not None
    expect(page.locator("#question")).to_contain_text(f"{asked.number}ばん")
    page.keyboard.type("kanikko:team:3\n")  # the field has the focus: a scanner types
    expect(page.locator("#said")).to_contain_text("チーム 3")
    row = page.locator("tr", has=page.get_by_role("rowheader", name=str(asked.number), exact=True))
    expect(row).to_contain_text("できあがり", timeout=20_000)
    expect(row).to_contain_text("○")
    board = next(board for board in table.boards if board.serial == asked.uid)
    assert files_on(board)["program.py"] == TEAMS.teams["3"].sha256


def test_a_row_is_worked_by_keyboard_and_keeps_the_focus(page: BrowserPage, beside: Beside) -> None:
    number = next(view.number for view in beside.station.views() if view.kind == "asks")
    field = page.get_by_label(f"{number}ばんの チームばんごう")
    field.focus()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    row = page.locator("tr", has=page.get_by_role("rowheader", name=str(number), exact=True))
    expect(row).to_contain_text("できあがり", timeout=20_000)
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label(f"{number}ばんの じこテスト")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("でんち", timeout=20_000)


def test_the_page_has_no_barriers_and_its_picture_is_kept(page: BrowserPage, beside: Beside) -> None:
    beside.station.answer("1")
    beside.station.answer("9")
    beside.wait_for(lambda views: {view.kind for view in views} == {"bad", "asks", "good"}, 40)
    expect(page.locator("tr.good")).to_have_count(1)
    expect(page.locator("tr.bad")).to_have_count(2)
    for viewport in (TABLET, {"width": 810, "height": 1080}):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "the page scrolls sideways"
        small = page.evaluate(
            """[...document.querySelectorAll("button, input")].map(e => [e.outerHTML, e.getBoundingClientRect()])
               .filter(([, r]) => r.width < 24 || r.height < 44).map(([t]) => t)"""
        )
        assert small == [], "too small for a finger"
    page.set_viewport_size(TABLET)  # type: ignore[arg-type]
    keep(page)


def keep(page: BrowserPage) -> None:
    picture = page.screenshot()
    try:
        PICTURE.write_bytes(picture)
    except OSError:  # a tree that this user may not write to
        (PROJECT / "tests" / "artefacts" / PICTURE.name).write_bytes(picture)


def test_text_from_outside_stays_text(chromium: Browser, table: Table, station: Callable[..., Beside]) -> None:
    table.add()
    beside = station(programs=Programs({"1": team("1").__class__("1", HOSTILE, b"stop()\n")}))
    beside.wait_for(lambda views: views and views[0].kind == "asks")
    beside.station.answer("1")
    with Page(beside.station) as served:
        context = chromium.new_context()
        opened = context.new_page()
        opened.goto(served.address)
        expect(opened.locator("tbody")).to_contain_text(HOSTILE)
        assert opened.locator("img").count() == 0
        context.close()


def test_another_site_can_change_nothing(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        first = client.get("/")
        assert "script-src 'self'" in first.headers["content-security-policy"]
        assert "unsafe" not in first.headers["content-security-policy"]
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", first.text)
        assert client.post("/answer", json={"team": "1"}).status_code == 403
        assert client.get("/state", headers={"Host": "evil.example:80"}).status_code == 403
        token = re.search('kanikko-token" content="([^"]+)"', first.text)
        assert token
        right = {"X-Kanikko-Token": token.group(1)}
        assert client.post("/answer", json={"team": ["1"]}, headers=right).status_code == 400
        assert client.post("/answer", json={"team": "x" * 9999}, headers=right).status_code in (400, 413)
        assert client.post("/boards/99/team", json={"team": "1"}, headers=right).json()["said"]
        assert client.get("/boards/1/again").status_code == 405


def test_beyond_this_computer_the_page_wants_its_token(beside: Beside) -> None:
    with Page(beside.station, host="0.0.0.0") as served, httpx.Client() as client:
        address = served.address.replace("0.0.0.0", "127.0.0.1")
        bare = address.partition("?")[0]
        assert client.get(bare).status_code == 403
        assert client.get(f"{bare}?token=wrong").status_code == 403
        opened = client.get(address, follow_redirects=True)
        assert opened.status_code == 200
        assert "token" not in str(opened.url)
        assert json.loads(client.get(f"{bare}state").text)["boards"]


def test_every_static_file_is_ours() -> None:
    folder = Path(__file__).resolve().parents[3] / "robots" / "flash" / "page" / "static"
    assert all("http" not in file.read_text().replace("http://www.w3.org/2000/svg", "") for file in folder.iterdir())
