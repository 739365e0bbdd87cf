"""What an eye sees: paint, edges, corners, and the end of the field."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from robots.simulator.field import load_field
from robots.simulator.floor import SPOT, Floor, Paint


def line(width: float = 0.1, shade: float = 0.0) -> Floor:
    return Floor((2, 2), 1.0, [Paint(((0.2, 1.0), (1.8, 1.0)), width, shade)])


def test_off_the_line_on_the_line_and_half_on_its_edge() -> None:
    floor = line()
    assert floor.shade(1, 1.2) == 1
    assert floor.shade(1, 1.0) == 0
    assert floor.shade(1, 1.05) == pytest.approx(0.5, abs=1e-9)
    assert floor.shade(1, 0.95) == pytest.approx(0.5, abs=1e-9)


def test_over_the_edge_the_shade_grows_evenly_within_the_spot() -> None:
    floor = line()
    seen = [floor.shade(1, 1.05 + offset * SPOT / 10) for offset in range(-12, 13)]
    assert seen == sorted(seen)
    assert seen[0] == seen[1] == 0 and seen[-1] == seen[-2] == 1
    steps = [after - before for before, after in pairwise(seen[2:23])]
    assert steps == pytest.approx([0.05] * 20, abs=1e-9)


@pytest.mark.parametrize("degrees", [0, 17, 45, 80, 90])
def test_it_is_the_mean_over_the_spot(degrees: int) -> None:
    """Against counting points: a square spot as wide as the ramp, over a line at any angle."""
    turn = math.radians(degrees)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    ends = tuple((1 + side * along[0], 1 + side * along[1]) for side in (-0.7, 0.7))
    floor = Floor((2, 2), 1.0, [Paint((ends[0], ends[1]), 0.1, 0.0)])
    for offset in (-0.053, -0.0505, -0.049, 0.02, 0.0485, 0.0512, 0.06):
        x, y = 1 + offset * across[0], 1 + offset * across[1]
        deep = [abs(offset + (count + 0.5) / 200 * 2 * SPOT - SPOT) <= 0.05 for count in range(200)]
        assert floor.shade(x, y) == pytest.approx(1 - sum(deep) / 200, abs=0.02)


def test_lines_are_round_at_their_ends_and_have_no_gap_at_a_bend() -> None:
    floor = Floor((2, 2), 1.0, [Paint(((0.5, 1.0), (1.0, 1.0), (1.0, 1.5)), 0.1, 0.0)])
    assert floor.shade(1.03, 0.97) == 0
    assert floor.shade(0.455, 1.0) < 0.5 < floor.shade(0.445, 1.0)
    assert floor.shade(1.045, 0.955) == 1  # the corner is round, not square


def test_a_painted_area_and_what_is_painted_later_lies_on_top() -> None:
    square = Paint(((0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5)), None, 0.4)
    floor = Floor((2, 2), 1.0, [square, Paint(((0, 1), (2, 1)), 0.1, 0.0)])
    assert floor.shade(1.2, 1.3) == 0.4
    assert floor.shade(1.5, 1.3) == pytest.approx(0.7)
    assert floor.shade(1.2, 1.0) == 0
    assert floor.shade(1.2, 1.05) == pytest.approx(0.2)
    assert floor.shade(1.9, 1.9) == 1


def test_beyond_the_field_it_is_black() -> None:
    floor = Floor((2, 2), 0.0, [])
    assert floor.shade(1, 1) == 0
    assert [floor.shade(*place) for place in ((-0.01, 1), (2.01, 1), (1, -0.01), (1, 2.01))] == [1] * 4


def test_looking_is_the_same_whatever_was_looked_at_before() -> None:
    """Cells are remembered: that must not change what is seen."""
    field = load_field("kanazawa")
    places = [(x / 50, y / 50) for x in range(10, 90, 3) for y in range(0, 180, 5)]
    once = [field.shade(*place) for place in places]
    assert [field.shade(*place) for place in reversed(places)] == once[::-1]
    paints = load_field("kanazawa").floor._paints
    for (x, y), seen in zip(places, once, strict=True):
        shade = field.paper_shade
        for paint in paints:  # the long way: all paint, no cells
            share = min(max(0.5 + paint.depth(x, y, paint.pieces) / (2 * SPOT), 0), 1)
            shade += (paint.shade - shade) * share
        assert seen == pytest.approx(shade, abs=1e-12)
