"""``var/signin.db``: hashes, counts and invitations. No name of a person ever stands here."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

BUSY_SECONDS = 10
"""How long a writer waits for another process (the command line beside the hub)."""

TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "pins": ("account", {"account": str, "hash": str, "set_at": float}),
    "badges": ("account", {"account": str, "digest": str, "issued_at": float}),
    "passwords": ("account", {"account": str, "hash": str, "set_at": float}),
    "totps": ("account", {"account": str, "secret": str, "last_step": int}),
    "invitations": ("digest", {"digest": str, "account": str, "totp": str, "expires_at": float}),
    "counts": ("key", {"key": str, "failures": int, "last": float, "until": float}),
    "buckets": ("key", {"key": str, "level": float, "at": float}),
    "credits": ("key", {"key": str, "at": float}),
}


class Store:
    """One connection to ``signin.db``, shared by the threads of a process and safe beside other processes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._db = Database(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        self._prepare(path.parent)

    def _prepare(self, folder: Path) -> None:
        """Make the tables. One process at a time: SQLite waits for nobody when two switch the journal mode at once."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._db.enable_wal()
            with self.write() as db:
                for name, (key, columns) in TABLES.items():
                    db.table(name).create(columns, pk=key, if_not_exists=True)
                db.table("badges").create_index(["digest"], unique=True, if_not_exists=True)
        finally:
            os.close(handle)

    @contextmanager
    def write(self) -> Iterator[Database]:
        """A transaction that no other writer can slip into: what it reads is still true when it writes.

        Inside another one of the same thread it becomes part of that.
        """
        with self._lock:
            if self._db.conn.in_transaction:
                yield self._db
                return
            self._db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.conn.rollback()
                raise
            self._db.conn.commit()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._db.conn.execute(sql, values).fetchone()
            return found

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._db.conn.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the connection; the store is of no use afterwards."""
        with self._lock:
            self._db.conn.close()
