"""The lessons' points by nbgrader's own generate_assignment and autograde: solved, half solved, blank."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from lessons import solve
from lessons.library import Lesson
from tests.lessons.lesson_pupils import solved

Points = Callable[[str], dict[str, float]]
PUPILS = {
    "solved": {"kotae-1", "kotae-2", "kotae-3", "kotae-4", "kotae-5"},
    "half": {"kotae-1", "kotae-2", "kotae-3"},
    "blank": set[str](),
}


@pytest.fixture(scope="module")
def points(kani: Lesson, kani_source: NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Points]:
    """A course of plain nbgrader in which three pupils have handed in, and ``cheap`` who wrote only what the visible checks want."""
    root = tmp_path_factory.mktemp("course")
    source = root / "source" / kani.id
    source.mkdir(parents=True)
    nbformat.write(kani_source, source / f"{kani.id}.ipynb")
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = kani.id
    config.ClearSolutions.code_stub = {"python": solve.STUB}
    cheap = solved(kani_source, PUPILS["half"])
    answers = {"kotae-4": "def square(n):\n    right(2); down(2); left(2); up(2)", "kotae-5": "def walk(n):\n    WALK"}
    answers["kotae-5"] = answers["kotae-5"].replace("WALK", "right(); jump(); right(); jump(); right()")
    for cell in cheap.cells:
        cell.source = answers.get(cell.id, cell.source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # nbgrader calls alembic by name
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
        hand_ins = {name: solved(kani_source, tasks) for name, tasks in PUPILS.items()} | {"cheap": cheap}
        for name, notebook in hand_ins.items():
            folder = root / "submitted" / name / kani.id
            folder.mkdir(parents=True)
            nbformat.write(solve.without_hidden_tests(notebook), folder / f"{kani.id}.ipynb")
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:

        def of(pupil: str) -> dict[str, float]:
            handed_in = book.find_submission_notebook(kani.id, kani.id, pupil)
            return {grade.name: grade.auto_score for grade in handed_in.grades}

        yield of


def test_every_task_solved_gives_all_points(points: Points) -> None:
    assert points("solved") == {"tashikame-1": 1, "tashikame-2": 2, "tashikame-3": 2, "tashikame-4": 2, "tashikame-5": 3}


def test_the_first_part_gives_half_of_the_points(points: Points) -> None:
    assert points("half") == {"tashikame-1": 1, "tashikame-2": 2, "tashikame-3": 2, "tashikame-4": 0, "tashikame-5": 0}


def test_a_blank_notebook_gives_none(points: Points) -> None:
    assert set(points("blank").values()) == {0}


def test_answers_that_fit_only_the_visible_checks_are_found_by_the_hidden_ones(points: Points) -> None:
    assert points("cheap") == points("half")
