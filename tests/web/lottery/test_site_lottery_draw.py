"""What families may rely on in a draw."""

from __future__ import annotations

import subprocess
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.lottery.lotteries import MANY_CASES, entries, random_list, random_rules, seed, some_publication
from web.lottery import seals
from web.lottery.draw import draw, result_of
from web.lottery.findings import LotteryError
from web.lottery.freeze import Applicant, freeze, never_fitting
from web.lottery.records import DrawList, Result, Rules

ANY_CASE = st.integers(min_value=0, max_value=10**9)
RESIDENTS, NOT_DRAWN = Rules(residents_first=True), Rules(not_drawn_first=True)
BOTH = Rules(residents_first=True, not_drawn_first=True)


def results(frozen: DrawList, rules: Rules | None = None, seeds: int = 30) -> list[Result]:
    return [result_of(draw(frozen, rules or Rules(), seed(number))) for number in range(seeds)]


def test_this_draw_comes_out_the_same_for_ever() -> None:
    publication = some_publication()
    assert publication.commitment == "af0362c906294e2cbd9df4a24491cd07cda13135805339c64eadfc8389f0532e"
    assert publication.list_hash == "bb51dc86fa646403c2c90de191ecff0bccf70ca4f95030bd5131c28c8c5792a2"
    assert publication.result == Result(drawn=(13, 4, 2, 3, 8, 12), waiting=(1, 7, 14, 15, 5, 6, 9, 10, 11))


def test_anybody_gets_the_same_ticket_with_sha256sum() -> None:
    key = seals.draw_key(seed(1), "ab" * 32, None)
    text = f"kanikko-lottery-ticket/1\n{key}\n17\n"
    told = subprocess.run(["sha256sum"], input=text, text=True, capture_output=True, check=True).stdout.split()[0]
    assert seals.ticket(key, 17) == told


@MANY_CASES
@given(ANY_CASE)
def test_everybody_is_drawn_or_waits_and_no_place_is_given_twice(case: int) -> None:
    random = Random(case)
    frozen, rules = random_list(random), random_rules(random)
    result = result_of(draw(frozen, rules, seed(case)))
    assert sorted((*result.drawn, *result.waiting)) == [entry.number for entry in frozen.entries]
    assert len(result.drawn) <= frozen.capacity


@MANY_CASES
@given(ANY_CASE)
def test_no_place_stays_empty_while_someone_waits_who_would_fit(case: int) -> None:
    random = Random(case)
    frozen, rules = random_list(random), random_rules(random)
    steps = draw(frozen, rules, seed(case))
    left = frozen.capacity - len(result_of(steps).drawn)
    assert all(len(step.unit.numbers) > left for step in steps if not step.drawn)


@MANY_CASES
@given(ANY_CASE)
def test_all_or_none_siblings_are_never_torn_apart(case: int) -> None:
    random = Random(case)
    frozen, rules = random_list(random), random_rules(random)
    drawn = set(result_of(draw(frozen, rules, seed(case))).drawn)
    for group in {entry.group for entry in frozen.entries if entry.mode == "all"}:
        assert len({entry.number in drawn for entry in frozen.entries if entry.group == group}) == 1


@MANY_CASES
@given(ANY_CASE)
def test_the_order_in_which_entries_are_handed_in_does_not_matter(case: int) -> None:
    random = Random(case)
    frozen, rules = random_list(random), random_rules(random)
    shuffled = DrawList(
        class_id=frozen.class_id, capacity=frozen.capacity, entries=tuple(random.sample(frozen.entries, len(frozen.entries)))
    )
    assert seals.list_hash(shuffled) == seals.list_hash(frozen)
    assert draw(shuffled, rules, seed(case)) == draw(frozen, rules, seed(case))


def test_residents_come_first_and_others_fill_what_is_left() -> None:
    for result in results(entries("1 2 3 r4 r5", capacity=3), RESIDENTS):
        assert {4, 5} < set(result.drawn)
        assert len(result.drawn) == 3


def test_who_was_not_drawn_last_time_comes_first() -> None:
    for result in results(entries("1 2 n3 4 n5", capacity=2), NOT_DRAWN):
        assert set(result.drawn) == {3, 5}


def test_residence_weighs_more_than_bad_luck_last_time() -> None:
    for result in results(entries("1 n2 r3 rn4", capacity=4), BOTH):
        assert (*result.drawn, *result.waiting) == (4, 3, 2, 1)


def test_a_rule_that_is_off_changes_nothing() -> None:
    firsts = {result.drawn[0] for result in results(entries("rn1 2 3", capacity=1))}
    assert firsts == {1, 2, 3}


def test_nobody_passes_others_on_the_priority_of_a_brother() -> None:
    mixed = entries("n1,2 n3", capacity=2)
    one_drawn_before = [entry.model_copy(update={"not_drawn": False}) if entry.number == 2 else entry for entry in mixed.entries]
    for result in results(mixed.model_copy(update={"entries": tuple(one_drawn_before)}), NOT_DRAWN):
        assert result.drawn == (3,)
        assert result.waiting == (1, 2)


def test_a_group_that_does_not_fit_into_the_last_place_waits_before_those_drawn_after_it() -> None:
    passed_over = 0
    for result in results(entries("1,2 3 4 5", capacity=1)):
        assert len(result.drawn) == 1
        passed_over += result.waiting[:2] == (1, 2)
    assert passed_over > 5


def test_nobody_applied() -> None:
    assert results(entries("", capacity=20), seeds=1) == [Result(drawn=(), waiting=())]


def test_places_for_all_means_that_all_are_drawn() -> None:
    for result in results(entries("1 2,3 4", capacity=9), seeds=5):
        assert sorted(result.drawn) == [1, 2, 3, 4]
        assert result.waiting == ()


def test_a_group_bigger_than_the_class_waits_and_staff_hear_of_it_before() -> None:
    frozen = entries("1,2,3 4 5/6/7", capacity=2)
    assert never_fitting(frozen) == [1]
    assert all({1, 2, 3} <= set(result.waiting) for result in results(frozen))


@pytest.mark.parametrize("words", ["1 2 2", "1,2 2", "3 1/3"])
def test_a_number_that_is_there_twice_is_no_draw_and_is_named(words: str) -> None:
    with pytest.raises(LotteryError) as caught:
        draw(entries(words, capacity=2), Rules(), seed(1))
    assert caught.value.finding.code == "number-twice"
    assert "二度" in str(caught.value)


# ---------------------------------------------------------------- freezing
def child(name: str, family: str = "", **facts: bool) -> Applicant:
    more = {"resident": False, "not_drawn": False, **facts}
    return Applicant(child=name, application=family or name, mode="any", **more)


def test_frozen_entries_are_numbers_in_order_of_arrival() -> None:
    frozen = freeze("c1", 2, BOTH, [child("h9", "a1"), child("h3"), child("h5", "a1", resident=True)])
    assert frozen.numbers == {"h9": 1, "h3": 2, "h5": 3}
    assert [(entry.number, entry.group, entry.resident) for entry in frozen.list.entries] == [(1, 1, False), (2, 2, False), (3, 1, True)]


def test_nothing_published_tells_who_a_child_is() -> None:
    text = seals.canonical(freeze("c1", 2, BOTH, [child("h-secret", "a-secret", resident=True)]).list)
    assert "secret" not in text
    assert '"entries":[{"group":1,"mode":"any","not_drawn":false,"number":1,"resident":true}]' in text


def test_what_the_rules_do_not_ask_for_is_not_published() -> None:
    frozen = freeze("c1", 2, NOT_DRAWN, [child("h1", resident=True, not_drawn=True)])
    assert (frozen.list.entries[0].resident, frozen.list.entries[0].not_drawn) == (False, True)


def test_a_child_that_is_entered_twice_stops_the_freeze_and_the_numbers_are_named() -> None:
    with pytest.raises(LotteryError, match="番号 1 = 3") as caught:
        freeze("c1", 2, BOTH, [child("h1"), child("h2"), child("h1", "a7")])
    assert caught.value.finding.code == "child-twice"


def test_a_seed_is_new_every_time_and_has_256_bits() -> None:
    made = {seals.new_seed() for _ in range(50)}
    assert len(made) == 50
    assert all(len(bytes.fromhex(one)) == 32 for one in made)
