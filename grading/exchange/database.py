"""The exchange's facts: one SQLite file, shared by the service and the grading worker."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

BUSY_MS = 10_000
"""How long a writer waits for another one; ours hold the lock for milliseconds."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS releases (
    course TEXT NOT NULL, lesson TEXT NOT NULL, title TEXT NOT NULL, folder TEXT NOT NULL, notebooks TEXT NOT NULL,
    released_at TEXT NOT NULL, withdrawn_at TEXT,
    PRIMARY KEY (course, lesson)
);
CREATE TABLE IF NOT EXISTS submissions (
    id TEXT PRIMARY KEY, course TEXT NOT NULL, lesson TEXT NOT NULL, student TEXT NOT NULL, submitted_at TEXT NOT NULL,
    notebooks TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'queued', score REAL, max_score REAL,
    cells TEXT NOT NULL DEFAULT '[]', note TEXT, flags TEXT NOT NULL DEFAULT '[]', graded_at TEXT,
    feedback TEXT NOT NULL DEFAULT '{}', feedback_folder TEXT, removed_at TEXT,
    UNIQUE (course, lesson, student, submitted_at)
);
CREATE INDEX IF NOT EXISTS submissions_by_student ON submissions (student, submitted_at);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, course TEXT, lesson TEXT, submission TEXT UNIQUE, account TEXT,
    payload TEXT, state TEXT NOT NULL DEFAULT 'queued', attempts INTEGER NOT NULL DEFAULT 0, owner TEXT, lease_until REAL,
    result TEXT, note TEXT, created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT
);
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (state, id) WHERE state IN ('queued', 'running');
CREATE INDEX IF NOT EXISTS jobs_by_account ON jobs (account, started_at);
CREATE TABLE IF NOT EXISTS changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, course TEXT NOT NULL, lesson TEXT NOT NULL,
    account TEXT, state TEXT, score REAL, max_score REAL, submission TEXT, job INTEGER
);
"""


def now() -> datetime:
    """The server's clock; the only one whose time counts."""
    return datetime.now(UTC)


def text_of(moment: datetime) -> str:
    """Fixed width, so that text sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Facts:
    """One connection a thread. ``read()`` for queries; ``write()`` is one short transaction, on the disk when it ends."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._local = threading.local()
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.read().conn.executescript(SCHEMA)

    def read(self) -> Database:
        database: Database | None = getattr(self._local, "database", None)
        if database is None:
            connection = sqlite3.connect(self.place, isolation_level=None, timeout=BUSY_MS / 1000)
            connection.execute("PRAGMA journal_mode=WAL")
            # An acknowledged hand-in must outlive a power cut, not only a crash: WAL alone would allow losing the last commits.
            connection.execute("PRAGMA synchronous=FULL")
            database = self._local.database = Database(connection)
        return database

    @contextmanager
    def write(self) -> Iterator[Database]:
        database = self.read()
        # IMMEDIATE: a transaction that reads first and writes later would fail when another writer came between.
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
        except BaseException:
            database.rollback()
            raise
        database.commit()

    def close(self) -> None:
        """Close this thread's connection."""
        database: Database | None = getattr(self._local, "database", None)
        if database is not None:
            database.close()
            self._local.database = None
