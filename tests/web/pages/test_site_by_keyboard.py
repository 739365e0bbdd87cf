"""A guardian's way through the site, by keyboard alone and without script; and the desk's work without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web import make
from tests.web.pages.pages_hands import Keys
from tests.web.pages.pages_look import DESKTOP, PHONE
from web.clock import now, stamp
from web.data import Row, every, one, value
from web.kits import booking
from web.lottery import book
from web.server import SiteServer
from web.staff.sessions import COOKIE, open_session

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
TYPED = {
    "children-0-name": "加賀 太郎",
    "children-0-kana": "かが たろう",
    "children-0-birth_year": "2017",
    "children-0-birth_month": "6",
    "children-0-birth_day": "15",
    "guardian_name": "加賀 花子",
    "guardian_kana": "かが はなこ",
    "phone": "076-220-0000",
}


@pytest.fixture
def visit(chromium: Browser, site: Flask, db: Database) -> Iterator[Visit]:
    """``visit(script=True, desk=False)``: a browser of somebody's own; forms need their token, as they really do."""
    site.config["WTF_CSRF_ENABLED"] = True
    contexts: list[BrowserContext] = []
    with SiteServer(site, clockwork=False) as server:

        def make_page(*, script: bool = True, desk: bool = False) -> Page:
            size = DESKTOP if desk else PHONE
            context = chromium.new_context(
                base_url=server.address, viewport=size, java_script_enabled=script, locale="ja-JP", reduced_motion="reduce"
            )
            context.set_default_timeout(15_000)
            contexts.append(context)
            if desk:
                token = open_session(db, make.make_staff(db, role="director")["id"], totp_done=True)
                context.add_cookies([{"name": COOKIE, "value": token, "url": server.address}])
            return context.new_page()

        yield make_page
        for context in contexts:
            context.close()


def mailed(db: Database, template: str) -> str:
    """The path of the link in the last mail of this kind."""
    body = value(db, "select body from mails where template = ? order by rowid desc", (f"apply/{template}",))
    found = re.search(r"http://[^/]+(/\S+)", body)
    assert found, body
    return found[1]


# ---------------------------------------------------------------------- a guardian
def test_a_guardian_finds_a_class_applies_and_withdraws_by_keyboard_alone(db: Database, visit: Visit) -> None:
    make.make_class(db)
    page = visit()
    keys = Keys(page)
    page.goto("/")
    keys.press(page.locator("main a[href='/classes/']"))
    keys.press(page.locator("main a", has_text="かにロボット"))
    keys.press(page.locator("main a", has_text="申し込む"))
    keys.type(page.locator("#email"), "hanako@example.jp")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("メールを見てください")
    page.goto(mailed(db, "confirm-address"))
    for field, words in TYPED.items():
        keys.type(page.locator(f"#{field}"), words)
    keys.press(page.locator("#resident-0"), "Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#resident-1")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#resident-0")).to_be_checked()
    keys.press(page.locator("#consent"), "Space")
    keys.press(page.locator("main form button.lk-primary"))
    expect(page.locator("h1")).to_have_text("受け付けました")
    keys.press(page.get_by_role("link", name="ご家族のページへ"))
    keys.press(page.get_by_role("link", name="取り下げる"))
    keys.press(page.get_by_role("button", name="取り下げる"))
    expect(page.locator(".lk-badge").first).to_have_text("取り下げました")
    assert keys.unseen == []
    assert value(db, "select state from entries") == "withdrawn"
    assert one(db, "select name, birth_date from participants") == {"name": "加賀 太郎", "birth_date": "2017-06-15"}


def test_a_guardian_finds_a_class_applies_and_withdraws_without_script(db: Database, visit: Visit) -> None:
    make.make_class(db)
    page = visit(script=False)
    page.goto("/")
    page.locator("main a[href='/classes/']").first.click()
    page.get_by_role("button", name="さがす").click()
    page.locator("main a", has_text="かにロボット").first.click()
    page.locator("main a", has_text="申し込む").first.click()
    page.fill("#email", "hanako@example.jp")
    page.get_by_role("button", name="リンクを送ってもらう").click()
    page.goto(mailed(db, "confirm-address"))
    for field, words in TYPED.items():
        page.select_option(f"#{field}", words) if "birth" in field else page.fill(f"#{field}", words)
    page.check("#resident-0")
    page.check("#consent")
    page.locator("main form button.lk-primary").click()
    expect(page.locator("h1")).to_have_text("受け付けました")
    page.get_by_role("link", name="ご家族のページへ").click()
    page.get_by_role("link", name="取り下げる").click()
    page.get_by_role("button", name="取り下げる").click()
    expect(page.locator(".lk-badge").first).to_have_text("取り下げました")


# ---------------------------------------------------------------------- the desk, without script
def test_staff_publishes_a_class_without_script(db: Database, visit: Visit) -> None:
    made = make.make_class(db, state="draft", contact_phone="076-220-0000")
    page = visit(script=False, desk=True)
    page.goto(f"/staff/classes/{made['id']}")
    page.get_by_role("button", name="公開する").click()
    expect(page.get_by_text("公開中").first).to_be_visible()
    assert value(db, "select state from classes") == "published"


def test_staff_draws_the_lot_without_script(db: Database, visit: Visit, site_settings: Settings) -> None:
    made = make.make_class(db, admission="lottery", capacity=1, apply_to=stamp(now() - timedelta(hours=1)))
    for _ in range(2):
        _applies(db, made, state="applied")
    book.commit(db, site_settings, made["id"], "system")
    page = visit(script=False, desk=True)
    page.goto(f"/staff/lottery/{made['id']}")
    for press in ("一覧を凍結して公開する", "くじを引いて下見する", "確定して、家族に知らせる"):
        page.get_by_role("button", name=press).click()
    expect(page.get_by_text("に確定しました")).to_be_visible()
    assert {row["state"] for row in every(db, "select state from entries")} == {"accepted", "waiting"}


def test_a_child_is_checked_in_by_list_and_by_code_without_script(db: Database, visit: Visit) -> None:
    made = make.make_class(db, starts=now() + timedelta(minutes=20))
    first, second = (_applies(db, made) for _ in range(2))
    page = visit(script=False, desk=True)
    page.goto("/door/")
    page.locator("main a", has_text="かにロボット").first.click()
    page.locator(f"[id='{first['id']}'] button.door-in").click()
    expect(page.locator(f"[id='{first['id']}']")).to_have_attribute("data-state", "present")
    page.get_by_role("searchbox", name="コードか名前").fill(second["checkin_code"])
    page.get_by_role("button", name="さがす").click()
    page.locator(f"[id='{second['id']}'] button.door-in").click()
    assert value(db, "select count(*) from attendances where state = 'present'") == 2


def test_a_kit_goes_out_and_comes_back_without_script(db: Database, visit: Visit) -> None:
    kit = make.make_kit(db, units=2)
    made = booking.reserve(db, kit["id"], 1, stamp(now()), stamp(now() + timedelta(days=2)), "system", borrower_name="武蔵町会")
    page = visit(script=False, desk=True)
    page.goto(f"/staff/kits/reservations/{made}")
    for press in ("貸し出す", "受け取る"):
        page.locator("[name=unit]").first.check()
        page.get_by_role("button", name=press, exact=True).click()
    expect(page.get_by_role("heading", name="返ってきたもの")).to_be_visible()
    assert value(db, "select count(*) from loans where returned_at is not null") == 1


def test_a_plan_of_mentors_is_made_and_adopted_without_script(db: Database, visit: Visit) -> None:
    made, skill = make.make_class(db), make.make_skill(db)
    db.table("class_mentors").insert({"class": made["id"], "skill": skill["id"], "role": "lead", "count": 1})
    make.make_mentor(db, skills=(skill["id"],))
    page = visit(script=False, desk=True)
    page.goto("/staff/dispatch/?first=2026-12-01&last=2026-12-31")
    page.get_by_role("button", name="計画を作る").click()
    adopt = page.get_by_role("button", name="この計画を採用する")
    adopt.click(timeout=60_000)  # the page asks again by itself until the plan is there
    assert value(db, "select state from plans") == "adopted"
    assert value(db, "select count(*) from assignments where state = 'planned'") == 1


def test_a_mail_is_sent_again_without_script(db: Database, visit: Visit) -> None:
    mail: dict[str, Any] = {
        "id": "mltest", "key": "k", "recipient": "z@example.jp", "language": "ja", "template": "apply/received", "subject": "受け付け",
        "body": "b", "state": "failed", "next_try_at": stamp(), "queued_at": stamp(), "tries": 9,
    }  # fmt: skip
    db.table("mails").insert(mail)
    page = visit(script=False, desk=True)
    page.goto("/staff/mail/mltest")
    page.get_by_role("button", name="もう一度送る").click()
    assert value(db, "select state from mails where id = 'mltest'") == "queued"


def _applies(db: Database, of_class: Row, state: str = "accepted") -> Row:
    family = make.make_family(db)
    return make.make_application(db, of_class, family, [make.make_participant(db, family)], state=state)[1][0]
