"""The style guide in a real browser: axe, sizes, keyboard, with script and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kanikko.settings import PROJECT

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1366, "height": 900}
ARTEFACTS = PROJECT / "tests" / "artefacts" / "look"
SMALL = """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter(e => e.checkVisibility() && !e.matches('.lk-skip'))
  .map(e => [e, (e.closest('label.lk-choice, .lk-card-link, .lk-stat:has(a)') ?? e).getBoundingClientRect()])
  .filter(([e, r]) => r.height < 44 || r.width < 24).map(([e]) => e.outerHTML.slice(0, 90))"""


@pytest.fixture
def phone(guide_browser: BrowserContext) -> Iterator[Page]:
    page = guide_browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


@pytest.mark.parametrize("path", ["ja", "easy", "en", "staff"])
def test_axe_finds_nothing_and_fingers_hit_everything(phone: Page, path: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    phone.goto(path)
    for name, size in {"phone": PHONE, "desktop": DESKTOP}.items():
        phone.set_viewport_size(size)  # type: ignore[arg-type]
        phone.screenshot(path=ARTEFACTS / f"guide-{path}-{name}.png", full_page=True)
        results = Axe().run(phone, options=RULES)
        assert results.violations_count == 0, results.generate_report()
        assert phone.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "the page scrolls sideways"
        assert phone.evaluate(SMALL) == [], "too small for a finger"


def test_twice_as_large_letters_still_fit(phone: Page) -> None:
    phone.goto("ja")
    phone.set_viewport_size({"width": 320, "height": 640})
    assert phone.evaluate("document.documentElement.scrollWidth") == 320


def test_the_keyboard_reaches_everything_and_shows_where_it_is(phone: Page) -> None:
    phone.goto("staff")
    phone.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    wanted = phone.evaluate("[...document.querySelectorAll('a, button, select')].filter(e => e.checkVisibility()).length")
    seen = []
    for _ in range(wanted):
        phone.keyboard.press("Tab")
        seen.append(
            phone.evaluate(
                """() => { const at = document.activeElement, ring = getComputedStyle(at.closest('.lk-stat') ?? at);
                return [at.outerHTML, ring.outlineStyle, ring.outlineWidth, ring.outlineColor, ring.boxShadow.split(')')[0]] }"""
            )
        )
    assert len({html for html, *_ in seen}) == wanted
    assert {tuple(ring) for _, *ring in seen} == {("solid", "4px", "rgb(0, 0, 0)", "rgb(255, 212, 61")}


def test_the_first_key_offers_to_skip_to_the_content(phone: Page) -> None:
    phone.goto("staff")
    phone.keyboard.press("Tab")
    expect(phone.locator(".lk-skip")).to_be_focused()
    expect(phone.locator(".lk-skip")).to_be_in_viewport()
    phone.keyboard.press("Enter")
    expect(phone.locator("main")).to_be_focused()


def test_what_is_to_be_put_right_is_read_first_and_its_links_lead_there(phone: Page) -> None:
    phone.goto("ja")
    expect(phone.locator(".lk-errors")).to_be_focused()
    phone.locator(".lk-errors").get_by_role("link", name="ごきょうだいの申し込み").click()
    expect(phone.locator("#w_mode-0")).to_be_focused()


def test_a_form_is_sent_once_and_again_when_one_comes_back(phone: Page, guide_received: list[bytes]) -> None:
    phone.goto("ja")
    guide_received.clear()
    form = phone.locator("#buttons")
    with phone.expect_response("**/sent"):
        form.get_by_role("button", name="申し込む").click()
    form.get_by_role("button", name="申し込む").click()
    expect(form).to_have_attribute("aria-busy", "true")
    expect(phone.get_by_role("status")).to_have_text("おくっています…")
    assert len(guide_received) == 1
    phone.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    with phone.expect_response("**/sent"):
        form.get_by_role("button", name="申し込む").click()
    assert len(guide_received) == 2


def test_a_question_comes_first_and_no_is_no(phone: Page, guide_received: list[bytes]) -> None:
    phone.goto("ja")
    guide_received.clear()
    button = phone.get_by_role("button", name="取り消す")
    button.click()
    dialog = phone.get_by_role("dialog", name="この申し込みを取り消しますか。")
    assert Axe().run(phone, context=".lk-dialog", options=RULES).violations_count == 0
    dialog.get_by_role("button", name="いいえ").click()
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert guide_received == []
    button.click()
    phone.keyboard.press("Escape")
    assert guide_received == []
    button.click()
    with phone.expect_response("**/sent"):
        dialog.get_by_role("button", name="はい").click()
    assert guide_received == [b"what=withdraw"]


def test_the_letters_left_are_counted(phone: Page) -> None:
    phone.goto("ja")
    phone.locator("#why").fill("カニ🦀")
    expect(phone.locator("#why + .lk-count")).to_have_text("あと 197文字")
    expect(phone.locator("#w_why + .lk-count")).to_have_text("30文字 多すぎます")


def test_results_follow_the_choice_without_losing_the_place(phone: Page) -> None:
    phone.goto("staff")
    phone.get_by_label("状態").select_option("waiting")
    expect(phone.locator("#results [data-said]")).to_have_text("1件")
    expect(phone.get_by_role("status")).to_have_text("1件")
    assert phone.url.endswith("/found?state=waiting")


def test_without_script_the_menu_opens_and_forms_are_sent(chromium: Browser, guide_url: str, guide_received: list[bytes]) -> None:
    guide_received.clear()
    context = chromium.new_context(base_url=guide_url, java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("staff")
    link = page.get_by_role("link", name="メンター")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="メニュー").click()
    expect(link).to_be_visible()
    page.goto("ja")
    page.get_by_role("button", name="メニュー").click()
    expect(page.get_by_role("link", name="カレンダー", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_response("**/sent"):
        page.get_by_role("button", name="取り消す").click()
    assert guide_received == [b"what=withdraw"]
    context.close()


def test_on_paper_and_in_high_contrast_nothing_is_lost(phone: Page) -> None:
    phone.goto("staff")
    phone.emulate_media(media="print")
    expect(phone.locator(".lk-side")).to_be_hidden()
    expect(phone.locator("h1")).to_be_visible()
    phone.emulate_media(media="screen", forced_colors="active", reduced_motion="reduce")
    assert Axe().run(phone, options=RULES).violations_count == 0
    assert phone.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    phone.emulate_media(forced_colors="none", reduced_motion="no-preference")
