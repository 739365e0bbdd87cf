"""One pupil's rows in nbgrader's gradebook: what is there, what marks make of it, and the writing of the difference.

nbgrader's tables are used as they are, without its object layer: loading one of its ``SubmittedAssignment`` computes some
twenty sums, and its own methods commit at every step. What stands there afterwards is what nbgrader would have written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)  # fmt: skip
from sqlalchemy import Connection, bindparam, func, insert, select, update

from grading.marks.result import GradingError, NotebookScores

GRADED_KINDS = ("GradeCell", "TaskCell")
ANSWERED_KINDS = ("SolutionCell", "TaskCell")

_set_grade = (
    update(Grade.__table__)
    .where(Grade.__table__.c.id == bindparam("row"))
    .values(auto_score=bindparam("auto"), needs_manual_grade=bindparam("needs"))
)
_set_comment = update(Comment.__table__).where(Comment.__table__.c.id == bindparam("row")).values(auto_comment=bindparam("auto"))
_set_penalty = (
    update(SubmittedNotebook.__table__)
    .where(SubmittedNotebook.__table__.c.id == bindparam("row"))
    .values(late_submission_penalty=bindparam("penalty"))
)


@dataclass(frozen=True)
class CellRow:
    """A cell of a lesson that gives points or holds an answer."""

    id: str
    name: str
    notebook: str
    kind: str
    max_score: float


@dataclass(frozen=True)
class LessonRows:
    """A lesson: notebooks (id → name, by name), cells by id, and the order of its cells."""

    id: str
    duedate: datetime | None
    notebooks: Mapping[str, str]
    cells: Mapping[str, CellRow]
    order: Mapping[tuple[str, str], int]


@dataclass
class GradeRow:
    """One cell's points: the machine's, a teacher's, and a teacher's extra ones."""

    id: str
    cell: CellRow
    auto: float | None = None
    manual: float | None = None
    extra: float | None = None
    needs_person: bool = True

    @property
    def points(self) -> float | None:
        """A teacher's mark counts before the machine's, as everywhere in nbgrader."""
        points = self.manual if self.manual is not None else self.auto
        return None if points is None else points + (self.extra or 0.0)


@dataclass
class CommentRow:
    id: str
    cell: CellRow
    auto: str | None = None


@dataclass
class NotebookRow:
    """A pupil's notebook; ``is_new``: not in the gradebook yet."""

    id: str
    notebook: str
    grades: list[GradeRow]
    comments: list[CommentRow]
    penalty: float | None = None
    is_new: bool = False

    @property
    def score(self) -> float:
        return sum(grade.points or 0.0 for grade in self.grades)


@dataclass
class PupilRows:
    """A pupil's hand-in of one lesson as the gradebook has it, or will."""

    id: str
    student: str
    extension: timedelta | None
    notebooks: list[NotebookRow]
    is_new: bool = False


def read_lesson_rows(connection: Connection, lesson: str) -> LessonRows:
    """Raises GradingError if the class does not have the lesson."""
    found = connection.execute(select(Assignment.__table__.c["id", "duedate"]).where(Assignment.__table__.c.name == lesson)).first()
    if found is None:
        raise GradingError(f"lesson {lesson} is not in the gradebook", note="", remedy="Release the lesson again.")
    notebook, base, grade, task, source = (kind.__table__.c for kind in (Notebook, BaseCell, GradeCell, TaskCell, SourceCell))
    ours = select(notebook.id, notebook.name).where(notebook.assignment_id == found.id).order_by(notebook.name)
    notebooks = {row.id: row.name for row in connection.execute(ours)}
    tables = BaseCell.__table__.outerjoin(GradeCell.__table__, grade.id == base.id).outerjoin(TaskCell.__table__, task.id == base.id)
    scored = func.coalesce(grade.max_score, task.max_score, 0.0)
    cells = select(base.id, base.name, base.notebook_id, base.type, scored).select_from(tables).where(base.notebook_id.in_(notebooks))
    order = select(source.notebook_id, source.name).where(source.notebook_id.in_(notebooks))
    return LessonRows(
        found.id,
        found.duedate,
        notebooks,
        {row[0]: CellRow(row[0], row[1], row[2], row[3], float(row[4])) for row in connection.execute(cells)},
        {(row.notebook_id, row.name): place for place, row in enumerate(connection.execute(order))},
    )


def read_pupil(connection: Connection, lesson: LessonRows, student: str) -> PupilRows:
    """The pupil's rows; those that are missing are made in memory, as nbgrader's ``add_submission`` would."""
    table = SubmittedAssignment.__table__.c
    asked = select(table.id, table.extension).where(table.assignment_id == lesson.id, table.student_id == student)
    found = connection.execute(asked).first()
    notebooks = _read_notebooks(connection, lesson, found.id) if found else []
    known = {row.notebook for row in notebooks}
    notebooks += [_new_notebook(lesson, notebook) for notebook in lesson.notebooks if notebook not in known]
    notebooks.sort(key=lambda row: lesson.notebooks.get(row.notebook, ""))
    if found is None:
        return PupilRows(new_uuid(), student, None, notebooks, is_new=True)
    return PupilRows(found.id, student, found.extension, notebooks)


def _read_notebooks(connection: Connection, lesson: LessonRows, submission: str) -> list[NotebookRow]:
    notebook, grade, comment = (kind.__table__.c for kind in (SubmittedNotebook, Grade, Comment))
    mine = select(notebook.id, notebook.notebook_id).where(notebook.assignment_id == submission)
    rows = {row.id: NotebookRow(row.id, row.notebook_id, [], []) for row in connection.execute(mine)}
    points = select(grade.id, grade.cell_id, grade.notebook_id, grade.manual_score, grade.extra_credit)
    for row in connection.execute(points.where(grade.notebook_id.in_(rows))):
        if cell := lesson.cells.get(row.cell_id):
            rows[row.notebook_id].grades.append(GradeRow(row.id, cell, manual=row.manual_score, extra=row.extra_credit))
    words = select(comment.id, comment.cell_id, comment.notebook_id, comment.auto_comment)
    for row in connection.execute(words.where(comment.notebook_id.in_(rows))):
        if cell := lesson.cells.get(row.cell_id):
            rows[row.notebook_id].comments.append(CommentRow(row.id, cell, row.auto_comment))
    return list(rows.values())


def _new_notebook(lesson: LessonRows, notebook: str) -> NotebookRow:
    cells = [cell for cell in lesson.cells.values() if cell.notebook == notebook]
    grades = [GradeRow(new_uuid(), cell) for cell in cells if cell.kind in GRADED_KINDS]
    return NotebookRow(
        new_uuid(), notebook, grades, [CommentRow(new_uuid(), cell) for cell in cells if cell.kind in ANSWERED_KINDS], is_new=True
    )


def take_scores(pupil: PupilRows, lesson: LessonRows, notebooks: Mapping[str, NotebookScores]) -> None:
    """Put the machine's points and comments into the rows (in memory), as nbgrader's SaveAutoGrades. Pure."""
    for row in pupil.notebooks:
        scored = notebooks.get(lesson.notebooks.get(row.notebook, ""))
        row.penalty = None
        for grade in row.grades:
            # A cell that this hand-in lacks keeps nothing of an earlier one; a person looks at it.
            grade.auto = 0.0 if scored is None else scored.scores.get(grade.cell.name)
            grade.needs_person = scored is not None and (grade.manual is not None or grade.auto is None)
        for comment in row.comments:
            if scored is not None:
                comment.auto = scored.comments.get(comment.cell.name)
        row.grades.sort(key=lambda grade: lesson.order.get((grade.cell.notebook, grade.cell.name), -1))


def seconds_late(pupil: PupilRows, lesson: LessonRows, handed_in: datetime) -> float:
    """As nbgrader's ``total_seconds_late``; times are UTC without saying so."""
    if lesson.duedate is None:
        return 0
    return max(0.0, (handed_in - lesson.duedate - (pupil.extension or timedelta())).total_seconds())


def write_pupil(connection: Connection, lesson: LessonRows, pupil: PupilRows, handed_in: datetime) -> None:
    """Write the rows: new ones whole, of old ones what marks may change."""
    table = SubmittedAssignment.__table__
    if pupil.is_new:
        if connection.execute(select(Student.__table__.c.id).where(Student.__table__.c.id == pupil.student)).first() is None:
            connection.execute(insert(Student.__table__), {"id": pupil.student})
        facts = {"id": pupil.id, "assignment_id": lesson.id, "student_id": pupil.student, "timestamp": handed_in}
        connection.execute(insert(table), facts)
    else:
        connection.execute(update(table).where(table.c.id == pupil.id).values(timestamp=handed_in))
    _insert_notebooks(connection, pupil, [row for row in pupil.notebooks if row.is_new])
    old = [row for row in pupil.notebooks if not row.is_new]
    _many(connection, _set_grade, ({"row": g.id, "auto": g.auto, "needs": g.needs_person} for row in old for g in row.grades))
    _many(connection, _set_comment, ({"row": c.id, "auto": c.auto} for row in old for c in row.comments))
    _many(connection, _set_penalty, ({"row": row.id, "penalty": row.penalty} for row in old))


def _insert_notebooks(connection: Connection, pupil: PupilRows, rows: list[NotebookRow]) -> None:
    _many(
        connection,
        insert(SubmittedNotebook.__table__),
        ({"id": r.id, "assignment_id": pupil.id, "notebook_id": r.notebook, "late_submission_penalty": r.penalty} for r in rows),
    )
    _many(
        connection,
        insert(Grade.__table__),
        (
            {"id": g.id, "notebook_id": row.id, "cell_id": g.cell.id, "auto_score": g.auto, "needs_manual_grade": g.needs_person}
            for row in rows
            for g in row.grades
        ),
    )
    _many(
        connection,
        insert(Comment.__table__),
        ({"id": c.id, "notebook_id": row.id, "cell_id": c.cell.id, "auto_comment": c.auto} for row in rows for c in row.comments),
    )


def _many(connection: Connection, statement: object, rows: Iterable[dict[str, object]]) -> None:
    if values := list(rows):
        connection.execute(statement, values)  # type: ignore[call-overload]
