"""What a pupil sees and does on the hub's screens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from screens_city import PORTRAIT, City, picture, xsrf

OpenPage = Callable[..., Page]
KANI, OMIKUJI = "kani-wo-ugokasou", "omikuji"
KANI_TITLE, OMIKUJI_TITLE = "カニを {動|うご}かそう", "おみくじを {作|つく}ろう"


def card(page: Page, lesson: str) -> Locator:
    return page.locator(f"[data-lesson={lesson}]")


def test_a_child_without_lessons_reads_a_kind_word(clean: City, open_page: OpenPage) -> None:
    page = open_page(clean.pupils(clean.classes[0].course)[0])
    expect(page.get_by_text("まっててね")).to_be_visible()
    picture(page, "home-empty")


def test_a_child_sees_each_lesson_with_its_state_in_words_and_pictures(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[0].course
    for lesson, title in ((KANI, KANI_TITLE), (OMIKUJI, OMIKUJI_TITLE), ("janken", "じゃんけん"), ("kazuate", "{数|かず}あて")):
        clean.release(course, lesson, title)
    pupil = clean.pupils(course)[1]
    clean.grade(clean.hand_in(course, OMIKUJI, pupil.account), 10)
    clean.hand_in(course, "janken", pupil.account)
    clean.client(pupil).get(f"/hub/lesson/{course}/kazuate")
    page = open_page(pupil)
    for lesson, state in ((KANI, "まだ"), ("kazuate", "とちゅう"), ("janken", "ていしゅつした"), (OMIKUJI, "かえってきた")):
        expect(card(page, lesson).locator(".ks-state")).to_have_text(state)
        expect(card(page, lesson).locator(".ks-state svg")).to_be_visible()
    expect(card(page, OMIKUJI)).to_contain_text(re.compile(r"10\s*/\s*10"))
    expect(card(page, OMIKUJI)).to_contain_text("満点")
    expect(page.get_by_role("heading", level=1)).to_contain_text(pupil.given_name)
    picture(page, "home")
    page.set_viewport_size(PORTRAIT)  # type: ignore[arg-type]
    picture(page, "home-portrait")


def test_readings_stand_over_the_kanji_that_the_grade_has_not_learned(clean: City, open_page: OpenPage) -> None:
    by_grade = {found.grade: found for found in clean.classes}
    youngest, oldest = by_grade[min(filter(None, by_grade))], by_grade[max(filter(None, by_grade))]
    for school_class in (youngest, oldest):
        clean.release(school_class.course, OMIKUJI, "{題名|だいめい}")
    page = open_page(clean.pupils(youngest.course)[0])
    assert card(page, OMIKUJI).locator("h3 ruby rt").all_inner_texts() == ["だいめい"]
    page = open_page(clean.pupils(oldest.course)[0])
    assert card(page, OMIKUJI).locator("h3 ruby").count() == 0


def test_a_tap_opens_the_lesson_and_it_is_tochuu_from_then_on(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[0].course
    clean.release(course, KANI, KANI_TITLE)
    pupil = clean.pupils(course)[2]
    page = open_page(pupil)
    card(page, KANI).get_by_role("link", name="はじめる").click()
    expect(page.get_by_role("heading", name="よういしています")).to_be_visible()
    picture(page, "waiting")
    page.wait_for_url(f"**/user/{pupil.account}/kanikko/open/{course}/{KANI}", timeout=30_000)
    expect(page.get_by_text("tiny server")).to_be_visible()
    page.goto("/hub/home")
    expect(card(page, KANI).locator(".ks-state")).to_have_text("とちゅう")
    card(page, KANI).get_by_role("link", name="つづける").click()  # the server runs: no waiting page in between
    page.wait_for_url(f"**/user/{pupil.account}/kanikko/open/{course}/{KANI}")


def test_a_start_that_fails_is_tried_again_before_the_child_hears_of_it(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[0].course
    clean.release(course, KANI, KANI_TITLE)
    pupil = clean.pupils(course)[3]
    (clean.settings.var / f"{pupil.account}.fails").write_text("1")
    page = open_page(pupil, f"/hub/lesson/{course}/{KANI}")
    expect(page.get_by_role("status")).to_contain_text("もういちど ためしています", timeout=10_000)
    page.wait_for_url("**/kanikko/open/**", timeout=30_000)


def test_a_start_that_keeps_failing_ends_in_kind_words_and_a_button(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[0].course
    clean.release(course, KANI, KANI_TITLE)
    pupil = clean.pupils(course)[4]
    (clean.settings.var / f"{pupil.account}.fails").write_text("4")
    page = open_page(pupil, f"/hub/lesson/{course}/{KANI}")
    again = page.get_by_role("button", name="もういちど")
    expect(again).to_be_visible(timeout=40_000)
    expect(again).to_be_focused()
    expect(page.locator("main")).not_to_contain_text("says the test")
    picture(page, "waiting-trouble")
    again.click()
    page.wait_for_url("**/kanikko/open/**", timeout=30_000)


def test_a_page_of_a_sleeping_server_wakes_it_and_comes_back_to_the_same_page(clean: City, open_page: OpenPage) -> None:
    pupil = clean.pupils(clean.classes[0].course)[5]
    page = open_page(pupil, f"/user/{pupil.account}/notebooks/kani.ipynb")
    expect(page.get_by_role("heading", name="おやすみちゅう")).to_be_visible()
    picture(page, "asleep")
    page.get_by_role("link", name="もういちど ひらく").click()
    page.wait_for_url(f"**/user/{pupil.account}/notebooks/kani.ipynb", timeout=30_000)
    expect(page.get_by_text("tiny server")).to_be_visible()


def test_without_the_exchange_the_home_page_opens_and_recovers_by_itself(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[0].course
    clean.release(course, KANI, KANI_TITLE)
    clean.stop("exchange")
    try:
        page = open_page(clean.pupils(course)[6])
        expect(page.get_by_text("じゅんびを しています")).to_be_visible()
        picture(page, "home-resting")
    finally:
        clean.start_exchange()
    expect(card(page, KANI)).to_be_visible(timeout=20_000)


def test_a_home_that_is_nearly_full_is_shown(clean: City, open_page: OpenPage) -> None:
    pupil = clean.pupils(clean.classes[0].course)[7]
    home = clean.settings.homes_dir / pupil.account
    home.mkdir(parents=True)
    (home / "film").write_bytes(b"x" * (clean.settings.home_quota_mb * 1024 * 1024 * 8 // 10))
    page = open_page(pupil)
    expect(page.get_by_role("meter")).to_have_attribute("value", "80")
    (home / "film").unlink()
    page.reload()
    expect(page.get_by_role("meter")).to_have_count(0)


def test_a_pupil_signs_out_with_one_tap(clean: City, open_page: OpenPage) -> None:
    pupil = clean.pupils(clean.classes[0].course)[8]
    page = open_page(pupil)
    page.get_by_role("link", name="おわる").click()
    page.wait_for_url("**/hub/login*")
    page.goto("/hub/home")
    page.wait_for_url("**/hub/login*")
    clean.states.pop(pupil.account)


@pytest.mark.parametrize(
    "path", ["/hub/token", "/hub/spawn", "/hub/accept-share?code=x", "/hub/shared", "/hub/spawn/{other}", "/hub/spawn/{me}/{course}"]
)
def test_jupyterhubs_own_pages_lead_a_pupil_home(clean: City, path: str) -> None:
    course = clean.classes[0].course
    me, other = clean.pupils(course)[9], clean.pupils(course)[10]
    answer = clean.client(me).get(path.format(me=me.account, other=other.account, course=course))
    if path == "/hub/spawn":  # one's own server: the waiting page, nothing of JupyterHub's form
        assert answer.status_code == 200 and "よういしています" in answer.text
    else:
        assert (answer.status_code, answer.headers["location"]) == (302, "/hub/home")


def test_a_pupil_has_no_admin_page_and_no_named_server(clean: City) -> None:
    course = clean.classes[0].course
    pupil = clean.pupils(course)[9]
    client = clean.client(pupil)
    assert client.get("/hub/admin").status_code in (403, 404)
    for name in (course, "mine"):
        answer = client.post(f"/hub/api/users/{pupil.account}/servers/{name}", headers={"X-XSRFToken": xsrf(client)})
        assert answer.status_code == 403, answer.text
        assert client.post("/hub/start", data={"server": name, "_xsrf": xsrf(client)}).status_code == 404


def test_a_lesson_that_is_not_released_cannot_be_opened(clean: City) -> None:
    course = clean.classes[0].course
    pupil = clean.pupils(course)[11]
    assert clean.client(pupil).get(f"/hub/lesson/{course}/{KANI}").status_code == 404
    clean.release(course, KANI, KANI_TITLE)
    assert clean.client(pupil).get(f"/hub/lesson/{course}/{KANI}").status_code == 200


def test_who_left_the_roster_sees_nothing_any_more(clean: City) -> None:
    course = clean.classes[1].course
    pupil = clean.pupils(course)[0]
    client = clean.client(pupil)
    with clean.roster.write() as db:
        db.execute("update people set active = 0 where account = ?", [pupil.account])
    try:
        assert client.get("/hub/home").status_code in (302, 403)
        assert client.get(f"/hub/lesson/{course}/{KANI}").status_code in (302, 403)
    finally:
        with clean.roster.write() as db:
            db.execute("update people set active = 1 where account = ?", [pupil.account])


def test_names_are_text_whatever_they_hold(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[1].course
    pupil = clean.pupils(course)[1]
    with clean.roster.write() as db:
        db.execute("update people set given_name = ? where account = ?", ["<img src=x onerror=alert(1)>", pupil.account])
    clean.release(course, KANI, "<script>alert(1)</script>")
    page = open_page(pupil)
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    expect(card(page, KANI)).to_contain_text("<script>")
