"""What is kept of lessons and starts: three small tables in ``var/screens.db``. Opaque ids only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlite_utils import Database

from hub.classstart.timetable import Once, Slot, Timetable, Weekly
from kanikko.errors import KanikkoError

MOST_ENTRIES = 60
"""Entries of one class's timetable: more is no timetable, and every one is looked at while the hub runs."""
KEPT_DAYS = 60
"""How long one-off dates and the record of starts are kept."""


class TimetableError(KanikkoError):
    """An entry that makes no sense. Words for a teacher."""


@dataclass(frozen=True)
class Record:
    """A class that was started. ``slot`` is the lesson's moment, or the moment of the press."""

    course: str
    slot: datetime
    by: str


class Book:
    """Timetables and starts. Each write is one short transaction, done in place."""

    def __init__(self, path: Path) -> None:
        self._db = Database(path)
        self._db.enable_wal()
        self._db.execute("pragma synchronous=normal")
        self._table("lesson_weekly", {"course": str, "weekday": int, "at": str}, ("course", "weekday", "at"))
        # kind: "once" (a lesson at this time) or "skip" (no weekly lesson on this day; at is empty)
        self._table("lesson_dates", {"course": str, "day": str, "at": str, "kind": str}, ("course", "day", "at"))
        self._table("class_starts", {"course": str, "slot": str, "by": str, "started_at": str, "ended_at": str}, ("course", "slot"))

    # ------------------------------------------------------------------ the timetable
    def timetable(self, course: str) -> Timetable:
        """The timetable of a class; empty if it has none."""
        return self._timetables(course).get(course, Timetable())

    def timetables(self) -> dict[str, Timetable]:
        """The timetables of all classes that have one."""
        return self._timetables("%")

    def add_weekly(self, course: str, lesson: Weekly) -> None:
        """A lesson each week. Raises TimetableError if the timetable is full."""
        self._check_room(course)
        self._write("insert or ignore into lesson_weekly values (?, ?, ?)", course, lesson.weekday, _clock(lesson.at))

    def remove_weekly(self, course: str, lesson: Weekly) -> None:
        self._write("delete from lesson_weekly where course = ? and weekday = ? and at = ?", course, lesson.weekday, _clock(lesson.at))

    def add_once(self, course: str, lesson: Once) -> None:
        """A lesson on one day. Raises TimetableError if the timetable is full."""
        self._check_room(course)
        self._write("insert or ignore into lesson_dates values (?, ?, ?, 'once')", course, lesson.day.isoformat(), _clock(lesson.at))

    def remove_once(self, course: str, lesson: Once) -> None:
        self._write("delete from lesson_dates where course = ? and day = ? and at = ?", course, lesson.day.isoformat(), _clock(lesson.at))

    def skip(self, course: str, day: date) -> None:
        """No weekly lesson on this day. Raises TimetableError if the timetable is full."""
        self._check_room(course)
        self._write("insert or ignore into lesson_dates values (?, ?, '', 'skip')", course, day.isoformat())

    def unskip(self, course: str, day: date) -> None:
        self._write("delete from lesson_dates where course = ? and day = ? and at = ''", course, day.isoformat())

    # ------------------------------------------------------------------ starts
    def begin(self, record: Record) -> bool:
        """Note that a class is being started. False if this slot of the class was noted before."""
        added = self._write(
            "insert or ignore into class_starts values (?, ?, ?, ?, '')", record.course, _moment(record.slot), record.by, _moment(_now())
        )
        return added == 1

    def end(self, course: str) -> None:
        """Note that every server of the class runs or has failed."""
        self._write("update class_starts set ended_at = ? where course = ? and ended_at = ''", _moment(_now()), course)

    def slots_since(self, moment: datetime) -> list[Slot]:
        """The lessons that were started for slots after ``moment``."""
        found = self._db.execute("select slot, course from class_starts where slot >= ?", [_moment(moment)])
        return [Slot(datetime.fromisoformat(slot), course) for slot, course in found]

    def unfinished(self, since: datetime) -> list[Record]:
        """Starts after ``since`` that were cut off by the end of the hub."""
        found = self._db.execute("select course, slot, by from class_starts where ended_at = '' and started_at >= ?", [_moment(since)])
        return [Record(course, datetime.fromisoformat(slot), by) for course, slot, by in found]

    def tidy(self) -> None:
        """Forget one-off dates and starts that are long past."""
        old = _now() - timedelta(days=KEPT_DAYS)
        self._write("delete from lesson_dates where day < ?", old.date().isoformat())
        self._write("delete from class_starts where slot < ?", _moment(old))

    # ------------------------------------------------------------------ inside
    def _timetables(self, courses: str) -> dict[str, Timetable]:
        """By course; ``courses`` is a pattern."""
        weekly: dict[str, set[Weekly]] = {}
        once: dict[str, set[Once]] = {}
        skipped: dict[str, set[date]] = {}
        for course, weekday, at in self._db.execute("select course, weekday, at from lesson_weekly where course like ?", [courses]):
            weekly.setdefault(course, set()).add(Weekly(weekday, time.fromisoformat(at)))
        for course, day, at, kind in self._db.execute("select course, day, at, kind from lesson_dates where course like ?", [courses]):
            if kind == "once":
                once.setdefault(course, set()).add(Once(date.fromisoformat(day), time.fromisoformat(at)))
            else:
                skipped.setdefault(course, set()).add(date.fromisoformat(day))
        return {
            course: Timetable(frozenset(weekly.get(course, ())), frozenset(once.get(course, ())), frozenset(skipped.get(course, ())))
            for course in {*weekly, *once, *skipped}
        }

    def _check_room(self, course: str) -> None:
        tables = (self._db.table("lesson_weekly"), self._db.table("lesson_dates"))
        if sum(table.count_where("course = ?", [course]) for table in tables) >= MOST_ENTRIES:
            raise TimetableError("これ以上は登録できません。", remedy="使わない日時を消してから、もう一度お試しください。")

    def _table(self, name: str, columns: dict[str, type], key: tuple[str, ...]) -> None:
        self._db.table(name).create(columns, pk=key, if_not_exists=True)

    def _write(self, statement: str, *values: object) -> int:
        with self._db.conn:
            return int(self._db.conn.execute(statement, values).rowcount)


def _clock(at: time) -> str:
    return at.isoformat("minutes")


def _moment(when: datetime) -> str:
    """UTC, so that texts compare as moments do."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def _now() -> datetime:
    return datetime.now(UTC)
