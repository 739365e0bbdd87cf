"""What a pupil sees and does on the hub's screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
PORTRAIT = {"width": 810, "height": 1080}
KANI, OMIKUJI = "kani-wo-ugokasou", "omikuji"
KANI_TITLE, OMIKUJI_TITLE = "カニを {動|うご}かそう", "おみくじを {作|つく}ろう"


def card(page: Page, lesson: str) -> Any:
    return page.locator(f"[data-lesson={lesson}]")


def test_a_child_without_lessons_reads_a_kind_word(clean: Any, open_page: OpenPage, picture: Any) -> None:
    page = open_page(clean.pupils(clean.classes[0].course)[0])
    expect(page.get_by_text("まっててね")).to_be_visible()
    picture(page, "home-empty")


def test_a_child_sees_each_lesson_with_its_state_in_words_and_pictures(clean: Any, open_page: OpenPage, picture: Any) -> None:
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
