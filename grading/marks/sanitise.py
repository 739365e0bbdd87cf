"""nbgrader's first half of autograding: undo what a pupil must not change, with nbgrader's own preprocessors.

No gradebook is opened here: what nbgrader's preprocessors look up there comes with the lesson (:mod:`grading.marks.lesson`).
"""

from __future__ import annotations

import json
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.nbgraderformat import MetadataValidator, SchemaTooNewError, SchemaTooOldError, ValidationError
from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, DeduplicateIds, NbGraderPreprocessor, OverwriteCells
from traitlets.config import Config

from grading.marks.lesson import SourceNotebook
from grading.marks.notes import BROKEN
from grading.marks.result import GradingError

MOST_REMEMBERED = 5_000
"""Cells' marks that were found well formed; a class's hand-ins have the same few."""


class OverwriteKernelspec(NbGraderPreprocessor):
    """As nbgrader's, with the lesson's facts in place of a gradebook."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        lesson: SourceNotebook = resources["lesson"]
        kernelspec = json.loads(lesson.kernelspec) if lesson.kernelspec is not None else None
        if kernelspec:
            nb.metadata["kernelspec"] = kernelspec
        return nb, resources


class RestoreCells(OverwriteCells):
    """nbgrader's OverwriteCells, with the lesson's facts in place of a gradebook."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        self.gradebook = resources["lesson"]
        self.notebook_id, self.assignment_id = self.gradebook.name, ""
        nb, resources = super(OverwriteCells, self).preprocess(nb, resources)
        if self.add_missing_cells:
            nb, resources = self.add_missing_grade_cells(nb, resources)
            nb, resources = self.add_missing_task_cells(nb, resources)
        return nb, resources


class _Validator(MetadataValidator):
    """Remembers what was well formed: the schema says the same of the same marks, and takes a millisecond a cell."""

    def __init__(self) -> None:
        super().__init__()
        self._good: set[str] = set()

    def validate_cell(self, cell: NotebookNode) -> None:
        marks = json.dumps([cell.cell_type, cell.metadata.get("nbgrader", 0)], sort_keys=True)
        if marks in self._good:
            return
        super().validate_cell(cell)
        if len(self._good) >= MOST_REMEMBERED:
            self._good.clear()
        if len(marks) < 1000:
            self._good.add(marks)


class CheckMarks(CheckCellMetadata):
    """nbgrader's CheckCellMetadata, with its verdicts remembered."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._validator = _Validator()

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        self._validator.validate_nb(nb)
        return nb, resources


STEPS = (ClearOutput, DeduplicateIds, OverwriteKernelspec, RestoreCells, CheckMarks)
"""As ``Autograde.sanitize_preprocessors``."""


class Sanitiser:
    """The steps, made once. Not for two threads at once: nbgrader's preprocessors keep what they work on."""

    def __init__(self, config: Config) -> None:
        self._steps = [step(config=config) for step in STEPS]

    def __call__(self, content: bytes, lesson: SourceNotebook) -> NotebookNode:
        """The handed-in notebook with the teacher's cells restored.

        Raises:
            GradingError: it is no notebook, or its marks of cells were tampered with beyond repair.
        """
        resources: dict[str, Any] = {"lesson": lesson}
        try:
            node: NotebookNode = nbformat.reads(content.decode("utf-8"), as_version=4)
            for step in self._steps:
                node, resources = step(node, resources)
        except (SchemaTooOldError, SchemaTooNewError, ValidationError, nbformat.ValidationError) as error:
            raise GradingError(f"{lesson.name}: {error}", note=BROKEN) from error
        # RuntimeError: a locked cell that does not come right; MissingEntry: points for a cell that has none; the others: a
        # notebook whose parts are not what they are called.
        except (RuntimeError, MissingEntry, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise GradingError(f"{lesson.name}: {type(error).__name__}: {error}", note=BROKEN) from error
        return node
