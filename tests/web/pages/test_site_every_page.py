"""Every page of the site, as the table of routes names them: axe finds nothing, nor would a finger, a small screen or a strict browser.

As it stands, public pages on a phone in each language and at a desk in Japanese; the desk's pages at a desk. axe looks at each on a phone
in Japanese and in one of the other looks, by turns. With KANIKKO_EVERY_PAGE=1 all of them in every size and language, in the states of a
small site, and the demo year's, each with axe.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.conftest import ARTEFACTS
from tests.web.pages.conftest import EVERYTHING
from tests.web.pages.pages_filled import Address, Filled
from tests.web.pages.pages_look import DESKTOP, PHONE, faults_of
from web.staff.sessions import COOKIE, open_session

pytestmark = pytest.mark.browser

SIZES: dict[str, ViewportSize] = {"phone": PHONE, "desktop": DESKTOP}
LOOKS = [
    ("phone", "", False),
    ("phone", "easy", False),
    ("phone", "en", False),
    ("desktop", "", False),
    ("desktop", "", True),
]
ALWAYS, *BY_TURNS = [look for look in LOOKS if not look[2]]
if EVERYTHING:
    LOOKS += [("desktop", "easy", False), ("desktop", "en", False), ("phone", "", True)]


def test_every_route_that_shows_a_page_was_opened(filled: list[tuple[Filled, str]]) -> None:
    assert [why for site, _ in filled for why in site.shut] == []


@pytest.mark.timeout(1800 if EVERYTHING else 300)
@pytest.mark.parametrize(("size", "language", "desk"), LOOKS)
def test_nothing_is_wrong_with_any_page(chromium: Browser, filled: list[tuple[Filled, str]], size: str, language: str, desk: bool) -> None:
    found, looked = dict[str, list[str]](), 0
    for site, address in filled:
        context = chromium.new_context(base_url=address, viewport=SIZES[size], locale="ja-JP", has_touch=size == "phone")
        if desk:
            token = open_session(site.world.db, site.world.members["director"], totp_done=True)
            context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page, complaints = context.new_page(), list[str]()
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for number, each in enumerate(site.of(desk=desk)):
            complaints.clear()
            axe = EVERYTHING or desk or (size, language, desk) in (ALWAYS, BY_TURNS[number % len(BY_TURNS)])
            faults = _look(page, each, language, axe=axe)
            faults += [said for said in complaints if each.status == 200 or f"status of {each.status}" not in said]
            looked += 1
            if faults:
                found[f"{each.endpoint} {page.url}"] = faults
        context.close()
    _keep(f"{size}-{language or 'ja'}-{'desk' if desk else 'public'}", looked, found)
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)
    assert looked > 30


def _look(page: Page, each: Address, language: str, *, axe: bool) -> list[str]:
    if each.cookie:
        page.context.add_cookies([{"name": COOKIE, "value": each.cookie, "url": page.url}])
    answer = page.goto(f"/{language}{each.path}" if language else each.path)
    if each.cookie:
        page.context.clear_cookies(name=COOKIE)
    if answer is None or answer.status != each.status:
        return [f"answers {answer and answer.status}"]
    in_japanese = each.endpoint.startswith(("staff.", "door."))
    return faults_of(page, "en" if language == "en" and not in_japanese else "ja", axe=axe)


def _keep(name: str, looked: int, found: dict[str, list[str]]) -> None:
    folder = ARTEFACTS / "pages"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"pages": looked, "found": found}, ensure_ascii=False, indent=1))


def test_what_is_wrong_is_seen(chromium: Browser) -> None:
    page = chromium.new_page(viewport=PHONE)
    page.set_content(
        "<html lang=en><h1>One</h1><h1>Two</h1><button style='height:30px'>Press</button><a href=# style='display:block;height:20px'>x</a>"
        "<details><summary style='padding:1em'>More</summary><img src=data:,></details><div style='width:350px'>wide</div>"
    )
    found = " ".join(faults_of(page, "ja"))
    page.close()
    for fault in ("2 h1", "no title", "x30: <button", "x20: <a", "lang is not ja", "image-alt", "document-title", "at 320 px"):
        assert fault in found, found
