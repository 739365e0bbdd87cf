"""Looking a site's database over: the file, the references between its rows, the audit log, and counts that must agree."""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlite_utils import Database

from web.data.backup import LAST, damage
from web.data.database import value
from web.staff.audit import broken_line


class Rule(NamedTuple):
    """What must never be found. ``sql`` gives the ids of what breaks the rule."""

    words: str
    sql: str


_ENTRIES = "from entries join applications on applications.id = application join classes on classes.id = entries.class"
RULES = (
    Rule(
        "more places given than the class has",
        f"select classes.id {_ENTRIES} where entries.state in ('accepted', 'offered') group by classes.id having count(*) > capacity",
    ),
    Rule("an entry and its application name two classes", f"select entries.id {_ENTRIES} where entries.class <> applications.class"),
    Rule(
        "an entry's child and its application name two families",
        f"select entries.id {_ENTRIES} join participants on participants.id = participant where participants.family <> applications.family",
    ),
    Rule(
        "an application without an entry",
        "select id from applications where not exists (select 1 from entries where application = applications.id)",
    ),
    Rule(
        "a waiting entry without its order, or an order without waiting",
        "select id from entries where (state = 'waiting') <> (waiting_order is not null)",
    ),
    Rule(
        "two applications at one place of the waiting list",
        "select class from entries where state = 'waiting' group by class, waiting_order having count(distinct application) > 1",
    ),
    Rule("an offer without its end", "select id from entries where state = 'offered' and offered_until is null"),
    Rule(
        "an entry that lives in a cancelled class",
        f"select entries.id {_ENTRIES} where classes.state = 'cancelled'"
        " and entries.state in ('applied', 'accepted', 'waiting', 'offered')",
    ),
    Rule(
        "a kit that is out twice",
        "select unit from loans where out_at is not null and returned_at is null group by unit having count(*) > 1",
    ),
    Rule(
        "a kit lent as another kind",
        "select loans.id from loans join reservations on reservations.id = reservation join kit_units on kit_units.id = unit"
        " where kit_units.kind <> reservations.kind",
    ),
    Rule("a mail sent at no time", "select id from mails where state = 'sent' and sent_at is null"),
)
SHOWN = 5


def examine(db: Database) -> list[str]:
    """Everything that is wrong, in words with ids; empty when all is well. Reads one moment of a site that may be writing."""
    wrong = damage(db.conn)
    if wrong:
        return wrong  # what is read from a damaged file says nothing
    db.conn.execute("begin")
    try:
        return [*_log(db), *_counts(db)]
    finally:
        db.conn.rollback()


def _log(db: Database) -> list[str]:
    line = broken_line(db)
    if line is not None:
        return [f"line {line} of the audit log is not as it was written"]
    last = json.loads(value(db, "select value from facts where name = ?", (LAST,)) or "{}")
    if last.get("audit_head") and not value(db, "select 1 from audit where hash = ?", (last["audit_head"],)):
        return [f"the audit log lacks a line that the backup of {last['at']} has"]
    return []


def _counts(db: Database) -> list[str]:
    found = []
    for rule in RULES:
        ids = [str(row[0]) for row in db.conn.execute(rule.sql).fetchmany(SHOWN + 1)]
        if ids:
            found.append(f"{rule.words}: {', '.join(ids[:SHOWN])}{' …' if len(ids) > SHOWN else ''}")
    return found
