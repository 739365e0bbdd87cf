"""Writes marks into nbgrader's gradebook: one transaction a hand-in, by one writer, each hand-in exactly once.

The transaction also holds a row of our own table with the hand-in's id and its marks. After a crash the hand-in is
queued again; if that row is there, its marks were written, and are only reported.
"""

from __future__ import annotations

import logging
import stat
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from nbgrader.api import Comment, Grade, Gradebook, MissingEntry, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Column, DateTime, MetaData, String, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from grading.marks.result import GRADEBOOK, Book, GradingError, HandIn, Marks, NotebookScores
from kanikko.exchange_facts import CellMark, Flag

log = logging.getLogger(__name__)

_writers: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

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
class SourceNotebook:
    """What the gradebook knows of one notebook of a lesson. ``sources``: grade id → (locked, text); ``maximum``: graded cells."""

    sources: Mapping[str, tuple[bool, str]]
    maximum: Mapping[str, float]


@dataclass(frozen=True)
class Verdicts:
    """What goes into the marks beside the scores: hints by (notebook, grade id)."""

    hints: Mapping[tuple[str, str], str]
    note: str | None = None
    flags: tuple[Flag, ...] = ()


@contextmanager
def opened(book: Book) -> Iterator[Gradebook]:
    """The course's gradebook. Raises GradingError if what stands there is not a plain file (a room can write that folder)."""
    place = book.root / GRADEBOOK
    try:
        found = place.lstat()
    except FileNotFoundError:
        found = None
    if found is None or not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise GradingError(f"{place} is not a gradebook", note="", remedy="Restore the course's gradebook.db from the backup.")
    with ExitStack() as stack:
        with writer(book):
            gradebook = stack.enter_context(Gradebook(book.url, book.course))
            # nbgrader's preprocessors add this row when they miss it, and two at once would fail.
            gradebook.check_course("default_course")
            gradebook.db.execute(CreateTable(GRADED, if_not_exists=True))
            gradebook.db.commit()
        yield gradebook


def writer(book: Book) -> AbstractContextManager[object]:
    """The one writer of a course, among the threads of the one worker (see grading.worker)."""
    return _writers[book.course]


def read_lesson(gradebook: Gradebook, lesson: str) -> dict[str, SourceNotebook]:
    """The lesson's notebooks by name. Raises GradingError if the class does not have it."""
    try:
        assignment = gradebook.find_assignment(lesson)
    except MissingEntry as error:
        raise GradingError(f"lesson {lesson} is not in the gradebook", note="", remedy="Release the lesson again.") from error
    return {
        notebook.name: SourceNotebook(
            sources={cell.name: (bool(cell.locked), cell.source or "") for cell in notebook.source_cells},
            maximum={cell.name: float(cell.max_score) for cell in [*notebook.grade_cells, *notebook.task_cells]},
        )
        for notebook in assignment.notebooks
    }


def _stored(gradebook: Gradebook, submission: str) -> Marks:
    if marks := counted(gradebook, submission):
        return marks
    raise GradingError(f"hand-in {submission} is marked as counted without its marks", note="")


def counted(gradebook: Gradebook, submission: str) -> Marks | None:
    """The marks of a hand-in that has been counted already."""
    text = gradebook.db.execute(select(GRADED.c.marks).where(GRADED.c.submission == submission)).scalar()
    return Marks.model_validate_json(text) if text else None


def is_overtaken(gradebook: Gradebook, hand_in: HandIn) -> bool:
    """Whether a newer hand-in of this pupil has been counted: this one's marks are reported, but change nothing."""
    newer = select(GRADED.c.submission).where(
        GRADED.c.student == hand_in.student, GRADED.c.lesson == hand_in.lesson, GRADED.c.submitted_at > _utc(hand_in)
    )
    return gradebook.db.execute(newer).first() is not None


def record(gradebook: Gradebook, book: Book, hand_in: HandIn, notebooks: Mapping[str, NotebookScores], verdicts: Verdicts) -> Marks:
    """Write the marks, all or nothing; a second call for the same hand-in gives the first one's marks.

    ``notebooks`` holds what was handed in; notebooks of the lesson that are missing there get zero.
    """
    session = gradebook.db
    try:
        # First of all: this takes SQLite's write lock, so that what is read below stays true until the commit.
        session.execute(insert(GRADED).values(submission=hand_in.id, student=hand_in.student, lesson=hand_in.lesson))
    except IntegrityError:
        session.rollback()
        return _stored(gradebook, hand_in.id)
    try:
        overtaken = is_overtaken(gradebook, hand_in)
        submission = _submission(gradebook, hand_in)
        _write(submission, notebooks)
        session.flush()
        _assign_penalties(gradebook, book, submission)
        marks = _marks(submission, notebooks, verdicts)
        if overtaken:  # undo the rows, keep the marks for the exchange
            session.rollback()
            session.execute(insert(GRADED).values(submission=hand_in.id, student=hand_in.student, lesson=hand_in.lesson))
        row = {"submitted_at": _utc(hand_in), "marks": marks.model_dump_json()}
        session.execute(GRADED.update().where(GRADED.c.submission == hand_in.id).values(**row))
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return marks


def _utc(hand_in: HandIn) -> datetime:
    """nbgrader's times are UTC without saying so."""
    return hand_in.submitted_at.astimezone(UTC).replace(tzinfo=None)


def _submission(gradebook: Gradebook, hand_in: HandIn) -> SubmittedAssignment:
    """The pupil's rows for this lesson, made if they are missing (nbgrader's own methods would commit in between)."""
    session = gradebook.db
    try:
        submission = gradebook.find_submission(hand_in.lesson, hand_in.student)
    except MissingEntry:
        student = session.get(Student, hand_in.student) or Student(id=hand_in.student)
        submission = SubmittedAssignment(assignment=gradebook.find_assignment(hand_in.lesson), student=student)
        session.add(submission)
        session.flush()
    session.add_all(_missing_rows(submission))
    submission.timestamp = _utc(hand_in)
    session.flush()
    session.expire_all()
    return submission


def _missing_rows(submission: SubmittedAssignment) -> list[SubmittedNotebook]:
    """A row for every notebook and cell of the lesson, as nbgrader's ``add_submission``."""
    known = {notebook.notebook_id for notebook in submission.notebooks}
    missing = []
    for source in [notebook for notebook in submission.assignment.notebooks if notebook.id not in known]:
        graded, answered = [*source.grade_cells, *source.task_cells], [*source.solution_cells, *source.task_cells]
        row = SubmittedNotebook(notebook_id=source.id, assignment_id=submission.id)
        row.grades = [Grade(cell_id=cell.id) for cell in graded]
        row.comments = [Comment(cell_id=cell.id) for cell in answered]
        missing.append(row)
    return missing


def _write(submission: SubmittedAssignment, notebooks: Mapping[str, NotebookScores]) -> None:
    for notebook in submission.notebooks:
        scored = notebooks.get(notebook.name)
        for grade in notebook.grades:
            # A cell that this hand-in lacks keeps nothing of an earlier one; a person looks at it.
            grade.auto_score = 0.0 if scored is None else scored.scores.get(grade.name)
            grade.needs_manual_grade = scored is not None and (grade.manual_score is not None or grade.auto_score is None)
        for comment in notebook.comments:
            if scored is not None:
                comment.auto_comment = scored.comments.get(comment.name)


def _assign_penalties(gradebook: Gradebook, book: Book, submission: SubmittedAssignment) -> None:
    """Late penalties by the course's nbgrader plugin, kept between nothing and the whole score."""
    late = submission.total_seconds_late
    assigner = AssignLatePenalties(config=book.config)
    assigner.init_plugin()
    for notebook in submission.notebooks:
        notebook.late_submission_penalty = None
        if late > 0:
            gradebook.db.refresh(notebook, ["score"])
            penalty = assigner.plugin_inst.late_submission_penalty(submission.student.id, notebook.score, late)
            notebook.late_submission_penalty = None if penalty is None else min(max(penalty, 0), notebook.score)
    gradebook.db.flush()


def _marks(submission: SubmittedAssignment, notebooks: Mapping[str, NotebookScores], verdicts: Verdicts) -> Marks:
    cells, penalty = [], 0.0
    for notebook in sorted(submission.notebooks, key=lambda notebook: notebook.name):
        penalty += notebook.late_submission_penalty or 0.0
        names = [cell.name for cell in notebook.notebook.source_cells]
        for grade in sorted(notebook.grades, key=lambda grade: names.index(grade.name) if grade.name in names else -1):
            cells.append(_cell(notebook.name, grade, verdicts.hints.get((notebook.name, grade.name))))
    total = sum(cell.points or 0.0 for cell in cells) - penalty
    return Marks(
        score=total, max_score=sum(cell.max_points for cell in cells), cells=tuple(cells), note=verdicts.note, flags=verdicts.flags
    )


def _cell(notebook: str, grade: Grade, hint: str | None) -> CellMark:
    """A teacher's mark counts before the machine's, as everywhere in nbgrader."""
    points = grade.manual_score if grade.manual_score is not None else grade.auto_score
    if points is not None:
        points += grade.extra_credit or 0.0
    maximum = float(grade.cell.max_score)
    full = points is not None and points >= maximum
    return CellMark(grade_id=grade.name, notebook=notebook, points=points, max_points=maximum, hint=None if full else hint)
