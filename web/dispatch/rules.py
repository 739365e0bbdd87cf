"""What is allowed: who may sit where, which sessions one person cannot both serve, what is fixed. One place for plan, cost and words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, NamedTuple

from web.dispatch.problem import Assignment, Breach, Mentor, Note, Problem, Role, Session, Why

RANK = {Role.TRAINEE: 0, Role.ASSISTANT: 1, Role.LEAD: 2}

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")


class Line(NamedTuple):
    """Equal seats of one session."""

    session: str
    role: Role
    skill: str | None


def period_of(day: date, period: Period) -> date:
    """The first day of the day, the week (Monday) or the month that ``day`` lies in."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def grade(mentor: Mentor, day: date) -> Role | None:
    """The most that he is qualified for on this day."""
    valid = [qualification.role for qualification in mentor.qualifications if qualification.valid(day)]
    return max(valid, key=RANK.__getitem__, default=None)


def available(mentor: Mentor, session: Session) -> bool:
    """Whether one stretch of what he offered holds the whole session; spans that touch are one stretch."""
    reached = session.start
    for span in sorted(mentor.available, key=lambda span: span.start):
        if span.start <= reached < span.end:
            reached = span.end
            if reached >= session.end:
                return True
    return False


def qualified(mentor: Mentor, role: Role, day: date) -> bool:
    """A trainee's seat is for those who are no more than that; a lead may assist."""
    has = grade(mentor, day)
    if has is None or role is Role.TRAINEE or has is Role.TRAINEE:
        return has is role
    return RANK[has] >= RANK[role]


def skilled(mentor: Mentor, skill: str | None) -> bool:
    return skill is None or skill in mentor.skills


@dataclass(frozen=True)
class Frame:
    """A problem with everything looked up once. Mentors and sessions in an order that does not depend on how they were given."""

    problem: Problem

    @cached_property
    def mentors(self) -> dict[str, Mentor]:
        return {mentor.id: mentor for mentor in sorted(self.problem.mentors, key=lambda mentor: mentor.id)}

    @cached_property
    def sessions(self) -> dict[str, Session]:
        return {session.id: session for session in sorted(self.problem.sessions, key=lambda session: (session.start, session.id))}

    @cached_property
    def fixed(self) -> dict[tuple[str, str], Assignment]:
        """By (mentor, session). Who is but a trainee that day has a trainee's seat, whatever staff wrote: he never counts as a lead."""
        known = (one for one in sorted(self.problem.fixed) if one.mentor in self.mentors and one.session in self.sessions)
        return {(one.mentor, one.session): self._as_trainee(one) if self._only_trainee(one) else one for one in known}

    def _only_trainee(self, one: Assignment) -> bool:
        return grade(self.mentors[one.mentor], self.sessions[one.session].day) is Role.TRAINEE

    def _as_trainee(self, one: Assignment) -> Assignment:
        return replace(one, role=Role.TRAINEE, skill=None)

    @cached_property
    def current(self) -> dict[tuple[str, str], Role]:
        """What people have been told, by (mentor, session)."""
        known = (one for one in self.problem.current if one.mentor in self.mentors and one.session in self.sessions)
        return {(one.mentor, one.session): one.role for one in known}

    @cached_property
    def wanted(self) -> dict[Line, int]:
        """How many people each line asks for: leads and assistants."""
        found: Counter[Line] = Counter()
        for session in self.sessions.values():
            for need in session.needs:
                found[Line(session.id, need.role, need.skill)] += need.count
        return dict(found)

    @cached_property
    def seats(self) -> dict[Line, int]:
        """How many people each line may hold; trainees' lines, and more where more are fixed, included."""
        found = dict(self.wanted)
        found |= {Line(session.id, Role.TRAINEE, None): session.trainees for session in self.sessions.values()}
        for line, count in Counter(Line(one.session, one.role, one.skill) for one in self.fixed.values()).items():
            found[line] = max(found.get(line, 0), count)
        return found

    def lines_of(self, session: str) -> tuple[Line, ...]:
        return self._lines.get(session, ())

    @cached_property
    def _lines(self) -> dict[str, tuple[Line, ...]]:
        found: defaultdict[str, list[Line]] = defaultdict(list)
        for line in self.seats:
            found[line.session].append(line)
        return {session: tuple(lines) for session, lines in found.items()}

    @cached_property
    def candidates(self) -> dict[Line, tuple[str, ...]]:
        """Who could be put there by this problem: allowed, and nothing fixed speaks against it."""
        kept = {(m, s) for m, own in self.fixed_of.items() if own for s in self.sessions if self.kept_by_fixed(m, s)}
        return {line: tuple(m for m in self.mentors if (m, line.session) not in kept and not self.personal(m, line)) for line in self.seats}

    @cached_property
    def _away(self) -> set[tuple[str, str]]:
        return {(m.id, s.id) for m in self.mentors.values() for s in self.sessions.values() if not available(m, s)}

    def personal(self, mentor: str, line: Line) -> Why | None:
        """What of his own keeps him from this seat, whatever anybody else does."""
        one, session = self.mentors[mentor], self.sessions[line.session]
        if not skilled(one, line.skill):
            return Why.UNSKILLED
        if not qualified(one, line.role, session.day):
            ever = any(RANK[has.role] >= RANK[line.role] > 0 for has in one.qualifications)
            return Why.EXPIRED if ever else Why.UNQUALIFIED
        if (mentor, line.session) in self.problem.declined:
            return Why.DECLINED
        return Why.AWAY if (mentor, line.session) in self._away else None

    def kept_by_fixed(self, mentor: str, session: str) -> tuple[str, ...]:
        """The fixed sessions that leave him no time for this one, or no session more within his limits."""
        own = self.fixed_of[mentor]
        if session in own:
            return (session,)
        clashing = tuple(other for other in own if other in self.clashes[session])
        return clashing or next((full for _, full in self.reached(mentor, session, own)), ())

    @cached_property
    def fixed_of(self) -> dict[str, tuple[str, ...]]:
        return {mentor: tuple(s for s in self.sessions if (mentor, s) in self.fixed) for mentor in self.mentors}

    def reached(self, mentor: str, session: str, others: Iterable[str]) -> Iterator[tuple[Period, tuple[str, ...]]]:
        """The limits that one more session would break beside these others, with those of them that count for it."""
        own = tuple(other for other in others if other != session)
        for period in PERIODS:
            most = getattr(self.mentors[mentor].limits, period)
            if most is not None and len(own) >= most:
                counted = tuple(other for other in own if self.periods[other][period] == self.periods[session][period])
                if len(counted) >= most:
                    yield period, counted

    @cached_property
    def periods(self) -> dict[str, dict[Period, date]]:
        """By session: the day, week and month it counts for."""
        return {session.id: {period: period_of(session.day, period) for period in PERIODS} for session in self.sessions.values()}

    @cached_property
    def clashes(self) -> dict[str, dict[str, Why]]:
        """For each session those that the same person cannot serve: BOOKED at the same time, TRAVEL too far between."""
        found: dict[str, dict[str, Why]] = {session: {} for session in self.sessions}
        by_day: defaultdict[date, list[Session]] = defaultdict(list)
        for session in self.sessions.values():
            for earlier in by_day[session.day]:
                if why := self._clash(earlier, session):
                    found[earlier.id][session.id] = found[session.id][earlier.id] = why
            by_day[session.day].append(session)
        return found

    def _clash(self, earlier: Session, later: Session) -> Why | None:
        if earlier.end > later.start:
            return Why.BOOKED
        way = timedelta(minutes=self.problem.travel.between(earlier.place, later.place))
        return Why.TRAVEL if earlier.end + way > later.start else None

    @cached_property
    def offered(self) -> dict[str, int]:
        """How many sessions each mentor could serve at most: with a seat for him, within his limits (or what is fixed); at least 1."""
        open_to: defaultdict[str, set[str]] = defaultdict(set)
        for line, who in self.candidates.items():
            for mentor in who:
                open_to[mentor].add(line.session)
        return {mentor: max(1, self._offered(mentor, open_to[mentor] | set(self.fixed_of[mentor]))) for mentor in self.mentors}

    def _offered(self, mentor: str, open_to: set[str]) -> int:
        """A week that lies in two months counts for each of them: never too few."""
        days, weeks, months = Counter(self.sessions[session].day for session in open_to), Counter[tuple[date, date]](), Counter[date]()
        for day, count in days.items():
            weeks[period_of(day, "month"), period_of(day, "week")] += self._capped(mentor, "day", day, count)
        for (month, week), count in weeks.items():
            months[month] += self._capped(mentor, "week", week, count)
        return sum(self._capped(mentor, "month", month, count) for month, count in months.items())

    def _capped(self, mentor: str, period: Period, first: date, count: int) -> int:
        most = getattr(self.mentors[mentor].limits, period)
        fixed = sum(self.periods[session][period] == first for session in self.fixed_of[mentor])
        return count if most is None else min(count, max(most, fixed))

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What fixed assignments break."""
        found = {Note(breach, m, s) for (m, s), one in self.fixed.items() for breach in self._breaches(one)}
        asked = {(one.mentor, one.session): one.role for one in self.problem.fixed}
        found |= {Note(Breach.TRAINEE, m, s) for (m, s), one in self.fixed.items() if asked[m, s] is not one.role}
        return tuple(sorted(found))

    def _breaches(self, one: Assignment) -> Iterator[Breach]:
        mentor, session = self.mentors[one.mentor], self.sessions[one.session]
        others = [other for other in self.fixed_of[mentor.id] if other != session.id]
        if not skilled(mentor, one.skill):
            yield Breach.UNSKILLED
        if not (qualified(mentor, one.role, session.day) or (one.role is Role.TRAINEE and grade(mentor, session.day))):
            yield Breach.UNQUALIFIED
        if (mentor.id, session.id) in self.problem.declined:
            yield Breach.DECLINED
        if not available(mentor, session):
            yield Breach.AWAY
        if any(other in self.clashes[session.id] for other in others):
            yield Breach.CLASH
        if any(self.reached(mentor.id, session.id, others)):
            yield Breach.LIMIT
