"""The same rules and the same cost as a model for CP-SAT.

A boolean for each seat that somebody may have, and no other; sessions that one person cannot both serve stand in cliques (at most one of
them), which is a tighter model than pairs. Load and way are linear steps, so that the relaxation nearly is the answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from ortools.sat.python import cp_model

from web.dispatch.cost import GONE, MOVED, company, load_step, missed_place, practice_seats, way
from web.dispatch.problem import Assignment, Role
from web.dispatch.rules import PERIODS, Frame, Line, period_of

Linear = cp_model.LinearExprT


class Model:
    """Constraints and the parts of the objective. ``fill`` and ``changes`` are expressions; ``points()`` adds what it needs when first asked."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.cp = cp_model.CpModel()
        self.seat: dict[tuple[str, Line], cp_model.IntVar] = {}
        self.at: defaultdict[tuple[str, str], list[cp_model.IntVar]] = defaultdict(list)
        self.on: defaultdict[Line, list[cp_model.IntVar]] = defaultdict(list)
        self.of: defaultdict[str, list[str]] = defaultdict(list)
        self._seats()
        self._lines()
        for mentor in frame.mentors:
            self._time(mentor)
            self._limits(mentor)
        self._trainees()

    # ------------------------------------------------------------------ seats
    def _seats(self) -> None:
        for line, who in self.frame.candidates.items():
            for mentor in who:
                self._seat(mentor, line)
        for one in self.frame.fixed.values():
            self.cp.add(self._seat(one.mentor, Line(one.session, one.role, one.skill)) == 1)
        for (mentor, session), chosen in self.at.items():
            self.of[mentor].append(session)
            if len(chosen) > 1:
                self.cp.add_at_most_one(chosen)

    def _seat(self, mentor: str, line: Line) -> cp_model.IntVar:
        made = self.seat[mentor, line] = self.cp.new_bool_var(f"{mentor} {line}")
        self.at[mentor, line.session].append(made)
        self.on[line].append(made)
        return made

    def _lines(self) -> None:
        for line, count in self.frame.seats.items():
            if len(self.on[line]) > count:
                self.cp.add(_sum(self.on[line]) <= count)

    def here(self, mentor: str, session: str) -> Linear:
        return _sum(self.at.get((mentor, session), []))

    # ------------------------------------------------------------------ rules
    def _time(self, mentor: str) -> None:
        """At most one of each clique. Fixed sessions are left out: what they clash with has no seat for him, and among them staff decided."""
        own = [session for session in self.of[mentor] if (mentor, session) not in self.frame.fixed]
        for clique in cliques(own, self.frame.clashes):
            self.cp.add_at_most_one(chosen for session in clique for chosen in self.at[mentor, session])

    def _limits(self, mentor: str) -> None:
        for period in PERIODS:
            most = getattr(self.frame.mentors[mentor].limits, period)
            groups: defaultdict[date, list[str]] = defaultdict(list)
            for session in self.of[mentor]:
                groups[period_of(self.frame.sessions[session].day, period)].append(session)
            for group in groups.values():
                if most is not None and len(group) > most:
                    fixed = sum((mentor, session) in self.frame.fixed for session in group)
                    self.cp.add(sum(self.here(mentor, session) for session in group) <= max(most, fixed))

    def _trainees(self) -> None:
        """A trainee comes only where somebody leads; one that staff fixed is there anyway."""
        for (mentor, line), chosen in self.seat.items():
            if line.role is Role.TRAINEE and (mentor, line.session) not in self.frame.fixed:
                self.cp.add_bool_or([*self.leads(line.session), ~chosen])

    def leads(self, session: str) -> list[cp_model.IntVar]:
        return [chosen for line in self.frame.lead_lines[session] for chosen in self.on[line]]

    # ------------------------------------------------------------------ objective
    def missing(self, role: Role) -> Linear:
        return sum(wanted - _sum(self.on[line]) for line, wanted in self.frame.wanted.items() if line.role is role)

    def fill(self) -> Linear:
        """Leads before assistants in one number: a lead weighs more than all assistants together, so it can never be bought with them."""
        assistants = sum(wanted for line, wanted in self.frame.wanted.items() if line.role is Role.ASSISTANT)
        return (assistants + 1) * self.missing(Role.LEAD) + self.missing(Role.ASSISTANT)

    def changes(self) -> Linear:
        """GONE for a promise not kept; of it MOVED remains where he is there in another role."""
        total: Linear = 0
        for (mentor, session), role in self.frame.current.items():
            same = [self.seat[mentor, line] for line in self._lines_of(session) if line.role is role and (mentor, line) in self.seat]
            total += GONE - (GONE - MOVED) * self.here(mentor, session) - MOVED * _sum(same)
        return total

    def _lines_of(self, session: str) -> list[Line]:
        return [line for line in self.frame.seats if line.session == session]

    def points(self) -> Linear:
        return _add([*self._ways(), *self._wishes(), *self._load(), *self._practice()])

    def _ways(self) -> Iterator[Linear]:
        trips: defaultdict[tuple[str, date, str], list[str]] = defaultdict(list)
        for mentor, session in self.at:
            there = self.frame.sessions[session]
            trips[mentor, there.day, there.place].append(session)
        for (mentor, _, place), sessions in trips.items():
            minutes = way(self.frame, mentor, place)
            if len(sessions) == 1 or self.frame.mentors[mentor].limits.day == 1:
                yield from (minutes * self.here(mentor, session) for session in sessions)
            else:
                comes = self.cp.new_bool_var("")
                for session in sessions:
                    self.cp.add(self.here(mentor, session) <= comes)
                yield minutes * comes

    def _wishes(self) -> Iterator[Linear]:
        weight = self.frame.problem.weights.wish
        for mentor, session in list(self.at):
            one = self.frame.mentors[mentor]
            yield weight * missed_place(one, self.frame.sessions[session]) * self.here(mentor, session)
            wanted = company(one)
            beside = {who: self.here(who, session) for who in (*wanted.liked, *wanted.unwanted) if (who, session) in self.at}
            liked = {who: steps for who, steps in wanted.liked.items() if who in beside}
            if wanted.best and not liked:
                yield weight * wanted.best * self.here(mentor, session)
            elif wanted.best:
                missed = self.cp.new_int_var(0, wanted.best, "")
                self.cp.add(missed >= wanted.best * self.here(mentor, session) - sum(steps * beside[who] for who, steps in liked.items()))
                yield weight * missed
            for who, steps in wanted.unwanted.items():
                if who in beside:
                    both = self.cp.new_bool_var("")
                    self.cp.add(both >= self.here(mentor, session) + beside[who] - 1)
                    yield weight * steps * both

    def _load(self) -> Iterator[Linear]:
        for mentor, sessions in self.of.items():
            steps = [self.cp.new_bool_var("") for _ in range(min(len(sessions), max(1, self.frame.offered[mentor])))]
            self.cp.add(sum(self.here(mentor, session) for session in sessions) == _sum(steps))
            for earlier, later in zip(steps, steps[1:], strict=False):
                self.cp.add_implication(later, earlier)
            yield from (load_step(self.frame, mentor, k) * step for k, step in enumerate(steps, 1))

    def _practice(self) -> Iterator[Linear]:
        for session in self.frame.sessions:
            seats, seated = practice_seats(self.frame, session), self.on[Line(session, Role.TRAINEE, None)]
            if seats and len(seated) and self.frame.seats[Line(session, Role.TRAINEE, None)] <= seats:
                yield self.frame.problem.weights.practice * (seats - _sum(seated))
            elif seats:
                empty = self.cp.new_int_var(0, seats, "")
                self.cp.add(empty >= seats - _sum(seated))
                yield self.frame.problem.weights.practice * empty

    # ------------------------------------------------------------------ answers and hints
    def hint(self, people: Iterable[Assignment]) -> None:
        """Begin with these. Variables that only count are left to the solver."""
        chosen = {(one.mentor, Line(one.session, one.role, one.skill)) for one in people}
        self.cp.clear_hints()
        for key, variable in self.seat.items():
            self.cp.add_hint(variable, key in chosen)

    def filled(self, people: Iterable[Assignment]) -> Counter[Line]:
        return Counter(Line(one.session, one.role, one.skill) for one in people)


def _sum(variables: list[cp_model.IntVar]) -> Linear:
    return cp_model.LinearExpr.sum(variables)


def _add(parts: list[Linear]) -> Linear:
    return cp_model.LinearExpr.sum(parts)


def cliques(members: Iterable[str], clashes: dict[str, dict[str, object]]) -> list[list[str]]:
    """Groups of which each two clash, so that every clash is in one of them; few and large."""
    own = list(members)
    open_pairs = {(a, b) for n, a in enumerate(own) for b in own[n + 1 :] if b in clashes[a]}
    found = []
    for one in own:
        for other in own:
            if (one, other) in open_pairs:
                group = _grow([one, other], own, clashes)
                open_pairs -= {(a, b) for a in group for b in group}
                found.append(group)
    return found


def _grow(group: list[str], own: list[str], clashes: dict[str, dict[str, object]]) -> list[str]:
    for candidate in own:
        if candidate not in group and all(candidate in clashes[member] for member in group):
            group = [*group, candidate]
    return group
