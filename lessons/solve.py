"""Run a lesson as nbgrader would: with its solutions, or blank as a pupil finds it. For authors and tests only.

The lesson's code runs in an ordinary kernel of this user: meant for our own library, never for a pupil's work.
"""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, Execute
from traitlets.config import Config

STUB = "# ここに かいてね"


@dataclass(frozen=True)
class Mark:
    """What one test cell gave. ``hint`` is the message of its failure, or empty."""

    points: float
    max_points: float
    hint: str


def blank(source: NotebookNode) -> NotebookNode:
    """The notebook without solutions; hidden tests stay, as they do when a blank hand-in is graded."""
    return _through(ClearSolutions(config=Config({"ClearSolutions": {"code_stub": {"python": STUB}}})), source)


def without_hidden_tests(source: NotebookNode) -> NotebookNode:
    """The notebook without hidden tests."""
    return _through(ClearHiddenTests(), source)


def marks(notebook: NotebookNode) -> dict[str, Mark]:
    """Execute ``notebook`` and give each test cell's mark by nbgrader's own rule, by grade id."""
    with tempfile.TemporaryDirectory(prefix="kk") as folder:
        executed = _through(Execute(timeout=30), notebook, {"metadata": {"path": folder}})
    found = {}
    for cell in executed.cells:
        if utils.is_grade(cell):
            points, max_points = utils.determine_grade(cell)
            found[cell.metadata.nbgrader.grade_id] = Mark(points, max_points, _hint(cell))
    return found


def _through(preprocessor: Any, notebook: NotebookNode, resources: dict[str, Any] | None = None) -> NotebookNode:
    processed: NotebookNode
    processed, _ = preprocessor.preprocess(copy.deepcopy(notebook), resources or {})
    return processed


def _hint(cell: NotebookNode) -> str:
    return next((output.evalue for output in cell.outputs if output.output_type == "error"), "")
