"""The runs of this notebook: made by ``%%kani``, and asked for by a lesson's checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from robots.board import load_profile
from robots.notebook import words
from robots.notebook.program import DEFAULT, ProgramFault, checked_name, kept
from robots.simulator.field import Field, load_field
from robots.simulator.rules import load_rules
from robots.simulator.run import Run, simulate
from robots.simulator.setup import Setup

FIELD = "kanazawa"
SECONDS = 60.0
RULES = "practice"
PROFILE = "pico"
WALL_SECONDS = 5.0
"""So long may a program take in real time: half of what grading gives a cell."""
MOST_KEPT = 16
"""Runs that are remembered; a recording is a megabyte in memory."""


@dataclass(frozen=True)
class Done:
    """A run, and what it was a run of."""

    source: str
    setup: Setup
    run: Run


_done: dict[str, Done] = {}


def setup_for(
    *,
    field: str | Field = FIELD,
    seed: int = 0,
    rules: str = RULES,
    seconds: float = SECONDS,
    presses: Sequence[float] = (),
    opponent: bool = False,
) -> Setup:
    """A setup by names (or with a field of a lesson's own).

    Raises KanikkoError for a field or rules that are not there, ValueError for numbers that make no sense.
    """
    return Setup(
        field=field if isinstance(field, Field) else load_field(field),
        profile=load_profile(PROFILE),
        seed=seed,
        rules=load_rules(rules),
        seconds=seconds,
        presses=tuple(presses),
        opponent=opponent,
    )


def make(name: str, source: str, setup: Setup) -> Run:
    """Run ``source`` in the simulator and remember it as ``name``."""
    run = simulate(source, setup, wall_seconds=WALL_SECONDS)
    _done.pop(name, None)
    _done[name] = Done(source, setup, run)
    while len(_done) > MOST_KEPT:
        del _done[next(iter(_done))]
    return run


def last(name: str, folder: Path) -> Done:
    """The last run of a program; if this kernel has none, one is made of the kept file. Raises ProgramFault if there is no file."""
    source = kept(folder, name)
    done = _done.get(name)
    if done is None or done.source != source:
        make(name, source, done.setup if done else setup_for())
    return _done[name]


def kani_run(name: str = DEFAULT, **changed: Any) -> Run:
    """The last run of the program ``name``; for checks: ``kani_run("crab").score.total``.

    With keywords (``field=``, ``seed=``, ``rules=``, ``seconds=``, ``presses=``, ``opponent=``) the program that was run last is run
    again with these changed, and neither shown nor remembered. Raises ProgramFault when its cell has not been run.
    """
    done = _done.get(checked_name(name, Path.cwd()))
    if done is None:
        raise ProgramFault(words.NOT_RUN.format(name=name), remedy=words.NOT_RUN_HELP.format(name=name))
    if not changed or done.run.ended == "endless":  # it would be endless again, for seconds
        return done.run
    whole = setup_for(**changed)
    return simulate(done.source, replace(done.setup, **{key: getattr(whole, key) for key in changed}), wall_seconds=WALL_SECONDS)
