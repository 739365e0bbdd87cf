"""What is true of a class at a moment, and the words for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lessons.furigana import KANJI, words
from tests.web.conftest import TODAY
from web.classes import words as class_words
from web.classes.completeness import unread
from web.classes.rules import first_session, fits, is_open, is_public, of_ages, of_grade, room, window
from web.clock import stamp
from web.language import Text


def a_class(**more: Any) -> dict[str, Any]:
    return {
        "state": "published", "admission": "first_come", "audience": "children", "grade_from": None, "grade_to": None, "age_from": None,
        "age_to": None, "capacity": 3, "apply_from": stamp(TODAY), "apply_to": stamp(TODAY + timedelta(hours=1)), **more,
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "expected"), [(-1, "before"), (0, "open"), (3599, "open"), (3600, "closed")])
def test_applications_open_at_the_first_second_and_close_at_the_last(seconds: int, expected: str) -> None:
    assert window(a_class(), TODAY + timedelta(seconds=seconds)) == expected
    assert is_open(a_class(), TODAY + timedelta(seconds=seconds)) == (expected == "open")


@pytest.mark.parametrize("more", [{"state": "draft"}, {"state": "cancelled"}, {"admission": "invited"}, {"apply_from": None}])
def test_some_classes_take_no_applications(more: dict[str, Any]) -> None:
    assert window(a_class(**more), TODAY) == "none"


@pytest.mark.parametrize(
    ("more", "public"),
    [
        ({}, True),
        ({"state": "cancelled"}, True),
        ({"state": "draft"}, False),
        ({"admission": "invited"}, False),
        ({"audience": "staff"}, False),
    ],
)
def test_visitors_see_published_and_cancelled_classes_but_not_where_small_children_are_visited(more: dict[str, Any], public: bool) -> None:
    assert is_public(a_class(**more)) is public


@pytest.mark.parametrize(
    ("more", "grades"),
    [
        ({"grade_from": 3, "grade_to": 6}, range(3, 7)),
        ({"grade_from": 5}, range(5, 10)),
        ({"age_from": 8, "age_to": 9}, range(2, 5)),  # grade 2 has those of 7 and 8
        ({"audience": "preschool"}, range(-2, 1)),
        ({"audience": "seniors"}, range(0)),
        ({"audience": "seniors", "age_from": 55}, range(0)),
        ({}, range(1, 10)),
    ],
)
def test_a_child_finds_what_is_meant_for_it(more: dict[str, Any], grades: range) -> None:
    assert [grade for grade in range(-2, 10) if fits(a_class(**more), of_grade(grade))] == list(grades)


def test_seniors_and_adults_find_their_courses_and_not_the_children_s() -> None:
    assert fits(a_class(audience="seniors", age_from=55), of_ages(60))
    assert fits(a_class(audience="citizens", age_from=16), of_ages(60))
    assert fits(a_class(audience="citizens"), of_ages(16))
    assert not fits(a_class(), of_ages(60))
    assert not fits(a_class(grade_from=1, grade_to=9), of_ages(60))


def test_places_left_are_told_where_the_order_of_arrival_decides() -> None:
    states = {"accepted": 1, "offered": 1, "waiting": 2, "withdrawn": 9}
    assert room(a_class(), states)[:4] == (3, 1, 2, 4)
    assert not room(a_class(), states).decided_later
    lottery = room(a_class(admission="lottery"), {"applied": 40})
    assert lottery.decided_later and lottery.applied == 40
    assert not room(a_class(admission="lottery"), {"accepted": 3, "rejected": 37}).decided_later


def test_the_first_session_is_the_first_that_takes_place() -> None:
    sessions = [{"starts_at": "2", "state": "planned"}, {"starts_at": "1", "state": "cancelled"}, {"starts_at": "3", "state": "planned"}]
    assert first_session(sessions) == sessions[0]
    assert first_session([]) is None


def test_who_it_is_for_is_said_in_three_languages() -> None:
    said = class_words.for_whom(a_class(grade_from=3, grade_to=6))
    assert (said.ja, said.plain("en")) == ("小学3年〜小学6年", "grade 3 to grade 6")
    assert class_words.for_whom(a_class(age_from=55)).ja == "55歳以上"
    assert class_words.for_whom(a_class(grade_from=3, grade_to=3)).ja == "小学3年"


def every_text() -> list[Text]:
    named = [value for name, value in vars(class_words).items() if name.isupper() and isinstance(value, dict)]
    texts = [text for table in named for text in table.values() if isinstance(text, Text)]
    return [*texts, *class_words.WEEKDAYS, class_words.FREE]


def test_all_words_about_classes_are_there_in_three_languages_with_every_reading() -> None:
    assert len(every_text()) > 30
    for text in every_text():
        assert text.easy and text.en, text
        assert not unread(text.easy), text.easy
        words(text.easy)
        assert not KANJI.search(text.en)


def test_a_word_in_kanji_without_its_reading_is_noticed() -> None:
    assert unread("{教室|きょうしつ}の日")
    assert not unread("{教室|きょうしつ}の ひ")
