"""The audit log: who saw or changed what. Each line holds the hash of the one before, so that a line changed or taken out shows.

Never a name or an address in it: ids only, and what changed as words of the field names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from sqlite_utils import Database

from web.clock import stamp
from web.data import one, value, writing
from web.ids import Kind

START = "0" * 64
FORGOTTEN = "audit.forgotten"
"""The name of the fact that holds the hash of the last line that was kept long enough and removed."""


def audit(db: Database, actor: str, action: str, kind: Kind | str, subject: str, **detail: object) -> None:
    """Add a line, in the transaction under way. ``actor``: a staff id, ``family:<id>``, ``mentor:<id>``, ``public`` or ``system``.

    ``action``: verb.noun in English, e.g. ``class.publish``, ``family.see``; ``detail``: ids, states, numbers and field names only.
    """
    with writing(db):
        previous = value(db, "select hash from audit order by id desc limit 1") or _before_first(db)
        line: dict[str, str] = {
            "at": stamp(),
            "actor": actor,
            "action": action,
            "kind": kind,
            "subject": subject,
            "detail_json": json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
            "previous_hash": previous,
        }
        db.table("audit").insert({**line, "hash": line_hash(line)})


def line_hash(line: Mapping[str, object]) -> str:
    names = ("at", "actor", "action", "kind", "subject", "detail_json", "previous_hash")
    return hashlib.sha256(json.dumps([line[name] for name in names], ensure_ascii=False).encode()).hexdigest()


def _before_first(db: Database) -> str:
    return str(value(db, "select value from facts where name = ?", (FORGOTTEN,)) or START)


def broken_line(db: Database) -> int | None:
    """The number of the first line that is not as it was written, or None when the log is whole."""
    previous = _before_first(db)
    for line in db.query("select * from audit order by id"):
        if line["previous_hash"] != previous or line["hash"] != line_hash(line):
            return int(line["id"])
        previous = line["hash"]
    return None


def forget_before(db: Database, day: date) -> int:
    """Remove the lines before that day; the chain goes on from the last one removed. How many there were."""
    with writing(db):
        newest = one(db, "select id, hash from audit where at < ? order by id desc limit 1", (day.isoformat(),))
        if newest is None:
            return 0
        removed = int(db.execute("delete from audit where id <= ?", (newest["id"],)).rowcount)
        db.table("facts").upsert({"name": FORGOTTEN, "value": newest["hash"]}, pk="name")
        audit(db, "system", "log.forget", "audit", "old", count=removed, before=day.isoformat())
        return removed


def last_line(db: Database) -> str:
    """The newest line's hash: kept elsewhere (a backup's note), it shows later that nothing before it was changed."""
    newest = one(db, "select hash from audit order by id desc limit 1")
    return str(newest["hash"]) if newest else START
