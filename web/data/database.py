"""Opening the site's database, reading rows and writing in one short transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import current_app, g
from sqlite_utils import Database

from web.data.migrations import migrations

BUSY_SECONDS = 20.0
"""How long a writer waits for another; ours hold the lock for milliseconds."""

Row = dict[str, Any]
Values = Sequence[Any] | dict[str, Any]


def open_database(place: Path) -> Database:
    """A connection of this thread's own. Migrate once with :func:`migrate` before the first use."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(place, isolation_level=None, timeout=BUSY_SECONDS)
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "trusted_schema=off"):
        connection.execute(f"pragma {pragma}")
    return Database(connection)


def migrate(db: Database) -> list[str]:
    """Bring the tables to this version's shape, all changes or none; the names of those that were made."""
    migrations.ensure_migrations_table(db)
    with writing(db):
        pending = [migration.name for migration in migrations.pending(db)]
        migrations.apply(db)  # each migration is a savepoint in ours: a failure leaves the shape before the first
    return pending


def every(db: Database, sql: str, values: Values = ()) -> list[Row]:
    """All rows of a query."""
    return list(db.query(sql, values))


def one(db: Database, sql: str, values: Values = ()) -> Row | None:
    """The first row of a query, or None."""
    return next(iter(db.query(sql, values)), None)


def value(db: Database, sql: str, values: Values = ()) -> Any:
    """The first column of the first row, or None."""
    found = one(db, sql, values)
    return next(iter(found.values())) if found else None


@contextmanager
def writing(db: Database) -> Iterator[Database]:
    """One short transaction that has the writer's lock from its first line, so that what it reads stays true until it ends.

    Inside another one it joins it. Everything or nothing is written. Never send mail or wait for anything inside.
    """
    if db.conn.in_transaction:
        yield db
        return
    db.conn.execute("begin immediate")
    try:
        yield db
    except BaseException:
        db.rollback()
        raise
    db.commit()


def request_db() -> Database:
    """This request's connection; closed when the request ends."""
    if "db" not in g:
        g.db = open_database(current_app.config["SITE"].settings.site_db)
    db: Database = g.db
    return db


def close_request_db(_: BaseException | None = None) -> None:
    db: Database | None = g.pop("db", None)
    if db is not None:
        db.close()
