"""The tables' shape, one migration a change. A change is a new function here; nothing that was released is edited."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("kanikko.site")


@migrations(name="0001_first")
def first(db: Database, /) -> None:
    for statement in _statements(Path(__file__).with_name("first.sql").read_text()):
        db.conn.execute(statement)


def _statements(script: str) -> Iterator[str]:
    """One by one: ``executescript`` would end the transaction in which a migration must be undone when it fails."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
