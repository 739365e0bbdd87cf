"""Applying on a phone: without script, by keyboard, and with nothing that axe finds, in the three languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlite_utils import Database

from tests.conftest import ARTEFACTS
from tests.web.make import make_class
from web.apply import confirmations
from web.clock import now
from web.data import Row, every, one, value
from web.ids import new_id
from web.server import SiteServer

PHONE = {"width": 390, "height": 844}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
Visit = Callable[..., Page]


@pytest.fixture
def server(site: Flask) -> Iterator[SiteServer]:
    site.config["WTF_CSRF_ENABLED"] = True
    with SiteServer(site, "127.0.0.1", 0, clockwork=False) as running:
        yield running


@pytest.fixture
def visit(chromium: Browser, server: SiteServer) -> Iterator[Visit]:
    """``visit(script=True)``: a page of a phone."""
    contexts: list[BrowserContext] = []

    def make(*, script: bool = True) -> Page:
        context = chromium.new_context(base_url=server.address, viewport=PHONE, java_script_enabled=script, locale="ja-JP", has_touch=True)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def photo(page: Page, name: str) -> None:
    page.screenshot(path=str(ARTEFACTS / f"site-apply-{name}.png"), full_page=True)


def mailed_path(db: Database, template: str) -> str:
    body = value(db, "select body from mails where template = ? order by rowid desc", (f"apply/{template}",))
    found = re.search(r"http://[^/]+(/\S+)", body)
    assert found, body
    return found[1]


def a_class(db: Database, **more: object) -> Row:
    of_class = make_class(db, sessions=2, title_easy="はじめての カニロボット", contact_phone="076-220-2111", **more)
    db.table("class_questions").insert(
        {
            "id": new_id("question"),
            "class": of_class["id"],
            "position": 1,
            "kind": "choice",
            "text": "プログラミングの経験",
            "text_easy": "プログラミングを した ことが ありますか",
            "text_en": "Experience with programming",
            "reason": "班を分けるときに使います",
            "reason_easy": "グループを {決|き}めるためです",
            "reason_en": "We use it to form groups",
            "choices_json": '[["はじめて", "はじめて", "None"], ["少しある", "すこし", "A little"]]',
            "required": 1,
        }
    )
    return of_class


def test_a_family_with_two_children_applies_on_a_phone_without_script(db: Database, visit: Visit) -> None:
    of_class = a_class(db, capacity=1)
    page = visit(script=False)
    page.goto(f"/apply/{of_class['id']}/")
    photo(page, "1-address")
    page.fill("#email", "hanako@example.jp")
    page.click("text=リンクを送ってもらう")
    expect(page.locator("h1")).to_have_text("メールを見てください")
    photo(page, "2-sent")
    page.goto(mailed_path(db, "confirm-address"))
    _write_child(page, 0, "加賀 太郎", "かが たろう", ("2017", "6", "15"))
    page.click("text=お子さんを増やす")
    assert page.url.endswith("#child-2") and page.input_value("#children-0-name") == "加賀 太郎"
    _write_child(page, 1, "加賀 桃子", "かが ももこ", ("2016", "4", "2"))
    page.fill("#guardian_name", "加賀 花子")
    page.fill("#guardian_kana", "かが はなこ")
    page.fill("#phone", "090-1234-5678")
    page.check("#resident-0")
    page.locator("main form button.lk-primary").click()
    expect(page.locator(".lk-errors")).to_contain_text("同意が必要です")
    photo(page, "3-to-correct")
    page.check("#consent")
    page.locator("main form button.lk-primary").click()
    expect(page.locator("h1")).to_have_text("受け付けました")
    expect(page.locator(".lk-badge")).to_have_text(["参加できます", "キャンセル待ち 1番目"])
    photo(page, "4-done")
    page.click("text=ご家族のページへ")
    photo(page, "5-own-page")
    page.locator("a", has_text="取り下げる").first.click()
    page.click("button:has-text('取り下げる')")
    expect(page.locator(".lk-badge")).to_have_text(["取り下げました", "席が空きました（お返事ください）"])
    photo(page, "6-offer")
    page.click("button:has-text('参加する')")
    expect(page.locator(".lk-badge")).to_have_text(["取り下げました", "参加できます"])


def _write_child(page: Page, number: int, name: str, kana: str, born: tuple[str, str, str]) -> None:
    page.fill(f"#children-{number}-name", name)
    page.fill(f"#children-{number}-kana", kana)
    for part, given in zip(("year", "month", "day"), born, strict=True):
        page.select_option(f"#children-{number}-birth_{part}", given)
    page.locator(f"#child-{number + 1} label", has_text="はじめて").click()


def test_a_guardian_applies_with_the_keyboard_alone(db: Database, visit: Visit) -> None:
    of_class = a_class(db)
    page = visit()
    page.goto(f"/en/apply/{of_class['id']}/")
    _tab_to(page, "email")
    page.keyboard.type("ann@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Please look at your mail")
    page.goto(mailed_path(db, "confirm-address"))
    typed = {
        "children-0-name": "Ann Lee",
        "children-0-kana": "Ann Lee",
        "children-0-birth_year": "2017",
        "children-0-birth_month": "6",
        "children-0-birth_day": "15",
    }
    for field, words in typed.items():
        _tab_to(page, field)
        page.keyboard.type(words)
    _tab_to(page, r"children-0-question_\w+-0")
    page.keyboard.press("Space")
    for field, words in {"guardian_name": "Mary Lee", "guardian_kana": "メアリー", "phone": "090 1234 5678"}.items():
        _tab_to(page, field)
        page.keyboard.type(words)
    _tab_to(page, "resident-0")
    page.keyboard.press("Space")
    _tab_to(page, "consent")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("We have your application")
    family = one(db, "select guardian_name, phone, language from families")
    assert family == {"guardian_name": "Mary Lee", "phone": "09012345678", "language": "en"}
    assert every(db, "select name, kana, birth_date from participants") == [
        {"name": "Ann Lee", "kana": "Ann Lee", "birth_date": "2017-06-15"}
    ]


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the field with this id has the focus."""
    for _ in range(40):
        if re.fullmatch(name, page.evaluate("document.activeElement.id")):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by keyboard")


def test_axe_finds_nothing_in_a_form_to_correct_in_any_language(db: Database, visit: Visit) -> None:
    """tests/web/pages looks at every page as it opens; this one is as it comes back with errors."""
    of_class = a_class(db)
    link = f"/apply/{of_class['id']}/form/{confirmations.make(db, of_class, 'new@example.jp', 'ja', now())}"
    page = visit()
    for language in ("", "/easy", "/en"):
        page.goto(language + link)
        page.locator("main form button.lk-primary").click()
        expect(page.locator(".lk-errors")).to_be_visible()
        _axe(page)
        photo(page, f"to-correct{language.replace('/', '-')}")


def _axe(page: Page) -> None:
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
    _fits(page)


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than the screen"
