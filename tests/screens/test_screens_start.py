"""A teacher starts the lesson, children come early or all at once, and nobody is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect
from screens_city import City, picture, wait_for, xsrf

from hub.roster import Person
from kanikko.clock import CITY_TIME

OpenPage = Callable[..., Page]
KANI, KANI_TITLE = "kani-wo-ugokasou", "カニを {動|うご}かそう"
SMALL = 6


@pytest.fixture
def small_class(clean: City) -> Iterator[tuple[str, list[Person]]]:
    """A class of six: the others are away. Its servers are off."""
    course = clean.classes[3].course
    pupils = clean.pupils(course)
    away = [pupil.account for pupil in pupils[SMALL:]]
    with clean.roster.write() as db:
        db.execute(f"update enrollments set active = 0 where course = ? and account in ({','.join('?' * len(away))})", [course, *away])
    try:
        yield course, pupils[:SMALL]
    finally:
        with clean.roster.write() as db:
            db.execute("update enrollments set active = 1 where course = ?", [course])
        for pupil in pupils[:SMALL]:
            for mark in ("slow", "fails"):
                (clean.settings.var / f"{pupil.account}.{mark}").unlink(missing_ok=True)
        stop_servers(clean, pupils[:SMALL])


def stop_servers(city: City, pupils: list[Person]) -> None:
    for pupil in pupils:
        client = city.client(pupil)
        headers = {"X-XSRFToken": xsrf(client)}
        wait_for(lambda: client.delete(f"/hub/api/users/{pupil.account}/server", headers=headers).status_code in (204, 404))


@contextmanager
def slow(city: City, pupils: list[Person]) -> Iterator[None]:
    """Meanwhile the servers of these pupils do not get ready."""
    marks = [city.settings.var / f"{pupil.account}.slow" for pupil in pupils]
    for mark in marks:
        mark.touch()
    try:
        yield
    finally:
        for mark in marks:
            mark.unlink(missing_ok=True)


def press(city: City, person: Person, path: str) -> httpx.Response:
    client = city.client(person)
    return client.post(path, headers={"X-XSRFToken": xsrf(client)})


def server(page: Page, pupil: Person) -> object:
    return page.locator(f"tr[data-account={pupil.account}] [data-cell=server]")


def test_one_button_starts_the_whole_class_and_shows_how_far_it_is(
    small_class: tuple[str, list[Person]], clean: City, open_page: OpenPage
) -> None:
    course, pupils = small_class
    page = open_page(clean.teacher(course), f"/hub/class/{course}")
    button, said = page.get_by_role("button", name="はじめる", exact=True), page.locator("#start-said")
    bar = page.get_by_role("progressbar", name="ノートブックの準備")
    expect(said).to_contain_text(f"0 / {SMALL} じゅんびができました")
    with slow(clean, pupils[4:]):
        button.click()
        expect(said).to_contain_text(f"4 / {SMALL} じゅんびができました", timeout=20_000)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(bar).to_have_attribute("max", str(SMALL))
        assert bar.evaluate("bar => bar.value") == 4
        expect(server(page, pupils[0])).to_have_text("開いています")
        expect(server(page, pupils[5])).to_have_text("起動中")
        picture(page, "class-starting")
        page.reload()  # the start goes on, and the page knows it
        expect(said).to_contain_text(f"4 / {SMALL} じゅんびができました")
        expect(button).to_have_attribute("aria-disabled", "true")
    expect(said).to_have_text(f"{SMALL}人全員のじゅんびができました。", timeout=20_000)
    expect(page.locator("#start-live")).to_have_text(f"{SMALL}人全員のじゅんびができました。")
    assert f"start-class by {clean.teacher(course).account} course={course}" in clean.log("hub")
    assert all(pupil.family_name not in clean.log("hub") for pupil in pupils)


def test_pressed_twice_by_two_teachers_each_server_starts_once(small_class: tuple[str, list[Person]], clean: City) -> None:
    course, pupils = small_class
    teacher = clean.teacher(course)
    colleague = clean.roster.add_staff("同僚", "三郎", "teacher")
    with clean.roster.write() as db:
        known = next(db.query("select * from enrollments where account = ? and course = ?", [teacher.account, course]))
        db.table("enrollments").insert({**known, "account": colleague.account, **({"sourced_id": "x"} if "sourced_id" in known else {})})
    clean.client(teacher), clean.client(colleague)  # signed in before they press
    before = starts(clean, pupils)
    with ThreadPoolExecutor() as hands:
        answers = list(hands.map(lambda who: press(clean, who, f"/hub/class/{course}/start").status_code, [teacher, colleague] * 4))
    assert answers == [200] * 8
    wait_for(lambda: all_on(clean, pupils))
    assert press(clean, teacher, f"/hub/class/{course}/start").status_code == 200  # once more, when all run
    assert starts(clean, pupils) == before + SMALL


def starts(city: City, pupils: list[Person]) -> int:
    """How many servers of these pupils have come up since the hub was first started."""
    return sum(city.log("hub").count(f"User {pupil.account} took") for pupil in pupils)


def all_on(city: City, pupils: list[Person]) -> bool:
    return all(press(city, pupil, "/hub/start").json() == {"state": "ready"} for pupil in pupils)


def test_a_server_that_fails_is_named_and_the_teacher_tries_it_again(
    small_class: tuple[str, list[Person]], clean: City, open_page: OpenPage
) -> None:
    course, pupils = small_class
    (clean.settings.var / f"{pupils[2].account}.fails").write_text("1")
    page = open_page(clean.teacher(course), f"/hub/class/{course}")
    page.get_by_role("button", name="はじめる", exact=True).click()
    expect(page.locator("#start-said")).to_contain_text(f"{SMALL - 1} / {SMALL} じゅんびができました。1人のノートブックが", timeout=20_000)
    expect(server(page, pupils[2])).to_have_text("開けませんでした")
    picture(page, "class-start-failed")
    page.get_by_role("button", name=re.compile(f"もう一度.*{pupils[2].name}")).click()
    expect(page.locator("#start-said")).to_have_text(f"{SMALL}人全員のじゅんびができました。", timeout=20_000)


def test_a_child_who_comes_while_all_start_waits_kindly_and_goes_before_those_who_have_not_come(
    small_class: tuple[str, list[Person]], clean: City, open_page: OpenPage
) -> None:
    course, pupils = small_class
    clean.release(course, KANI, KANI_TITLE)
    everybody = clean.pupils(clean.classes[1].course)[:10]
    with slow(clean, everybody):
        for pupil in everybody:  # as many as wait for a server take every place there is
            assert press(clean, pupil, "/hub/start").json()["state"] in ("waiting", "starting")
        press(clean, clean.teacher(course), f"/hub/class/{course}/start")
        page = open_page(pupils[5], f"/hub/lesson/{course}/{KANI}")
        expect(page.get_by_role("status")).to_contain_text("まえに あと")
        ahead = int(page.locator("#said [data-number]").inner_text())
        assert 0 < ahead <= len(everybody)
        picture(page, "waiting-queue")
    page.wait_for_url("**/kanikko/open/**", timeout=60_000)
    stop_servers(clean, everybody)


def test_a_child_who_loses_the_connection_finds_the_same_place_again(small_class: tuple[str, list[Person]], clean: City) -> None:
    everybody = clean.pupils(clean.classes[1].course)[:8]
    clean.client(everybody[7])
    with slow(clean, everybody):
        first = [told(clean, pupil) for pupil in everybody][7]
        later = clean.pupils(clean.classes[1].course)[8]
        assert told(clean, later)["ahead"] == first["ahead"] + 1
        assert told(clean, everybody[7]) == first  # the stream was cut; asked again
    wait_for(lambda: all_on(clean, [*everybody, later]), 60)
    stop_servers(clean, [*everybody, later])


def told(city: City, pupil: Person) -> dict[str, object]:
    """The first word of the stream on which a waiting page listens; then the connection breaks."""
    client = city.client(pupil)
    with client.stream("POST", "/hub/start/events", headers={"X-XSRFToken": xsrf(client)}) as answer:
        assert answer.status_code == 200
        line = next(line for line in answer.iter_lines() if line.startswith("data:"))
        return dict(json.loads(line.removeprefix("data:")))


def test_a_class_that_was_starting_goes_on_when_the_hub_comes_back(small_class: tuple[str, list[Person]], clean: City) -> None:
    course, pupils = small_class
    with slow(clean, pupils):
        press(clean, clean.teacher(course), f"/hub/class/{course}/start")
        clean.stop("hub")
    before = starts(clean, pupils)
    clean.start_hub()
    wait_for(lambda: starts(clean, pupils) == before + SMALL, 40)


def test_a_lesson_in_the_timetable_starts_by_itself(small_class: tuple[str, list[Person]], clean: City, open_page: OpenPage) -> None:
    course, pupils = small_class
    page = open_page(clean.teacher(course), f"/hub/class/{course}")
    page.get_by_role("link", name="授業の時間").click()
    expect(page.get_by_text("予定はありません")).to_be_visible()
    soon = datetime.now(CITY_TIME) + timedelta(minutes=3)
    before = starts(clean, pupils)
    page.locator("#once-day").fill(soon.date().isoformat())
    page.locator("#once-at").fill(f"{soon:%H:%M}")
    page.get_by_role("button", name="この日の授業を加える").click()
    expect(page.locator("#coming li")).to_have_text(
        [f"{soon.month}月{soon.day}日({'月火水木金土日'[soon.weekday()]}) {soon.hour}:{soon:%M}"]
    )
    wait_for(lambda: starts(clean, pupils) == before + SMALL, 40)
    assert f"start-class by timetable course={course}" in clean.log("hub")
    assert clean.log("hub").count(f"start-class by timetable course={course}") == 1


def test_the_weekly_times_are_entered_and_taken_away(clean: City, open_page: OpenPage) -> None:
    course = clean.classes[2].course
    page = open_page(clean.teacher(course), f"/hub/class/{course}/times")
    tomorrow = (datetime.now(CITY_TIME) + timedelta(days=1)).date()
    page.get_by_label("曜日").select_option(str(tomorrow.weekday()))
    page.locator("#weekly-at").fill("09:40")
    page.get_by_role("button", name="毎週の授業を加える").click()
    expect(page.locator("#coming li")).to_have_count(4)
    picture(page, "class-times")
    page.locator("#skip-day").fill(tomorrow.isoformat())
    page.get_by_role("button", name="この日は休みにする").click()
    expect(page.locator("#coming li")).to_have_count(3)
    page.get_by_role("button", name=re.compile("消す.*毎週")).click()
    expect(page.get_by_text("予定はありません")).to_be_visible()
    client = clean.client(clean.teacher(course))
    for wrong in (
        {"act": "add-weekly", "weekday": "7", "at": "09:40"},
        {"act": "add-once", "day": "きのう", "at": "09:40"},
        {"act": "skip"},
    ):
        answer = client.post(f"/hub/class/{course}/times", data={**wrong, "_xsrf": xsrf(client)})
        assert answer.status_code == 400 and 'role="alert"' in answer.text
