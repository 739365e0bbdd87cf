"""Which pupil has opened which lesson: the hub's own small record, so that 「とちゅう」 can be told from 「まだ」."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database


class Openings:
    """Table ``openings`` in ``var/screens.db``. One row for each pupil and lesson; the first opening counts.

    Only opaque ids stand here. A write is one short transaction of one row, so it is done in place.
    """

    def __init__(self, path: Path) -> None:
        self._db = Database(path)
        self._db.enable_wal()
        # The record is a convenience: after a power cut one opening may be missing, never the file.
        self._db.execute("pragma synchronous=normal")
        openings = self._db.table("openings")
        openings.create(
            {"account": str, "course": str, "lesson": str, "opened_at": str}, pk=("course", "lesson", "account"), if_not_exists=True
        )
        openings.create_index(["account"], if_not_exists=True)

    def record(self, account: str, course: str, lesson: str) -> bool:
        """Note that ``account`` opened the lesson. True if it is the first time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._db.conn:
            written = self._db.conn.execute("insert or ignore into openings values (?, ?, ?, ?)", (account, course, lesson, now))
        return written.rowcount == 1

    def accounts(self, course: str, lesson: str) -> set[str]:
        """Who has opened a lesson of a class."""
        found = self._db.execute("select account from openings where course = ? and lesson = ?", (course, lesson))
        return {account for (account,) in found}

    def lessons(self, account: str) -> set[tuple[str, str]]:
        """The lessons a pupil has opened, as ``(course, lesson)``."""
        return set(self._db.execute("select course, lesson from openings where account = ?", (account,)))
