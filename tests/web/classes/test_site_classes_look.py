"""Search, a class, the calendar and the desk's form in a real browser: nothing for axe-core to find, nothing refused by the policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlite_utils import Database

from tests.conftest import ARTEFACTS
from tests.web.conftest import TODAY
from tests.web.make import make_class, make_place, make_staff
from web.server import SiteServer
from web.staff.sessions import COOKIE, open_session

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}


@pytest.fixture
def address(site: Flask) -> Iterator[str]:
    with SiteServer(site, "127.0.0.1", 0, clockwork=False) as server:
        yield server.address


@pytest.fixture
def made(db: Database) -> dict[str, str]:
    place = make_place(db, access="バス停から2分", name_easy="{武蔵|むさし}")
    starts = datetime(2026, 12, 12, 10, tzinfo=TODAY.tzinfo)
    of_class = make_class(db, sessions=3, place=place, starts=starts, title_easy="はじめての かに", bring="ふでばこ")
    make_class(db, place=place, admission="lottery", language="en", starts=starts, title="えいごの教室", title_en="In English")
    return {"class": of_class["id"], "place": place["id"]}


def look_at(page: Page, path: str, name: str) -> None:
    answer = page.goto(path)
    assert answer is not None and answer.status == 200, path
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == [], path
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{path} is wider than the screen"
    page.screenshot(path=str(ARTEFACTS / f"site-classes-{name}.png"), full_page=True)


def test_families_and_staff_find_their_way_on_phone_and_desk(chromium: Browser, address: str, made: dict[str, str], db: Database) -> None:
    public = {
        "search": "/classes/?q=かに",
        "class": f"/classes/{made['class']}",
        "calendar": "/calendar/2026-12",
        "programme": "/programmes/7-6",
    }
    series = "weekday=5&rhythm=w1&from_day=2026-12-01&to_day=2027-01-31&starts=10:00&ends=12:00&skip_holidays=y"
    desk = {
        "form": f"/staff/classes/{made['class']}/edit",
        "manage": f"/staff/classes/{made['class']}",
        "series": f"/staff/classes/{made['class']}/sessions/series?{series}&place={made['place']}",
    }
    token = open_session(db, make_staff(db)["id"], totp_done=True)
    said: list[str] = []
    for size, viewport in SIZES.items():
        context = chromium.new_context(base_url=address, locale="ja-JP", viewport=viewport)  # type: ignore[arg-type]
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))  # where a browser reports what the policy refused
        page.on("pageerror", lambda error: said.append(str(error)))
        for name, path in (public if size == "phone" else desk).items():
            look_at(page, path, f"{name}-{size}")
        context.close()
    assert said == []


def test_a_search_works_by_keyboard_and_without_script(chromium: Browser, address: str, made: dict[str, str]) -> None:
    context = chromium.new_context(base_url=address, locale="ja-JP", viewport=SIZES["phone"], java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/classes/")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("かに")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "q=" in url)
    assert page.get_by_role("heading", name="2件の教室").is_visible()
    page.get_by_role("link", name="はじめての かにロボット").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/classes/{made['class']}")
    assert page.get_by_role("link", name="申し込む").is_visible()
    context.close()
