"""What marking needs to know of a lesson, as plain values: read once from the gradebook, then sent wherever notebooks are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from nbgrader.api import Gradebook, MissingEntry

from grading.marks.result import GradingError


@dataclass(frozen=True)
class SourceCell:
    """A cell of the teacher's notebook, by its grade id (``name``, as in nbgrader)."""

    name: str
    cell_type: str
    locked: bool
    source: str
    checksum: str | None


@dataclass(frozen=True)
class MarkedCell:
    """A cell that gives points; ``max_score`` is 0 for cells that only hold an answer."""

    name: str
    max_score: float


@dataclass(frozen=True)
class SourceNotebook:
    """One notebook of a lesson. Has the names of nbgrader's own ``Notebook``, so that its preprocessors can read it."""

    name: str
    kernelspec: str | None
    source_cells: tuple[SourceCell, ...]
    grade_cells: tuple[MarkedCell, ...]
    task_cells: tuple[MarkedCell, ...]
    solution_cells: tuple[MarkedCell, ...]

    @property
    def graded(self) -> tuple[str, ...]:
        """Grade ids of all cells that give points."""
        return tuple(cell.name for cell in (*self.grade_cells, *self.task_cells))

    # ---------------------------------------------------------------- as nbgrader's preprocessors ask a Gradebook
    def find_notebook(self, name: str, assignment: str) -> SourceNotebook:
        return self

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        return _named(self.source_cells, name)

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> MarkedCell:
        return _named((*self.grade_cells, *self.task_cells), name)


Cell = TypeVar("Cell", SourceCell, MarkedCell)


def _named(cells: Sequence[Cell], name: str) -> Cell:
    for cell in cells:
        if cell.name == name:
            return cell
    raise MissingEntry(f"no such cell: {name}")


def read_lesson(gradebook: Gradebook, lesson: str) -> dict[str, SourceNotebook]:
    """The lesson's notebooks by name. Raises GradingError if the class does not have it."""
    try:
        assignment = gradebook.find_assignment(lesson)
    except MissingEntry as error:
        raise GradingError(f"lesson {lesson} is not in the gradebook", note="", remedy="Release the lesson again.") from error
    return {
        notebook.name: SourceNotebook(
            name=notebook.name,
            kernelspec=notebook.kernelspec,
            source_cells=tuple(
                SourceCell(cell.name, cell.cell_type, bool(cell.locked), cell.source or "", cell.checksum) for cell in notebook.source_cells
            ),
            grade_cells=tuple(MarkedCell(cell.name, float(cell.max_score)) for cell in notebook.grade_cells),
            task_cells=tuple(MarkedCell(cell.name, float(cell.max_score)) for cell in notebook.task_cells),
            solution_cells=tuple(MarkedCell(cell.name, 0.0) for cell in notebook.solution_cells),
        )
        for notebook in assignment.notebooks
    }
