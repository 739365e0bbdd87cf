"""For every notebook that nbgrader ships for its tests and its documentation's course, our points are nbgrader's, cell by cell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbgrader
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from grading.marks.grade import grade
from grading.marks.result import Book, GradingError, HandIn
from grading.sandbox import SandboxLimits

SHIPPED = Path(nbgrader.__file__).parent
GUIDE = SHIPPED / "docs" / "source" / "user_guide"
PUPIL = "uaaaaaaaaa"
SECONDS = 2


@dataclass(frozen=True)
class Case:
    """A source notebook, and what a pupil hands in for it."""

    source: Path
    handed_in: Path

    def __str__(self) -> str:
        shown = [str(place.relative_to(SHIPPED)) for place in (self.source, self.handed_in)]
        return shown[0] if self.source == self.handed_in else " ← ".join(shown)


def shipped() -> list[Path]:
    """Every notebook that can be an assignment; the documentation's own pages are none."""
    return sorted([*SHIPPED.glob("tests/**/*.ipynb"), *GUIDE.glob("*/**/*.ipynb")])


def cases() -> list[Case]:
    """Each notebook handed in for the one it answers; one that answers no other, for itself."""
    return [Case(_source_of(place), place) for place in shipped()]


def _source_of(place: Path) -> Path:
    if place.stem.startswith("submitted-"):
        return place.with_name("submitted-unchanged.ipynb")
    if place.stem.startswith("autotest-"):
        return place.with_name("-".join(place.stem.split("-")[:2]) + ".ipynb")
    if place.is_relative_to(GUIDE) and "problem" in place.stem and "source" not in place.relative_to(GUIDE).parts:
        return GUIDE / "source" / "ps1" / f"problem{place.stem[-1]}.ipynb"
    return place


AUTOGRADE = """
import sys
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

config = Config()
config.CourseDirectory.root, config.CourseDirectory.course_id = sys.argv[1], "cparity"
config.Execute.timeout = int(sys.argv[2])
api = NbGraderAPI(config=config)
for name in sys.argv[4:]:
    api.autograde(name, sys.argv[3])
"""


def autograde(course: Path, names: list[str]) -> None:
    """nbgrader's own autograde for each, in a process of its own, with its own kernels."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-W", "ignore", "-c", AUTOGRADE, str(course), str(SECONDS), PUPIL, *names]
    subprocess.run(command, cwd=course, env=environment, capture_output=True, check=True)


def generate(course: Path, names: list[str]) -> None:
    """nbgrader's generate_assignment for each; some of what it ships is meant to be refused."""
    config = Config()
    config.CourseDirectory.root, config.CourseDirectory.course_id = str(course), "cparity"
    config.IncludeHeaderFooter.header = ""
    config.ClearSolutions.enforce_metadata = False
    api = NbGraderAPI(config=config)
    for name in names:
        api.generate_assignment(name)


def lay_out(course: Path) -> dict[str, Case]:
    """A course with one assignment a case, handed in by one pupil. Files beside a notebook come along."""
    named = {f"a{index:03d}": case for index, case in enumerate(cases())}
    course.mkdir()
    for name, case in named.items():
        for step, place in ((f"source/{name}", case.source), (f"submitted/{PUPIL}/{name}", case.handed_in)):
            target = course / step
            target.mkdir(parents=True)
            shutil.copy(place, target / "nb.ipynb")
            for beside in ("jupyter.png", "data.txt"):
                if (place.parent / beside).exists():
                    shutil.copy(place.parent / beside, target / beside)
        if "autotest" in str(case.source):
            tests = case.source.parent / "autotests.yml"
            shutil.copy(tests if tests.exists() else GUIDE / "autotests.yml", course / "source" / name)
        (course / "submitted" / PUPIL / name / "timestamp.txt").write_text("2026-05-01 09:00:00 UTC")
    return named


Rows = dict[tuple[str, str], tuple[object, ...]]


def rows(course: Path) -> dict[str, Rows]:
    """What the gradebook says, by assignment: grades and comments by cell."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "cparity") as book:
        found: dict[str, Rows] = {}
        for submission in book.db.query(nbgrader.api.SubmittedAssignment).all():
            cells: Rows = {}
            for notebook in submission.notebooks:
                for made in notebook.grades:
                    cells["grade", made.name] = (made.auto_score, made.needs_manual_grade, made.max_score, made.failed_tests)
                for comment in notebook.comments:
                    cells["comment", comment.name] = (comment.auto_comment,)
            found[submission.name] = cells
        return found


@dataclass(frozen=True)
class Both:
    named: dict[str, Case]
    theirs: dict[str, Rows]
    ours: dict[str, Rows]
    refused_by_nbgrader: frozenset[str]
    refused_by_us: dict[str, str]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("parity")
    theirs, ours = folder / "theirs", folder / "ours"
    named = lay_out(theirs)
    generate(theirs, list(named))
    made = {name: case for name, case in named.items() if (theirs / "release" / name / "nb.ipynb").exists()}
    shutil.copytree(theirs, ours)
    autograde(theirs, list(made))
    refused = {}
    config = Config()
    config.CourseDirectory.course_id = "cparity"
    book = Book("cparity", ours, config)
    limits = SandboxLimits(cell_seconds=SECONDS, notebook_seconds=30)

    def run(name: str) -> None:
        hand_in = HandIn(f"s{name}", name, PUPIL, datetime(2026, 5, 1, 9, tzinfo=UTC), ours / "submitted" / PUPIL / name)
        try:
            grade(book, hand_in, limits)
        except GradingError as error:
            refused[name] = error.message

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, made))
    graded = {name for name in made if (theirs / "autograded" / PUPIL / name).exists()}
    yield Both(made, rows(theirs), rows(ours), frozenset(set(made) - graded), refused)
    shutil.rmtree(folder, ignore_errors=True)


NO_ASSIGNMENTS = {
    "apps/files": "test-no-metadata-autotest test-v0-invalid test-v0 test-v1 test-v2 too-new",
    "preprocessors/files": ("bad-markdown-cell-1 bad-markdown-cell-2 blank-grade-id blank-points cell-type-changed duplicate-grade-ids"),
    "ui-tests/files": "old-schema",
}
"""What nbgrader ships to show that it refuses it: its own generate_assignment makes no assignment of these."""


@pytest.mark.timeout(900)
def test_every_notebook_that_nbgrader_ships_is_compared_but_those_it_refuses_itself(both: Both) -> None:
    refused = {SHIPPED / "tests" / place / f"{name}.ipynb" for place, names in NO_ASSIGNMENTS.items() for name in names.split()}
    assert {case.handed_in for case in both.named.values()} == set(shipped()) - refused


@pytest.mark.timeout(900)
def test_every_cell_has_the_points_that_nbgrader_gives(both: Both) -> None:
    different = {
        str(case): (both.theirs.get(name), both.ours.get(name), both.refused_by_us.get(name))
        for name, case in both.named.items()
        if name not in both.refused_by_nbgrader and both.theirs.get(name) != both.ours.get(name)
    }
    assert different == {}
    grade_rows = [key for name in both.named if name not in both.refused_by_nbgrader for key in both.theirs[name] if key[0] == "grade"]
    assert len(grade_rows) >= 150
    assert both.refused_by_nbgrader <= set(both.refused_by_us)


@pytest.mark.timeout(900)
def test_what_nbgrader_refuses_we_refuse_or_mark_with_a_reason(both: Both) -> None:
    marked = {str(both.named[name]) for name in both.refused_by_nbgrader if name not in both.refused_by_us}
    assert marked == set()
