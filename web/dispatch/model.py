"""The same rules and the same cost as a model for CP-SAT.

A boolean for each seat that somebody may have, and no other; sessions that one person cannot both serve stand in cliques (at most one of
them), which is tighter than pairs. Load and way are linear steps. So the linear relaxation lies within two percent of the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from itertools import pairwise

from ortools.sat.python import cp_model

from web.dispatch.cost import GONE, MOVED, Company, company, fixed_trainees, load_step, missed_place, practice_possible, practice_seats, way
from web.dispatch.problem import Assignment, Role
from web.dispatch.rules import PERIODS, Frame, Line

Linear = cp_model.LinearExpr
Pairs = Set[tuple[str, str]]
"""(mentor, session) of people who are seated."""


class Model:
    """Constraints, and the parts of the objective. ``points()`` adds the variables it needs: ask once."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.cp = cp_model.CpModel()
        self.seat: dict[tuple[str, Line], cp_model.IntVar] = {}
        self.at: defaultdict[tuple[str, str], list[cp_model.IntVar]] = defaultdict(list)
        self.on: defaultdict[Line, list[cp_model.IntVar]] = defaultdict(list)
        self.of: defaultdict[str, list[str]] = defaultdict(list)
        self._counted: list[tuple[cp_model.IntVar, Callable[[Pairs], int]]] = []
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
        made = self.seat[mentor, line] = self.cp.new_bool_var("")
        self.at[mentor, line.session].append(made)
        self.on[line].append(made)
        return made

    def _lines(self) -> None:
        for line, count in self.frame.seats.items():
            if len(self.on[line]) > count:
                self.cp.add(total(self.on[line]) <= count)

    def here(self, mentor: str, session: str) -> Linear:
        """1 if he has a seat there, else 0."""
        return total(self.at.get((mentor, session), []))

    # ------------------------------------------------------------------ rules
    def _time(self, mentor: str) -> None:
        """At most one of each clique. Not of fixed sessions: what clashes with them has no seat for him, and among them staff decided."""
        own = [session for session in self.of[mentor] if (mentor, session) not in self.frame.fixed]
        for clique in cliques(own, self.frame.clashes):
            self.cp.add_at_most_one(chosen for session in clique for chosen in self.at[mentor, session])

    def _limits(self, mentor: str) -> None:
        for period in PERIODS:
            most = getattr(self.frame.mentors[mentor].limits, period)
            groups: defaultdict[date, list[str]] = defaultdict(list)
            for session in self.of[mentor]:
                groups[self.frame.periods[session][period]].append(session)
            for group in groups.values():
                if most is not None and len(group) > most:
                    fixed = sum((mentor, session) in self.frame.fixed for session in group)
                    self.cp.add(total([self.here(mentor, session) for session in group]) <= max(most, fixed))

    def _trainees(self) -> None:
        """A trainee comes only where somebody leads; one that staff fixed is there anyway."""
        for (mentor, line), chosen in self.seat.items():
            if line.role is Role.TRAINEE and (mentor, line.session) not in self.frame.fixed:
                leads = [lead for other in self.frame.lines_of(line.session) if other.role is Role.LEAD for lead in self.on[other]]
                self.cp.add_bool_or([*leads, ~chosen])

    # ------------------------------------------------------------------ objective: seats, changes
    def missing(self, role: Role) -> Linear:
        return total([wanted - self._filled(line, wanted) for line, wanted in self.frame.wanted.items() if line.role is role])

    def _filled(self, line: Line, wanted: int) -> Linear:
        """Where staff fixed more than are wanted, more do not count: they make up for no other seat."""
        return total(self.on[line]) if self.frame.seats[line] == wanted else total([wanted])

    def fill(self) -> Linear:
        """Leads before assistants in one number: a lead weighs more than all assistants together, so they can never buy one."""
        assistants = sum(wanted for line, wanted in self.frame.wanted.items() if line.role is Role.ASSISTANT)
        return (assistants + 1) * self.missing(Role.LEAD) + self.missing(Role.ASSISTANT)

    def changes(self) -> Linear:
        """GONE for a promise not kept; of it MOVED remains where he is there in another role."""
        return total([self._change(mentor, session, role) for (mentor, session), role in self.frame.current.items()])

    def _change(self, mentor: str, session: str, role: Role) -> Linear:
        lines = [line for line in self.frame.lines_of(session) if line.role is role and (mentor, line) in self.seat]
        same = total([self.seat[mentor, line] for line in lines])
        return GONE - (GONE - MOVED) * self.here(mentor, session) - MOVED * same

    # ------------------------------------------------------------------ objective: points
    def points(self) -> Linear:
        return total([*self._ways(), *self._wishes(), *self._load(), *self._practice()])

    def _ways(self) -> Iterator[Linear]:
        trips: defaultdict[tuple[str, date, str], list[str]] = defaultdict(list)
        for mentor, session in self.at:
            there = self.frame.sessions[session]
            trips[mentor, there.day, there.place].append(session)
        for (mentor, _, place), sessions in trips.items():
            minutes = way(self.frame, mentor, place)
            if len(sessions) == 1:
                yield minutes * self.here(mentor, sessions[0])
            elif minutes:
                yield minutes * self._any_of(mentor, sessions)

    def _any_of(self, mentor: str, sessions: Sequence[str]) -> Linear:
        pairs = {(mentor, session) for session in sessions}
        found = self._count(1, lambda seated: 1 if pairs & seated else 0)
        for session in sessions:
            self.cp.add(self.here(mentor, session) <= found)
        if self.frame.mentors[mentor].limits.day == 1:
            self.cp.add(total([self.here(mentor, session) for session in sessions]) <= found)
        return found

    def _wishes(self) -> Iterator[Linear]:
        weight = self.frame.problem.weights.wish
        with_whom = {mentor.id: company(mentor) for mentor in self.frame.mentors.values()}
        for mentor, session in list(self.at) if weight else ():
            steps = missed_place(self.frame.mentors[mentor], self.frame.sessions[session])
            yield weight * steps * self.here(mentor, session)
            yield weight * self._liked(mentor, session, with_whom[mentor])
            for who, unwanted in with_whom[mentor].unwanted.items():
                if (who, session) in self.at:
                    yield weight * unwanted * self._both(mentor, who, session)

    def _liked(self, mentor: str, session: str, wished: Company) -> Linear:
        """Steps missed for want of the colleagues he likes, if he is there."""
        liked = {who: steps for who, steps in wished.liked.items() if (who, session) in self.at}
        if not liked:
            return wished.best * self.here(mentor, session)
        found = self._count(wished.best, lambda seated: _not_liked(mentor, session, wished, seated))
        beside = total([steps * self.here(who, session) for who, steps in liked.items()])
        self.cp.add(found >= wished.best * self.here(mentor, session) - beside)
        return found

    def _both(self, one: str, other: str, session: str) -> Linear:
        pairs = {(one, session), (other, session)}
        found = self._count(1, lambda seated: 1 if pairs <= seated else 0)
        self.cp.add(found >= self.here(one, session) + self.here(other, session) - 1)
        return found

    def _load(self) -> Iterator[Linear]:
        for mentor, sessions in self.of.items():
            steps = [self._step(mentor, k) for k in range(1, min(len(sessions), self.frame.offered[mentor]) + 1)]
            self.cp.add(total([self.here(mentor, session) for session in sessions]) == total(steps))
            for earlier, later in pairwise(steps):
                self.cp.add_implication(later, earlier)
            yield from (load_step(self.frame, mentor, k) * step for k, step in enumerate(steps, 1))

    def _step(self, mentor: str, k: int) -> cp_model.IntVar:
        """Whether he serves at least k sessions."""
        return self._count(1, lambda seated: 1 if sum(one == mentor for one, _ in seated) >= k else 0)

    def _practice(self) -> Iterator[Linear]:
        practising = total([self._practising(session) for session in self.frame.sessions])
        yield self.frame.problem.weights.practice * (practice_possible(self.frame) - practising)

    def _practising(self, session: str) -> Linear:
        """Trainees there, up to the seats: where staff fixed more, more do not count."""
        seats, fixed = practice_seats(self.frame, session), fixed_trainees(self.frame, session)
        return total([seats]) if fixed >= seats else total(self.on[Line(session, Role.TRAINEE, None)])

    # ------------------------------------------------------------------ plans in and out
    def hint(self, people: Iterable[Assignment]) -> None:
        """Begin with this plan, whole: every variable gets its value."""
        chosen = {(one.mentor, Line(one.session, one.role, one.skill)) for one in people}
        seated = {(mentor, line.session) for mentor, line in chosen}
        self.cp.clear_hints()  # type: ignore[no-untyped-call]
        for key, variable in self.seat.items():
            self.cp.add_hint(variable, key in chosen)
        for variable, counted in self._counted:
            self.cp.add_hint(variable, counted(seated))

    def people(self, value: Callable[[cp_model.IntVar], bool]) -> tuple[Assignment, ...]:
        chosen = (key for key, variable in self.seat.items() if value(variable))
        return tuple(sorted(Assignment(line.session, mentor, line.role, line.skill) for mentor, line in chosen))

    def _count(self, most: int, counted: Callable[[Pairs], int]) -> cp_model.IntVar:
        """A variable that follows from who is seated, and how."""
        made = self.cp.new_int_var(0, most, "")
        self._counted.append((made, counted))
        return made


def _not_liked(mentor: str, session: str, wished: Company, seated: Pairs) -> int:
    beside = sum(steps for who, steps in wished.liked.items() if (who, session) in seated)
    return max(0, wished.best - beside) if (mentor, session) in seated else 0


def total(parts: Sequence[Linear | int]) -> Linear:
    return cp_model.LinearExpr.sum(list(parts))


def cliques(members: Collection[str], clashes: Mapping[str, Mapping[str, object]]) -> Iterator[list[str]]:
    """Groups of which each two clash, such that every clash is in one of them: as large as they grow, so few."""
    covered: set[tuple[str, str]] = set()
    for one in members:
        for other in members:
            if other in clashes[one] and (one, other) not in covered:
                group = [one, other]
                for more in members:
                    if more not in group and all(more in clashes[member] for member in group):
                        group.append(more)
                covered |= {(a, b) for a in group for b in group}
                yield group
