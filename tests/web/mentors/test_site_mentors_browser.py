"""The mentors' pages in a real browser: accessible with much on them, usable by keyboard, and the sheet on one page of paper."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pypdf import PdfReader
from sqlite_utils import Database

from tests.conftest import ARTEFACTS
from tests.web.make import make_class, make_mentor, make_place, make_session, make_staff
from tests.web.mentors.mentor_rows import make_assignment, sessions_of, state_of
from web.clock import now
from web.data import Row
from web.links import mentor_token
from web.mentors import records, sheets
from web.server import SiteServer
from web.staff.sessions import COOKIE, open_session

PHONE = {"width": 390, "height": 844}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def context(chromium: Browser, site: Flask, db: Database) -> Iterator[BrowserContext]:
    with SiteServer(site, "127.0.0.1", 0, clockwork=False) as server:
        made = chromium.new_context(base_url=server.address, locale="ja-JP", viewport=PHONE)  # type: ignore[arg-type]
        made.set_default_timeout(15_000)
        token = open_session(db, make_staff(db)["id"], totp_done=True)
        made.add_cookies([{"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/"}])
        yield made
        made.close()


@pytest.fixture
def mentor(db: Database) -> Row:
    """With an offer, a promise and six sessions given in November."""
    made, place = (
        make_mentor(db, skills=("scratch", "python"), name="能登 一郎", area="長町"),
        make_place(db, access="武蔵ヶ辻バス停から徒歩3分"),
    )
    first, second = sessions_of(db, make_class(db, sessions=2, place=place, contact_name="教室係", contact_phone="0762200001"))
    make_assignment(db, first["id"], made, "offered", role="lead")
    make_assignment(db, second["id"], made, "accepted")
    given = make_class(db, sessions=0, title="小学生のための ロボットプログラミング教室（中級）")
    for day in (1, 3, 8, 10, 15, 17):
        session = make_session(db, given, place, now().replace(day=day))
        make_assignment(db, session["id"], made, "done", attended=1)
    late = make_session(db, given, place, now() - timedelta(hours=2))
    make_assignment(db, late["id"], made, "accepted")
    sheets.keep_fare(db, made["id"], place["id"], 420, "北鉄バス 武蔵ヶ辻まで", "system")
    records.add_days(db, made["id"], now().date() + timedelta(days=4), now().date() + timedelta(days=5), None, "system", available=False)
    return made


def _check(page: Page, path: str, picture: str) -> None:
    page.goto(path)
    page.screenshot(path=ARTEFACTS / f"site-mentors-{picture}.png", full_page=True)
    found = Axe().run(page, options={"runOnly": TAGS})
    assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_page_full_of_work_is_accessible(context: BrowserContext, db: Database, mentor: Row) -> None:
    """Every page by itself, in each language and size: tests/web/pages."""
    page, own = context.new_page(), f"/mentor/{mentor_token(mentor)}"
    _check(page, f"/easy{own}/", "own-easy")
    _check(page, f"/staff/mentors/{mentor['id']}", "manage")


def test_an_offer_is_accepted_by_keyboard_and_a_promise_is_asked_about_before_it_is_broken(
    context: BrowserContext, db: Database, mentor: Row
) -> None:
    page = context.new_page()
    page.goto(f"/mentor/{mentor_token(mentor)}/")
    page.get_by_role("button", name="引き受ける").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("お待ちしています")).to_be_visible()
    offered = next(iter(db.query("select id from assignments where role = 'lead'")))["id"]
    assert state_of(db, offered) == "accepted"
    page.get_by_role("button", name="来られなくなった").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("お断りしますか")
    page.keyboard.press("Escape")
    assert state_of(db, offered) == "accepted"


def test_the_allowance_sheet_is_one_page_of_paper_with_stamp_boxes(context: BrowserContext, db: Database, mentor: Row) -> None:
    page = context.new_page()
    page.goto(f"/staff/mentors/{mentor['id']}/allowance/2026-11")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    (ARTEFACTS / "site-mentors-sheet.pdf").write_bytes(paper)
    pages = PdfReader(io.BytesIO(paper)).pages
    text = unicodedata.normalize("NFKC", "".join("".join(one.extract_text().split()) for one in pages)).replace("\u2ed1", "長")
    assert len(pages) == 1 and "交通費明細書" in text and "合計2,520円" in text and text.count("北鉄バス武蔵ヶ辻まで") == 6
    assert all(words in text for words in ("能登一郎様", "2026年11月分", "課長", "係長", "受領")) and "サインアウト" not in text
    assert "ブラウザーの" not in text and "メニュー" not in text
