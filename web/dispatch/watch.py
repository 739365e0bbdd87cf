"""One run of the solver that can be watched and ended: it never takes longer than it was given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ortools.sat.python import cp_model

BEAT = 0.1
"""Seconds between two looks at whether somebody wants it to end."""
SEED = 1

Stage = Literal["fill", "changes", "points", "explain"]


@dataclass(frozen=True)
class Effort:
    """``seconds`` of the clock for everything; ``work`` in CP-SAT's deterministic seconds, the same on every machine, None: no limit.

    A plan that is proven, or that ended by ``work``, comes out the same every time; one that ended by the clock need not.
    """

    seconds: float = 10.0
    work: float | None = None


@dataclass(frozen=True)
class Progress:
    """``value`` is the best so far of what this stage minimises, ``bound`` what it cannot go below; None: not known yet.
    ``share`` of the time given that has passed, 0 to 1."""

    stage: Stage
    value: int | None
    bound: int | None
    seconds: float
    share: float


@dataclass(frozen=True)
class Found:
    """``value`` None: nothing was found. ``work`` is what it took."""

    proven: bool
    value: int | None
    bound: int
    work: float
    solver: cp_model.CpSolver

    @property
    def impossible(self) -> bool:
        return self.proven and self.value is None


class Watch:
    """The time of one dispatch. ``progress`` is called from a thread of its own, a few times a second; what it raises ends the search
    and is raised again by :meth:`solve`."""

    def __init__(self, effort: Effort, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self.effort, self._progress, self._asked = effort, progress, cancelled
        self.began = time.monotonic()
        self.work = 0.0
        self.cancelled = False
        self._fault: BaseException | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def left(self) -> bool:
        """Whether there is time for another run."""
        enough_work = self.effort.work is None or self.work < self.effort.work
        return not self._ended() and enough_work

    def _ended(self) -> bool:
        self.cancelled = self.cancelled or bool(self._asked and self._asked())
        return self.cancelled or self.seconds >= self.effort.seconds

    def solve(self, model: cp_model.CpModel, stage: Stage, share: float = 1.0) -> Found:
        """At most this ``share`` of what is left of the time, and of the work."""
        solver = self._solver(share)
        news = _News()
        solver.best_bound_callback = news.hear_bound
        over = threading.Event()
        beat = threading.Thread(target=self._beat, args=(solver, stage, news, over), daemon=True)
        beat.start()
        try:
            status = solver.solve(model, news)
        finally:
            over.set()
            beat.join()
        if self._fault is not None:
            raise self._fault
        self.work += solver.response_proto.deterministic_time
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        proven = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
        value = round(solver.objective_value) if found else None
        return Found(proven, value, round(solver.best_objective_bound) if found else 0, solver.response_proto.deterministic_time, solver)

    def _solver(self, share: float) -> cp_model.CpSolver:
        """One worker: the same search every time. The full relaxation makes it quick, more workers did not; a core is left to the site."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        solver.parameters.linearization_level = 2
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.max_time_in_seconds = max(0.01, share * (self.effort.seconds - self.seconds))
        if self.effort.work is not None:
            solver.parameters.max_deterministic_time = max(0.001, share * (self.effort.work - self.work))
        return solver

    def _beat(self, solver: cp_model.CpSolver, stage: Stage, news: _News, over: threading.Event) -> None:
        try:
            while not over.wait(BEAT):
                if self._progress:
                    self._progress(self.told(stage, news.best, news.bound))
                if self._ended():
                    solver.stop_search()
        except BaseException as fault:  # noqa: BLE001 - handed to the thread that waits for the plan
            self._fault = fault
            while not over.wait(BEAT):
                solver.stop_search()

    def told(self, stage: Stage, value: int | None, bound: int | None) -> Progress:
        return Progress(stage, value, bound, self.seconds, min(1.0, self.seconds / max(self.effort.seconds, 0.001)))


class _News(cp_model.CpSolverSolutionCallback):
    """The latest that the solver has said."""

    def __init__(self) -> None:
        super().__init__()
        self.best: int | None = None
        self.bound: int | None = None

    def on_solution_callback(self) -> None:
        self.best = round(self.objective_value)

    def hear_bound(self, bound: float) -> None:
        self.bound = round(bound)
