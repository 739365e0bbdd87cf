"""Grades one hand-in from its files to its marks. Called by the worker; knows nothing of queues."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from nbformat import NotebookNode
from nbgrader.preprocessors import IgnorePattern, LimitOutput

from grading.marks import folders, forgery, gradebook, hidden, notes, scores
from grading.marks.gradebook import SourceNotebook, Verdicts
from grading.marks.harmless import harmless
from grading.marks.result import Book, GradingError, HandIn, Marks, NotebookScores
from grading.marks.sanitise import sanitise
from grading.sandbox import Executed, SandboxLimits, execute
from kanikko.exchange_facts import Flag

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GradedNotebook:
    """One notebook after its runs. ``shown`` is the run without hidden tests (the same run where there are none)."""

    node: NotebookNode
    scores: NotebookScores
    hints: Mapping[str, str]
    flags: tuple[Flag, ...]
    note: str | None


def grade(book: Book, hand_in: HandIn, limits: SandboxLimits, runners: Executor | None = None) -> Marks:
    """Grade a hand-in and write its marks; safe to call again for the same one.

    ``runners`` lets the run without hidden tests go beside the full one. Raises GradingError, SandboxError.
    """
    with gradebook.opened(book) as open_book:
        if marks := gradebook.counted(open_book, hand_in.id):
            return marks
        lesson = gradebook.read_lesson(open_book, hand_in.lesson)
    files, extra = folders.handed_in(hand_in), folders.lesson_files(book, hand_in.lesson)
    graded = {
        name: _notebook(book, hand_in, name, source, files, extra, limits, runners)
        for name, source in lesson.items()
        if f"{name}.ipynb" in files
    }
    notebooks = {name: found.node for name, found in graded.items()}
    with gradebook.writer(book), gradebook.opened(book) as open_book:
        # Files first: they may be written twice, the transaction that counts is the last thing to happen.
        if not gradebook.is_overtaken(open_book, hand_in):
            folders.place(book, hand_in, files, extra, notebooks)
        return gradebook.record(open_book, book, hand_in, {name: found.scores for name, found in graded.items()}, _verdicts(lesson, graded))


def _notebook(
    book: Book, hand_in: HandIn, name: str, source: SourceNotebook, files: Mapping[str, bytes], extra: Mapping[str, bytes],
    limits: SandboxLimits, runners: Executor | None,
) -> GradedNotebook:  # fmt: skip
    node = sanitise(files[f"{name}.ipynb"], book=book, lesson=hand_in.lesson, notebook=name, student=hand_in.student)
    beside = {**{file: content for file, content in files.items() if file != "timestamp.txt"}, **extra}
    full, shown = _runs(book, node, beside, limits, runners, hand_in.id)
    log.info("hand-in %s, %s: %s %s, %.2f s", hand_in.id, name, full.ended, full.detail, full.seconds)
    for executed in (full, shown):
        for step in (IgnorePattern, LimitOutput):
            step(config=book.config)(executed.notebook, {})
    found, odd = scores.score(full.notebook)
    released = {grade_id: hidden.visible_source(text, book.config) for grade_id, (_, text) in source.sources.items()}
    public = scores.texts_in(released[grade_id] for grade_id, (locked, _) in source.sources.items() if locked)
    hints = scores.hints(full.notebook, shown.notebook, public)
    if full is not shown:
        hidden.keep_visible(full.notebook, shown.notebook)
    flags = [*odd, *forgery.flags(node, full, released)]
    return GradedNotebook(harmless(full.notebook), found, hints, tuple(flags), notes.of_run(full))


def _runs(
    book: Book, node: NotebookNode, files: Mapping[str, bytes], limits: SandboxLimits, runners: Executor | None, name: str
) -> tuple[Executed, Executed]:
    """The full run, and the run without hidden tests."""
    if not hidden.has_hidden(node, book.config):
        full = execute(node, files, limits, name=name)
        return full, full
    without = hidden.without_hidden(node, book.config)
    if runners is None:
        return execute(node, files, limits, name=name), execute(without, files, limits, name=name)
    beside = runners.submit(execute, without, files, limits, name=name)
    full = execute(node, files, limits, name=name)
    return full, beside.result()


def _verdicts(lesson: Mapping[str, SourceNotebook], graded: Mapping[str, GradedNotebook]) -> Verdicts:
    hints = {(name, grade_id): hint for name, found in graded.items() for grade_id, hint in found.hints.items()}
    for name, found in graded.items():
        for grade_id in lesson[name].maximum:
            if grade_id not in found.scores.scores:
                hints[name, grade_id] = notes.NO_CELL
    flags = tuple(flag for found in graded.values() for flag in found.flags)
    return Verdicts(hints, next((found.note for found in graded.values() if found.note), None), flags)


__all__ = ["Book", "GradedNotebook", "GradingError", "HandIn", "Marks", "grade"]
