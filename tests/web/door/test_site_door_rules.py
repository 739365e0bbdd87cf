"""The door's pure rules: which event stands, what a code is, who belongs to which band."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.door.codes import code_in
from web.door.rules import CLOSING, Mark, band_of, cohort_of, stands, year_of
from web.ids import new_code

MARKS = st.builds(
    Mark,
    state=st.sampled_from(["present", "absent"]),
    at=st.integers(0, 3).map(lambda second: f"2026-11-24T10:00:0{second}+09:00"),
    key=st.integers(0, 40).map(lambda number: f"{number:013}-k"),
)


def _arrive(marks: list[Mark]) -> Mark | None:
    kept = None
    for mark in marks:
        kept = mark if stands(mark, kept) else kept
    return kept


@settings(max_examples=80, deadline=None)
@given(st.lists(MARKS, min_size=1, max_size=8, unique_by=lambda mark: mark.key), st.randoms(use_true_random=False))
def test_all_tablets_agree_in_whatever_order_and_however_often_events_arrive(marks: list[Mark], chance: random.Random) -> None:
    again = marks + chance.choices(marks, k=5)
    chance.shuffle(again)
    assert _arrive(again) == max(marks, key=lambda mark: (mark.at, mark.key))


def test_an_event_that_comes_after_closing_stands_though_it_happened_before() -> None:
    closed = Mark("absent", "2026-11-24T12:00:00+09:00", f"{CLOSING}s1.h1")
    assert stands(Mark("present", "2026-11-24T10:00:00+09:00", "0000000000001-k"), closed)


@pytest.mark.parametrize(
    "typed",
    [
        "k7m2-9qfd-wx3a",
        "K7M29QFDWX3A",
        " k7m2 9qfd wx3a ",
        "ｋ７ｍ２－９ｑｆｄ－ｗｘ３ａ",
        "k7m2ー9qfdーwx3a",
        "https://x.jp/c/k7m2-9qfd-wx3a",
    ],
)
def test_a_code_is_read_however_it_is_typed_or_scanned(typed: str) -> None:
    assert code_in(typed) == "k7m2-9qfd-wx3a"


@pytest.mark.parametrize("typed", ["", "加賀", "k7m2-9qfd", "k7m2-9qfd-wx3ab", "1110-0000-iiii", "a" * 10_000])
def test_what_is_no_code_is_not_taken_for_one(typed: str) -> None:
    assert code_in(typed) is None


def test_every_code_that_is_drawn_can_be_read() -> None:
    assert all(code_in(code) == code for code in (new_code() for _ in range(200)))


def test_a_walk_in_of_whom_only_the_school_year_is_known_counts_in_its_band() -> None:
    day = date(2026, 11, 24)
    assert [year_of(None, cohort_of(year, day), day) for year in range(-1, 11)] == list(range(-1, 11))
    assert year_of(None, cohort_of(3, date(2027, 3, 31)), date(2027, 4, 1)) == 4
    assert [band_of(None, cohort_of(year, day), day) for year in (0, 1, 6, 7, 9, 10)] == [
        "preschool", "elementary", "elementary", "junior_high", "junior_high", "adult",
    ]  # fmt: skip
    assert band_of("2017-06-15", None, day) == "elementary"
    assert band_of(None, None, day) == "unknown"
