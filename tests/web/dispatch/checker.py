"""What must be true of any plan, from the words of what was asked for. Knows the data and none of the rules' code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from web.dispatch.problem import Assignment, Mentor, Problem, Role, Session

LEAD, ASSISTANT, TRAINEE = Role.LEAD, Role.ASSISTANT, Role.TRAINEE


def faults(problem: Problem, people: Sequence[Assignment]) -> list[str]:
    """Everything that is wrong, one sentence each. What staff fixed may break rules; beside it nothing else may."""
    return list(Checker(problem, people).all())


class Checker:
    def __init__(self, problem: Problem, people: Sequence[Assignment]) -> None:
        self.problem, self.people = problem, people
        self.mentor = {mentor.id: mentor for mentor in problem.mentors}
        self.session = {session.id: session for session in problem.sessions}
        self.fixed = {(one.mentor, one.session): one for one in problem.fixed if one.mentor in self.mentor and one.session in self.session}

    def free(self) -> list[Assignment]:
        return [one for one in self.people if (one.mentor, one.session) not in self.fixed]

    def all(self) -> Iterator[str]:
        unknown = [one for one in self.people if one.mentor not in self.mentor or one.session not in self.session]
        if unknown:
            yield f"nobody knows {unknown}"
            return
        yield from self.once()
        yield from self.fixed_stay()
        for one in self.free():
            yield from self.allowed(one)
        yield from self.seats()
        yield from self.beside_a_lead()
        yield from self.time()
        yield from self.limits()

    def once(self) -> Iterator[str]:
        for pair, count in Counter((one.mentor, one.session) for one in self.people).items():
            if count > 1:
                yield f"{pair} sits on {count} seats"

    def fixed_stay(self) -> Iterator[str]:
        there = {(one.mentor, one.session): one for one in self.people}
        for pair, wanted in self.fixed.items():
            if pair not in there:
                yield f"{pair} was fixed and is gone"
            elif self.grades(self.mentor[pair[0]], self.session[pair[1]].start.date()) == {TRAINEE}:
                if there[pair].role is not TRAINEE:
                    yield f"{pair} is a trainee and counts as {there[pair].role}"
            elif (there[pair].role, there[pair].skill) != (wanted.role, wanted.skill):
                yield f"{pair} was fixed on another seat"

    @staticmethod
    def grades(mentor: Mentor, day: date) -> set[Role]:
        return {q.role for q in mentor.qualifications if q.first <= day and not (q.last is not None and q.last < day)}

    def allowed(self, one: Assignment) -> Iterator[str]:
        mentor, session = self.mentor[one.mentor], self.session[one.session]
        grades = self.grades(mentor, session.start.date())
        if one.role is LEAD and LEAD not in grades:
            yield f"{one} leads without the qualification that day"
        if one.role is ASSISTANT and not grades & {LEAD, ASSISTANT}:
            yield f"{one} assists without a qualification that day"
        if one.role is TRAINEE and grades != {TRAINEE}:
            yield f"{one} has a trainee's seat and is none"
        if one.skill is not None and one.skill not in mentor.skills:
            yield f"{one} lacks the skill"
        if (one.mentor, one.session) in self.problem.declined:
            yield f"{one} has declined"
        minute = session.start
        while minute < session.end:
            if not any(span.start <= minute < span.end for span in mentor.available):
                yield f"{one} is away at {minute:%H:%M}"
                break
            minute += timedelta(minutes=5)

    def seats(self) -> Iterator[str]:
        for session in self.problem.sessions:
            wanted = Counter({(TRAINEE, None): session.trainees})
            for need in session.needs:
                wanted[need.role, need.skill] += need.count
            taken = Counter((one.role, one.skill) for one in self.people if one.session == session.id)
            free = Counter((one.role, one.skill) for one in self.free() if one.session == session.id)
            for seat, count in free.items():
                if taken[seat] > wanted[seat]:
                    yield f"{session.id}: {taken[seat]} on {wanted[seat]} seats of {seat}, {count} of them not fixed"

    def beside_a_lead(self) -> Iterator[str]:
        led = {one.session for one in self.people if one.role is LEAD}
        yield from (f"{one} has no lead beside" for one in self.free() if one.role is TRAINEE and one.session not in led)

    def time(self) -> Iterator[str]:
        for one, other in combinations(self.people, 2):
            both_fixed = {(one.mentor, one.session), (other.mentor, other.session)} <= set(self.fixed)
            if one.mentor == other.mentor and one.session != other.session and not both_fixed:
                first, second = sorted(
                    (self.session[one.session], self.session[other.session]), key=lambda session: (session.start, session.end)
                )
                if first.start.date() == second.start.date() and first.end + self.way(first, second) > second.start:
                    yield f"{one.mentor} cannot be at {first.id} and then at {second.id}"

    def way(self, first: Session, second: Session) -> timedelta:
        if first.place == second.place:
            return timedelta()
        return timedelta(minutes=self.problem.travel.table.get((first.place, second.place), 45))

    def limits(self) -> Iterator[str]:
        names = {"day": lambda day: day, "week": lambda day: day.isocalendar()[:2], "month": lambda day: (day.year, day.month)}
        for mentor in self.problem.mentors:
            own = [one.session for one in self.people if one.mentor == mentor.id]
            for name, period in names.items():
                most = getattr(mentor.limits, name)
                counts = Counter(period(self.session[s].start.date()) for s in own)
                fixed = Counter(period(self.session[s].start.date()) for s in own if (mentor.id, s) in self.fixed)
                for when, count in counts.items():
                    if most is not None and count > max(most, fixed[when]):
                        yield f"{mentor.id} serves {count} times in {when}, at most {most} a {name}"
