"""Reading the audit log: filters, pages, lines for a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlite_utils import Database

from kanikko.spreadsheet import safe
from web.data import Row, every, value

PER_PAGE = 50
COLUMNS = ("id", "at", "actor", "action", "kind", "subject", "detail_json", "hash")


@dataclass(frozen=True)
class Filter:
    """Which lines; '' and None: all."""

    actor: str = ""
    kind: str = ""
    subject: str = ""
    action: str = ""
    from_day: date | None = None
    to_day: date | None = None

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition and its values."""
        parts, values = ["1"], dict[str, Any]()
        for name in ("actor", "kind", "subject", "action"):
            if wanted := getattr(self, name):
                parts.append(f"audit.{name} = :{name}")
                values[name] = wanted
        if self.from_day:
            parts.append("at >= :from_day")
            values["from_day"] = self.from_day.isoformat()
        if self.to_day:
            parts.append("at < :after")
            values["after"] = (self.to_day + timedelta(days=1)).isoformat() if self.to_day < date.max else "9"
        return " and ".join(parts), values


def count(db: Database, wanted: Filter) -> int:
    where, values = wanted.where()
    return int(value(db, f"select count(*) from audit where {where}", values))  # noqa: S608 (ours)


def lines(db: Database, wanted: Filter, skip: int) -> list[Row]:
    """A page of lines after ``skip`` others, the newest first, with ``actor_name`` where the actor is staff."""
    where, values = wanted.where()
    return every(
        db,
        f"select audit.*, staff.name as actor_name from audit left join staff on staff.id = audit.actor where {where}"  # noqa: S608
        " order by audit.id desc limit :most offset :skip",
        values | {"most": PER_PAGE, "skip": skip},
    )


def as_csv(db: Database, wanted: Filter) -> str:
    """All lines of the filter as CSV, the oldest first; formulas are made harmless."""
    where, values = wanted.where()
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in db.query(f"select * from audit where {where} order by id", values):  # noqa: S608 (ours)
        writer.writerow([safe(str(line[name])) for name in COLUMNS])
    return out.getvalue()


def kinds(db: Database) -> Iterator[str]:
    return (row["kind"] for row in every(db, "select distinct kind from audit order by kind"))


def actors(db: Database) -> list[Row]:
    """Staff who stand in the log: ``id, name``."""
    return every(db, "select id, name from staff where id in (select distinct actor from audit) order by name")
