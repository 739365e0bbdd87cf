"""Reading what the door needs: the day's sessions, a session's children, whose a code is."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from web.data import Row, every, one
from web.door.rules import Band, Mark, State, band_of, year_name, year_of

_SESSION = """select sessions.*, classes.title, classes.capacity, classes.state as class_state, classes.audience, places.name as place_name,
    (select count(*) from sessions as others where others.class = sessions.class and others.state <> 'cancelled') as of_class
    from sessions join classes on classes.id = sessions.class join places on places.id = sessions.place"""


@dataclass(frozen=True)
class Child:
    """One line of a session's list."""

    entry: str
    participant: str
    code: str
    name: str
    kana: str
    school_year: str
    band: Band
    gender: str
    care_note: str
    walk_in: bool
    accepted: bool
    mark: Mark | None

    @property
    def state(self) -> State | None:
        return self.mark.state if self.mark else None

    @property
    def is_here(self) -> bool:
        return self.state == "present"


def sessions_on(db: Database, day: date) -> list[Row]:
    """The sessions of a day, with how many are expected and how many came."""
    return every(
        db,
        f"""select found.*, (select count(*) from entries where class = found.class and state = 'accepted') as expected,
        (select count(*) from attendances where session = found.id and state = 'present') as came,
        (select coalesce(sum(count), 0) from headcounts where session = found.id) as heads
        from ({_SESSION}) as found where substr(starts_at, 1, 10) = ? and state <> 'cancelled' and class_state = 'published'
        order by starts_at, title""",  # noqa: S608 (ours)
        (day.isoformat(),),
    )


def session_of(db: Database, session: str) -> Row | None:
    """A session of a published class, with its title and place."""
    return one(db, f"{_SESSION} where sessions.id = ? and classes.state <> 'draft'", (session,))


def children_of(db: Database, session: Row) -> list[Child]:
    """Everybody who is accepted, and who was marked though not (or not any more) accepted; by kana."""
    rows = every(
        db,
        """select entries.id as entry, entries.participant, entries.checkin_code, entries.state as entry_state, applications.via,
        participants.name, participants.kana, birth_date, cohort, gender, care_note, attendances.state, attendances.at, attendances.key
        from entries join applications on applications.id = entries.application join participants on participants.id = entries.participant
        left join attendances on attendances.session = ? and attendances.participant = entries.participant
        where entries.class = ? and (entries.state = 'accepted' or attendances.state is not null)
        order by participants.kana, entries.id""",
        (session["id"], session["class"]),
    )
    best: dict[str, Row] = {}
    for row in rows:  # a child that withdrew and applied again has two entries; it is one child
        if row["participant"] not in best or row["entry_state"] == "accepted":
            best[row["participant"]] = row
    day = date.fromisoformat(session["starts_at"][:10])
    return [_child(row, day) for row in best.values()]


def _child(row: Row, day: date) -> Child:
    return Child(
        entry=row["entry"],
        participant=row["participant"],
        code=row["checkin_code"],
        name=row["name"],
        kana=row["kana"],
        school_year=year_name(year_of(row["birth_date"], row["cohort"], day)),
        band=band_of(row["birth_date"], row["cohort"], day),
        gender=row["gender"] or "",
        care_note=row["care_note"],
        walk_in=row["via"] == "walk_in",
        accepted=row["entry_state"] == "accepted",
        mark=Mark(row["state"], row["at"], row["key"]) if row["state"] else None,
    )


def entry_by(db: Database, *, code: str | None = None, entry: str | None = None) -> Row | None:
    """The entry with this code or id."""
    return one(db, "select * from entries where checkin_code = ? or id = ?", (code, entry))


def next_of_class(db: Database, class_id: str, day: date) -> Row | None:
    """The class's session on that day or the next one, else its last."""
    sql = f"{_SESSION} where sessions.class = ? and sessions.state <> 'cancelled'"
    found = one(db, f"{sql} and substr(starts_at, 1, 10) >= ? order by starts_at limit 1", (class_id, day.isoformat()))
    return found or one(db, f"{sql} order by starts_at desc limit 1", (class_id,))


def heads_of(db: Database, session: str) -> Counter[tuple[str, str]]:
    """Heads counted without names, by age band and gender (empty: not given)."""
    rows = every(db, "select age_band, gender, sum(count) as heads from headcounts where session = ? group by 1, 2", (session,))
    return Counter({(row["age_band"], row["gender"] or ""): row["heads"] for row in rows})


def counts_of(children: list[Child], heads: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Who is here, by age band and gender: children by name and heads."""
    return Counter((child.band, child.gender) for child in children if child.is_here) + heads


def list_version(session: Row, children: list[Child], heads: Counter[tuple[str, str]]) -> str:
    """Changes when the page's list is no longer the server's: somebody joined, left, or heads were counted. Not with each check-in."""
    parts: list[Any] = [session["state"], *((child.entry, child.name, child.care_note) for child in children), *sorted(heads.items())]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
