"""Travel allowance sheets: what the attended sessions of a mentor are worth, by month; settling and taking that back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, every, one, writing
from web.dispatch.travel import Point
from web.mentors.allowance import Basis, Fare, fare, total
from web.mentors.letters import SESSIONS
from web.staff.audit import audit

BASIS_WORDS: dict[Basis, str] = {
    "settled": "精算済み",
    "same_way": "同じ日の前の回に含む",
    "told": "登録した運賃",
    "distance": "距離から計算",
    "missing": "未登録",
}


@dataclass(frozen=True)
class Line:
    """An attended session (``row`` as :data:`web.mentors.letters.SESSIONS` reads it) and its fare; ``means``: train, bus, car."""

    row: Row
    fare: Fare
    means: str

    @property
    def month(self) -> str:
        return str(self.row["starts_at"])[:7]

    @property
    def settled(self) -> bool:
        return self.row["fare"] is not None


@dataclass(frozen=True)
class Sheet:
    """One mentor's month."""

    mentor: Row
    month: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        return total(line.fare for line in self.lines)

    @property
    def missing(self) -> int:
        """Sessions whose fare nobody knows."""
        return sum(line.fare.yen is None for line in self.lines)

    @property
    def settled(self) -> bool:
        return all(line.settled for line in self.lines)


def is_month(text: str) -> bool:
    return re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text) is not None


def lines(db: Database, mentor: str, month: str = "") -> list[Line]:
    """The mentor's attended sessions (of a month), by time, with fares."""
    home = one(db, "select latitude, longitude from mentors where id = ?", (mentor,))
    told = {row["place"]: row for row in every(db, "select * from fares where mentor = ?", (mentor,))}
    rows = every(
        db,
        f"{SESSIONS} where assignments.mentor = ? and assignments.state = 'done' and assignments.attended and sessions.starts_at like ?"
        " order by sessions.starts_at, sessions.id",
        (mentor, f"{month}%"),
    )
    been: set[tuple[str, str]] = set()
    found = []
    for row in rows:
        known, way = told.get(row["place"]), (row["starts_at"][:10], row["place"])
        worth = fare(row["fare"], known["yen"] if known else None, _point(home), _point(row), same_way=way in been)
        been.add(way)
        found.append(Line(row, worth, known["means"] if known else ""))
    return found


def _point(row: Row | None) -> Point | None:
    if row is None or row["latitude"] is None or row["longitude"] is None:
        return None
    return Point(row["latitude"], row["longitude"])


def by_month(found: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Newest month first."""
    months = [(month, list(of_month)) for month, of_month in groupby(found, key=lambda line: line.month)]
    return sorted(months, reverse=True)


def sheet(db: Database, mentor: Row, month: str) -> Sheet:
    return Sheet(mentor, month, tuple(lines(db, mentor["id"], month)))


def sheets(db: Database, month: str) -> list[Sheet]:
    """Of everybody who came to a session in that month."""
    mentors = every(
        db,
        "select * from mentors where id in (select mentor from assignments join sessions on sessions.id = assignments.session"
        " where assignments.state = 'done' and attended and starts_at like ?) order by kana, name, id",
        (f"{month}%",),
    )
    return [sheet(db, mentor, month) for mentor in mentors]


def settle(db: Database, mentor: Row, month: str, actor: str) -> int | None:
    """Write the fares down as paid; from then on they stay, whatever is entered later. The total; None where a fare is missing still."""
    with writing(db):
        found = sheet(db, mentor, month)
        if found.missing or not found.lines:
            return None
        for line in found.lines:
            db.table("assignments").update(line.row["assignment"], {"fare": line.fare.yen})
        audit(db, actor, "allowance.settle", "mentor", mentor["id"], month=month, yen=found.total, sessions=len(found.lines))
        return found.total


def reopen(db: Database, mentor: Row, month: str, actor: str) -> bool:
    """Take settling back, to correct it."""
    with writing(db):
        rows = [line.row for line in lines(db, mentor["id"], month) if line.settled]
        for row in rows:
            db.table("assignments").update(row["assignment"], {"fare": None})
        if rows:
            audit(db, actor, "allowance.reopen", "mentor", mentor["id"], month=month, sessions=len(rows))
        return bool(rows)


def keep_fare(db: Database, mentor: str, place: str, yen: int, means: str, actor: str) -> None:
    """What the way to a place and back costs this mentor."""
    with writing(db):
        db.execute(
            "insert into fares (mentor, place, yen, means) values (?, ?, ?, ?)"
            " on conflict (mentor, place) do update set yen = excluded.yen, means = excluded.means",
            (mentor, place, yen, means),
        )
        audit(db, actor, "fare.keep", "mentor", mentor, place=place, yen=yen)


def remove_fare(db: Database, mentor: str, place: str, actor: str) -> None:
    with writing(db):
        if db.execute("delete from fares where mentor = ? and place = ?", (mentor, place)).rowcount:
            audit(db, actor, "fare.remove", "mentor", mentor, place=place)


def fares_of(db: Database, mentor: str) -> list[Row]:
    return every(
        db,
        "select fares.*, places.name from fares join places on places.id = fares.place where mentor = ? order by places.name",
        (mentor,),
    )


def last_month() -> str:
    """The month before this one: allowances are paid in the next."""
    year, month = int(stamp()[:4]), int(stamp()[5:7])
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"
