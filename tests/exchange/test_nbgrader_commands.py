"""nbgrader's own commands, unmodified, against the real exchange: a class from release to feedback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from exchange_house import AIKO, BUNTA, COURSE, OTHER_TEACHER, TEACHER, House, Worker, token_of
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.course import ensure_course
from kanikko.settings import PROJECT

LESSON = "kani-1"
PUPILS_CONFIG = "from grading.course import exchange_config\nc = get_config()\nc.merge(exchange_config())\n"


def cell(kind: str, source: str, **nbgrader: object):
    facts = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False} | nbgrader
    return (new_code_cell if kind == "code" else new_markdown_cell)(source, metadata={"nbgrader": facts})


def lesson_source():
    tests = "assert niban(2) == 4, 'もういちど'\n### BEGIN HIDDEN TESTS\nassert niban(7) == 14, 'himitsu'\n### END HIDDEN TESTS"
    return new_notebook(
        cells=[
            new_markdown_cell("# カニを うごかそう"),
            cell("code", "def niban(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", solution=True, grade_id="niban"),
            cell("code", tests, grade=True, locked=True, points=3, grade_id="test_niban"),
            cell("markdown", "こたえ", grade=True, solution=True, points=2, grade_id="kotae"),
        ],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
    )


class Desk:
    """Somebody in a room: a folder and a token."""

    def __init__(self, house: House, account: str, folder: Path, server: subprocess.Popen[str]) -> None:
        self.folder, self.server = folder, server
        home = house.var / "home" / account
        home.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"] + ":" + str(Path(sys.executable).parent), "HOME": str(home), "PYTHONPATH": str(PROJECT),
            "LANG": "C.UTF-8", "KANIKKO_EXCHANGE_SOCKET": str(house.settings.exchange_socket), "JUPYTERHUB_API_TOKEN": token_of(account),
            "JUPYTERHUB_USER": account,
        }  # fmt: skip

    def run(self, *command: str, fails: bool = False) -> str:
        order = {"arguments": command, "folder": str(self.folder), "environment": self.environment}
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        done = json.loads(self.server.stdout.readline())
        assert (done["code"] != 0) == fails, done["output"]
        return done["output"]


class Class:
    def __init__(self, house: House) -> None:
        self.house = house
        command = [sys.executable, str(Path(__file__).with_name("desk_server.py"))]
        pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.server = subprocess.Popen(command, env=house.environment, cwd=house.var, **pipe)
        self.course = ensure_course(house.settings, COURSE)
        self.teacher = Desk(house, TEACHER, self.course, self.server)
        self.aiko, self.bunta = self.pupil(AIKO), self.pupil(BUNTA)
        source = self.course / "source" / LESSON
        source.mkdir()
        nbformat.write(lesson_source(), source / "kani.ipynb")
        (source / "data.csv").write_text("かに,1\n")

    def pupil(self, account: str) -> Desk:
        folder = self.house.var / "desk" / account
        folder.mkdir(parents=True)
        (folder / "nbgrader_config.py").write_text(PUPILS_CONFIG)
        return Desk(self.house, account, folder, self.server)

    def solve(self, desk: Desk, source: str) -> None:
        place = desk.folder / LESSON / "kani.ipynb"
        book = nbformat.read(place, 4)
        book.cells[1].source = source
        nbformat.write(book, place)


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Class]:
    worker = Worker(house.settings)
    school = Class(house)
    yield school
    worker.stop()
    school.server.stdin.close()
    school.server.wait(10)


def test_1_the_teacher_generates_and_releases(school: Class) -> None:
    assert "did you mean" not in school.teacher.run("release_assignment", LESSON, fails=True).lower()
    school.teacher.run("generate_assignment", LESSON)
    pupils = nbformat.read(school.course / "release" / LESSON / "kani.ipynb", 4)
    assert pupils.cells[0].source == "# カニを うごかそう", "no English header stands before the lesson"
    assert pupils.cells[1].source == "def niban(x):\n    # ここに かいてね"
    assert pupils.cells[3].source == "ここに かいてね"
    assert "himitsu" not in pupils.cells[2].source
    assert f"Released as: {COURSE} {LESSON}" in school.teacher.run("release_assignment", LESSON)
    assert "add --force" in school.teacher.run("release_assignment", LESSON, fails=True)
    school.teacher.run("release_assignment", LESSON, "--force")


def test_2_pupils_list_and_fetch(school: Class) -> None:
    assert f"{COURSE} {LESSON}\n" in school.aiko.run("list")
    school.aiko.run("fetch_assignment", LESSON, "--course", COURSE)
    assert (school.aiko.folder / LESSON / "data.csv").read_text() == "かに,1\n"
    assert "(already downloaded)" in school.aiko.run("list", "--course", COURSE)
    assert "already have a copy" in school.aiko.run("fetch_assignment", LESSON, "--course", COURSE, fails=True)
    (school.aiko.folder / LESSON / "data.csv").unlink()
    school.aiko.run("fetch_assignment", LESSON, "--course", COURSE, "--replace")
    assert (school.aiko.folder / LESSON / "data.csv").exists()
    school.bunta.run("fetch_assignment", LESSON, "--course", COURSE)
    assert "not-released" in school.bunta.run("fetch_assignment", "nothing", "--course", COURSE, fails=True)
    outsider = school.pupil(OTHER_TEACHER)
    assert "do not have access" in outsider.run("fetch_assignment", LESSON, "--course", COURSE, fails=True)


def test_3_pupils_hand_in_and_again(school: Class) -> None:
    school.solve(school.aiko, "def niban(x):\n    return 0")
    assert f"Submitted as: {COURSE} {LESSON}" in school.aiko.run("submit", LESSON, "--course", COURSE)
    school.solve(school.aiko, "def niban(x):\n    return 2 * x")
    school.aiko.run("submit", LESSON, "--course", COURSE)
    school.bunta.run("submit", LESSON, "--course", COURSE)
    assert "in the name of" in school.bunta.run("submit", LESSON, "--course", COURSE, "--student", AIKO, fails=True)
    assert "do not have access" in school.bunta.run("submit", LESSON, "--course", "cother22", fails=True)
    (school.bunta.folder / LESSON / "kani.ipynb").rename(school.bunta.folder / LESSON / "mine.ipynb")
    assert "MISSING" in school.bunta.run("submit", LESSON, "--course", COURSE, "--strict", fails=True)
    (school.bunta.folder / LESSON / "mine.ipynb").rename(school.bunta.folder / LESSON / "kani.ipynb")
    listed = json.loads(school.aiko.run("list", "--cached", "--json", "--quiet").splitlines()[-1])
    assert [one["student_id"] for one in listed] == [AIKO]
    assert len(listed[0]["submissions"]) == 2
    assert AIKO not in school.bunta.run("list", "--inbound", "--course", COURSE), "a pupil sees only his own"


def test_4_the_teacher_lists_and_collects_the_newest(school: Class) -> None:
    listed = school.teacher.run("list", "--inbound")
    assert listed.count(AIKO) == 2 and listed.count(BUNTA) == 1
    school.teacher.run("collect", LESSON)
    place = school.course / "submitted" / AIKO / LESSON
    assert "return 2 * x" in (place / "kani.ipynb").read_text()
    newest = school.house.client(TEACHER).submissions(COURSE, LESSON, AIKO)[-1]
    assert (place / "timestamp.txt").read_text() == newest.submitted_at.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    assert "use --update" in school.teacher.run("collect", LESSON)
    school.solve(school.bunta, "def niban(x):\n    return x + 2")
    school.bunta.run("submit", LESSON, "--course", COURSE)
    assert f"Updating submission: {BUNTA}" in school.teacher.run("collect", LESSON, "--update")


def test_5_the_duedate_decides_what_is_collected(school: Class) -> None:
    import datetime

    from nbgrader.api import Gradebook

    first, second = school.house.client(TEACHER).submissions(COURSE, LESSON, AIKO)
    between = (first.submitted_at + (second.submitted_at - first.submitted_at) / 2).astimezone(datetime.UTC).replace(tzinfo=None)
    with Gradebook(f"sqlite:///{school.course}/gradebook.db", COURSE) as gradebook:
        gradebook.update_or_create_assignment(LESSON, duedate=between)
    school.teacher.run("collect", LESSON, "--before-duedate")
    assert "return 0" in (school.course / "submitted" / AIKO / LESSON / "kani.ipynb").read_text()
    school.teacher.run("collect", LESSON, "--update")
    assert "return 2 * x" in (school.course / "submitted" / AIKO / LESSON / "kani.ipynb").read_text()
    with Gradebook(f"sqlite:///{school.course}/gradebook.db", COURSE) as gradebook:
        gradebook.update_or_create_assignment(LESSON, duedate=None)


def test_6_autograde_runs_pupils_code_in_the_sandbox_only(school: Class) -> None:
    school.solve(school.aiko, f"open({str(school.course / 'escaped')!r}, 'w').write('x')\ndef niban(x): return 2 * x")
    school.aiko.run("submit", LESSON, "--course", COURSE)
    school.teacher.run("collect", LESSON, "--update")
    school.teacher.run("autograde", LESSON)
    assert not (school.course / "escaped").exists()
    assert "made in the sandbox" in (school.course / "autograded" / AIKO / LESSON / "kani.ipynb").read_text()


def test_7_feedback_reaches_only_whom_it_is_for_and_tells_no_hidden_test(school: Class) -> None:
    school.teacher.run("generate_feedback", LESSON)
    page = (school.course / "feedback" / AIKO / LESSON / "kani.html").read_text()
    assert "もういちど" in page
    assert "himitsu" in (school.course / "autograded" / AIKO / LESSON / "kani.ipynb").read_text()
    assert "himitsu" not in page
    school.teacher.run("release_feedback", LESSON)
    assert "ready to be fetched" in school.aiko.run("list", "--cached")
    school.aiko.run("fetch_feedback", LESSON, "--course", COURSE)
    newest = school.house.client(AIKO).submissions(COURSE, LESSON)[-1]
    fetched = sorted((school.aiko.folder / LESSON / "feedback").glob("*/kani.html"))
    assert [place.parent.name for place in fetched] == [newest.submitted_at.strftime("%Y-%m-%d %H:%M:%S.%f UTC")]
    assert fetched[0].read_text() == page
    assert "already fetched" in school.aiko.run("list", "--cached")
    assert "cannot fetch" in school.bunta.run("fetch_feedback", LESSON, "--course", COURSE, "--student", AIKO, fails=True)
    school.aiko.run("submit", LESSON, "--course", COURSE)
    submitted = school.house.client(AIKO).submissions(COURSE, LESSON)[-1]
    assert not submitted.feedback, "feedback is not handed in again"


def test_8_the_teacher_removes_from_the_lists_but_nothing_is_lost(school: Class) -> None:
    school.teacher.run("list", "--inbound", "--remove", "--student", BUNTA)
    assert BUNTA not in school.teacher.run("list", "--inbound")
    kept = list((school.house.settings.exchange_dir / "submissions" / COURSE / LESSON / BUNTA).iterdir())
    assert len(kept) == 2
    school.teacher.run("list", LESSON, "--remove")
    assert f"{COURSE} {LESSON}" not in school.aiko.run("list")


def test_9_a_pupil_is_not_taken_for_a_teacher(school: Class) -> None:
    (school.aiko.folder / "release" / "forged").mkdir(parents=True)
    nbformat.write(new_notebook(), school.aiko.folder / "release" / "forged" / "kani.ipynb")
    assert "not-allowed" in school.aiko.run("release_assignment", "forged", "--course", COURSE, fails=True)
    assert "forged" not in [one.lesson for one in school.house.client(TEACHER).lessons(COURSE)]
