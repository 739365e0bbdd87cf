"""The plan that a careful coordinator makes with a spreadsheet: the hardest seat first, whoever suits it best of those still free.

The beginning of the solver's search, and what its plan is compared with.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from web.dispatch.cost import company, load_step, missed_place, way
from web.dispatch.problem import Assignment, Problem, Role
from web.dispatch.rules import Frame, Line

ORDER = (Role.LEAD, Role.ASSISTANT, Role.TRAINEE)


def greedy(problem: Problem) -> tuple[Assignment, ...]:
    """Allowed assignments: what is fixed, then of the current plan what still holds, then leads, assistants and trainees, each role's
    seats with the fewest people for them first, and there whoever costs least at that moment: load, way, wishes."""
    return Hand(Frame(problem)).plan()


class Hand:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.seated: dict[tuple[str, str], Assignment] = {}
        self.of: defaultdict[str, list[str]] = defaultdict(list)
        self.filled: Counter[Line] = Counter()
        for one in frame.fixed.values():
            self._seat(one.mentor, Line(one.session, one.role, one.skill))

    def plan(self) -> tuple[Assignment, ...]:
        for role in ORDER:
            self._keep(role)
        for role in ORDER:
            self._fill(role)
        return self.assignments()

    def assignments(self) -> tuple[Assignment, ...]:
        return tuple(sorted(self.seated.values()))

    def complete(self, people: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
        """These allowed assignments, and what can be added without touching one."""
        for one in people:
            if (one.mentor, one.session) not in self.seated:
                self._seat(one.mentor, Line(one.session, one.role, one.skill))
        for role in ORDER:
            self._fill(role)
        return self.assignments()

    def _keep(self, role: Role) -> None:
        lines = [line for line in self.frame.seats if line.role is role]
        told = {one: (one.session, one.mentor) for one in self.frame.problem.current if one.role is role}
        for one in sorted(told):
            same = sorted((line for line in lines if line.session == one.session), key=lambda line: (line.skill != one.skill, line.skill or ""))
            for line in same:
                if one.mentor in self.frame.candidates[line] and self._open(line) and self._free(one.mentor, line):
                    self._seat(one.mentor, line)
                    break

    def _fill(self, role: Role) -> None:
        lines = [line for line in self.frame.seats if line.role is role and self._open(line)]
        while lines:
            free = {line: [m for m in self.frame.candidates[line] if self._free(m, line)] for line in lines}
            lines = [line for line in lines if free[line]]
            if not lines:
                return
            hardest = min(lines, key=lambda line: (len(free[line]) - self._left(line), line.session, line.skill or ""))
            self._seat(min(free[hardest], key=lambda m: (self._price(m, hardest), m)), hardest)
            lines = [line for line in lines if self._open(line)]

    def _left(self, line: Line) -> int:
        return self.frame.seats[line] - self.filled[line]

    def _open(self, line: Line) -> bool:
        return self._left(line) > 0

    def _free(self, mentor: str, line: Line) -> bool:
        own = self.of[mentor]
        if line.role is Role.TRAINEE and not any(self.filled[other] for other in self.frame.lead_lines[line.session]):
            return False
        if line.session in own or any(other in self.frame.clashes[line.session] for other in own):
            return False
        return not any(self.frame.reached(mentor, line.session, own))

    def _price(self, mentor: str, line: Line) -> int:
        """What his coming would add to the points, as far as the people seated so far tell."""
        frame, one, session = self.frame, self.frame.mentors[mentor], self.frame.sessions[line.session]
        beside = {m for m, s in self.seated if s == line.session}
        wanted = company(one)
        liked = max(0, wanted.best - sum(steps for who, steps in wanted.liked.items() if who in beside))
        unwanted = sum(steps for who, steps in wanted.unwanted.items() if who in beside)
        not_liked = sum(company(frame.mentors[who]).unwanted.get(mentor, 0) for who in beside)
        there = any(frame.sessions[s].day == session.day and frame.sessions[s].place == session.place for s in self.of[mentor])
        steps = missed_place(one, session) + liked + unwanted + not_liked
        ways = 0 if there else way(frame, mentor, session.place)
        return load_step(frame, mentor, len(self.of[mentor]) + 1) + ways + frame.problem.weights.wish * steps

    def _seat(self, mentor: str, line: Line) -> None:
        self.seated[mentor, line.session] = Assignment(line.session, mentor, line.role, line.skill)
        self.of[mentor].append(line.session)
        self.filled[line] += 1
