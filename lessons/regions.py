"""The marked regions of a source notebook: solutions and hidden tests. Pure; nbgrader does the clearing itself."""

from __future__ import annotations

from enum import StrEnum


class Region(StrEnum):
    """What an author marks with ``### BEGIN …`` and ``### END …``, in nbgrader's words."""

    SOLUTION = "SOLUTION"
    HIDDEN = "HIDDEN TESTS"


MARKS = tuple(f"{edge} {region}" for region in Region for edge in ("BEGIN", "END"))
"""None of these may ever stand in what a pupil gets."""


def inside(source: str, region: Region) -> list[str]:
    """The lines within every ``region`` of a cell, without the marks."""
    return [line for line, found in _lines(source) if found is region]


def outside(source: str) -> list[str]:
    """The lines of a cell that belong to no region, without the marks: what a pupil is meant to see."""
    return [line for line, found in _lines(source) if found is None]


def _lines(source: str) -> list[tuple[str, Region | None]]:
    here: Region | None = None
    found = []
    for line in source.split("\n"):
        begun = next((region for region in Region if f"BEGIN {region}" in line), None)
        ended = any(f"END {region}" in line for region in Region)
        if begun or ended:
            here = begun
        else:
            found.append((line, here))
    return found
