"""The kits' pages in a real browser: accessible in every language they have, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from sqlite_utils import Database

from tests.web.make import make_kit, make_staff
from web.clock import now, stamp
from web.data import every
from web.kits import booking, loans
from web.server import SiteServer
from web.staff.sessions import COOKIE, open_session

PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 1080, "height": 810}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def desk(chromium: Browser, site: Flask, db: Database) -> Iterator[BrowserContext]:
    with SiteServer(site, "127.0.0.1", 0, clockwork=False) as server:
        context = chromium.new_context(base_url=server.address, locale="ja-JP")
        context.set_default_timeout(15_000)
        token = open_session(db, make_staff(db)["id"], totp_done=True)
        context.add_cookies([{"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/"}])
        yield context
        context.close()


def _check(page: Page, path: str, *sizes: ViewportSize) -> None:
    page.goto(path)
    for size in sizes:
        page.set_viewport_size(size)
        found = Axe().run(page, options={"runOnly": TAGS})
        assert found.violations_count == 0, f"{path} {size}: {found.generate_report()}"
    for size in (PHONE, TABLET):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, size)


def test_the_kits_pages_are_accessible_in_every_language_they_have(desk: BrowserContext, db: Database) -> None:
    kit = make_kit(
        db, units=4, name_easy="カニの {道具|どうぐ}", name_en="Crab robot kit", description="せつめい", contents="ロボット\nケーブル"
    )
    units = [row["id"] for row in every(db, "select id from kit_units order by label")]
    at = [stamp(now() + timedelta(hours=hours)) for hours in (-1, 30)]
    made = booking.reserve(db, kit["id"], 3, *at, "system", borrower_name="武蔵町会")
    assert isinstance(made, str)
    loans.check_out(db, made, units[:2], "system")
    page = desk.new_page()
    _check(page, f"/kits/{kit['id']}", PHONE, TABLET)
    for path in (f"/easy/kits/{kit['id']}", f"/en/kits/{kit['id']}", "/en/kits/"):
        _check(page, path, PHONE)
    _check(page, "/staff/kits/", PHONE, TABLET)
    _check(page, f"/staff/kits/reservations/{made}", PHONE, TABLET)
    for path in (
        f"/staff/kits/kinds/{kit['id']}",
        f"/staff/kits/kinds/{kit['id']}/labels",
        f"/staff/kits/units/{units[0]}",
        "/staff/kits/reservations",
        "/staff/kits/reservations/new",
    ):
        _check(page, path, TABLET)


def test_what_is_wrong_in_a_request_is_read_first(desk: BrowserContext, db: Database) -> None:
    kit = make_kit(db, units=1)
    page = desk.new_page()
    page.goto(f"/easy/kits/{kit['id']}")
    page.locator(".lk-actions .lk-primary").click()
    expect(page.locator("[data-focus]")).to_be_focused()
    page.locator(".lk-errors a").first.click()
    expect(page.locator("#organisation")).to_be_focused()
