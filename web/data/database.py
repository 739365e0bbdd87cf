"""Opening the site's database, reading rows and writing in one short transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import current_app, g
from sqlite_utils import Database

from kanikko.errors import KanikkoError
from web.clock import now
from web.data.backup import applied, backup
from web.data.migrations import migrations

BUSY_SECONDS = 20.0
"""How long a writer waits for another; ours hold the lock for milliseconds."""
COPIES_KEPT = 3
"""Copies from before a change of the tables."""

Row = dict[str, Any]
Values = Sequence[Any] | dict[str, Any]


def open_database(place: Path) -> Database:
    """A connection of this thread's own. Migrate once with :func:`migrate` before the first use."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.exists():
        place.touch(mode=0o600)
    connection = sqlite3.connect(place, isolation_level=None, timeout=BUSY_SECONDS)
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "trusted_schema=off"):
        connection.execute(f"pragma {pragma}")
    return Database(connection)


class NewerDatabase(KanikkoError):
    """A newer version of the site made this database."""


def migrate(db: Database) -> list[str]:
    """Bring the tables to this version's shape, all changes or none; the names of those that were made.

    Before a database that is in use is changed, a copy of it is kept in ``backups/`` beside it. Raises NewerDatabase.
    """
    migrations.ensure_migrations_table(db)
    check_level(db.conn)
    pending = [migration.name for migration in migrations.pending(db)]
    if pending and migrations.applied(db):
        _keep_copy(db, pending[-1])
    db.conn.execute("pragma foreign_keys=off")  # a table that is made anew must not take the rows that name it along
    try:
        with writing(db):
            migrations.apply(db)  # each is a savepoint in ours: a failure leaves the shape before the first
            if pending and db.conn.execute("pragma foreign_key_check").fetchone():
                raise sqlite3.IntegrityError(f"{pending} left rows that name rows which are not there")
    finally:
        db.conn.execute("pragma foreign_keys=on")
    return pending


def check_level(db: sqlite3.Connection) -> None:
    """Raises NewerDatabase for tables that this version does not know."""
    known = {migration.name for migration in migrations.pending(Database(sqlite3.connect(":memory:")))}
    newer = [name for name in applied(db) if name not in known]
    if newer:
        raise NewerDatabase(
            f"A newer version of the site made this database ({', '.join(newer)}).",
            remedy="Install that version again, or restore a copy from before it: kanikko site restore var/backups/….",
        )


def _keep_copy(db: Database, before: str) -> None:
    place = Path(db.conn.execute("pragma database_list").fetchone()[2])
    folder = place.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    backup(place, folder / f"{place.stem}-before-{before}-{now():%Y%m%d-%H%M%S}{place.suffix}", force=True)
    copies = sorted(folder.glob(f"{place.stem}-before-[0-9]*{place.suffix}"), key=lambda copy: copy.stat().st_mtime_ns)
    for old in copies[:-COPIES_KEPT]:  # people's data is not kept for ever
        old.unlink()


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
