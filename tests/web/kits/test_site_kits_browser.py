"""The kits' form in a real browser. (tests/web/pages looks at every page.)"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect
from sqlite_utils import Database

from tests.web.make import make_kit, make_staff
from web.server import SiteServer
from web.staff.sessions import COOKIE, open_session


@pytest.fixture
def desk(chromium: Browser, site: Flask, db: Database) -> Iterator[BrowserContext]:
    with SiteServer(site, "127.0.0.1", 0, clockwork=False) as server:
        context = chromium.new_context(base_url=server.address, locale="ja-JP")
        context.set_default_timeout(15_000)
        token = open_session(db, make_staff(db)["id"], totp_done=True)
        context.add_cookies([{"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/"}])
        yield context
        context.close()


def test_what_is_wrong_in_a_request_is_read_first(desk: BrowserContext, db: Database) -> None:
    kit = make_kit(db, units=1)
    page = desk.new_page()
    page.goto(f"/easy/kits/{kit['id']}")
    page.locator(".lk-actions .lk-primary").click()
    expect(page.locator("[data-focus]")).to_be_focused()
    page.locator(".lk-errors a").first.click()
    expect(page.locator("#organisation")).to_be_focused()
