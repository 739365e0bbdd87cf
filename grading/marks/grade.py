"""Grades hand-ins from their files to their marks, in three steps; knows nothing of queues.

:func:`prepare` reads (course folder and gradebook), :func:`grading.marks.notebook.mark` works (anywhere, many at once),
:func:`conclude` writes (one writer, many hand-ins at once). Points are known then; what only feedback pages show
(:func:`grading.marks.notebook.see`) may come later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy.exc import OperationalError

from grading.marks import folders, notes
from grading.marks.gradebook import Entry, OpenBook, Verdicts
from grading.marks.lesson import SourceNotebook
from grading.marks.notebook import MarkedNotebook, NotebookJob, mark, see, settings_of
from grading.marks.result import Book, GradingError, HandIn, Marks
from grading.sandbox import SandboxLimits


@dataclass(frozen=True)
class Prepared:
    """A hand-in, read: its files and those the teacher put beside the lesson, and one job a notebook."""

    book: Book
    hand_in: HandIn
    lesson: Mapping[str, SourceNotebook]
    files: Mapping[str, bytes]
    extra: Mapping[str, bytes]
    jobs: Mapping[str, NotebookJob]


@dataclass(frozen=True)
class Finished:
    """A hand-in whose notebooks are all marked."""

    prepared: Prepared
    marked: Mapping[str, MarkedNotebook]

    def unseen(self) -> list[str]:
        """The notebooks whose outputs for pupils' eyes are still to come."""
        return [name for name, found in self.marked.items() if found.unseen]


def prepare(open_book: OpenBook, hand_in: HandIn, limits: SandboxLimits) -> Prepared | Marks:
    """What is to be done for this hand-in; its marks if it has been counted already. Raises GradingError."""
    if not hand_in.again and (marks := open_book.counted(hand_in.id)):
        return marks
    book, lesson = open_book.book, open_book.lesson(hand_in.lesson)
    files, extra = folders.handed_in(hand_in), folders.lesson_files(book, hand_in.lesson)
    beside = {**{file: content for file, content in files.items() if file != "timestamp.txt"}, **extra}
    settings = settings_of(book.config)
    jobs = {
        name: NotebookJob(hand_in.id, files[f"{name}.ipynb"], beside, source, settings, limits)
        for name, source in lesson.items()
        if f"{name}.ipynb" in files
    }
    return Prepared(book, hand_in, lesson, files, extra, jobs)


def finish(prepared: Prepared, marked: Mapping[str, MarkedNotebook]) -> Finished:
    """Raises GradingError if a notebook was refused: it counts as a whole or not at all, as in nbgrader."""
    for found in marked.values():
        if found.refused:
            raise GradingError(found.refused, note=found.note or notes.BROKEN)
    return Finished(prepared, marked)


def conclude(open_book: OpenBook, finished: Sequence[Finished]) -> list[Marks | Exception]:
    """Write folders and gradebook for hand-ins of one course; for each its marks, or why it could not be written.

    Raises OperationalError if the gradebook is held by somebody else: nothing is counted, call again.
    """
    results: dict[str, Marks | Exception] = {}
    entries = []
    for one in finished:
        try:
            # Files first: they may be written twice, the transaction that counts is the last thing to happen.
            _place(open_book, one)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - a link where a folder belongs costs this hand-in, not the others
            results[one.prepared.hand_in.id] = error
        else:
            scores = {name: found.scores for name, found in one.marked.items()}
            entries.append(Entry(one.prepared.hand_in, scores, _verdicts(one)))
    recorded = open_book.record(entries) if entries else []
    results |= {entry.hand_in.id: result for entry, result in zip(entries, recorded, strict=True)}
    return [results[one.prepared.hand_in.id] for one in finished]


def grade(book: Book, hand_in: HandIn, limits: SandboxLimits) -> Marks:
    """All three steps for one hand-in, in this thread; safe to call again for the same one. Raises GradingError, SandboxError."""
    with closing(OpenBook(book)) as open_book:
        prepared = prepare(open_book, hand_in, limits)
        if isinstance(prepared, Marks):
            return prepared
        finished = finish(prepared, {name: mark(job) for name, job in prepared.jobs.items()})
        (result,) = conclude(open_book, [finished])
        if isinstance(result, Exception):
            raise result
        for name in finished.unseen():
            before = finished.marked[name].node
            folders.replace_graded(book, hand_in, name, before, see(prepared.jobs[name], before))
    return result


def _place(open_book: OpenBook, one: Finished) -> None:
    if not open_book.is_overtaken(one.prepared.hand_in):
        notebooks = {name: found.node for name, found in one.marked.items()}
        folders.place(open_book.book, one.prepared.hand_in, one.prepared.files, one.prepared.extra, notebooks)


def _verdicts(one: Finished) -> Verdicts:
    hints = {(name, grade_id): hint for name, found in one.marked.items() for grade_id, hint in found.hints.items()}
    for name, found in one.marked.items():
        for grade_id in one.prepared.lesson[name].graded:
            if grade_id not in found.scores.scores:
                hints[name, grade_id] = notes.NO_CELL
    flags = tuple(flag for found in one.marked.values() for flag in found.flags)
    return Verdicts(hints, next((found.note for found in one.marked.values() if found.note), None), flags)
