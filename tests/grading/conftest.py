"""What tests of grading share: a class's course with lessons, hand-ins, and rooms that are real."""

from __future__ import annotations

import copy
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.apps import NbGraderAPI

from grading.course import ensure_course, nbgrader_config
from grading.course.template import make as make_gradebook
from grading.exchange.store import Store
from grading.marks.result import Book, HandIn
from grading.sandbox import SandboxLimits
from kanikko.exchange_facts import Submission
from kanikko.settings import PROJECT, Settings, get_settings

COURSE = "caaaaaaa"
LESSON = "lesson"
NOTEBOOK = "crab"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}

# nbgrader runs alembic by name, which stands beside this Python.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
for name in ("traitlets", "nbgrader"):
    logging.getLogger(name).setLevel(logging.CRITICAL)


WARM = 'while :; do "$@"; done'
"""A warm grader, looked after as the supervisor does."""


@pytest.fixture(scope="module", autouse=True)
def _warm_grader() -> Iterator[None]:
    """Notebooks run in booths of a warm grader, as in the house."""
    var = Path(tempfile.mkdtemp(prefix="kkwarm", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KANIKKO_VAR", str(var))
        get_settings.cache_clear()
        command = ["/bin/sh", "-c", WARM, "again", sys.executable, "-m", "kanikko", "warm", "grader"]
        with subprocess.Popen(command, start_new_session=True) as supervisor:
            place = get_settings().warm_socket("grader")
            while not place.exists():
                time.sleep(0.01)
            yield
            os.killpg(supervisor.pid, signal.SIGTERM)
    get_settings.cache_clear()
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def limits() -> SandboxLimits:
    """Small limits, so that hostile notebooks meet them soon."""
    return SandboxLimits(cell_seconds=2, notebook_seconds=8, memory_mb=256, output_mb=1, disk_mb=8, processes=48)


@dataclass
class Course:
    """A class's nbgrader course in a folder of its own."""

    book: Book
    hand_ins: int = 0

    @property
    def root(self) -> Path:
        return self.book.root

    @property
    def api(self) -> NbGraderAPI:
        return NbGraderAPI(config=self.book.config)

    def release(self, source: NotebookNode, lesson: str = LESSON, name: str = NOTEBOOK) -> NotebookNode:
        """Make the lesson as nbgrader does; returns what pupils get."""
        place = self.root / "source" / lesson / f"{name}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(source, place)
        answer = self.api.generate_assignment(lesson, force=True)
        assert answer["success"], answer
        return nbformat.read(self.root / "release" / lesson / f"{name}.ipynb", as_version=4)

    def hand_in(
        self, node: NotebookNode, student: str = "uaaaaaaaaa", lesson: str = LESSON, name: str = NOTEBOOK, **files: bytes
    ) -> HandIn:
        """A submission as the exchange keeps it; ``note__txt=b"…"`` is a file ``note.txt``."""
        self.hand_ins += 1
        folder = self.root.parent / f"hand-in-{self.hand_ins}"
        folder.mkdir()
        nbformat.write(node, folder / f"{name}.ipynb")
        for file, content in files.items():
            (folder / file.replace("__", ".")).write_bytes(content)
        moment = datetime(2026, 5, 1, 9, 0, self.hand_ins % 60, tzinfo=UTC)
        return HandIn(f"s{self.hand_ins:020d}", lesson, student, moment, folder)


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader starts another program for each new gradebook; one is enough."""
    place = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    make_gradebook(place)
    return place


def make_course(folder: Path, empty_gradebook: Path, name: str = "caaaaaaa") -> Course:
    root = folder / name
    root.mkdir(parents=True)
    shutil.copy(empty_gradebook, root / "gradebook.db")
    # The house's configuration; only its autograde runs here without an exchange.
    config = nbgrader_config(name, root)
    del config.Autograde, config.ExchangeFactory
    return Course(Book(name, root, config))


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="kk", dir="/tmp"))
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def course(folder: Path, empty_gradebook: Path) -> Course:
    return make_course(folder, empty_gradebook)


class Kit:
    """Makes notebooks."""

    @staticmethod
    def mark(grade_id: str, **more: bool) -> dict[str, object]:
        facts = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3, "grade_id": grade_id}
        return {**facts, **more}

    @classmethod
    def solution(cls, source: str, grade_id: str = "answer") -> NotebookNode:
        """A cell for the pupil's answer."""
        return new_code_cell(source, metadata={"nbgrader": cls.mark(grade_id, solution=True, locked=False)})

    @classmethod
    def check(cls, source: str, grade_id: str = "check", points: float = 2) -> NotebookNode:
        """A cell that marks."""
        return new_code_cell(source, metadata={"nbgrader": {**cls.mark(grade_id, grade=True), "points": points}})

    @staticmethod
    def notebook(*cells: NotebookNode | str) -> NotebookNode:
        """A notebook; a string is a plain code cell."""
        return new_notebook(cells=[new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells], metadata=KERNEL)

    @staticmethod
    def answered(released: NotebookNode, grade_id: str, source: str) -> NotebookNode:
        """A copy of the released notebook with one answer filled in."""
        node = copy.deepcopy(released)
        for cell in node.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
                cell.source = source
        return node


@pytest.fixture
def kit() -> type[Kit]:
    return Kit


# ------------------------------------------------------------------------------------------------ a house with a worker
class House:
    """A house with one class and one lesson, and workers that can be killed."""

    def __init__(self, settings: Settings, kit: Any) -> None:
        self.settings, self.kit = settings, kit
        self.store = Store(settings)
        self.root = ensure_course(settings, COURSE).absolute()
        self.workers: list[subprocess.Popen[Any]] = []
        self.released = self._release()

    def _release(self) -> nbformat.NotebookNode:
        answer = self.kit.solution("### BEGIN SOLUTION\ndef double(n):\n    return 2 * n\n### END SOLUTION")
        check = "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS"
        place = self.root / "source" / LESSON / "crab.ipynb"
        place.parent.mkdir(parents=True)
        nbformat.write(self.kit.notebook(answer, self.kit.check(check)), place)
        answered = NbGraderAPI(config=nbgrader_config(COURSE, self.root)).generate_assignment(LESSON)
        assert answered["success"], answered
        folder = self.root / "release" / LESSON
        self.store.put_release(COURSE, LESSON, "カニ", folder)
        return nbformat.read(folder / "crab.ipynb", as_version=4)

    def hand_in(self, student: str, source: str) -> Submission:
        with tempfile.TemporaryDirectory() as folder:
            self.write(Path(folder), source)
            return self.store.submit(COURSE, LESSON, student, Path(folder))

    def write(self, folder: Path, source: str) -> None:
        """A pupil's notebook with this answer."""
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(self.kit.answered(self.released, "answer", source), folder / "crab.ipynb")

    def collected(self, student: str, source: str, moment: str = "2026-05-01 09:00:00.000000 UTC") -> None:
        """A hand-in as nbgrader's own collect leaves it."""
        folder = self.root / "submitted" / student / LESSON
        self.write(folder, source)
        (folder / "timestamp.txt").write_text(moment)

    def grade(self, *arguments: str) -> subprocess.Popen[str]:
        """``kanikko grade``, begun."""
        command = [sys.executable, "-m", "kanikko", "grade", *(arguments or (COURSE, LESSON))]
        return self._begin(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def start(self) -> subprocess.Popen[bytes]:
        log = (self.settings.var / "worker.log").open("ab")
        return self._begin([sys.executable, "-m", "kanikko", "grader", "--verbose"], stdout=subprocess.DEVNULL, stderr=log)

    def _begin(self, command: list[str], **streams: Any) -> subprocess.Popen[Any]:
        environment = {
            **os.environ,
            "KANIKKO_VAR": str(self.settings.var),
            "KANIKKO_GRADE_CELL_SECONDS": "3",
            "KANIKKO_GRADE_SECONDS": "6",
            "KANIKKO_GRADERS": "2",
        }
        self.workers.append(subprocess.Popen(command, cwd=PROJECT, env=environment, **streams))
        return self.workers[-1]

    def graded(self, submission: Submission, seconds: float = 60) -> Submission:
        deadline = time.monotonic() + seconds
        while (found := self.store.submission(submission.id)).state in ("queued", "grading"):
            assert time.monotonic() < deadline, (self.settings.var / "worker.log").read_text()[-3000:]
            time.sleep(0.02)
        return found

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        self.store.close()


@pytest.fixture
def house(settings: Settings, kit: Any, empty_gradebook: Path) -> Iterator[House]:
    shutil.copy(empty_gradebook, settings.courses_dir / f".gradebook-{version('nbgrader')}.db")
    made = House(settings, kit)
    try:
        yield made
    finally:
        made.close()
