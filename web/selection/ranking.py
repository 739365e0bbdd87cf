"""How points become a ranking and a ranking becomes places. Pure: no clock, no database.

A reviewer's score of an entry is the weighted share of the points that could be had, in per cent; an entry's score is the mean over the
reviewers who gave points by every criterion. Scores are fractions, so that equal is equal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

WIDE_SPREAD = 25
"""Per cent between the highest and the lowest reviewer from which an entry is worth talking about."""

State = Literal["accepted", "waiting", "rejected"]
Points = Mapping[str, int]
"""Criterion → points of one reviewer for one entry."""


class Criterion(NamedTuple):
    id: str
    most: int
    weight: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry in the ranking. ``rank`` from 1, equal for equal scores; None and last where nobody reviewed it whole."""

    entry: str
    rank: int | None
    score: Fraction | None
    lowest: Fraction | None
    highest: Fraction | None
    reviews: int
    tied: bool = False

    @property
    def spread(self) -> Fraction:
        return self.highest - self.lowest if self.highest is not None and self.lowest is not None else Fraction(0)

    @property
    def is_wide(self) -> bool:
        return self.spread >= WIDE_SPREAD


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of each entry, best first. ``open_ties``: equal scores on both sides of a line, which a person must order."""

    states: tuple[tuple[str, State], ...]
    open_ties: frozenset[str]
    unreviewed: frozenset[str]

    @property
    def is_final(self) -> bool:
        return not self.open_ties and not self.unreviewed


def is_complete(points: Points, criteria: Sequence[Criterion]) -> bool:
    return bool(criteria) and all(one.id in points for one in criteria)


def score(points: Points, criteria: Sequence[Criterion]) -> Fraction | None:
    """One reviewer's score of one entry, 0 to 100; None while a criterion is open."""
    if not is_complete(points, criteria):
        return None
    return Fraction(100 * sum(one.weight * points[one.id] for one in criteria), sum(one.weight * one.most for one in criteria))


def ranking(
    entries: Sequence[str],
    sheets: Mapping[str, Mapping[str, Points]],
    criteria: Sequence[Criterion],
    preferred: Collection[str] = (),
) -> list[Ranked]:
    """``entries`` in order of arrival; ``sheets``: entry → reviewer → points. Equal scores keep the order of arrival, but those whom the
    director ``preferred`` come first among their equals."""
    found = [_ranked(entry, sheets.get(entry, {}), criteria) for entry in entries]
    found.sort(key=lambda one: (one.score is None, -(one.score or 0), one.entry not in preferred))
    scores = [one.score for one in found]
    return [one if one.score is None else _placed(one, rank=scores.index(one.score) + 1, tied=scores.count(one.score) > 1) for one in found]


def _ranked(entry: str, sheets: Mapping[str, Points], criteria: Sequence[Criterion]) -> Ranked:
    scores = [found for points in sheets.values() if (found := score(points, criteria)) is not None]
    if not scores:
        return Ranked(entry, None, None, None, None, 0)
    return Ranked(entry, None, sum(scores, Fraction(0)) / len(scores), min(scores), max(scores), len(scores))


def _placed(one: Ranked, rank: int, tied: bool) -> Ranked:
    return Ranked(one.entry, rank, one.score, one.lowest, one.highest, one.reviews, tied)


def outcome(ranked: Sequence[Ranked], accepted: int, waiting: int, preferred: Collection[str] = ()) -> Outcome:
    """The first ``accepted`` get a place, the next ``waiting`` wait in this order, the others are rejected."""
    states = tuple((one.entry, _state(place, accepted, waiting)) for place, one in enumerate(ranked))
    lines = {accepted, accepted + waiting}
    ties = {entry for line in lines for entry in _tie_across(ranked, line, preferred)}
    return Outcome(states, frozenset(ties), frozenset(one.entry for one in ranked if one.score is None))


def _state(place: int, accepted: int, waiting: int) -> State:
    if place < accepted:
        return "accepted"
    return "waiting" if place < accepted + waiting else "rejected"


def _tie_across(ranked: Sequence[Ranked], line: int, preferred: Collection[str]) -> list[str]:
    """Entries that share score (and preference) with both sides of the line before place ``line``."""
    if not 0 < line < len(ranked):
        return []
    above, below = ranked[line - 1], ranked[line]
    if above.score is None or above.score != below.score or (above.entry in preferred) != (below.entry in preferred):
        return []
    return [one.entry for one in ranked if one.score == above.score]
