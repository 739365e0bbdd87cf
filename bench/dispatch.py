"""Mentor dispatch: the solver's plans beside plans made by hand (hardest seat first, then who suits best), and how long one takes."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from bench.result import Reading, Result, compare
from web.dispatch.cost import cost
from web.dispatch.greedy import greedy
from web.dispatch.problem import Cost, Plan
from web.dispatch.sample import Term, term
from web.dispatch.solve import Effort, dispatch

COST, SECONDS = "dispatch_cost", "dispatch_s"
DISPATCH = {COST, SECONDS}
MENTORS, SESSIONS = 60, 100
TERMS = range(1, 6)
"""Seeds of made-up terms; the first five, not chosen."""
GIVEN = 10.0
"""Seconds for a plan."""


@dataclass(frozen=True)
class Sides:
    plan: Plan
    hand: Cost


def measure(names: set[str], console: Console) -> list[Result]:
    """Cost in points (way, wishes, load, practice; less is better), and seconds of the slowest plan: until proven, or the time given."""
    console.rule(f"dispatch: {MENTORS} mentors, {SESSIONS} sessions")
    try:
        sides = [_term(seed) for seed in TERMS]
    except Exception as error:  # noqa: BLE001 - one line fails, the bench goes on
        console.print(f"failed: {type(error).__name__}: {error}", style="red", highlight=False, markup=False)
        return compare(SESSIONS, dict.fromkeys(names, Reading(None, f"failed: {type(error).__name__}")), {})
    ours = {COST: _points([side.plan.cost for side in sides]), SECONDS: _seconds([side.plan for side in sides])}
    stock = {COST: _points([side.hand for side in sides]), SECONDS: Reading(None, "a coordinator's afternoon is not measured")}
    return compare(SESSIONS, {name: ours[name] for name in sorted(names)}, {name: stock[name] for name in sorted(names)})


def _term(seed: int) -> Sides:
    problem = term(Term(MENTORS, SESSIONS, seed))
    plan, hand = dispatch(problem, Effort(seconds=GIVEN)), cost(problem, greedy(problem))
    if hand < plan.cost:
        raise AssertionError(f"term {seed}: the plan made by hand is better")
    return Sides(plan, hand)


def _points(costs: list[Cost]) -> Reading:
    """The mean. Empty seats are no points, they are told: who leaves more of them empty has fewer points for it."""
    leads, assistants = sum(one.leads_missing for one in costs), sum(one.assistants_missing for one in costs)
    each = ", ".join(str(one.points) for one in costs)
    return Reading(
        sum(one.points for one in costs) / len(costs), f"{leads} leads and {assistants} assistants missing in {len(costs)} terms; {each}"
    )


def _seconds(plans: list[Plan]) -> Reading:
    told = ", ".join(f"{plan.seconds:.1f} s {plan.status}" + (f" within {plan.gap:.2f} %" if plan.gap else "") for plan in plans)
    return Reading(max(plan.seconds for plan in plans), told)
