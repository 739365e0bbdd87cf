"""Points from events, by the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from robots.simulator.events import Event, EventKind
from robots.simulator.rules import Rules, RulesError, all_rules, load_rules, rules_from, score


def at(t: float, kind: EventKind, **more: Any) -> Event:
    return Event(t, kind, **more)


LEFT = at(1, "left", area="home")
MIDDLE = at(3, "entered", area="middle")
FAR = at(6, "entered", area="far")
EGG = at(8, "placed", area="nest", thing="egg", name="egg", around=("far",))
GOAL = at(30, "goal", area="home")
WHOLE = [LEFT, MIDDLE, FAR, EGG, GOAL]


def ball(t: float, number: int, kind: EventKind = "brought", thing: str = "ball") -> Event:
    return at(t, kind, area="home", thing=thing, name=f"{thing}-{number}")


CASES: list[tuple[str, list[Event], int, int]] = [  # what, events, Echizen, Matsue
    ("nothing", [], 0, 0),
    ("left", [LEFT], 1, 1),
    ("left twice is once", [LEFT, at(2, "left", area="home")], 1, 1),
    ("left another area", [at(1, "left", area="middle")], 0, 0),
    ("midpoint", [LEFT, MIDDLE], 2, 2),
    ("far", [LEFT, MIDDLE, FAR], 3, 3),
    ("egg in the far area", [LEFT, MIDDLE, FAR, EGG], 4, 4),
    ("egg on the way", [LEFT, MIDDLE, at(4, "placed", area="middle", thing="egg", name="egg")], 2, 2),
    ("a ball is no egg", [LEFT, at(8, "placed", area="far", thing="ball", name="b")], 1, 1),
    ("home again: 2 and 1 for the first", WHOLE, 7, 7),
    ("after the opponent", [*WHOLE[:-1], at(20, "opponent-goal"), GOAL], 6, 6),
    ("opponent comes later", [*WHOLE, at(40, "opponent-goal")], 7, 7),
    ("one ball", [*WHOLE, ball(29, 1)], 8, 8),
    ("three balls", [*WHOLE, ball(29, 1), ball(29, 2), ball(29, 3)], 10, 10),
    ("four balls are three", [*WHOLE, *(ball(29, number) for number in range(4))], 10, 10),
    ("one ball twice is one", [*WHOLE, ball(28, 1), ball(29, 1)], 8, 8),
    ("a ball that rolled out again", [*WHOLE, ball(28, 1), ball(29, 1, "carried-off")], 7, 7),
    ("out and in again", [*WHOLE, ball(27, 1), ball(28, 1, "carried-off"), ball(29, 1)], 8, 8),
    ("rare balls", [*WHOLE, ball(29, 1, thing="rare"), ball(29, 2, thing="rare")], 9, 9),
    ("the opponent's balls are not ours", [*WHOLE, ball(29, 1, thing="other-ball")], 7, 7),
    ("walking and home", [at(0, "walking"), *WHOLE], 9, 12),
    ("walking but not home", [at(0, "walking"), LEFT, MIDDLE], 2, 2),
    ("retry resets", [LEFT, MIDDLE, FAR, at(9, "retry")], 0, 0),
    ("and one starts anew", [LEFT, MIDDLE, FAR, at(9, "retry"), at(12, "left", area="home")], 1, 1),
    ("still walking after a retry", [at(0, "walking"), LEFT, at(0.5, "retry"), LEFT, MIDDLE, FAR, GOAL], 8, 11),
    ("the opponent's goal stays after a retry", [at(2, "opponent-goal"), at(3, "retry"), at(40, "goal", area="home")], 2, 2),
    ("finish keeps, and nothing counts after it", [LEFT, MIDDLE, at(5, "finish"), FAR, EGG], 2, 2),
    ("too late", [LEFT, MIDDLE, at(180.01, "entered", area="far")], 2, 2),
    ("just in time", [LEFT, MIDDLE, at(180, "entered", area="far")], 3, 3),
]  # fmt: skip


@pytest.mark.parametrize(("events", "echizen", "matsue"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_points(events: list[Event], echizen: int, matsue: int) -> None:
    assert score(load_rules("echizen-2022"), events).total == echizen
    assert score(load_rules("matsue-2025"), events).total == matsue


def test_the_score_says_what_the_points_are_for() -> None:
    made = score(load_rules("echizen-2022"), [*WHOLE, ball(29, 1), ball(29, 2)])
    assert [(item.name, item.count, item.points) for item in made.items] == [
        ("left-start", 1, 1),
        ("midpoint", 1, 1),
        ("far", 1, 1),
        ("egg", 1, 1),
        ("returned", 1, 2),
        ("own-balls", 2, 2),
        ("first", 1, 1),
    ]
    assert made.total == sum(item.points for item in made.items)


def test_a_pin_costs_a_point_and_so_does_a_restart() -> None:
    practice = load_rules("practice")
    pins = [at(2, "pin", thing="pin", name="pin-1"), at(3, "pin", thing="pin", name="pin-2")]
    assert score(practice, [LEFT, *pins]).total == -1
    assert score(practice, [LEFT, MIDDLE, at(4, "retry")]).total == 1  # nothing is reset there
    assert score(practice, [LEFT, MIDDLE, at(4, "retry"), at(9, "retry")]).items[-1].points == -2


def test_extra_time_counts() -> None:
    assert score(load_rules("practice"), [at(239, "left", area="home")]).total == 1
    assert score(load_rules("practice"), [at(241, "left", area="home")]).total == 0


def test_more_events_of_what_scores_never_take_points_away() -> None:
    """Whatever order balls come in, the total is that of the set of them."""
    rules = load_rules("echizen-2022")
    balls = [ball(29, number) for number in range(3)]
    for first in balls:
        for second in balls:
            assert score(rules, [first, second]).total == len({first.name, second.name})


def test_the_order_that_breaks_ties_is_in_the_file() -> None:
    assert load_rules("echizen-2022").ties == ("more-goals", "time", "bib")
    assert load_rules("matsue-2025").ties == ("time", "janken")


def test_all_that_come_along_can_be_loaded() -> None:
    assert {"echizen-2022", "matsue-2025", "practice"} <= set(all_rules())
    for name in all_rules():
        assert load_rules(name).name == name


ITEM = {"name": "a", "title": "A", "points": 1, "when": {"kind": "goal"}}


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"items": []}, "items"),
        ({"items": [ITEM, ITEM]}, "two items are called a"),
        ({"items": [{**ITEM, "needs": ["b"]}]}, "needs b"),
        ({"items": [{**ITEM, "needs": ["b"]}, {**ITEM, "name": "b", "needs": ["a"]}]}, "needs itself"),
        ({"items": [{**ITEM, "most": 3}]}, "counts once"),
        ({"items": [{**ITEM, "when": {"kind": "flew"}}]}, r"items\.0\.when\.kind"),
        ({"items": [{**ITEM, "points": 1.5}]}, r"items\.0\.points"),
        ({"items": [{**ITEM, "pionts": 1}]}, "pionts"),
        ({"seconds": 0}, "seconds"),
        ({"ties": ["time", "time"]}, "ties"),
        ({"ties": ["luck"]}, "ties"),
        ({"retry": {"points": 1}}, r"retry\.points"),
    ],
)
def test_rules_that_make_no_sense_are_refused_with_the_place(changed: dict[str, object], place: str) -> None:
    facts = {"name": "r", "title": "R", "seconds": 180, "items": [ITEM]}
    assert isinstance(rules_from(facts), Rules)
    with pytest.raises(RulesError, match=place) as caught:
        rules_from({**facts, **changed}, "my.toml")
    assert "my.toml" in caught.value.message and caught.value.remedy


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="no rules chess") as caught:
        load_rules("chess")
    assert "practice" in caught.value.remedy
    with pytest.raises(RulesError, match="no name of rules"):
        load_rules("../fields/empty")
    broken = tmp_path / "broken.toml"
    broken.write_text("[[items", encoding="utf-8")
    with pytest.raises(RulesError, match=r"broken\.toml"):
        load_rules(broken)
