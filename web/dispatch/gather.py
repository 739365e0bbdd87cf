"""From the tables to a problem: who could go where in a span of days, who already does, who said no."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, every
from web.dispatch.problem import Assignment, Limits, Mentor, Need, Problem, Qualification, Role, Session, Span, Wish
from web.dispatch.travel import Point, travel
from web.mentors.rules import DAY_ENDS, free_on

LIVE = ("planned", "offered", "accepted", "done")
_SESSIONS = (
    "select sessions.id, sessions.class, sessions.place, sessions.starts_at, sessions.ends_at, classes.programme, places.area,"
    " places.latitude, places.longitude from sessions join classes on classes.id = sessions.class join places on places.id = sessions.place"
    " where classes.state = 'published' and sessions.state <> 'cancelled' and sessions.starts_at >= ? and sessions.starts_at < ?"
    " order by sessions.starts_at, sessions.id"
)


def gather(db: Database, first: date, last: date, moment: datetime) -> Problem:
    """The problem of the sessions from ``first`` to ``last`` (both included) that have not begun.

    Sessions before and after, in the same weeks and months, go along with their people fixed: they count for somebody's limits.
    """
    rows = every(db, _SESSIONS, (_begin(first).isoformat(), (_end(last) + timedelta(days=1)).isoformat()))
    needs = _needs(db)
    assigned = _assigned(db, {row["id"] for row in rows})
    open_ids = {
        row["id"] for row in rows if first.isoformat() <= row["starts_at"][:10] <= last.isoformat() and row["starts_at"] > stamp(moment)
    }
    kept = [row for row in rows if (row["id"] in open_ids and needs[row["class"]]) or assigned[row["id"]]]
    sessions = tuple(_session(row, needs[row["class"]] if row["id"] in open_ids else ()) for row in kept)
    people = [(row, one) for row in kept for one in assigned[row["id"]] if one["state"] in LIVE]
    fixed = tuple(_assignment(one) for row, one in people if row["id"] not in open_ids or one["fixed"])
    current = tuple(_assignment(one) for row, one in people if row["id"] in open_ids and not one["fixed"])
    declined = frozenset((one["mentor"], row["id"]) for row in kept for one in assigned[row["id"]] if one["state"] == "declined")
    mentors = _mentors(db, _begin(first), _end(last))
    points: dict[str, Point | None] = {row["place"]: _point(row) for row in kept}
    points |= {home(row["id"]): _point(row) for row in _mentor_rows(db)}
    return Problem(mentors, sessions, fixed, current, declined, travel(points))


def basis(problem: Problem) -> str:
    """Changes when anything changes that the plan rests on."""
    told = (problem.mentors, problem.sessions, problem.fixed, problem.current, sorted(problem.declined))
    return hashlib.sha256(repr([_plain(part) for part in told]).encode()).hexdigest()


def _plain(part: object) -> object:
    """Sets have no order of their own."""
    if isinstance(part, Mentor):
        return (part.id, sorted(part.skills), part.qualifications, part.available, part.limits, part.wishes, part.home)
    return [_plain(one) for one in part] if isinstance(part, tuple | list) else part


def _begin(day: date) -> date:
    return min(day.replace(day=1), day - timedelta(days=day.weekday()))


def _end(day: date) -> date:
    next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return max(next_month - timedelta(days=1), day + timedelta(days=6 - day.weekday()))


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _session(row: Row, needs: tuple[Need, ...]) -> Session:
    return Session(
        row["id"], _local(row["starts_at"]), _local(row["ends_at"]), row["place"], needs, int(bool(needs)), row["area"], row["programme"]
    )


def _assignment(row: Row) -> Assignment:
    return Assignment(row["session"], row["mentor"], Role(row["role"]), row["skill"])


def _point(row: Row) -> Point | None:
    return None if row["latitude"] is None or row["longitude"] is None else Point(row["latitude"], row["longitude"])


def home(mentor: str) -> str:
    """The mentor's home in the travel table, beside the places."""
    return f"home:{mentor}"


def _needs(db: Database) -> defaultdict[str, tuple[Need, ...]]:
    found: defaultdict[str, tuple[Need, ...]] = defaultdict(tuple)
    for row in every(db, "select * from class_mentors order by class, role desc, skill"):
        found[row["class"]] += (Need(Role(row["role"]), row["skill"], row["count"]),)
    return found


def _assigned(db: Database, sessions: set[str]) -> defaultdict[str, list[Row]]:
    """Who is or was asked for these sessions. Somebody who declined and was asked again by hand stands as live only."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    live: set[tuple[str, str]] = set()
    for row in every(db, "select * from assignments where state <> 'cancelled' order by state = 'declined', created_at, id"):
        key = (row["session"], row["mentor"])
        if row["session"] in sessions and key not in live:
            live.add(key)
            found[row["session"]].append(row)
    return found


def _mentor_rows(db: Database) -> list[Row]:
    return every(db, "select * from mentors where state in ('active', 'training') and erased_at is null order by id")


def _mentors(db: Database, first: date, last: date) -> tuple[Mentor, ...]:
    skills, qualifications, wishes, hours = (
        _by_mentor(db, table) for table in ("mentor_skills", "qualifications", "mentor_wishes", "availability")
    )
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(
        Mentor(
            id=row["id"],
            skills=frozenset(one["skill"] for one in skills[row["id"]]),
            qualifications=tuple(_qualification(one) for one in qualifications[row["id"]]),
            available=tuple(span for day in days for span in _spans(day, hours[row["id"]])),
            limits=Limits(row["most_a_day"], row["most_a_week"], row["most_a_month"]),
            wishes=tuple(Wish(one["kind"], one["target"], one["weight"]) for one in wishes[row["id"]]),
            home=home(row["id"]) if row["latitude"] is not None else None,
        )
        for row in _mentor_rows(db)
    )


def _by_mentor(db: Database, table: str) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in every(db, f"select * from {table} order by mentor, rowid"):  # noqa: S608 (ours)
        found[row["mentor"]].append(row)
    return found


def _qualification(row: Row) -> Qualification:
    until = row["until_day"]
    return Qualification(Role(row["kind"]), date.fromisoformat(row["from_day"]), date.fromisoformat(until) if until else None)


def _spans(day: date, rows: list[Row]) -> Iterator[Span]:
    for start, end in free_on(day, rows):
        yield Span(_at(day, start), _at(day, end))


def _at(day: date, hour: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time()) if hour == DAY_ENDS else datetime.combine(day, time.fromisoformat(hour))
