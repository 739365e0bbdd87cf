"""Writes marks into nbgrader's gradebook: many hand-ins in one transaction, by one writer, each hand-in exactly once.

The transaction also holds a row of our own table for each hand-in, with its id and its marks. After a crash the hand-in is
queued again; if that row is there, its marks were written, and are only reported.
"""

from __future__ import annotations

import logging
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Column, Connection, DateTime, MetaData, String, Table, Text, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateTable

from grading.marks import rows
from grading.marks.lesson import SourceNotebook, read_lesson
from grading.marks.result import GRADEBOOK, Book, GradingError, HandIn, Marks, NotebookScores
from grading.marks.rows import LessonRows, PupilRows
from kanikko.exchange_facts import CellMark, Flag

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

MOST_OPEN = 32
"""Gradebooks kept open at once: a city has hundreds of classes, and each takes descriptors and memory."""
PATIENCE_SECONDS = 5
"""How long to wait for somebody else's transaction; nbgrader's own tools wait as long."""

_opening = threading.Lock()

GRADED = Table(
    "kanikko_graded",
    MetaData(),
    Column("submission", String(64), primary_key=True),
    Column("student", String(128)),
    Column("lesson", String(128)),
    Column("submitted_at", DateTime()),
    Column("marks", Text()),
)
"""Our marker: what has been counted."""


@dataclass(frozen=True)
class Verdicts:
    """What goes into the marks beside the scores: hints by (notebook, grade id)."""

    hints: Mapping[tuple[str, str], str]
    note: str | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A hand-in whose notebooks are marked. ``notebooks`` holds what was handed in; others of the lesson get zero."""

    hand_in: HandIn
    notebooks: Mapping[str, NotebookScores]
    verdicts: Verdicts


class OpenBook:
    """A course's gradebook, held open by one thread: opening it anew costs more than a hand-in's rows."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.identity = identity(book)
        with _opening:  # nbgrader adds a course's row when it misses it, and two at once would fail
            self._gradebook = Gradebook(f"{book.url}?timeout={PATIENCE_SECONDS}", book.course)
            self._gradebook.db.execute(CreateTable(GRADED, if_not_exists=True))
            self._gradebook.db.commit()
        self._version: tuple[object, ...] = ()
        self._lessons: dict[str, dict[str, SourceNotebook]] = {}

    def close(self) -> None:
        self._gradebook.close()

    def lesson(self, lesson: str) -> dict[str, SourceNotebook]:
        """The lesson's notebooks by name; read anew when anybody has written to the gradebook. Raises GradingError."""
        if (version := self._reads(_data_version)) != self._version:
            self._lessons.clear()
            self._version = version
        if lesson not in self._lessons:
            self._lessons[lesson] = self._reads(lambda _: read_lesson(self._gradebook, lesson))
        return self._lessons[lesson]

    def counted(self, submission: str) -> Marks | None:
        """The marks of a hand-in that has been counted already."""
        return self._reads(lambda connection: _counted(connection, submission))

    def is_overtaken(self, hand_in: HandIn) -> bool:
        """Whether a newer hand-in of this pupil has been counted: this one's marks are reported, but change nothing."""
        return self._reads(lambda connection: _is_overtaken(connection, hand_in))

    def _reads(self, ask: Callable[[Connection], Answer]) -> Answer:
        session = self._gradebook.db
        try:
            return ask(session.connection())
        finally:
            session.rollback()  # a reader that stays would keep the write-ahead log from being folded in

    def record(self, entries: Sequence[Entry]) -> list[Marks | Exception]:
        """Write the marks of many hand-ins, in one transaction; the answer has one thing for each, in order.

        A hand-in that cannot be written (its error stands in the answer) leaves nothing and takes no other down. One that was
        counted already gets its first marks. Raises OperationalError if the gradebook is held by somebody else: nothing is written.
        """
        session = self._gradebook.db
        connection = session.connection()
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # what is read below stays true until the commit
            batch = _Batch(connection, self.book)
            results = [batch.write(entry) for entry in entries]
            session.commit()
        except BaseException:
            session.rollback()
            raise
        return results


class OpenBooks:
    """The gradebooks that one thread uses. A file that was replaced is opened anew."""

    def __init__(self) -> None:
        self._open: dict[str, OpenBook] = {}

    def of(self, book: Book) -> OpenBook:
        """Raises GradingError if what stands there is not a plain file (a room can write that folder)."""
        found = self._open.pop(book.course, None)
        if found is not None and found.identity != identity(book):
            found.close()
            found = None
        self._open[book.course] = found or OpenBook(book)
        while len(self._open) > MOST_OPEN:
            self._open.pop(next(iter(self._open))).close()
        return self._open[book.course]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


def identity(book: Book) -> tuple[int, int]:
    """Which file the gradebook is. Raises GradingError if it is no file of its own."""
    place = book.root / GRADEBOOK
    try:
        found = place.lstat()
    except FileNotFoundError:
        found = None
    if found is None or not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise GradingError(f"{place} is not a gradebook", note="", remedy="Restore the course's gradebook.db from the backup.")
    return found.st_dev, found.st_ino


def _data_version(connection: Connection) -> tuple[object, ...]:
    """Changes with every commit of another connection. The connection itself belongs to it: numbers of two do not compare."""
    return connection.connection.dbapi_connection, connection.exec_driver_sql("PRAGMA data_version").scalar()


def _counted(connection: Connection, submission: str) -> Marks | None:
    text = connection.execute(select(GRADED.c.marks).where(GRADED.c.submission == submission)).scalar()
    return Marks.model_validate_json(text) if text else None


def _is_overtaken(connection: Connection, hand_in: HandIn) -> bool:
    newer = select(GRADED.c.submission).where(
        GRADED.c.student == hand_in.student, GRADED.c.lesson == hand_in.lesson, GRADED.c.submitted_at > _utc(hand_in)
    )
    return connection.execute(newer).first() is not None


def _utc(hand_in: HandIn) -> datetime:
    """nbgrader's times are UTC without saying so."""
    return hand_in.submitted_at.astimezone(UTC).replace(tzinfo=None)


class _Batch:
    """One transaction under way."""

    def __init__(self, connection: Connection, book: Book) -> None:
        self._connection = connection
        self._book = book
        self._lessons: dict[str, LessonRows] = {}
        self._assigner: AssignLatePenalties | None = None

    def write(self, entry: Entry) -> Marks | Exception:
        point = self._connection.begin_nested()
        try:
            marks = self._write(entry)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others' marks are not lost for it
            point.rollback()
            return error
        point.commit()
        return marks

    def _write(self, entry: Entry) -> Marks:
        hand_in = entry.hand_in
        before = _counted(self._connection, hand_in.id)
        if before and not hand_in.again:
            return before
        lesson = self._lesson(hand_in.lesson)
        pupil = rows.read_pupil(self._connection, lesson, hand_in.student)
        rows.take_scores(pupil, lesson, entry.notebooks)
        self._assign_penalties(pupil, lesson, hand_in)
        marks = _marks(pupil, lesson, entry.verdicts)
        if not _is_overtaken(self._connection, hand_in):
            rows.write_pupil(self._connection, lesson, pupil, _utc(hand_in))
        facts = {"student": hand_in.student, "lesson": hand_in.lesson, "submitted_at": _utc(hand_in), "marks": marks.model_dump_json()}
        if before:
            self._connection.execute(GRADED.update().where(GRADED.c.submission == hand_in.id).values(**facts))
        else:
            self._connection.execute(insert(GRADED).values(submission=hand_in.id, **facts))
        return marks

    def _lesson(self, lesson: str) -> LessonRows:
        if lesson not in self._lessons:
            self._lessons[lesson] = rows.read_lesson_rows(self._connection, lesson)
        return self._lessons[lesson]

    def _assign_penalties(self, pupil: PupilRows, lesson: LessonRows, hand_in: HandIn) -> None:
        """Late penalties by the course's nbgrader plugin, kept between nothing and the whole score."""
        late = rows.seconds_late(pupil, lesson, _utc(hand_in))
        if late <= 0:
            return
        if self._assigner is None:
            self._assigner = AssignLatePenalties(config=self._book.config)
            self._assigner.init_plugin()
        for notebook in pupil.notebooks:
            penalty = self._assigner.plugin_inst.late_submission_penalty(pupil.student, notebook.score, late)
            notebook.penalty = None if penalty is None else min(max(penalty, 0), notebook.score)


def _marks(pupil: PupilRows, lesson: LessonRows, verdicts: Verdicts) -> Marks:
    cells = []
    for notebook in pupil.notebooks:
        name = lesson.notebooks.get(notebook.notebook, "")
        for grade in notebook.grades:
            points, maximum = grade.points, grade.cell.max_score
            full = points is not None and points >= maximum
            hint = None if full else verdicts.hints.get((name, grade.cell.name))
            cells.append(CellMark(grade_id=grade.cell.name, notebook=name, points=points, max_points=maximum, hint=hint))
    total = sum(cell.points or 0.0 for cell in cells) - sum(notebook.penalty or 0.0 for notebook in pupil.notebooks)
    return Marks(
        score=total, max_score=sum(cell.max_points for cell in cells), cells=tuple(cells), note=verdicts.note, flags=verdicts.flags
    )
