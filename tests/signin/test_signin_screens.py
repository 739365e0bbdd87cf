"""The sign-in pages in a real browser: by touch, by keyboard alone, and for everybody (WCAG 2.2 A and AA)."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from signin_house import House

from hub.signin.invitations import Invitations
from hub.signin.pictures import BY_ID
from kanikko.settings import PROJECT

pytestmark = pytest.mark.browser

ARTEFACTS = PROJECT / "tests" / "artefacts"
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PASSWORD = "correct horse battery"


@pytest.fixture
def screen(chromium: Browser, house: House) -> Iterator[Page]:
    """A school tablet, 1080×810, whose page may say nothing bad in the console."""
    context = chromium.new_context(viewport={"width": 1080, "height": 810}, base_url=house.url, has_touch=True, locale="ja-JP")
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    context.close()
    # A wrong answer is a 403, which Chromium writes there too.
    assert [trouble for trouble in troubles if "the server responded with a status of 40" not in trouble] == []


def look(page: Page, name: str) -> None:
    """Keep a picture of the page, and let axe look for barriers."""
    page.wait_for_load_state("load")
    page.screenshot(path=ARTEFACTS / f"signin-{name}.png")
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{name} is {overflow}px wider than the tablet"
    small = page.evaluate(
        """[...document.querySelectorAll("a, button, input:not([type=hidden])")].filter(e => e.checkVisibility() && !e.closest(".kk-skip"))
        .filter(e => !e.classList.contains("kk-skip")).map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([_, box]) => box.height < 44 || box.width < 44).map(([html]) => html)"""
    )
    assert small == [], "too small to touch"


def enter_class(page: Page, house: House) -> None:
    page.goto("/hub/login")
    page.get_by_label("コード").fill(house.fifth_grade.signin_code)
    page.get_by_role("button", name="つぎへ").click()
    page.wait_for_url("**/login/class")


def signed_in_as(page: Page) -> str:
    return page.evaluate("window.jhdata.user")


def test_a_child_signs_in_by_touch(screen: Page, house: House) -> None:
    pupil = house.pupil(0)
    pin = house.credentials.new_pin(pupil.account)
    screen.goto("/hub/login")
    look(screen, "1-start")
    enter_class(screen, house)
    look(screen, "2-class")
    assert screen.evaluate("document.documentElement.scrollHeight") <= 810, "forty names fit on one screen"
    screen.locator(".kk-name").first.tap()
    screen.wait_for_url("**/login/pictures?*")
    look(screen, "3-pictures")
    assert screen.evaluate("document.documentElement.scrollHeight") <= 810, "the pad fits on one screen"
    for picture in pin:
        screen.get_by_role("button", name=BY_ID[picture].name, exact=True).tap()
    look(screen, "4-pictures-chosen")
    screen.get_by_role("button", name="はいる", exact=True).tap()
    screen.wait_for_url("**/hub/home")
    assert signed_in_as(screen) == pupil.account
    screen.goto("/hub/login/class")
    assert screen.get_by_text(pupil.given_name).count() >= 1


def test_a_child_signs_in_by_keyboard_alone(screen: Page, house: House) -> None:
    pupil = house.pupil(1)
    pin = house.credentials.new_pin(pupil.account)

    def tab_to(test: str) -> None:
        for _ in range(80):
            screen.keyboard.press("Tab")
            if screen.evaluate(f"(e => {test})(document.activeElement)"):
                outline = screen.evaluate("getComputedStyle(document.activeElement).outlineWidth")
                assert outline == "4px", "the focus can be seen"
                return
        raise AssertionError(f"no way by keyboard to {test}")

    screen.goto("/hub/login")
    tab_to("e.id === 'code'")
    screen.keyboard.type(house.fifth_grade.signin_code)
    screen.keyboard.press("Enter")
    screen.wait_for_url("**/login/class")
    tab_to(f"e.href && e.href.includes('{pupil.account}')")
    screen.keyboard.press("Enter")
    screen.wait_for_url("**/login/pictures?*")

    tab_to("e.dataset.picture === 'cat'")  # a slip …
    screen.keyboard.press("Space")
    expect(screen.get_by_role("status")).to_have_text("えを 1つ えらびました。あと 3つ。")
    tab_to("e.id === 'undo'")  # … taken back
    screen.keyboard.press("Enter")
    expect(screen.get_by_role("status")).to_have_text("えを 0つ えらびました。あと 4つ。")
    for picture in pin:
        screen.locator(f"[data-picture={picture}]").focus()
        screen.keyboard.press("Enter")
    assert screen.evaluate("document.activeElement.id") == "enter"
    screen.keyboard.press("Enter")
    screen.wait_for_url("**/hub/home")
    assert signed_in_as(screen) == pupil.account


def test_a_wrong_pin_is_told_kindly_and_a_locked_one_says_how_long(screen: Page, house: House) -> None:
    pupil = house.pupil(2)
    pin = house.credentials.new_pin(pupil.account)[::-1]
    enter_class(screen, house)
    screen.locator(f"a[href*={pupil.account}]").click()
    for attempt in range(6):
        for picture in pin:
            screen.locator(f"[data-picture={picture}]").click()
        screen.get_by_role("button", name="はいる", exact=True).click()
        alert = screen.get_by_role("alert")
        expect(alert).to_contain_text("だいじょうぶ" if attempt < 5 else "まってから")
        if attempt in (0, 5):
            look(screen, "5-wrong-pin" if attempt == 0 else "6-wait")


def test_a_qr_card_opened_by_the_camera_signs_in_and_leaves_no_secret_behind(screen: Page, house: House) -> None:
    pupil = house.pupil(3)
    asked: list[str] = []
    screen.on("request", lambda request: asked.append(request.url))
    secret = house.credentials.issue_badge(pupil.account)
    screen.goto(f"/hub/badge#{secret}")
    screen.wait_for_url("**/hub/home")
    assert signed_in_as(screen) == pupil.account
    assert not [url for url in asked if secret in url.partition("#")[0]]
    screen.go_back()
    assert secret not in screen.url


def test_the_card_page(screen: Page) -> None:
    screen.goto("/hub/badge")
    look(screen, "7-badge")


def test_a_teacher_signs_in_and_prints_cards_and_pins(screen: Page, house: House) -> None:
    teacher = house.teacher.account
    house.credentials.set_password(teacher, PASSWORD)
    house.credentials.set_totp_secret(teacher, pyotp.random_base32())
    screen.goto("/hub/login/staff")
    look(screen, "8-password")
    screen.get_by_label("アカウント").fill(teacher)
    screen.get_by_label("パスワード").fill("wrong wrong wrong")
    screen.get_by_role("button", name="次へ").click()
    expect(screen.get_by_role("alert")).to_be_visible()
    look(screen, "9-wrong-password")
    screen.get_by_label("パスワード").fill(PASSWORD)
    screen.get_by_role("button", name="次へ").click()
    screen.wait_for_url("**/login/staff/code")
    look(screen, "10-code")
    screen.get_by_label("6けたの数字").fill(pyotp.TOTP(house.credentials.totp_secret(teacher)).now())
    screen.get_by_role("button", name="サインイン").click()
    screen.wait_for_url("**/hub/home")

    course = house.fifth_grade.course
    screen.goto(f"/hub/class/{course}/cards")
    look(screen, "11-cards")
    screen.get_by_role("button", name="全員分のカード").click()
    expect(screen.locator(".kk-idcard")).to_have_count(40)
    look(screen, "12-cards-sheet")
    assert screen.locator(".kk-a4").count() == 4
    clipped = screen.evaluate(
        """[...document.querySelectorAll('.kk-idcard')]
        .filter(c => c.scrollHeight > c.clientHeight + 1 || c.scrollWidth > c.clientWidth + 1).length"""
    )
    assert clipped == 0
    screen.pdf(path=ARTEFACTS / "signin-cards.pdf", prefer_css_page_size=True)
    screen.goto(f"/hub/class/{course}/pins")
    look(screen, "13-pins")
    screen.get_by_role("button", name="まだない").click()
    expect(screen.locator(".kk-slip").first).to_be_visible()
    look(screen, "14-pins-sheet")


def test_an_invitations_link_fills_in_its_code(screen: Page, house: House) -> None:
    person = house.roster.add_staff("見本", "次郎", "teacher")
    code = Invitations(house.credentials).invite(person.account)
    screen.goto(f"/hub/invitation#{code}")
    expect(screen.get_by_label("招待のコード")).to_have_value(code)
    assert code not in screen.url
    look(screen, "15-invitation-code")
    screen.get_by_role("button", name="次へ").click()
    expect(screen.get_by_role("button", name="設定してサインイン")).to_be_visible()
    look(screen, "16-invitation")
