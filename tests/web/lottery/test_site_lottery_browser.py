"""The lottery's pages and those of a selection in a real browser: nothing for axe to find, and a family repeats the draw on the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.make import make_application, make_class, make_family, make_participant, make_staff
from web import clock
from web.clock import moment, now, stamp
from web.data import Row
from web.ids import new_id
from web.lottery import book
from web.lottery.records import PublicNumber
from web.server import SiteServer
from web.staff.sessions import COOKIE, open_session

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def server(site: Flask) -> Iterator[SiteServer]:
    site.config["WTF_CSRF_ENABLED"] = True
    with SiteServer(site, "127.0.0.1", 0, clockwork=False) as running:
        yield running


def _apply(db: Database, made: Row, size: int, mode: str = "any") -> list[Row]:
    family = make_family(db, resident=size % 2)
    return make_application(db, made, family, [make_participant(db, family) for _ in range(size)], state="applied", mode=mode)[1]


def _lottery(db: Database, settings: Settings) -> Row:
    made = make_class(
        db, admission="lottery", capacity=6, residents_first=1, priority_not_drawn=1, apply_from=stamp(now() + timedelta(hours=1))
    )
    book.commit(db, settings, made["id"], "system", PublicNumber(name="第2050回 数字くじの本数字6個", digits=12))
    for size in (1, 1, 2, 1, 3, 1, 1, 2):
        _apply(db, made, size, "all" if size == 2 else "any")
    return made


def _academy(db: Database) -> tuple[Row, Row]:
    made = make_class(db, admission="selection", capacity=2, title="みらいクリエイター養成塾")
    question = {
        "id": new_id("question"),
        "class": made["id"],
        "position": 1,
        "kind": "text",
        "text": "作りたいものは何ですか",
        "reason": "r",
    }
    db["class_questions"].insert(question)
    entries = [entry for _ in range(4) for entry in _apply(db, made, 1)]
    reviewer, criterion = make_staff(db, role="reviewer"), new_id("criterion")
    db["criteria"].insert(
        {
            "id": criterion,
            "class": made["id"],
            "position": 1,
            "name": "やりたいこと",
            "hint": "5 具体的／1 よくわからない",
            "most": 5,
            "weight": 2,
        }
    )
    db["criteria"].insert({"id": new_id("criterion"), "class": made["id"], "position": 2, "name": "工夫", "most": 20, "weight": 1})
    db["reviewers"].insert({"class": made["id"], "staff": reviewer["id"]})
    for entry in entries:
        db["answers"].insert({"entry": entry["id"], "question": question["id"], "text": "雪かきを手伝うロボット"})
        for row in db.query("select * from criteria"):
            db["reviews"].insert({"entry": entry["id"], "reviewer": reviewer["id"], "criterion": row["id"], "points": 3, "at": stamp()})
    return made, entries[0]


def _look(page: Page, name: str) -> list[str]:
    """What axe finds; a picture is kept where KANIKKO_SCREENS says."""
    if folder := os.environ.get("KANIKKO_SCREENS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{name}: {fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


def test_axe_finds_nothing_and_the_draw_is_repeated_on_the_page(
    chromium: Browser, server: SiteServer, db: Database, site_settings: Settings
) -> None:
    made, (academy, entry) = _lottery(db, site_settings), _academy(db)
    clock.travel_to(moment(made["apply_to"]) + timedelta(minutes=1))
    book.freeze(db, made["id"], "system")
    book.enter_number(db, made["id"], "system", "021117233541")
    book.preview(db, site_settings, made["id"], "system")
    context = chromium.new_context(base_url=server.address, viewport=DESKTOP, locale="ja-JP")
    token = open_session(db, make_staff(db, role="director", id="stlook")["id"], totp_done=True)
    db["reviewers"].insert({"class": academy["id"], "staff": "stlook"})
    context.add_cookies([{"name": COOKIE, "value": token, "url": server.address}])
    page, said, found = context.new_page(), list[str](), list[str]()
    page.on("console", lambda message: said.append(message.text))
    selection = f"/staff/selection/{academy['id']}"
    for name, path in {
        "lottery-manage": f"/staff/lottery/{made['id']}", "selection-manage": selection,
        "selection-ranking": f"{selection}/ranking", "selection-review": f"{selection}/entries/{entry['id']}",
    }.items():  # fmt: skip
        page.goto(path)
        found += _look(page, name)

    page.goto(f"/staff/lottery/{made['id']}")
    page.get_by_role("button", name="確定して、家族に知らせる").click()
    page.get_by_role("button", name="はい").click()
    expect(page.get_by_text("種と結果を公開し、家族にメールを送ります。")).to_be_visible()

    page.set_viewport_size(PHONE)
    for language, verdict in {"": "このとおりの結果になります", "/easy": "ただ", "/en": "exactly this result"}.items():
        page.goto(f"{language}/lottery/{made['id']}/")
        page.locator("[data-redo-start]").click()
        expect(page.locator(".lottery-verdict")).to_contain_text(verdict)
        _open_all(page)
        found += _look(page, f"lottery-show{language.replace('/', '-')}")
    context.close()
    assert not found
    assert not said
