"""nbgrader's first half of autograding: undo what a pupil must not change, with nbgrader's own preprocessors."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import SchemaTooNewError, SchemaTooOldError, ValidationError
from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, DeduplicateIds, OverwriteCells, OverwriteKernelspec

from grading.marks.notes import BROKEN
from grading.marks.result import Book, GradingError

STEPS = (ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells, CheckCellMetadata)
"""As ``Autograde.sanitize_preprocessors``."""


def sanitise(content: bytes, *, book: Book, lesson: str, notebook: str, student: str) -> NotebookNode:
    """The handed-in notebook with the teacher's cells restored.

    Raises:
        GradingError: it is no notebook, or its marks of cells were tampered with beyond repair.
    """
    resources = {"nbgrader": {"notebook": notebook, "assignment": lesson, "student": student, "db_url": book.url}}
    try:
        node: NotebookNode = nbformat.reads(content.decode("utf-8"), as_version=4)
        for step in STEPS:
            node, resources = step(config=book.config)(node, resources)
    except (SchemaTooOldError, SchemaTooNewError, ValidationError, nbformat.ValidationError) as error:
        raise GradingError(f"{notebook}: {error}", note=BROKEN) from error
    # RuntimeError: a locked cell that does not come right; the others: a notebook whose parts are not what they are called.
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise GradingError(f"{notebook}: {type(error).__name__}: {error}", note=BROKEN) from error
    return node
