"""The plan that a careful coordinator makes with a spreadsheet: the hardest seat first, whoever suits it best of those still free.

The beginning of the solver's search, and what its plan is compared with.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from web.dispatch.cost import company, load_step, missed_place, way
from web.dispatch.problem import Assignment, Problem, Role
from web.dispatch.rules import Frame, Line


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
        self._keep(Role.LEAD)
        self._keep(Role.ASSISTANT)
        self._fill(Role.LEAD)
        self._fill(Role.ASSISTANT)
        self._keep(Role.TRAINEE)
        self._fill(Role.TRAINEE)
        return self.assignments()

    def assignments(self) -> tuple[Assignment, ...]:
        return tuple(sorted(self.seated.values()))

    def complete(self, people: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
        """These allowed assignments, and the leads and assistants that can be added without touching one."""
        for one in people:
            if (one.mentor, one.session) not in self.seated:
                self._seat(one.mentor, Line(one.session, one.role, one.skill))
        self._fill(Role.LEAD)
        self._fill(Role.ASSISTANT)
        return self.assignments()

    def _keep(self, role: Role) -> None:
        for one in sorted(told for told in self.frame.problem.current if told.role is role):
            same = [line for line in self.frame.lines_of(one.session) if line.role is role]
            for line in sorted(same, key=lambda line: (line.skill != one.skill, line.skill or "")):
                if one.mentor in self.frame.candidates[line] and self._open(line) and self._free(one.mentor, line):
                    self._seat(one.mentor, line)
                    break

    def _fill(self, role: Role) -> None:
        """Counts who is free only once, and again for the one who was seated: what is free only gets less."""
        open_to = {line: self._free_for(line) for line in self.frame.seats if line.role is role and self._open(line)}
        while open_to := {line: who for line, who in open_to.items() if who and self._open(line)}:
            hardest = min(open_to, key=lambda line: (len(open_to[line]) - self._left(line), line.session, line.skill or ""))
            chosen = min(open_to[hardest], key=lambda m: (self._price(m, hardest), m))
            self._seat(chosen, hardest)
            for line, who in open_to.items():
                if chosen in who and not self._free(chosen, line):
                    who.remove(chosen)

    def _free_for(self, line: Line) -> list[str]:
        return [m for m in self.frame.candidates[line] if self._free(m, line)]

    def _left(self, line: Line) -> int:
        return self.frame.seats[line] - self.filled[line]

    def _open(self, line: Line) -> bool:
        return self._left(line) > 0

    def _free(self, mentor: str, line: Line) -> bool:
        own = self.of[mentor]
        if line.role is Role.TRAINEE and not any(
            self.filled[other] for other in self.frame.lines_of(line.session) if other.role is Role.LEAD
        ):
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
