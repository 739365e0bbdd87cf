"""Scores of an executed notebook, by nbgrader's own rule, and the hints for its failed checks. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from grading.marks import notes
from grading.marks.result import NotebookScores
from grading.marks.syntax import parse
from grading.sandbox.executor import NOTEBOOK_ENDED, is_check
from kanikko.exchange_facts import Flag

NO_RESPONSE = "No response."
"""nbgrader's word for an answer that was left as it was."""
CHECK_FAILED, NOT_ANSWERED = "AssertionError", "NotImplementedError"
"""What a check raises, and nbgrader's stand-in for an answer."""

HINT_LENGTH = 500
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def score(notebook: NotebookNode) -> tuple[NotebookScores, list[Flag]]:
    """Scores and automatic comments of every graded cell, as nbgrader's SaveAutoGrades.

    Where nbgrader would refuse the whole submission (a result above the maximum, a result without text), the cell gets
    zero and a flag.
    """
    scores: dict[str, float | None] = {}
    comments: dict[str, str | None] = {}
    flags = []
    for cell in notebook.cells:
        if not (is_grade(cell) or is_solution(cell) or is_task(cell)):
            continue
        grade_id = cell.metadata.nbgrader["grade_id"]
        if is_grade(cell):
            try:
                scores[grade_id] = determine_grade(cell)[0]
            except (ValueError, KeyError) as error:
                scores[grade_id] = 0.0
                kind = "above-maximum" if isinstance(error, ValueError) else "unreadable-score"
                flags.append(Flag(grade_id=grade_id, kind=kind, detail=str(error)[:200]))
        if is_solution(cell) or is_task(cell):
            untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell) and not is_task(cell)
            comments[grade_id] = NO_RESPONSE if untouched else None
    return NotebookScores(scores, comments), flags


@dataclass(frozen=True)
class Public:
    """The words that pupils have in their notebook: texts, and names (of errors that are raised without a word)."""

    texts: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, sources: Iterable[str]) -> Public:
        """All that stands in these cells."""
        found = [_words_of(source) for source in sources]
        return cls(frozenset().union(*(texts for texts, _ in found)), frozenset().union(*(names for _, names in found)))

    def knows(self, error: NotebookNode) -> bool:
        """Whether this error says nothing else. (A failed check without a word does: whether a hidden test failed or another.)"""
        if error.ename not in self.names | {CHECK_FAILED, NOT_ANSWERED}:
            return False
        return error.evalue in self.texts or (not error.evalue and error.ename != CHECK_FAILED)


def hints(graded: NotebookNode, shown: NotebookNode, public: Public) -> dict[str, str]:
    """A kind word for each check that failed, by grade id.

    ``shown`` is the run without hidden tests: its messages may be shown; or the full run itself, if that :func:`tells_enough`.
    A message of ``graded``, where hidden tests ran too, is shown only if pupils have its words.
    """
    found = {}
    for full, seen in zip(graded.cells, shown.cells, strict=True):
        if not is_check(full):
            continue
        error, hidden_error = first_error(seen), first_error(full)
        if error is not None:
            found[full.metadata.nbgrader["grade_id"]] = _words(error)
        elif hidden_error is not None:
            found[full.metadata.nbgrader["grade_id"]] = _words(hidden_error) if public.knows(hidden_error) else notes.HIDDEN
    return found


def tells_enough(graded: NotebookNode, first_hidden: int, public: Public) -> bool:
    """Whether hints can be taken from the full run: its errors came before any hidden test, or say what pupils have anyway."""
    later = (cell for cell in graded.cells[first_hidden:] if is_check(cell))
    return all(error is None or error.ename == NOTEBOOK_ENDED or public.knows(error) for error in map(first_error, later))


@lru_cache(512)
def _words_of(source: str) -> tuple[frozenset[str], frozenset[str]]:
    nodes = [*ast.walk(tree)] if (tree := parse(source)) else []
    texts = frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return texts, frozenset(node.id for node in nodes if isinstance(node, ast.Name))


def first_error(cell: NotebookNode) -> NotebookNode | None:
    """The first error a cell shows."""
    return next((output for output in cell.get("outputs", []) if output.output_type == "error"), None)


def _words(error: NotebookNode) -> str:
    if error.ename == NOTEBOOK_ENDED:  # whoever gave it that name, its own words are not shown
        return notes.NOT_REACHED
    text = CONTROLS.sub("", ANSI.sub("", error.evalue)).strip()[:HINT_LENGTH]
    # A check speaks through AssertionError or an exception of its own; Python's other errors are named, so that a child can look them up.
    if error.ename == CHECK_FAILED or not error.ename.endswith(("Error", "Exception", "Interrupt", "Exit")):
        return text or "たしかめが とおりませんでした。"
    return f"{CONTROLS.sub('', error.ename)[:80]}: {text}" if text else CONTROLS.sub("", error.ename)[:80]
