"""The best plan, in stages: leads, then assistants; then as few changes as can be; then points (way, wishes, load, practice).

Leads and assistants are one stage, in which an empty lead's seat weighs more than all assistants' seats together: exact, and quick. The
others are stages of their own, each kept at its best while the next is solved: with one sum of weights, gap and proof of what is least
important would be lost among large numbers; so each stage's gap is told on its own scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from web.dispatch.cost import cost_in, points
from web.dispatch.explain import unfilled
from web.dispatch.greedy import Hand
from web.dispatch.instead import instead
from web.dispatch.model import Linear, Model
from web.dispatch.problem import Assignment, Breach, Cost, Note, Plan, Problem, Role, Status, Unfilled
from web.dispatch.rules import Frame
from web.dispatch.watch import Effort, Found, Progress, Stage, Watch

SHARES: dict[Stage, float] = {"fill": 0.3, "changes": 0.5, "points": 0.9}
"""Of the time that is left when the stage begins; the rest is for what comes after."""


def dispatch(
    problem: Problem,
    effort: Effort = Effort(),  # noqa: B008 - frozen
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Plan:
    """The best plan that is found in the time given; never worse than :func:`greedy`, and allowed whenever the search ends.

    ``cancelled`` is asked a few times a second: true ends the search, and what has been found so far comes back.
    """
    return Search(Frame(problem), Watch(effort, progress, cancelled)).plan()


class Search:
    def __init__(self, frame: Frame, watch: Watch) -> None:
        self.frame, self.watch = frame, watch
        self.best = Hand(frame).plan()
        self.cost = cost_in(frame, self.best)
        self.unproven: tuple[Stage, float] | None = None

    def plan(self) -> Plan:
        self._solve()
        if self.unproven and self.unproven[0] == "fill":
            self._keep(Hand(self.frame).complete(self.best))
        empty = self._explained()
        status: Status = "optimal" if not self.unproven else "cancelled" if self.watch.cancelled else "feasible"
        stage, gap = self.unproven or ("", 0.0)
        notes = tuple(sorted((*self.frame.notes, *_without_lead(self.frame, self.best))))
        return Plan(self.best, self.cost, empty, notes, status, gap, stage, self.watch.seconds, points(self.frame, self.best))

    # ------------------------------------------------------------------ stages
    def _solve(self) -> None:
        model = Model(self.frame)
        self._stage(model, "fill", model.fill(), self._fill_value)
        model.cp.add(model.missing(Role.LEAD) <= self.cost.leads_missing)
        model.cp.add(model.missing(Role.ASSISTANT) <= self.cost.assistants_missing)
        if self.frame.current:
            self._stage(model, "changes", model.changes(), lambda: self.cost.changes)
            model.cp.add(model.changes() <= self.cost.changes)
        self._stage(model, "points", model.points(), lambda: self.cost.points)

    def _stage(self, model: Model, stage: Stage, objective: Linear, value: Callable[[], int]) -> None:
        if value() == 0:
            return
        if not self.watch.left():
            self.unproven = self.unproven or (stage, 100.0)
            return
        model.cp.minimize(objective)
        model.hint(self.best)
        found = self.watch.solve(model.cp, stage, SHARES[stage])
        if found.value is not None:
            self._keep(model.people(found.solver.boolean_value))
        if not found.proven:
            self.unproven = self.unproven or (stage, _gap(value(), found))

    def _fill_value(self) -> int:
        assistants = sum(wanted for line, wanted in self.frame.wanted.items() if line.role is Role.ASSISTANT)
        return (assistants + 1) * self.cost.leads_missing + self.cost.assistants_missing

    def _keep(self, people: tuple[Assignment, ...]) -> None:
        cost: Cost = cost_in(self.frame, people)
        if cost < self.cost:
            self.best, self.cost = people, cost

    # ------------------------------------------------------------------ words to come
    def _explained(self) -> tuple[Unfilled, ...]:
        proven = self.unproven is None or self.unproven[0] != "fill"
        found = unfilled(self.frame, self.best)
        return tuple(replace(one, instead=instead(self.frame, self.best, one.seats, self.watch, proven)) for one in found)


def _gap(value: int, found: Found) -> float:
    bound = max(0, found.bound)
    return 100.0 * (value - bound) / value if value else 0.0


def _without_lead(frame: Frame, people: tuple[Assignment, ...]) -> list[Note]:
    """Trainees that staff fixed where nobody leads."""
    led = {one.session for one in people if one.role is Role.LEAD}
    return [
        Note(Breach.NO_LEAD, one.mentor, one.session) for one in frame.fixed.values() if one.role is Role.TRAINEE and one.session not in led
    ]


__all__ = ["Effort", "Progress", "dispatch"]
