"""nbgrader's formgrader and assignment list, unmodified, on a real Jupyter server against the real exchange."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import nbformat
import pytest
from exchange_house import AIKO, BUNTA, COURSE, TEACHER, House, Worker, token_of, wait_for
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from grading.course import ensure_course

LESSON = "kani-2"
EVIL = "<script>alert('kk')</script><img src=x onerror=\"alert('kk')\"><svg onload=alert('kk')></svg>"
PUPILS_CONFIG = "from grading.course import exchange_config\nc = get_config()\nc.merge(exchange_config())\n"


def cell(source: str, **nbgrader: object):
    facts = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False} | nbgrader
    return new_code_cell(source, metadata={"nbgrader": facts})


class Server:
    def __init__(self, house: House, account: str, root: Path, *course: str) -> None:
        place = house.var / f"{account}.sock"
        environment = house.environment | {
            "KANIKKO_EXCHANGE_SOCKET": str(house.settings.exchange_socket), "JUPYTERHUB_API_TOKEN": token_of(account),
            "JUPYTERHUB_USER": account, "HOME": str(root), "JUPYTER_CONFIG_DIR": str(house.var / "none"),
        }  # fmt: skip
        script = str(Path(__file__).with_name("teachers_server.py"))
        self.log = house.var / f"{account}.log"
        with self.log.open("wb") as log:
            command = [sys.executable, script, str(place), str(root), *course]
            self.process = subprocess.Popen(command, env=environment, cwd=root, stdout=log, stderr=log)
        self.http = httpx.Client(transport=httpx.HTTPTransport(uds=str(place)), base_url="http://localhost", timeout=120)
        wait_for(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/api").is_success
        except httpx.HTTPError:
            return False

    def ask(self, method: str, path: str, **more):
        answer = self.http.request(method, path, **more)
        assert answer.is_success, f"{path}: {answer.status_code}\n{self.log.read_text()[-3000:]}"
        return answer.json()

    def close(self) -> None:
        self.http.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="module")
def servers(house: House) -> Iterator[tuple[Server, Server]]:
    worker = Worker(house.settings)
    course = ensure_course(house.settings, COURSE)
    source = course / "source" / LESSON
    source.mkdir()
    book = new_notebook(
        cells=[
            new_markdown_cell("# かに"),
            cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", solution=True, grade_id="kotae"),
            cell("assert x == 1, 'もういちど'", grade=True, locked=True, points=3, grade_id="test_kotae"),
        ],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
    )
    nbformat.write(book, source / "kani.ipynb")
    home = house.var / "home-of-aiko"
    home.mkdir()
    (home / "nbgrader_config.py").write_text(PUPILS_CONFIG)
    teacher, pupil = Server(house, TEACHER, course, COURSE), Server(house, AIKO, home)
    yield teacher, pupil
    for server in (teacher, pupil):
        server.close()
    worker.stop()


def test_1_the_teacher_generates_and_releases_in_formgrader(servers: tuple[Server, Server], house: House) -> None:
    teacher, _ = servers
    page = teacher.http.get("/formgrader/manage_assignments")
    assert page.is_success
    assert "token-of" not in page.text and "ExchangeFactory" not in page.text, "the page does not print the configuration"
    assert teacher.ask("POST", f"/formgrader/api/assignment/{LESSON}/assign")["success"]
    assert teacher.ask("POST", f"/formgrader/api/assignment/{LESSON}/release")["success"]
    assert teacher.ask("GET", f"/formgrader/api/assignment/{LESSON}")["releaseable"], "formgrader knows the exchange works"
    assert teacher.ask("GET", f"/formgrader/api/assignment/{LESSON}")["status"] == "released"


def test_2_the_pupil_fetches_and_hands_in_from_the_assignment_list(servers: tuple[Server, Server], house: House) -> None:
    _, pupil = servers
    assert pupil.ask("GET", "/courses") == {"success": True, "value": [COURSE]}
    listed = pupil.ask("GET", "/assignments", params={"course_id": COURSE})
    assert [(one["assignment_id"], one["status"]) for one in listed["value"]] == [(LESSON, "released")]
    data = {"assignment_id": LESSON, "course_id": COURSE}
    listed = pupil.ask("POST", "/assignments/fetch", data=data)
    assert listed["value"][0]["status"] == "fetched" and listed["value"][0]["path"] == LESSON
    assert listed["value"][0]["notebooks"] == [{"notebook_id": "kani", "path": f"{LESSON}/kani.ipynb"}]
    place = house.var / "home-of-aiko" / LESSON / "kani.ipynb"
    book = nbformat.read(place, 4)
    book.cells[1].source = "x = 1"
    book.cells.append(new_markdown_cell(f"{EVIL}\n\n[おして](javascript:alert('kk'))"))
    book.cells.append(new_raw_cell(EVIL, metadata={"raw_mimetype": "text/html"}))
    outputs = [
        new_output("display_data", {"text/html": EVIL, "text/plain": "x"}),
        new_output("display_data", {"application/javascript": "alert('kk')"}),
        new_output("display_data", {"image/svg+xml": EVIL}),
        new_output("stream", text=EVIL),
        new_output("error", ename=EVIL, evalue=EVIL, traceback=[EVIL]),
    ]
    book.cells.append(new_code_cell(EVIL, outputs=outputs, metadata={"tags": [f'">{EVIL}'], "magics_language": EVIL}))
    book.metadata["title"] = f"</title>{EVIL}"
    nbformat.write(book, place)
    listed = pupil.ask("POST", "/assignments/submit", data=data)
    assert listed["success"]
    submitted = [one for one in listed["value"] if one["status"] == "submitted"]
    assert len(submitted) == 1 and len(submitted[0]["submissions"]) == 1


def test_3_the_teacher_collects_and_autogrades_in_formgrader(servers: tuple[Server, Server], house: House) -> None:
    teacher, _ = servers
    house.client(BUNTA).submit(COURSE, LESSON, {"kani.ipynb": (house.var / "home-of-aiko" / LESSON / "kani.ipynb").read_bytes()})
    assert teacher.ask("POST", f"/formgrader/api/assignment/{LESSON}/collect")["success"]
    for student in (AIKO, BUNTA):
        done = teacher.ask("POST", f"/formgrader/api/submission/{LESSON}/{student}/autograde")
        assert done["success"], done
    submissions = teacher.ask("GET", f"/formgrader/api/submissions/{LESSON}")
    assert {(one["student"], one["autograded"], one["max_score"]) for one in submissions} == {(AIKO, True, 3), (BUNTA, True, 3)}
    assert "made in the sandbox" in (house.settings.courses_dir / COURSE / "autograded" / AIKO / LESSON / "kani.ipynb").read_text()


def assert_harmless(html: str) -> None:
    notebook = html[html.index('id="notebook-container"') :]
    assert "alert" in notebook, "the text is shown"
    assert not re.search(r"<script[^>]*>[^<]*alert|<[a-z]+[^>]*\son\w+\s*=|<svg[^>]*onload|href=\"\s*javascript:", notebook, re.IGNORECASE)
    assert "<title></title>" not in html


def test_4_whatever_html_a_pupil_wrote_is_harmless_in_formgrader_and_feedback(servers: tuple[Server, Server], house: House) -> None:
    teacher, _ = servers
    found = teacher.ask("GET", f"/formgrader/api/submitted_notebooks/{LESSON}/kani")
    for one in found:  # the second notebook opens as well as the first
        page = teacher.http.get(f"/formgrader/submissions/{one['id']}/")
        assert page.is_success
        assert_harmless(page.text)
    assert teacher.ask("POST", f"/formgrader/api/assignment/{LESSON}/generate_feedback")["success"]
    assert_harmless((house.settings.courses_dir / COURSE / "feedback" / AIKO / LESSON / "kani.html").read_text())


def test_5_a_mark_by_hand_and_feedback_reach_the_pupil(servers: tuple[Server, Server], house: House) -> None:
    teacher, pupil = servers
    assert teacher.ask("POST", f"/formgrader/api/assignment/{LESSON}/{AIKO}/release_feedback")["success"]
    listed = pupil.ask("POST", "/assignments/fetch_feedback", data={"assignment_id": LESSON, "course_id": COURSE})
    submitted = next(one for one in listed["value"] if one["status"] == "submitted")["submissions"][0]
    assert submitted["has_local_feedback"] and submitted["local_feedback_path"].startswith(f"{LESSON}/feedback/")
    assert not house.client(BUNTA).submissions(COURSE, LESSON)[0].feedback, "the classmate's is not out yet"


def test_6_the_teacher_withdraws_in_formgrader(servers: tuple[Server, Server]) -> None:
    teacher, pupil = servers
    assert teacher.ask("POST", f"/formgrader/api/assignment/{LESSON}/unrelease")["success"]
    assert teacher.ask("GET", f"/formgrader/api/assignment/{LESSON}")["status"] == "draft"
    listed = pupil.ask("GET", "/assignments", params={"course_id": COURSE})
    assert [one["status"] for one in listed["value"]] == ["submitted"]
