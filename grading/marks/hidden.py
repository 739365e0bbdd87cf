"""Keeps hidden tests from pupils.

A program that is being graded shares its process with the tests, so it can read them and print them, encoded if need be.
What a pupil is shown therefore never comes from a run in which hidden tests were present: a notebook with hidden tests
runs twice, and everything but the points, and words that pupils have anyway, is taken from the run without them
(:func:`without_hidden`).
"""

from __future__ import annotations

import copy
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import is_locked

KEPT = "kanikko_visible"
"""Cell metadata in ``autograded/``: the outputs of the run without hidden tests, for feedback pages."""


def first_hidden(notebook: NotebookNode, clear: ClearHiddenTests) -> int | None:
    """The first locked cell of this (sanitised) notebook with hidden tests, by the marks that ``clear`` is configured with."""
    return next((index for index, cell in enumerate(notebook.cells) if _hides(cell, clear)), None)


def without_hidden(notebook: NotebookNode, clear: ClearHiddenTests) -> NotebookNode:
    """A copy as the pupil knows it, cell for cell."""
    shown = copy.deepcopy(notebook)
    for cell in shown.cells:
        if _hides(cell, clear):
            cell.source = visible_source(cell.source, clear)
    return shown


def visible_source(source: str, clear: ClearHiddenTests) -> str:
    """A cell's source without its hidden tests, as nbgrader's ClearHiddenTests; an unended region hides the rest instead of raising."""
    lines, hidden = [], False
    for line in source.split("\n"):
        if clear.begin_test_delimeter in line:
            hidden = True
        elif clear.end_test_delimeter in line:
            hidden = False
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)


def keep_visible(graded: NotebookNode, shown: NotebookNode) -> None:
    """Put the outputs of the run without hidden tests beside those of the full run (in place)."""
    for cell, seen in zip(graded.cells, shown.cells, strict=True):
        if cell.cell_type == "code":
            cell.metadata[KEPT] = seen.outputs


class HideHiddenTests(NbGraderPreprocessor):
    """Makes an autograded notebook fit for a pupil's eyes; belongs before the exporter in ``GenerateFeedback.preprocessors``.

    Hidden tests leave the sources. Outputs are those of the run without hidden tests; where there was no such run (graded by
    nbgrader itself), everything from the first cell with hidden tests on is withheld, because it may repeat them.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        clear = ClearHiddenTests(parent=self)
        first = first_hidden(nb, clear)
        for index, cell in enumerate(nb.cells):
            kept = cell.metadata.pop(KEPT, None)
            if first is not None:
                if cell.cell_type == "code":
                    cell.outputs = kept if kept is not None else cell.outputs if index < first else []
                if _hides(cell, clear):
                    cell.source = visible_source(cell.source, clear)
        return nb, resources


def _hides(cell: NotebookNode, clear: ClearHiddenTests) -> bool:
    # A pupil's own text may hold the words; only a locked cell was written by the teacher.
    return is_locked(cell) and clear.begin_test_delimeter in cell.source
