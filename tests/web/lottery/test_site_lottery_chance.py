"""Everybody has the chance that docs/lottery.md says. Seeds are 0, 1, 2, …, so each figure is the same on every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import permutations, product
from math import factorial, sqrt
from typing import Any

import pytest

from tests.web.lottery.lotteries import entries, seed
from web.lottery import seals
from web.lottery.draw import draw, result_of, tier_of
from web.lottery.records import DrawList, Rules

BOTH = Rules(residents_first=True, not_drawn_first=True)
UNLIKELY = 3.0
"""Standard deviations; a fair draw is beyond them once in 700 tries, and our seeds are none of those."""


def chi_square(seen: Mapping[Any, int], expected: Mapping[Any, float]) -> float:
    """How far the counts are from what is expected, in standard deviations (Wilson and Hilferty's formula); about 0 for a fair draw."""
    assert seen.keys() <= expected.keys(), "something came out that never should"
    total = sum((seen.get(what, 0) - often) ** 2 / often for what, often in expected.items())
    return deviations(total, len(expected) - 1)


def deviations(total: float, degrees: int) -> float:
    spread = 2 / (9 * degrees)
    return float(((total / degrees) ** (1 / 3) - (1 - spread)) / sqrt(spread))


def drawn_sets(frozen: DrawList, rules: Rules, tries: int) -> Counter[frozenset[int]]:
    return Counter(frozenset(result_of(draw(frozen, rules, seed(number))).drawn) for number in range(tries))


def exact_chances(frozen: DrawList, rules: Rules) -> dict[frozenset[int], Fraction]:
    """Who may be drawn together and how likely, from every order of the lots: nothing is hashed here."""
    lots: dict[Any, list[Any]] = {}
    for entry in frozen.entries:
        lots.setdefault(("group", entry.group) if entry.mode == "all" else entry.number, []).append(entry)
    tiers: dict[int, list[list[int]]] = {}
    for children in lots.values():
        tiers.setdefault(max(tier_of(child, rules) for child in children), []).append([child.number for child in children])
    orders = [list(permutations(tiers[tier])) for tier in sorted(tiers)]
    chances: Counter[frozenset[int]] = Counter()
    for order in product(*orders):
        drawn: list[int] = []
        for numbers in (numbers for tier in order for numbers in tier):
            if len(drawn) + len(numbers) <= frozen.capacity:
                drawn += numbers
        chances[frozenset(drawn)] += 1
    return {drawn: Fraction(times, chances.total()) for drawn, times in chances.items()}


def chance_of(number: int, chances: Mapping[frozenset[int], Fraction]) -> Fraction:
    return sum((chance for drawn, chance in chances.items() if number in drawn), Fraction(0))


def test_every_order_of_the_children_is_equally_likely() -> None:
    frozen, tries = entries("1 2 3 4", capacity=2), 4800
    seen = Counter((*result.drawn, *result.waiting) for result in (result_of(draw(frozen, Rules(), seed(n))) for n in range(tries)))
    assert chi_square(seen, dict.fromkeys(permutations((1, 2, 3, 4)), tries / factorial(4))) < UNLIKELY


def test_every_child_of_a_full_class_has_the_same_chance() -> None:
    children, capacity, tries = 60, 20, 1500
    frozen = entries(" ".join(map(str, range(1, children + 1))), capacity)
    seen: Counter[int] = Counter()
    for drawn, times in drawn_sets(frozen, Rules(), tries).items():
        seen.update(dict.fromkeys(drawn, times))
    chance = capacity / children
    # Who is drawn takes another's place, so the counts hang together: (N-1)/N of the usual sum is a chi-square with N-1 degrees.
    total = sum((seen[number] - tries * chance) ** 2 for number in range(1, children + 1)) / (tries * chance * (1 - chance))
    assert deviations(total * (children - 1) / children, children - 1) < UNLIKELY


@pytest.mark.parametrize(
    ("words", "capacity", "rules"),
    [
        ("1 2 3,4 5 6,7 8", 4, Rules()),
        ("1 2 3,4,5 6/7 8", 4, Rules()),
        ("r1 r2,3 r4 5 6,7 8 9/10 11,12", 7, Rules(residents_first=True)),
        ("n1 n2,3 n4 n5 6,7 8", 3, Rules(not_drawn_first=True)),
        ("r1 rn2 rn3,4 rn5 r6/7 n8 n9 10,11 12", 5, BOTH),
        ("r1 rn2 rn3,4 n5 n6,7 n8 n9 10,11 12", 7, BOTH),
    ],
    ids=["two groups", "a group of three", "residents", "not drawn last time", "both rules, few places", "both rules, many places"],
)
def test_siblings_and_priorities_have_exactly_the_chances_of_a_fair_shuffle(words: str, capacity: int, rules: Rules) -> None:
    frozen, tries = entries(words, capacity), 4000
    expected = {drawn: float(chance * tries) for drawn, chance in exact_chances(frozen, rules).items()}
    assert len(expected) > 2
    assert chi_square(drawn_sets(frozen, rules, tries), expected) < UNLIKELY


def test_a_child_whose_siblings_apply_for_themselves_has_the_chance_of_any_other() -> None:
    chances = exact_chances(entries("1 2 3/4/5 6", capacity=3), Rules())
    assert {chance_of(number, chances) for number in range(1, 7)} == {Fraction(3, 6)}


@pytest.mark.parametrize(("singles", "capacity"), [(4, 2), (5, 3), (5, 1), (6, 4)])
def test_twins_who_stay_together_lose_only_the_last_place(singles: int, capacity: int) -> None:
    """docs/lottery.md: (c-1)/(n+1) against a little more for each of the n children alone."""
    words = " ".join(map(str, range(1, singles + 1))) + " 98,99"
    chances = exact_chances(entries(words, capacity), Rules())
    twins, alone = chance_of(99, chances), chance_of(1, chances)
    assert twins == Fraction(capacity - 1, singles + 1)
    assert alone == (capacity - 2 * twins) / singles
    assert twins < alone


@pytest.mark.parametrize("words", ["1 2,3 4,5,6 7", "1,2 3,4 5,6 7", "1 2 3 4,5,6,7", "1,2 3,4,5 6,7,8 9", "1 2,3 4,5 6,7,8"])
@pytest.mark.parametrize("capacity", [1, 2, 3, 4, 5])
def test_a_bigger_group_is_never_more_likely_than_a_smaller_one(words: str, capacity: int) -> None:
    frozen = entries(words, capacity)
    chances = exact_chances(frozen, Rules())
    sizes = Counter(entry.group for entry in frozen.entries)
    by_size = sorted((sizes[entry.group], -chance_of(entry.number, chances)) for entry in frozen.entries)
    assert [chance for _, chance in by_size] == sorted(chance for _, chance in by_size)


def vary_the_public_number(number: int) -> tuple[DrawList, str, str | None]:
    return entries("1 2 3 4", 2), seed(7), f"{number:012}"


def vary_the_class(number: int) -> tuple[DrawList, str, str | None]:
    return entries("1 2 3 4", 2).model_copy(update={"class_id": f"c{number}"}), seed(7), None


@pytest.mark.parametrize("vary", [vary_the_public_number, vary_the_class])
def test_with_the_same_seed_another_list_or_public_number_is_another_fair_draw(
    vary: Callable[[int], tuple[DrawList, str, str | None]],
) -> None:
    tries = 2400
    results = (draw(frozen, Rules(), its_seed, value) for frozen, its_seed, value in map(vary, range(tries)))
    seen = Counter((*result.drawn, *result.waiting) for result in map(result_of, results))
    assert chi_square(seen, dict.fromkeys(permutations((1, 2, 3, 4)), tries / factorial(4))) < UNLIKELY


def test_the_statistics_would_notice_a_ticket_that_favours_a_child_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    fair = seals.ticket
    monkeypatch.setattr(seals, "ticket", lambda key, number: min(fair(key, number), fair(key, 1000)) if number == 3 else fair(key, number))
    frozen = entries("1 2 3,4 5 6,7 8", 4)
    expected = {drawn: float(chance * 4000) for drawn, chance in exact_chances(frozen, Rules()).items()}
    assert chi_square(drawn_sets(frozen, Rules(), 4000), expected) > 2 * UNLIKELY
