"""The lessons that both sides open and grade, and what the class hands in: every other pupil all solved, the rest untouched."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from kanikko.settings import PROJECT

NAME = "kani-wo-ugokasou"
SOURCE = PROJECT / "lessons" / NAME / f"{NAME}.ipynb"
OTHER = PROJECT / "lessons" / "hajimete-no-python" / "hajimete-no-python.ipynb"
BOTH: tuple[Path, ...] = (SOURCE, OTHER)
MARKERS = re.compile(r"^### (BEGIN|END) SOLUTION\n?", flags=re.MULTILINE)

Row = tuple[Any, ...]


def generate(config: Config, root: Path, lesson: str, sources: Sequence[Path]) -> Path:
    """Make the pupils' version of a lesson in the nbgrader course at ``root``, and return its folder. Raises RuntimeError."""
    # nbgrader runs alembic by name, which stands beside this Python.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    place = root / "source" / lesson
    place.mkdir(parents=True)
    for source in sources:
        shutil.copy(source, place)
    answer = NbGraderAPI(config=config).generate_assignment(lesson, force=True)
    if not answer["success"]:
        raise RuntimeError(str(answer["log"])[-2000:])
    return root / "release" / lesson


def hand_ins(released: Path, sources: Sequence[Path], place: Path) -> tuple[Path, Path]:
    """Two folders with a pupil's files: untouched, and solved."""
    untouched, solved = place / "untouched", place / "solved"
    for folder in (untouched, solved):
        shutil.copytree(released, folder)
    for source in sources:
        path = solved / source.name
        notebook = nbformat.read(path, as_version=4)
        solve(notebook, source)
        nbformat.write(notebook, path)
    return untouched, solved


def solve(notebook: dict[str, Any], source: Path) -> None:
    """Put the source's solutions into a released notebook (as nbformat or as plain JSON). Raises LookupError if it is another lesson's."""
    cells = [cell for cell in nbformat.read(source, as_version=4).cells if cell.metadata.get("nbgrader", {}).get("solution")]
    answers = {cell.metadata["nbgrader"]["grade_id"]: MARKERS.sub("", cell.source) for cell in cells}
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers.pop(name)
    if answers:
        raise LookupError(f"not the notebook {source.name}: it has no {', '.join(answers)}")


def rows(root: Path, lesson: str) -> list[Row]:
    """Every grade and comment in the course's gradebook for a lesson, to be compared."""
    found: list[Row] = []
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(lesson):
            for notebook in submission.notebooks:
                place = (submission.student.id, notebook.name)
                for grade in notebook.grades:
                    scores = (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade, grade.max_score)
                    found.append((*place, "grade", grade.name, *scores))
                found += [(*place, "comment", one.name, one.auto_comment, one.manual_comment) for one in notebook.comments]
    return sorted(found, key=repr)
