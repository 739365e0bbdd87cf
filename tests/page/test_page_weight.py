"""What a tablet fetches to open a lesson, and from whom, in a real Chromium that two pupils use one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from hub.page import FILES_ADDRESS
from kanikko.settings import Settings
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.page.house import Door, Exchange, Pupil, free_port

FIRST_BYTES, SECOND_BYTES = 2_000_000, 150_000
ROOM_REQUESTS = 18
"""Requests to the room for a first opening, sockets not counted; Notebook as it comes makes 116."""
FEW_FILES = 20
ACCOUNTS = ("u2345abcde", "u2345abcdf")


@dataclass
class Opening:
    """One opening of the lesson: what crossed the network, by address, and what went wrong on the page."""

    page: Page
    bytes: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def total(self) -> float:
        return sum(self.bytes.values())

    def of_room(self) -> list[str]:
        return [url for url in self.bytes if "/user/" in url]


@pytest.fixture(params=["", "kanikko.localhost"], ids=["one-origin", "a-subdomain-each"])
def pupils(request: pytest.FixtureRequest, var: Path, exchange: Exchange) -> Iterator[list[Pupil]]:
    """Two pupils' servers behind the proxy, as in a house without and with a domain."""
    settings = Settings(var=var / "v", port=free_port(), domain=request.param)
    settings.make_dirs()
    door = Door(settings)
    made = [Pupil(var / account, var / f"{account}.scratch", exchange, free_port(), account=account, door=door) for account in ACCOUNTS]
    door.start(*made)
    for pupil in made:
        pupil.home.mkdir()
        pupil.scratch.mkdir()
    with ThreadPoolExecutor() as starting:
        list(starting.map(Pupil.start, made))
    yield made
    for pupil in made:
        pupil.die()
    door.stop()


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that keeps what it may keep, as a tablet does from one lesson to the next."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is missing: apt install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        yield (context := playwright.chromium.launch_persistent_context(str(tmp_path), executable_path=CHROMIUM, args=CHROMIUM_FLAGS))
        context.close()


def opens(tablet: BrowserContext, pupil: Pupil) -> Opening:
    """Open the lesson and run its first cell; answers once the kernel has."""
    page = tablet.new_page()
    opening = Opening(page)
    watch(tablet, opening)
    page.goto(pupil.notebook_url)
    expect(page.locator(".kk-label").first).to_be_visible(timeout=60_000)
    expect(page.locator(".kk-saved[data-state=saved]")).to_be_visible(timeout=30_000)
    page.locator(".jp-Notebook .jp-Cell >> nth=1 >> .cm-content").click()
    page.locator("[data-kk=run]").click()
    expect(page.get_by_text("カニは 3 ほ あるいた")).to_be_visible(timeout=60_000)
    return opening


def watch(tablet: BrowserContext, opening: Opening) -> None:
    """Count by the browser's own account; what comes from its cache counts nothing."""
    network = tablet.new_cdp_session(opening.page)
    network.send("Network.enable")
    address: dict[str, str] = {}
    cached: set[str] = set()

    def finished(event: dict[str, Any]) -> None:
        number = event["requestId"]
        if number in address and number not in cached:
            opening.bytes[address[number]] = opening.bytes.get(address[number], 0) + event["encodedDataLength"]

    def answered(event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache") or event["response"].get("fromPrefetchCache"):
            cached.add(event["requestId"])

    network.on("Network.requestWillBeSent", lambda event: address.__setitem__(event["requestId"], event["request"]["url"]))
    network.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    network.on("Network.responseReceived", answered)
    network.on("Network.loadingFinished", finished)
    opening.page.on("pageerror", lambda error: opening.errors.append(str(error)))
    opening.page.on("console", lambda said: opening.errors.append(said.text) if said.type == "error" else None)


def test_a_fresh_tablet_fetches_little_and_the_next_pupil_on_it_next_to_nothing(pupils: list[Pupil], tablet: BrowserContext) -> None:
    first = opens(tablet, pupils[0])
    assert first.page.evaluate("getComputedStyle(document.body).getPropertyValue('--jp-layout-color1').trim()"), "the theme is on"
    first.page.close()
    tablet.clear_cookies()
    second = opens(tablet, pupils[1])
    assert 1_000_000 < first.total <= FIRST_BYTES
    assert 1_000 < second.total <= SECOND_BYTES

    for opening in (first, second):
        static = re.compile(r"/static/|/lab/|/extensions/|/themes/|\.(?:js|css|ico|woff2?)\b|translations|settings")
        assert [url for url in opening.of_room() if static.search(url)] == [], "no such request reaches a room"
        assert len(opening.of_room()) <= ROOM_REQUESTS, opening.of_room()
        assert opening.errors == []
    files = [url for url in first.bytes if FILES_ADDRESS in url]
    assert {url.rpartition("/")[2] for url in files} >= {"theme.css", "settings.json", "words.json"}
    assert len(files) <= FEW_FILES, "python -m bench.record_chunks makes one file of the new ones"
    host = pupils[0].door.settings.public_url  # type: ignore[union-attr]
    assert all(url.startswith(f"{host}{FILES_ADDRESS}/") for url in files), "every pupil's browser knows them by the same address"
    assert [url for url in second.bytes if FILES_ADDRESS in url] == []
