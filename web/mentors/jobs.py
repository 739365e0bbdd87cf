"""What the mentors' room does by itself: a word before a qualification ends, and when an offer stays unanswered."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import stamp
from web.data import Row, every, writing
from web.mentors import letters, records
from web.mentors.rules import Kind, best_kind, runs_out
from web.mentors.words import KIND_WORDS

BEFORE = (60, 14)
"""Days before the end at which the mentor hears of it."""
PATIENCE = timedelta(days=3)
"""After this long without an answer a mentor is asked once more."""


def ending(db: Database, today: date, days: int = BEFORE[0]) -> list[tuple[Row, Kind, date]]:
    """Mentors who may do less after one of the next days: with what they may do, and the last day of it, soonest first."""
    until = (today + timedelta(days=days)).isoformat()
    rows = every(
        db,
        "select * from mentors where erased_at is null and state <> 'left' and id in"
        " (select mentor from qualifications where until_day between ? and ?) order by kana, name",
        (today.isoformat(), until),
    )
    found = []
    for row in rows:
        own = records.qualifications_of(db, row["id"])
        kind, last = best_kind(own, today), runs_out(own, today)
        if kind and last and last.isoformat() <= until:
            found.append((row, kind, last))
    return sorted(found, key=lambda one: (one[2], one[0]["kana"]))


def expiring(db: Database, settings: Settings, moment: datetime) -> None:
    """Mail mentors 60 and 14 days before they may do less, each once."""
    today = moment.date()
    for mentor, kind, last in ending(db, today):
        left = (last - today).days
        step = min(days for days in BEFORE if left <= days)
        with writing(db):
            key = f"mentor-expiring:{mentor['id']}:{kind}:{last}:{step}"
            letters.expiring(db, mentor, KIND_WORDS[kind], last.isoformat(), key)


def unanswered(db: Database, settings: Settings, moment: datetime) -> None:
    """Mail mentors once about offers that they have left unanswered, while there is time: what was asked together, in one mail."""
    rows = every(
        db,
        "select mentor, offered_at, group_concat(assignments.id) as ids from assignments join sessions on sessions.id = session"
        " join classes on classes.id = sessions.class where assignments.state = 'offered' and offered_at <= ? and starts_at > ?"
        " and sessions.state <> 'cancelled' and classes.state <> 'cancelled' group by mentor, offered_at",
        (stamp(moment - PATIENCE), stamp(moment)),
    )
    for row in rows:
        with writing(db):
            letters.offer_again(db, row["mentor"], row["offered_at"], row["ids"].split(","))  # queued once, as its key says
