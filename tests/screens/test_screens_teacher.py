"""What a teacher sees and does on the hub's screens."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import threading
from collections.abc import Callable

import httpx
from playwright.sync_api import Locator, Page, expect
from screens_city import PORTRAIT, City, picture, wait_for, xsrf

from grading.exchange.store import Store
from lessons.library import lessons
from robots.flash.package import read_package

OpenPage = Callable[..., Page]
KANI, KANI_TITLE = "kani-wo-ugokasou", "カニを {動|うご}かそう"


def line(page: Page, account: str) -> Locator:
    return page.locator(f"tr[data-account={account}]")


def cell(page: Page, account: str, name: str) -> Locator:
    return line(page, account).locator(f"[data-cell={name}]")


def test_a_teacher_finds_his_classes_and_only_his(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[0].course
    teacher = clean.teacher(course)
    page = open_page(teacher)
    shown = page.locator(".ks-class-link strong").all_inner_texts()
    assert shown == [found.title for found in clean.roster.classes_of(teacher.account)]
    picture(page, "classes")
    page.get_by_role("link", name=clean.roster.school_class(course).title).first.click()  # type: ignore[union-attr]
    page.wait_for_url("**/hub/class/*")


def test_the_list_changes_by_itself_while_a_pupil_opens_and_hands_in(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    clean.release(course, KANI, KANI_TITLE)
    aiko, bunta, chie = clean.pupils(course)[:3]
    page = open_page(clean.teacher(course), f"/hub/class/{course}")
    page.evaluate("window.untouched = true")
    expect(page.locator("#rows tr")).to_have_count(len(clean.pupils(course)))
    expect(cell(page, aiko.account, "state")).to_have_text("まだ")
    expect(page.locator("[data-count=started]")).to_have_text("0")

    child = open_page(aiko, f"/hub/lesson/{course}/{KANI}")
    expect(cell(page, aiko.account, "state")).to_have_text("とちゅう")
    child.wait_for_url("**/kanikko/open/**", timeout=30_000)
    expect(cell(page, aiko.account, "server")).to_have_text("開いています")

    handed = clean.hand_in(course, KANI, aiko.account)
    expect(cell(page, aiko.account, "state")).to_have_text("採点待ち", timeout=3_000)
    expect(cell(page, aiko.account, "submitted")).not_to_be_empty()
    clean.grade(handed, 10)
    expect(cell(page, aiko.account, "state")).to_have_text("採点済み", timeout=3_000)
    expect(cell(page, aiko.account, "points")).to_have_text("10 / 10")

    clean.grade(clean.hand_in(course, KANI, bunta.account), 5, flagged=True, note="時間がたりませんでした。")
    expect(cell(page, bunta.account, "flags")).to_contain_text("確認してください(1か所)", timeout=3_000)
    expect(cell(page, bunta.account, "note")).to_have_text("時間がたりませんでした。")
    expect(cell(page, chie.account, "flags")).to_be_hidden()
    for counter, number in (("started", "2"), ("handed_in", "2"), ("full", "1")):
        expect(page.locator(f"[data-count={counter}]")).to_have_text(number)
    assert page.evaluate("window.untouched"), "the page was loaded again"
    picture(page, "class")
    page.set_viewport_size(PORTRAIT)  # type: ignore[arg-type]
    picture(page, "class-portrait")


def test_the_list_heals_when_the_exchange_or_the_hub_was_away(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    clean.release(course, "yasumi", "おやすみ")
    aiko, bunta = clean.pupils(course)[3:5]
    clean.stop("exchange")
    try:
        page = open_page(clean.teacher(course), f"/hub/class/{course}")
        expect(page.get_by_text("提出サービスにつながりません")).to_be_visible()
        expect(page.locator("#rows tr")).to_have_count(len(clean.pupils(course)))
        picture(page, "class-away")
    finally:
        clean.start_exchange()
    expect(page.get_by_text("提出サービスにつながりません")).to_be_hidden(timeout=15_000)
    page.goto(f"/hub/class/{course}")
    clean.stop("hub")
    clean.start_hub()
    clean.grade(clean.hand_in(course, "yasumi", aiko.account), 1)
    expect(cell(page, aiko.account, "state")).to_have_text("採点済み", timeout=25_000)
    clean.grade(clean.hand_in(course, "yasumi", bunta.account), 1)
    expect(cell(page, bunta.account, "state")).to_have_text("採点済み", timeout=5_000)


def test_the_hub_listens_to_the_exchange_once_however_many_watch(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    clean.release(course, KANI, KANI_TITLE)
    teacher = clean.teacher(course)
    pages = [open_page(teacher, f"/hub/class/{course}") for _ in range(3)]
    pupil = clean.pupils(course)[8]
    handed = clean.hand_in(course, KANI, pupil.account)
    for page in pages:
        expect(cell(page, pupil.account, "state")).to_have_text("採点待ち", timeout=3_000)
    asked_before = asked(clean, "/api/progress/")
    clean.grade(handed, 4)
    for page in pages:
        expect(cell(page, pupil.account, "state")).to_have_text("採点済み", timeout=3_000)
    assert asked(clean, "/api/progress/") - asked_before <= 2, "each watcher asks for itself"
    assert asked(clean, "/api/events") <= 1 + clean.restarts, "each watcher subscribes for itself"


def asked(city: City, path: str) -> int:
    """How often the exchange has answered such a request (the open stream is not counted: it has not ended)."""
    return city.log("exchange").count(path)


def test_a_teacher_releases_a_lesson_and_withdraws_it(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    lesson = lessons()[0]
    page = open_page(clean.teacher(course), f"/hub/class/{course}")
    expect(page.get_by_text("まだ課題を配布していません")).to_be_visible()
    picture(page, "class-no-lesson")
    grader = Grader(clean, lesson.id, lesson.plain_title)
    with grader:
        page.get_by_role("button", name=re.compile(f"配布する.*{lesson.plain_title}")).click()
        expect(page.get_by_role("status").filter(has_text="配布しています")).to_be_visible()
        expect(page.locator(".ks-chip[aria-current]")).to_have_text(lesson.plain_title, timeout=20_000)
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_text("課題を配布する・取り下げる").click()
        page.get_by_role("button", name=re.compile(f"取り下げる.*{lesson.plain_title}")).click()
        expect(page.get_by_text("まだ課題を配布していません")).to_be_visible(timeout=20_000)
    assert f"release by {clean.teacher(course).account} course={course} lesson={lesson.id}" in clean.log("hub")
    assert clean.teacher(course).family_name not in clean.log("hub")


def test_a_release_that_fails_says_why(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    lesson = lessons()[0]
    page = open_page(clean.teacher(course), f"/hub/class/{course}")
    with Grader(clean, lesson.id, lesson.plain_title, fails="ノートブックが壊れています。"):
        page.get_by_role("button", name=re.compile(f"配布する.*{lesson.plain_title}")).click()
        expect(page.get_by_role("status").filter(has_text="ノートブックが壊れています")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name=re.compile(f"配布する.*{lesson.plain_title}"))).to_be_enabled()
    page.wait_for_timeout(1500)  # the event of the same failure may come after the answer: the reason stays
    expect(page.get_by_role("status").filter(has_text="ノートブックが壊れています")).to_be_visible(timeout=100)


class Grader(threading.Thread):
    """Does the jobs of the queue that release and withdraw, as the grading worker does."""

    def __init__(self, city: City, lesson: str, title: str, fails: str = "") -> None:
        super().__init__(daemon=True)
        self.city, self.lesson, self.title, self.fails, self.ending = city, lesson, title, fails, threading.Event()

    def run(self) -> None:
        store = Store(self.city.settings)
        while not self.ending.wait(0.1):
            job = store.claim_job(("release", "withdraw"))
            if job is None:
                continue
            if self.fails:
                store.fail_job(job, self.fails)
                continue
            if job.kind == "release":
                self.city.release(job.course, self.lesson, self.title)
            else:
                store.withdraw(job.course, job.lesson)
            store.finish_job(job)
        store.close()

    def __enter__(self) -> Grader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self.join(5)


def test_the_formgrader_opens_on_the_teachers_server_for_the_class(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    teacher = clean.teacher(course)
    page = open_page(teacher, f"/hub/class/{course}")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="採点画面").click()
    opened.value.wait_for_url(f"**/user/{teacher.account}/{course}/formgrader", timeout=30_000)


def test_marks_come_as_a_table_with_names_and_points(clean: City) -> None:
    course = clean.classes[3].course
    clean.release(course, KANI, KANI_TITLE)
    clean.release(course, "omikuji", "おみくじ")
    aiko, bunta = clean.pupils(course)[:2]
    clean.grade(clean.hand_in(course, KANI, aiko.account), 7.5)
    clean.hand_in(course, "omikuji", bunta.account)
    answer = clean.client(clean.teacher(course)).get(f"/hub/class/{course}/marks.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0] == ["番号", "名前", "ふりがな", "カニを 動かそう(10点満点)", "おみくじ"]
    assert table[1] == ["1", aiko.name, aiko.kana, "7.5", ""]
    assert table[2] == ["2", bunta.name, bunta.kana, "", "採点中"]
    assert len(table) == 1 + len(clean.pupils(course))


def test_programs_for_the_robots_come_as_one_package_without_names(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[3].course
    clean.release(course, "my-robots", "ロボット")
    aiko, bunta, chie = clean.pupils(course)[:3]
    program = "from kani import *\nまえ(60)\n".encode()
    mark = {"program": "crab.py", "sha256": hashlib.sha256(program).hexdigest(), "at": "2026-11-23T10:00:00+09:00"}
    page = open_page(clean.teacher(course), f"/hub/class/{course}?lesson=my-robots")
    page.get_by_role("link", name="ロボットのプログラム").click()
    expect(page.get_by_role("heading", name="ロボットのプログラム")).to_be_visible()  # nobody has marked one yet: says how
    picture(page, "no-robots")
    page.go_back()

    for pupil in (bunta, aiko):
        clean.hand_in(course, "my-robots", pupil.account, crab_py=program, robot_json=json.dumps(mark).encode())
    clean.hand_in(course, "my-robots", chie.account)
    with page.expect_download() as download:
        page.get_by_role("link", name="ロボットのプログラム").click()
    place = download.value.path()
    manifest, teams = read_package(place)
    assert manifest.event == f"{course}-my-robots"
    assert [(team.team, team.program) for team in teams] == [("1", program), ("2", program)]
    everything = place.read_bytes() + str(manifest).encode()
    for pupil in (aiko, bunta):
        assert pupil.family_name.encode() not in everything and pupil.kana.encode() not in everything


def test_a_pupil_who_locked_himself_out_is_let_in_by_the_teacher(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    pupil = clean.pupils(course)[6]
    page = open_page(clean.teacher(course), f"/hub/class/{course}")
    expect(cell(page, pupil.account, "locked")).to_be_hidden()
    lock_out(clean, pupil.account)
    expect(cell(page, pupil.account, "locked")).to_be_visible(timeout=5_000)
    cell(page, pupil.account, "locked").get_by_role("button").click()
    wait_for(lambda: clean.credentials.limits.wait_of(pupil.account) == 0)
    expect(cell(page, pupil.account, "locked")).to_be_hidden()


def lock_out(city: City, account: str) -> None:
    from hub.signin.limits import GUESSES, Attempt

    for _ in range(10):
        city.credentials.limits.admit(Attempt("127.0.0.1", GUESSES, account))


def test_the_list_sorts_by_any_column(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    clean.release(course, "sort", "ならべかえ")
    pupils = clean.pupils(course)
    clean.grade(clean.hand_in(course, "sort", pupils[20].account), 9)
    page = open_page(clean.teacher(course), f"/hub/class/{course}?lesson=sort")
    page.get_by_role("button", name="点数").click()
    page.get_by_role("button", name="点数").click()
    expect(page.locator("#rows tr").first).to_have_attribute("data-account", pupils[20].account)
    expect(page.locator("th[aria-sort]")).to_have_text("点数")
    page.get_by_role("button", name="番号").click()
    expect(page.locator("#rows tr").first).to_have_attribute("data-account", pupils[0].account)


def test_what_a_pupil_or_a_note_says_is_never_html(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    clean.release(course, "html", "<i>だい</i>")
    pupil = clean.pupils(course)[7]
    page = open_page(clean.teacher(course), f"/hub/class/{course}?lesson=html")
    expect(page.locator(".ks-chip[aria-current]")).to_have_text("<i>だい</i>")
    clean.grade(clean.hand_in(course, "html", pupil.account), 1, note="<img src=x onerror=alert(1)>")
    expect(cell(page, pupil.account, "note")).to_have_text("<img src=x onerror=alert(1)>", timeout=5_000)
    page.reload()
    expect(cell(page, pupil.account, "note")).to_have_text("<img src=x onerror=alert(1)>")


def test_a_form_from_elsewhere_changes_nothing(clean: City) -> None:
    course = clean.classes[2].course
    client = clean.client(clean.teacher(course))
    pupil = clean.pupils(course)[0].account
    here = f"/hub/class/{course}"
    for path in (
        f"{here}/lessons/{KANI}/release", f"{here}/pupils/{pupil}/unlock", f"{here}/pupils/{pupil}/start", f"{here}/start",
        f"{here}/times", "/hub/start", "/hub/start/events",
    ):  # fmt: skip
        answer: httpx.Response = client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, path
    assert xsrf(client)
