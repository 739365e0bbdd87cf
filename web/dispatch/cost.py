"""What is better: the one place where a plan's cost is computed, whoever made the plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from web.dispatch.problem import Assignment, Cost, Mentor, Problem, Role, Session, WishKind
from web.dispatch.rules import Frame, Line

GONE, MOVED = 2, 1
"""Changes: somebody who was told of a session is not there; is there in another role."""


def cost(problem: Problem, assignments: Iterable[Assignment]) -> Cost:
    """What these assignments cost, whether or not they are allowed."""
    return cost_in(Frame(problem), assignments)


def cost_in(frame: Frame, assignments: Iterable[Assignment]) -> Cost:
    people = tuple(assignments)
    missing = missing_seats(frame, people)
    return Cost(
        sum(count for line, count in missing.items() if line.role is Role.LEAD),
        sum(count for line, count in missing.items() if line.role is Role.ASSISTANT),
        _changes(frame, people),
        sum(points(frame, people).values()),
    )


def missing_seats(frame: Frame, people: Iterable[Assignment]) -> dict[Line, int]:
    """Seats for leads and assistants that stay empty, by line; lines that are full are left out."""
    filled = Counter(Line(one.session, one.role, one.skill) for one in people)
    return {line: wanted - filled[line] for line, wanted in frame.wanted.items() if filled[line] < wanted}


def _changes(frame: Frame, people: Iterable[Assignment]) -> int:
    now = {(one.mentor, one.session): one.role for one in people}
    return sum(GONE if pair not in now else MOVED if now[pair] is not role else 0 for pair, role in frame.current.items())


def points(frame: Frame, people: tuple[Assignment, ...]) -> dict[str, int]:
    """The last stage's points by what they are for."""
    present = defaultdict(set)
    for one in people:
        present[one.session].add(one.mentor)
    weights = frame.problem.weights
    return {
        "way": sum(way(frame, mentor, place) for mentor, _, place in {_trip(frame, one) for one in people}),
        "wishes": weights.wish * sum(_missed(frame, one, present[one.session]) for one in people),
        "load": sum(load(frame, mentor, count) for mentor, count in Counter(one.mentor for one in people).items()),
        "practice": weights.practice * _empty_practice(frame, people),
    }


# ------------------------------------------------------------------ way
def _trip(frame: Frame, one: Assignment) -> tuple[str, object, str]:
    """Two sessions of a day at one place are one way."""
    session = frame.sessions[one.session]
    return one.mentor, session.day, session.place


def way(frame: Frame, mentor: str, place: str) -> int:
    return frame.problem.weights.minute * frame.problem.travel.between(frame.mentors[mentor].home, place)


# ------------------------------------------------------------------ wishes
@dataclass(frozen=True)
class Company:
    """What a mentor wishes of colleagues: steps for each, and the best he named (0: nobody he would like)."""

    liked: dict[str, int]
    unwanted: dict[str, int]

    @property
    def best(self) -> int:
        return max(self.liked.values(), default=0)


def company(mentor: Mentor) -> Company:
    named = {wish.target: wish.weight for wish in mentor.wishes if wish.kind == "mentor" and wish.target != mentor.id}
    return Company({who: w for who, w in named.items() if w > 0}, {who: -w for who, w in named.items() if w < 0})


def missed_place(mentor: Mentor, session: Session) -> int:
    """Steps by which place (or area) and programme stay behind the best he wished for; what he named nothing for counts 0."""
    where = _behind(mentor, {"place": session.place, "area": session.area})
    return where + _behind(mentor, {"programme": session.programme})


def _behind(mentor: Mentor, here: dict[WishKind, str]) -> int:
    named = {(wish.kind, wish.target): wish.weight for wish in mentor.wishes if wish.kind in here}
    best = max((0, *named.values()))
    return best - next((named[kind, target] for kind, target in here.items() if (kind, target) in named), 0)


def _missed(frame: Frame, one: Assignment, present: set[str]) -> int:
    mentor = frame.mentors[one.mentor]
    with_whom = company(mentor)
    liked = sum(steps for who, steps in with_whom.liked.items() if who in present)
    unwanted = sum(steps for who, steps in with_whom.unwanted.items() if who in present)
    return missed_place(mentor, frame.sessions[one.session]) + max(0, with_whom.best - liked) + unwanted


# ------------------------------------------------------------------ load, practice
def load(frame: Frame, mentor: str, count: int) -> int:
    """Sum of the steps up to ``count`` sessions."""
    return sum(load_step(frame, mentor, k) for k in range(1, count + 1))


def load_step(frame: Frame, mentor: str, k: int) -> int:
    """What the k-th session costs. The steps grow, and their sum is about fair · k² / offered: least where all serve the same share."""
    return frame.problem.weights.fair * (2 * k - 1) // frame.offered[mentor]


def practice_seats(frame: Frame, session: str) -> int:
    """Trainees' seats of a session that somebody could have."""
    return min(frame.sessions[session].trainees, len(frame.candidates[Line(session, Role.TRAINEE, None)]) + fixed_trainees(frame, session))


def fixed_trainees(frame: Frame, session: str) -> int:
    return sum(one.role is Role.TRAINEE for one in frame.fixed.values() if one.session == session)


def practice_possible(frame: Frame) -> int:
    """No plan can have more trainees than seats for them, nor than the trainees offered."""
    lines = [line for line in frame.seats if line.role is Role.TRAINEE]
    trainees = {mentor for line in lines for mentor in frame.candidates[line]}
    trainees |= {one.mentor for one in frame.fixed.values() if one.role is Role.TRAINEE}
    return min(sum(practice_seats(frame, line.session) for line in lines), sum(frame.offered[mentor] for mentor in trainees))


def _empty_practice(frame: Frame, people: tuple[Assignment, ...]) -> int:
    seated = Counter(one.session for one in people if one.role is Role.TRAINEE)
    return practice_possible(frame) - sum(min(practice_seats(frame, session), count) for session, count in seated.items())
