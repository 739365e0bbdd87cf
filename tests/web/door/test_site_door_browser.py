"""The door on a tablet: a camera, a connection that drops, two tablets, a sign-in that ends. A real browser and the real server."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlite_utils import Database

from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from tests.web.door.conftest import session_today
from tests.web.door.door_camera import film, qr_png
from tests.web.make import make_staff
from web.data import Row, every, value
from web.door.checkin import close_session
from web.server import SiteServer
from web.staff.sessions import COOKIE, open_session

CODE = "k7m2-9qfd-wx3a"
TABLET = {"width": 1080, "height": 810}
PHONE = {"width": 390, "height": 844}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def tablet_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with a camera before which somebody holds CODE."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is missing: apt install chromium fonts-noto-cjk")
    scene = film(CODE, tmp_path_factory.mktemp("camera") / "camera.y4m")
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={scene}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, *camera])
        yield browser
        browser.close()


@pytest.fixture
def server(site: Flask) -> Iterator[SiteServer]:
    site.config["WTF_CSRF_ENABLED"] = True
    with SiteServer(site, "127.0.0.1", 0, clockwork=False) as running:
        yield running


@pytest.fixture
def tablet(tablet_browser: Browser, server: SiteServer, db: Database) -> Iterator[BrowserContext]:
    context = tablet_browser.new_context(base_url=server.address, viewport=TABLET, locale="ja-JP", timezone_id="Asia/Tokyo")
    context.set_default_timeout(15_000)
    _sign_in(context, db)
    yield context
    context.close()


def _sign_in(context: BrowserContext, db: Database, role: str = "duty") -> str:
    token = open_session(db, make_staff(db, role=role)["id"], totp_done=True)
    context.add_cookies([{"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/"}])
    return token


def _open(context: BrowserContext, session: Row) -> Page:
    page = context.new_page()
    page.goto(f"/door/{session['id']}")
    expect(page.locator("#door-link [data-link=idle]")).to_be_visible()
    return page


def _keeps_the_shell(page: Page) -> None:
    at_work = "navigator.serviceWorker.controller?.state === 'activated'"
    page.wait_for_function(f"async () => {at_work} && Boolean(await caches.match('/door/shell'))")


def _type(page: Page, code: str) -> None:
    page.fill("#door-q", code)
    page.press("#door-q", "Enter")


def _present(db: Database, session: Row) -> list[str]:
    rows = every(db, "select participant from attendances where session = ? and state = 'present' order by 1", (session["id"],))
    return [row["participant"] for row in rows]


def _clean(page: Page, where: str) -> None:
    found = Axe().run(page, options={"runOnly": TAGS})
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"


def test_check_ins_without_connection_survive_a_reload_and_each_counts_exactly_once(tablet: BrowserContext, db: Database) -> None:
    session, entries = session_today(db, 22)
    page, other = _open(tablet, session), _open(tablet, session)
    _keeps_the_shell(page)
    tablet.set_offline(True)
    for entry in entries[:10]:
        _type(page, entry["checkin_code"])
    expect(page.locator(".door-said-word")).to_have_text("受け付けました")
    expect(page.locator("#door-link [data-link=waiting]")).to_contain_text("10件")
    page.reload()
    expect(page.locator(".door-name").first).to_have_text("加賀 00郎")
    expect(page.locator("#door-link [data-link=waiting]")).to_contain_text("10件")
    expect(page.locator(".door-child[data-unsent]")).to_have_count(10)
    for entry in entries[10:20]:
        page.locator(f"#{entry['id']} .door-in").click()
    _type(page, entries[3]["checkin_code"])
    expect(page.locator(".door-said-word")).to_have_text("もう受け付けています")
    page.locator(f"#{entries[19]['id']} .door-undo").click()
    expect(page.locator("[data-tally=here]")).to_have_text("19")
    assert _present(db, session) == []

    tablet.set_offline(False)
    expect(page.locator("#door-link [data-link=idle]")).to_be_visible(timeout=30_000)
    assert _present(db, session) == sorted(entry["participant"] for entry in entries[:19])
    assert value(db, "select count(*) from attendances") == 20
    expect(page.locator(".door-child[data-unsent]")).to_have_count(0)
    expect(other.locator("[data-tally=here]")).to_have_text("19", timeout=20_000)


def test_nothing_about_anybody_is_kept_for_longer_than_the_tab(tablet: BrowserContext, db: Database) -> None:
    session, entries = session_today(db, 3)
    page = _open(tablet, session)
    _keeps_the_shell(page)
    tablet.set_offline(True)
    page.locator(f"#{entries[0]['id']} .door-in").click()
    expect(page.locator("#door-link [data-link=waiting]")).to_contain_text("1件")
    kept = page.evaluate(
        """async () => {
          const texts = [JSON.stringify({ ...localStorage })];
          for (const name of await caches.keys()) for (const one of await (await caches.open(name)).keys())
            texts.push(one.url, await (await caches.match(one)).text());
          const db = await new Promise((done) => (indexedDB.open("kanikko-door").onsuccess = (event) => done(event.target.result)));
          const all = db.transaction("queue").objectStore("queue").getAll();
          const rows = await new Promise((done) => (all.onsuccess = () => done(all.result)));
          return [rows.map((row) => Object.keys(row).sort().join()), texts.join("\\n")];
        }"""
    )
    assert kept[0] == ["at,entry,key,session,state,via"]
    assert "加賀" not in kept[1]
    assert (
        page.evaluate(
            """() => {
          addEventListener("submit", (event) => event.preventDefault()); // only what the page itself does
          document.querySelector("form[action$='/sign-out']").requestSubmit();
          return Object.keys(sessionStorage).length;
        }"""
        )
        == 0
    )
    fresh = tablet.new_page()
    fresh.goto(f"/door/{session['id']}")
    expect(fresh.locator("#door-empty")).to_contain_text("名簿はこの端末に残していない")
    _type(fresh, entries[1]["checkin_code"])
    expect(fresh.locator(".door-said-word")).to_have_text("つながったら確かめます")
    tablet.set_offline(False)
    expect(fresh.locator(".door-child[data-state=present]:not([data-unsent])")).to_have_count(2, timeout=30_000)
    assert _present(db, session) == sorted(entry["participant"] for entry in entries[:2])


def test_when_the_sign_in_ends_the_queue_waits_and_goes_on_after_signing_in_again(tablet: BrowserContext, db: Database) -> None:
    session, entries = session_today(db, 2)
    page = _open(tablet, session)
    db.execute("delete from staff_sessions")
    db.commit() if db.conn.in_transaction else None
    page.locator(f"#{entries[0]['id']} .door-in").click()
    expect(page.locator("#door-link [data-link=sign-in]")).to_contain_text("1件")
    assert _present(db, session) == []
    _sign_in(tablet, db)
    page.reload()
    expect(page.locator("#door-link [data-link=idle]")).to_be_visible()
    assert _present(db, session) == [entries[0]["participant"]]


def test_a_code_before_the_camera_is_read_and_the_child_is_in(tablet: BrowserContext, db: Database) -> None:
    session, entries = session_today(db, 2)
    db["entries"].update(entries[0]["id"], {"checkin_code": CODE})
    page = _open(tablet, session)
    page.locator("#door-camera-button").click()
    expect(page.locator(".door-said-word")).to_have_text("受け付けました")
    expect(page.locator(".door-said-who")).to_contain_text("加賀 00郎")
    expect(page.locator(".door-child[data-state=present]:not([data-unsent])")).to_have_count(1)
    assert _present(db, session) == [entries[0]["participant"]]
    page.locator("#door-camera-button").click()
    expect(page.locator("#door-video")).to_be_hidden()


def test_the_decoder_reads_the_picture_of_the_confirmation(tablet: BrowserContext, db: Database, tmp_path: Path) -> None:
    session, _ = session_today(db, 1)
    page = _open(tablet, session)
    picture = base64.b64encode(qr_png(CODE, tmp_path / "code.png").read_bytes()).decode()
    read = page.evaluate(
        """async ([picture, module]) => {
          const { makeReader } = await import(module);
          const image = Object.assign(new Image(), { src: `data:image/png;base64,${picture}` });
          await image.decode();
          const canvas = Object.assign(document.createElement("canvas"), { width: 500, height: 400 });
          const brush = canvas.getContext("2d");
          brush.fillStyle = "white"; brush.fillRect(0, 0, 500, 400);
          brush.translate(180, 90); brush.rotate(0.3); brush.drawImage(image, 0, 0);
          return (await makeReader({ own: true }))(canvas, brush);
        }""",
        [picture, page.evaluate("document.querySelector('link[href$=\"scan.js\"]').href")],
    )
    assert read == CODE


def test_answers_that_come_after_the_child_went_in_wait_for_somebodys_eye(tablet: BrowserContext, db: Database) -> None:
    session, _ = session_today(db, 1)
    other = session_today(db, 1, title="カニの 上級")[1][0]
    page = _open(tablet, session)
    tablet.set_offline(True)
    _type(page, other["checkin_code"])
    expect(page.locator(".door-said-word")).to_have_text("つながったら確かめます")
    tablet.set_offline(False)
    expect(page.locator("#door-attention li")).to_contain_text("カニの 上級", timeout=30_000)
    page.get_by_role("button", name="確かめました").click()
    expect(page.locator("#door-attention")).to_be_hidden()


def test_the_doors_pages_are_accessible_on_tablet_and_phone(tablet: BrowserContext, db: Database, site: Flask) -> None:
    session, entries = session_today(db, 6)
    page = _open(tablet, session)
    _type(page, entries[0]["checkin_code"])
    page.get_by_role("button", name=re.compile("緊急の連絡先.*加賀 00郎")).click()
    expect(page.get_by_role("dialog")).to_contain_text("0762209999")
    _clean(page, "emergency contact")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("緊急の連絡先.*加賀 00郎"))).to_be_focused()
    for size in (TABLET, PHONE):
        page.set_viewport_size(size)
        _clean(page, f"list {size}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        small = page.evaluate(
            """[...document.querySelectorAll("main :is(a, button, input, summary)")].filter((one) => one.checkVisibility())
               .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent.trim())"""
        )
        assert small == [], size
        for path in ("/door/", f"/door/{session['id']}/walk-in", f"/door/{session['id']}/heads"):
            other = tablet.new_page()
            other.set_viewport_size(size)
            other.goto(path)
            if size is PHONE:
                _clean(other, path)
            assert other.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, size)
            other.close()
    page.get_by_role("button", name="まだ", exact=True).click()
    expect(page.locator(".door-child:visible")).to_have_count(5)
    close_session(db, session, "system")
    page.reload()
    expect(page.locator(".door-child[data-state=absent]")).to_have_count(5)


def test_a_walk_in_that_could_not_be_sent_stays_as_it_was_typed(tablet: BrowserContext, db: Database) -> None:
    session, _ = session_today(db, 1)
    page = tablet.new_page()
    page.goto(f"/door/{session['id']}/walk-in")
    for label, text in (
        ("お子さんの名前", "能登 花"),
        ("ふりがな", "のと はな"),
        ("保護者の名前", "能登 母"),
        ("保護者の電話", "0762201111"),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_label("学年").select_option("3")
    page.get_by_label("個人情報の扱いを説明し").check()
    tablet.set_offline(True)
    page.get_by_role("button", name="受け付ける").click()
    expect(page.locator("#door-unsent")).to_be_visible()
    tablet.set_offline(False)
    page.get_by_role("button", name="受け付ける").click()
    expect(page.locator(".lk-flashes")).to_contain_text("能登 花 さんを受け付けました")
    expect(page.locator(".door-child[data-state=present]")).to_have_count(1)
