"""The event's log: one row a flash, and which board is which team's. SQLite through sqlite-utils; two stations may write at once."""

from __future__ import annotations

import csv
import io
import sqlite3
import statistics
import threading
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlite_utils

from kanikko.errors import KanikkoError
from robots.flash.text import clean, csv_cell

BUSY_MS = 20_000
UNFINISHED, GOOD, FAILED = "unfinished", "good", "failed"
COLUMNS: dict[str, type] = {
    "id": int, "board": str, "profile": str, "machine": str, "firmware": str, "library": str, "program": str, "team": str, "by": str,
    "station": str, "started": str, "finished": str, "seconds": float, "verdict": str, "step": str, "detail": str,
}  # fmt: skip


class EventError(KanikkoError):
    """An event's name or log is no good."""


def event_db(var: Path, event: str) -> Path:
    """Where an event's log lies. Raises EventError for a name that is no file name."""
    name = unicodedata.normalize("NFC", event)
    fine = all(letter.isalnum() or letter in "-_" for letter in name)
    if not fine or not 0 < len(name.encode()) <= 100:
        raise EventError(
            f"イベントの なまえ {clean(event, 40)!r} は つかえません", remedy="もじ・すうじ・「-」・「_」だけに してください。"
        )
    return var / "events" / f"{name}.db"


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass(frozen=True)
class Report:
    """Figures of an event. ``failures``: step → how often; ``median_seconds`` of the good ones (None: there are none)."""

    boards: int
    good_boards: int
    teams: int
    flashes: int
    good: int
    unfinished: int
    failures: Mapping[str, int]
    median_seconds: float | None


class Log:
    """One event's log. Methods may be called from any thread; each is one short transaction."""

    def __init__(self, place: Path) -> None:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._one_by_one = threading.Lock()
        connection = sqlite3.connect(place, timeout=BUSY_MS / 1000, check_same_thread=False)
        self._database = sqlite_utils.Database(connection)
        self._database.enable_wal()
        connection.execute("pragma synchronous = normal")
        self._flashes = self._database.table("flashes")
        self._flashes.create(COLUMNS, pk="id", not_null={"verdict", "started"}, if_not_exists=True)
        self._boards = self._database.table("boards")
        self._boards.create({"board": str, "team": str, "by": str, "at": str}, pk="board", if_not_exists=True)
        connection.commit()

    def close(self) -> None:
        self._database.conn.close()

    # ------------------------------------------------------------------ writing
    def start(self, **facts: Any) -> int:
        """A flash begins: a row that says "unfinished" until ``finish``. Its id."""
        with self._one_by_one, self._database.conn:
            return int(str(self._flashes.insert({**facts, "verdict": UNFINISHED, "started": now()}).last_pk))

    def finish(self, row: int, verdict: str, **facts: Any) -> None:
        """How a flash ended."""
        with self._one_by_one, self._database.conn:
            self._flashes.update(row, {**facts, "verdict": verdict, "finished": now()})

    def give(self, board: str, team: str, by: str) -> None:
        """From now on this board is that team's."""
        with self._one_by_one, self._database.conn:
            self._boards.upsert({"board": board, "team": team, "by": by, "at": now()}, pk="board")

    # ------------------------------------------------------------------ reading
    def team_of(self, board: str) -> str:
        """The team a board was given to; "" if to none."""
        with self._one_by_one:
            rows = list(self._boards.rows_where("board = ?", [board], limit=1))
        return str(rows[0]["team"]) if rows else ""

    def rows(self) -> list[dict[str, Any]]:
        """Every flash, oldest first."""
        with self._one_by_one:
            return list(self._flashes.rows_where(order_by="id"))

    def report(self) -> Report:
        rows = self.rows()
        good = [row for row in rows if row["verdict"] == GOOD]
        seconds = [row["seconds"] for row in good if row["seconds"] is not None]
        return Report(
            boards=len({row["board"] for row in rows if row["board"]}),
            good_boards=len({row["board"] for row in good if row["board"]}),
            teams=len({row["team"] for row in good if row["team"]}),
            flashes=len(rows),
            good=len(good),
            unfinished=sum(row["verdict"] == UNFINISHED for row in rows),
            failures=Counter(row["step"] or "" for row in rows if row["verdict"] == FAILED),
            median_seconds=statistics.median(seconds) if seconds else None,
        )


def as_csv(rows: list[dict[str, Any]]) -> str:
    """The rows for a spreadsheet (the byte order mark is for Excel); nothing in them can become a formula."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([csv_cell(row.get(column)) for column in COLUMNS])
    return "\ufeff" + sink.getvalue()
