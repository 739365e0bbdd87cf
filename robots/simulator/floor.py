"""The painted floor, as an eye sees it: paint upon paint, its edges softened by the size of the eye's spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from robots.simulator.shapes import Point, distance_to_segment, is_inside, segments

SPOT = 0.004
"""Radius in metres of what an eye sees at once."""

_CELL = 0.05
_REACH = _CELL * 0.7072 + SPOT  # from a cell's middle to whatever an eye in that cell can see

Segments = tuple[tuple[Point, Point], ...]


@dataclass(frozen=True)
class Paint:
    """A line of ``width`` through ``points``, or (``width`` None) the polygon of these corners; ``shade`` 0 white … 1 black."""

    points: tuple[Point, ...]
    width: float | None
    shade: float

    @property
    def pieces(self) -> Segments:
        """The line's segments, or the polygon's edges."""
        return segments(self.points, closed=self.width is None)

    def depth(self, x: float, y: float, pieces: Segments) -> float:
        """How far ``(x, y)`` is inside the paint, in metres (negative: outside). ``pieces``: those that matter here."""
        nearest = 1e9
        for start, end in pieces:
            distance = distance_to_segment(x, y, start, end)
            if distance < nearest:
                nearest = distance
        if self.width is not None:
            return self.width / 2.0 - nearest
        return nearest if is_inside(x, y, self.points) else -nearest


@dataclass(frozen=True)
class _Cell:
    """What matters in a small square: the shade below, and the paints whose edge passes through it, in the order they were painted."""

    shade: float
    edges: tuple[tuple[Paint, Segments], ...]


class Floor:
    """Paint on a floor of ``size`` and ``shade``. Outside it is the last place where one would want to look: black."""

    def __init__(self, size: tuple[float, float], shade: float, paints: Sequence[Paint]) -> None:
        self._width, self._height = size
        self._shade, self._paints = shade, tuple(paints)
        self._cells: dict[tuple[int, int], _Cell] = {}

    def shade(self, x: float, y: float) -> float:
        """0 white … 1 black, the mean over the eye's spot (a straight edge over the spot counts by how far it came)."""
        if not (0.0 <= x <= self._width and 0.0 <= y <= self._height):
            return 1.0
        key = (int(x / _CELL), int(y / _CELL))
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = self._look(*key)
        shade = cell.shade
        for paint, pieces in cell.edges:
            share = 0.5 + paint.depth(x, y, pieces) / (2.0 * SPOT)
            if share > 0.0:
                shade = paint.shade if share >= 1.0 else shade + (paint.shade - shade) * share
        return shade

    def _look(self, column: int, row: int) -> _Cell:
        x, y = (column + 0.5) * _CELL, (row + 0.5) * _CELL
        shade = self._shade
        edges: list[tuple[Paint, Segments]] = []
        for paint in self._paints:
            pieces = paint.pieces
            depth = paint.depth(x, y, pieces)
            if depth >= _REACH:
                shade, edges = paint.shade, []
            elif depth > -_REACH:
                near = _REACH + (paint.width or 0.0) / 2.0
                edges.append((paint, tuple(piece for piece in pieces if distance_to_segment(x, y, *piece) <= near)))
        return _Cell(shade, tuple(edges))
