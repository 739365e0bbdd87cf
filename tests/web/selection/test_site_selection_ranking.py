"""Points become a ranking, a ranking becomes places: the rules alone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from web.selection.ranking import Criterion, Ranked, outcome, ranking, score

WILL, IDEA = Criterion("will", 5, 1), Criterion("idea", 10, 2)
BOTH = [WILL, IDEA]


def ranked(scores: dict[str, int], preferred: tuple[str, ...] = ()) -> list[Ranked]:
    """Entries with one reviewer's points out of 100, in order of arrival."""
    return ranking(list(scores), {entry: {"r": {"c": points}} for entry, points in scores.items()}, [Criterion("c", 100, 1)], preferred)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ({"will": 5, "idea": 10}, Fraction(100)),
        ({"will": 0, "idea": 0}, Fraction(0)),
        ({"will": 5, "idea": 0}, Fraction(20)),
        ({"will": 0, "idea": 5}, Fraction(40)),
        ({"will": 5}, None),
    ],
)
def test_a_score_is_the_weighted_share_of_what_could_be_had(points: dict[str, int], expected: Fraction | None) -> None:
    assert score(points, BOTH) == expected


def test_the_mean_of_the_reviewers_who_finished_counts() -> None:
    sheets = {"a": {"x": {"will": 5, "idea": 10}, "y": {"will": 0, "idea": 0}, "z": {"will": 5}}}
    (found,) = ranking(["a"], sheets, BOTH)
    assert (found.score, found.reviews, found.spread, found.is_wide) == (Fraction(50), 2, Fraction(100), True)


def test_who_was_reviewed_by_nobody_stands_last_and_holds_everything_up() -> None:
    order = ranking(["a", "b"], {"b": {"x": {"will": 0, "idea": 0}}}, BOTH)
    assert [(one.entry, one.rank) for one in order] == [("b", 1), ("a", None)]
    assert outcome(order, 1, 0).unreviewed == {"a"} and not outcome(order, 1, 0).is_final


def test_equal_scores_share_a_rank_in_order_of_arrival() -> None:
    order = ranked({"a": 70, "b": 90, "c": 70, "d": 10})
    assert [(one.entry, one.rank, one.tied) for one in order] == [("b", 1, False), ("a", 2, True), ("c", 2, True), ("d", 4, False)]


def test_thirds_are_equal_when_they_are_equal() -> None:
    """Three reviewers' thirds in different order: floating point would rank them."""
    three = [Criterion("c", 3, 1)]
    order = ranking(
        ["a", "b"], {"a": {"x": {"c": 1}, "y": {"c": 2}, "z": {"c": 2}}, "b": {"x": {"c": 2}, "y": {"c": 2}, "z": {"c": 1}}}, three
    )
    assert order[0].tied and order[0].rank == order[1].rank == 1


def test_the_first_are_in_the_next_wait_in_order_the_others_are_out() -> None:
    found = outcome(ranked({"a": 50, "b": 90, "c": 70, "d": 10}), accepted=1, waiting=2)
    assert found.states == (("b", "accepted"), ("c", "waiting"), ("a", "waiting"), ("d", "rejected"))
    assert found.is_final


@pytest.mark.parametrize(
    ("accepted", "waiting", "tied"), [(1, 2, set()), (2, 1, {"b", "c"}), (1, 1, {"b", "c"}), (3, 0, set()), (0, 0, set())]
)
def test_a_tie_across_a_line_is_for_a_person_to_decide(accepted: int, waiting: int, tied: set[str]) -> None:
    assert outcome(ranked({"a": 90, "b": 50, "c": 50, "d": 10}), accepted, waiting).open_ties == tied


def test_who_is_preferred_comes_first_among_equals_only() -> None:
    order = ranked({"a": 90, "b": 50, "c": 50, "d": 10}, preferred=("c", "d"))
    assert [one.entry for one in order] == ["a", "c", "b", "d"]
    assert outcome(order, 2, 0, preferred=("c", "d")).is_final
    assert outcome(ranked({"a": 50, "b": 50, "c": 50}, ("c",)), 2, 0, ("c",)).open_ties == {"a", "b", "c"}, "two are still equal"
