"""Notebooks graded a second: our grading rooms beside ``nbgrader autograde``, same course, same hand-ins."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from rich.console import Console

from bench.result import Result
from grading.course import nbgrader_config
from grading.course.template import make as make_gradebook
from grading.marks.grade import grade
from grading.marks.result import Book, HandIn
from grading.sandbox import SandboxLimits
from kanikko.settings import PROJECT, Settings

LESSON = "kani-wo-ugokasou"
SOURCE = PROJECT / "lessons" / LESSON / f"{LESSON}.ipynb"
PUPILS = 10
COURSE = "cbench23"


def measure(console: Console) -> list[Result]:
    """Grade a class's hand-ins (every other one solved) both ways and compare all points before any time counts."""
    folder = Path(tempfile.mkdtemp(prefix="kkbench", dir="/tmp"))
    try:
        ours, stock = _course(folder / "ours"), _course(folder / "stock")
        with console.status(f"nbgrader autograde, {PUPILS} pupils …"):
            stock_seconds = _stock(stock)
        with console.status(f"our grading rooms, {PUPILS} pupils …"):
            our_seconds = _ours(ours, folder)
        if (points := _points(ours)) != _points(stock):
            raise AssertionError(f"different points: {points} and {_points(stock)}")
        return [Result.of("grade_per_s", PUPILS / our_seconds, PUPILS / stock_seconds, "notebooks/s", PUPILS)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _course(root: Path) -> Path:
    """A course with the lesson released, every pupil's hand-in in ``submitted/``."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader runs alembic by name
    (root / "source" / LESSON).mkdir(parents=True)
    shutil.copy(SOURCE, root / "source" / LESSON)
    make_gradebook(root / "gradebook.db")
    config = nbgrader_config(COURSE, root)
    del config.Autograde, config.ExchangeFactory
    answer = NbGraderAPI(config=config).generate_assignment(LESSON, force=True)
    if not answer["success"]:
        raise RuntimeError(answer["log"])
    blank, solved = root / "release" / LESSON / f"{LESSON}.ipynb", _solved(root)
    for pupil in range(PUPILS):
        place = root / "submitted" / _account(pupil) / LESSON
        place.mkdir(parents=True)
        shutil.copy(solved if pupil % 2 else blank, place / f"{LESSON}.ipynb")
    return root


def _solved(root: Path) -> Path:
    """The released notebook with the source's solutions in it."""
    released = nbformat.read(root / "release" / LESSON / f"{LESSON}.ipynb", as_version=4)
    for cell, source in zip(released.cells, nbformat.read(SOURCE, as_version=4).cells, strict=True):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = re.sub(r"^### (BEGIN|END) SOLUTION\n", "", source.source, flags=re.MULTILINE)
    place = root / "solved.ipynb"
    nbformat.write(released, place)
    return place


def _account(pupil: int) -> str:
    return f"upupil{pupil:04d}"


def _stock(root: Path) -> float:
    command = [sys.executable, "-m", "nbgrader", "autograde", LESSON, f"--CourseDirectory.course_id={COURSE}", "--create"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return seconds


def _ours(root: Path, folder: Path) -> float:
    config = nbgrader_config(COURSE, root)
    del config.Autograde, config.ExchangeFactory
    book, limits = Book(COURSE, root, config), SandboxLimits.of(Settings(var=folder))
    moment = datetime.now(UTC)
    hand_ins = [HandIn(f"s{n:020d}", LESSON, _account(n), moment, root / "submitted" / _account(n) / LESSON) for n in range(PUPILS)]
    cores = os.cpu_count() or 1
    began = time.perf_counter()
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda hand_in: grade(book, hand_in, limits), hand_ins))
    return time.perf_counter() - began


def _points(root: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {row.student.id: row.score for row in gradebook.assignment_submissions(LESSON)}
