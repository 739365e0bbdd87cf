"""What one more seat would cost: found by asking for a plan that has it."""

from __future__ import annotations

from collections import Counter

from ortools.sat.python import cp_model

from web.dispatch.model import Model, total
from web.dispatch.problem import Assignment, Instead, Seats
from web.dispatch.rules import Frame, Line
from web.dispatch.watch import Watch

SHARE = 0.5
"""Of the time left, for one seat."""


def instead(frame: Frame, people: tuple[Assignment, ...], seats: Seats, watch: Watch, fill_proven: bool) -> Instead:
    """Whether one more could sit there at all, beside what is fixed; and if so, which seats of this plan would then be empty in the best
    plan that fills it (fewest leads, then assistants; of those, as near to this plan as can be).

    Only of a plan whose filling is proven can it be said that something else would be empty.
    """
    line = Line(seats.session, seats.role, seats.skill)
    filled = Counter(Line(one.session, one.role, one.skill) for one in people)
    fixed = {one.mentor for one in frame.fixed.values() if _on(one, line)}
    if len(fixed | set(frame.candidates[line])) <= filled[line]:
        return Instead(False)
    if not (fill_proven and watch.left()):
        return Instead(None)
    model = Model(frame)
    model.cp.add(total(model.on[line]) >= filled[line] + 1)
    lost = {other: _lost(model, other, filled[other]) for other in frame.wanted if other != line and filled[other]}
    model.cp.minimize((sum(filled.values()) + 1) * model.fill() + total(list(lost.values())))
    model.hint(people)
    found = watch.solve(model.cp, "explain", SHARE)
    if found.impossible:
        return Instead(False)
    if not found.proven:
        return Instead(None)
    return Instead(True, tuple(Seats(*other, found.solver.value(count)) for other, count in lost.items() if found.solver.value(count)))


def _on(one: Assignment, line: Line) -> bool:
    return Line(one.session, one.role, one.skill) == line


def _lost(model: Model, line: Line, now: int) -> cp_model.IntVar:
    """How many seats that are filled now would be empty."""
    lost = model.cp.new_int_var(0, now, "")
    model.cp.add(lost >= now - total(model.on[line]))
    return lost
