"""A whole site as it runs: real server, clockwork, SMTP server, browser; only the clock's hands are turned by the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.conftest import ARTEFACTS
from tests.web.mail.smtp_house import Handler
from tests.web.mail.smtp_house import House as PostOffice
from web.app import create_app
from web.clockwork import run_due
from web.data import open_database
from web.server import SiteServer, listen

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1366, "height": 900}


PHOTOS = ARTEFACTS / "year"


class House:
    """The running site, its mail, and pages for its people."""

    def __init__(self, app: Flask, address: str, mail: Handler, browser: Browser) -> None:
        self.app, self.address, self._mail, self._browser = app, address, mail, browser
        self.contexts: list[BrowserContext] = []
        self._photos = 0

    def page(self, size: dict[str, int] = DESK) -> Page:
        """A browser of somebody's own."""
        context = self._browser.new_context(base_url=self.address, viewport=size, locale="ja-JP", accept_downloads=True)
        context.set_default_timeout(8_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def letters(self, to: str, about: str) -> list[EmailMessage]:
        """What has arrived for somebody with these words in its subject, or this path in its text; everything queued is delivered first."""
        run_due(self.app)
        found = [letter for letter in self._mail.inbox if to in str(letter["To"])]
        return [letter for letter in found if about in str(letter["Subject"]) or (about.startswith("/") and about in text_of(letter))]

    def photo(self, page: Page, name: str) -> None:
        """A screenshot, kept in the order in which things happened."""
        self._photos += 1
        page.screenshot(path=str(PHOTOS / f"{self._photos:02}-{name}.png"), full_page=True)


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body else ""


def link_in(letter: EmailMessage, path: str) -> str:
    """The first link in a letter whose path begins so, without the host."""
    found = re.search(rf"https?://[^/\s]+({path}\S*)", text_of(letter))
    assert found, text_of(letter)
    return found[1]


@pytest.fixture
def house(tmp_path: Path, today: datetime, chromium: Browser) -> Iterator[House]:
    shutil.rmtree(PHOTOS, ignore_errors=True)
    PHOTOS.mkdir()
    post = PostOffice()
    post.start()
    with listen("127.0.0.1", 0) as listener:
        settings = Settings(
            var=tmp_path / "var",
            site_port=listener.getsockname()[1],
            smtp_host="127.0.0.1",
            smtp_port=post.port,
            smtp_security="none",
        )
        app = create_app(settings)
        with SiteServer(app, listener=listener, clockwork=False) as server:
            running = House(app, server.address, post.kept, chromium)
            yield running
            for number, context in enumerate(running.contexts):
                running.photo(context.pages[0], f"last-{number}")  # where each stood, if the test failed
                context.close()
    post.stop()


@pytest.fixture
def house_db(house: House) -> Iterator[Database]:
    database = open_database(house.app.config["SITE"].settings.site_db)
    with house.app.app_context():
        yield database
    database.close()
