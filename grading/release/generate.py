"""``python -m grading.release.generate``: nbgrader's generate_assignment, in a process of its own.

nbgrader's converters change the process's folder and environment, and importing them takes seconds: so this process stays for
as many classes as its caller has. It reads one request a line from standard input and answers each with one line:
``{"course", "lesson", "folder", "gradebook"}`` → ``{"error": null | "what nbgrader said"}``. ``folder`` is private to the caller and
holds ``source/<lesson>/``; ``release/<lesson>/`` is written beside it. Of the course folder, which teachers' rooms can write,
only the gradebook is touched, and no configuration file is ever read.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from nbformat import read as read_notebook
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log, is_grade, is_locked, is_solution, is_task
from traitlets.config import Config

from grading.course import nbgrader_config


@dataclass(frozen=True)
class Request:
    """One lesson for one class; paths are absolute."""

    course: str
    lesson: str
    folder: str
    gradebook: str

    @property
    def database(self) -> str:
        return f"sqlite:///{self.gradebook}"


def generate(request: Request) -> str | None:
    """Write the pupils' version and tell the gradebook; None, or why it could not be done."""
    changed = _cells_that_have_marks(request)
    if changed:
        return f"marks exist and these cells were added or removed: {', '.join(changed)}"
    config = nbgrader_config(request.course, request.folder)
    config.merge(Config({"CourseDirectory": {"db_url": request.database, "assignment_id": request.lesson}}))
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    converter.force = True
    result = capture_log(converter)
    return None if result["success"] else str(result.get("log") or result.get("error"))


def _cells_that_have_marks(request: Request) -> list[str]:
    """Cells that a release would add or remove though pupils' work was graded: nbgrader would refuse half-way."""
    with Gradebook(request.database, request.course) as gradebook:
        try:
            assignment = gradebook.find_assignment(request.lesson)
        except MissingEntry:
            return []
        if not assignment.submissions:
            return []
        old = {f"{notebook.name}/{cell.name}" for notebook in assignment.notebooks for cell in notebook.source_cells}
    return sorted(old ^ _cells_of(Path(request.folder, "source", request.lesson)))


def _cells_of(folder: Path) -> set[str]:
    return {
        f"{place.stem}/{cell.metadata.nbgrader.grade_id}"
        for place in folder.glob("*.ipynb")
        for cell in read_notebook(place, as_version=4).cells
        if is_grade(cell) or is_solution(cell) or is_locked(cell) or is_task(cell)
    }


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer every request until the input ends."""
    for line in requests:
        try:
            error = generate(Request(**json.loads(line)))
        except Exception as problem:  # noqa: BLE001 (the next class must still get its lesson)
            error = f"{type(problem).__name__}: {problem}"
        answers.write(json.dumps({"error": error}) + "\n")
        answers.flush()


if __name__ == "__main__":
    # What libraries print must not mix with the answers.
    own_answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, own_answers)
