"""What pupils and teachers do in a browser, step by step."""

from __future__ import annotations

import time
from typing import Any

import pyotp
from playwright.sync_api import Page, expect

from kanikko.demo import FIRST_LESSON

TOTP_STEP_SECONDS = 30


def pupil_signs_in(page: Page, url: str, class_code: str, pupil: dict[str, Any]) -> None:
    """Class code, own name, four pictures."""
    page.goto(url)
    page.get_by_label("コード").fill(class_code)
    page.get_by_role("button", name="つぎへ").click()
    page.locator(f"a[href*='{pupil['account']}']").click()
    for picture in pupil["pin"]:
        page.locator(f"[data-picture={picture}]").click()
    page.get_by_role("button", name="はいる").click()
    page.wait_for_url("**/hub/home")


def staff_signs_in(page: Page, url: str, staff: dict[str, Any]) -> None:
    """Password, then a fresh one-time code."""
    page.goto(f"{url}/hub/login/staff")
    page.get_by_label("アカウント").fill(staff["account"])
    page.get_by_label("パスワード").fill(staff["password"])
    page.get_by_role("button", name="次へ").click()
    if time.time() % TOTP_STEP_SECONDS > TOTP_STEP_SECONDS - 3:
        page.wait_for_timeout(4000)
    page.get_by_label("6けた").fill(pyotp.TOTP(staff["totp_secret"]).now())
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url("**/hub/home")


def opens_the_lesson(page: Page, lesson: str = FIRST_LESSON) -> None:
    """A lesson's button on the home page, until the notebook stands there with its kernel."""
    page.locator(f"main a.kk-button[href*='{lesson}']").click()
    page.wait_for_url("**/notebooks/**", timeout=120_000)
    page.wait_for_selector(".kk-label", timeout=120_000)
    expect(page.locator(".kk-saved[data-state=saved]")).to_be_visible(timeout=60_000)


def writes(page: Page, number: int, code: str) -> None:
    """Replace the text of the pupil's ``number``-th place to write (from 1), as from the keyboard."""
    place = page.locator(".jp-Notebook .jp-Cell", has=page.locator(".kk-label", has_text="ここに かいてね")).nth(number - 1)
    place.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def hands_in(page: Page) -> float:
    """Press ていしゅつ; answers the seconds until the points stand beside the notebook."""
    page.get_by_text("ていしゅつ", exact=True).click()
    pressed = time.monotonic()
    page.wait_for_selector(".kk-result progress")
    page.wait_for_selector(".kk-result .kk-score, .kk-result .kk-note", timeout=90_000)
    return time.monotonic() - pressed


def points(page: Page) -> str:
    """「5 / 10 てん」 as the panel beside the notebook says it."""
    return page.locator(".kk-result .kk-score").inner_text()
