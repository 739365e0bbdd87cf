"""What the pupil's server does for the page, asked without a browser."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import httpx
import pytest

from tests.page.house import COURSE, KEY, LESSON, TOKEN, Exchange, Pupil

PATH = f"{COURSE}/{LESSON}/kani.ipynb"
OPEN = f"kanikko/open/{COURSE}/{LESSON}"


def open_lesson(pupil: Pupil, address: str = OPEN) -> httpx.Response:
    """As the browser does it: the waiting page asks again until there is something else."""
    deadline = time.monotonic() + 60
    while (answer := pupil.ask(address)).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.3)
    return answer


@pytest.fixture
def opened(pupil: Pupil) -> Pupil:
    assert open_lesson(pupil).status_code == 302
    return pupil


def test_opening_a_lesson_fetches_it_and_goes_to_its_notebook(pupil: Pupil, exchange: Exchange) -> None:
    answer = open_lesson(pupil)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"/notebooks/{PATH}")
    assert (pupil.folder / "data.csv").read_bytes() == exchange.files["data.csv"]
    assert set(exchange.tokens) == {f"token {TOKEN}"}


def test_a_new_release_adds_files_and_never_touches_the_childs_work(opened: Pupil, exchange: Exchange) -> None:
    work = opened.folder / "kani.ipynb"
    work.write_text("the child's own")
    exchange.files |= {"kani.ipynb": b"changed", "more/hint.txt": b"new"}
    open_lesson(opened)
    assert not (opened.folder / "more").exists(), "the release is the same as before: nothing is fetched"
    exchange.released_at = "2026-11-21T09:00:00+09:00"
    assert open_lesson(opened).status_code == 302
    assert work.read_text() == "the child's own"
    assert (opened.folder / "more" / "hint.txt").read_bytes() == b"new"


def test_a_notebook_that_a_power_cut_caught_in_a_save_comes_back(opened: Pupil) -> None:
    work = opened.folder / "kani.ipynb"
    before = work.read_bytes()
    (opened.folder / ".~kani.ipynb").write_bytes(before)
    work.write_bytes(before[:100])
    open_lesson(opened)
    assert work.read_bytes() == before
    (opened.folder / ".~kani.ipynb").write_bytes(b"{}")
    open_lesson(opened)
    assert work.read_bytes() == before, "a whole notebook is never replaced"


def test_a_lesson_that_is_here_opens_while_the_exchange_is_down(opened: Pupil, exchange: Exchange) -> None:
    exchange.fault = (503, "down")
    assert open_lesson(opened).status_code == 302


def test_a_lesson_that_is_not_released_is_refused_kindly(pupil: Pupil) -> None:
    answer = open_lesson(pupil, f"kanikko/open/{COURSE}/another")
    assert answer.status_code == 404
    assert "この かだいは まだ ひらけません。" in answer.text
    assert 'href="/hub/home"' in answer.text


def test_a_slow_lesson_shows_a_waiting_page_and_then_opens(pupil: Pupil, exchange: Exchange) -> None:
    exchange.slow = 1.2
    first = pupil.ask(OPEN)
    assert (first.status_code, "よういして います" in first.text) == (202, True)
    assert open_lesson(pupil).status_code == 302


def test_a_lesson_that_fails_slowly_ends_in_words_not_in_waiting_for_ever(pupil: Pupil, exchange: Exchange) -> None:
    exchange.slow, exchange.fault = 2.0, (503, "down")
    assert pupil.ask(OPEN).status_code == 202
    answer = open_lesson(pupil)
    assert (answer.status_code, "おくりさきに つながりませんでした。" in answer.text) == (503, True)


def test_a_link_planted_in_place_of_the_lesson_is_not_followed(pupil: Pupil, tmp_path: Path) -> None:
    (pupil.home / COURSE).symlink_to(tmp_path)
    assert open_lesson(pupil).status_code == 409
    assert list(tmp_path.iterdir()) == []


def test_handing_in_sends_the_lessons_files_and_nothing_else(opened: Pupil, exchange: Exchange, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("another's")
    folder = opened.folder
    (folder / "mine.py").write_text("print(1)")
    (folder / "movie.mp4").write_text("x")
    (folder / ".hidden.txt").write_text("x")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "pictures").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.txt")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "old.py").write_text("x")
    answer = opened.ask("kanikko/submit", {"path": PATH})
    assert answer.status_code == 201
    assert sorted(exchange.handed_in[0]) == ["data.csv", "kani.ipynb", "mine.py"]


def test_handing_in_answers_with_the_marks(opened: Pupil) -> None:
    submission = opened.ask("kanikko/submit", {"path": PATH}).json()
    assert (submission["state"], submission["score"], submission["max_score"]) == ("graded", 8.0, 10.0)


def test_handing_in_without_waiting_and_asking_for_the_marks_later(opened: Pupil) -> None:
    submission = opened.ask("kanikko/submit", {"path": PATH, "wait": 0}).json()
    assert submission["state"] == "queued"
    assert opened.ask(f"kanikko/submission/{submission['id']}?wait=5").json()["state"] == "graded"


def test_what_is_no_lesson_cannot_be_handed_in(pupil: Pupil, exchange: Exchange) -> None:
    outside = ["", "kani.ipynb", "../../etc/passwd", "a/../b", f"{COURSE}/../x/y.ipynb", "/etc/passwd/x/y", f"{COURSE}/none/x.ipynb"]
    for path in outside:
        answer = pupil.ask("kanikko/submit", {"path": path})
        assert answer.status_code in (400, 404), path
        assert answer.json() == {
            "message": "ここからは ていしゅつ できません。",
            "remedy": "おうちに もどって、かだいを ひらきなおしてね。",
        }
    assert exchange.handed_in == []


def test_nonsense_is_answered_not_crashed_on(pupil: Pupil) -> None:
    nonsense: list[object] = [[], "text", 7, {"path": None}, {"path": {"a": 1}}, {"path": PATH, "wait": "NaN"}]
    for body in nonsense:
        answer = pupil.ask("kanikko/submit", body)
        assert answer.status_code < 500, body
        assert set(answer.json()) == {"message", "remedy"}


def test_too_much_is_refused_before_it_travels(opened: Pupil, exchange: Exchange) -> None:
    with (opened.folder / "big.csv").open("wb") as sink:
        sink.truncate(11 * 1024 * 1024)
    answer = opened.ask("kanikko/submit", {"path": PATH})
    assert (answer.status_code, answer.json()["message"]) == (413, "ファイルが おおきすぎて おくれません。")
    assert exchange.handed_in == []


def test_what_the_exchange_refuses_is_told_in_a_childs_words(opened: Pupil, exchange: Exchange) -> None:
    told = [
        (503, "down", "おくりさきに つながりませんでした。"),
        (429, "too-often", "たくさん ていしゅつ しました。"),
        (403, "not-allowed", "この かだいは ひらけません。"),
        (500, "broken", "うまく いきませんでした。"),
    ]
    for status, code, said in told:
        exchange.fault = (status, code)
        answer = opened.ask("kanikko/submit", {"path": PATH})
        assert (answer.status_code, answer.json()["message"].startswith(said)) == (status, True), code


def test_disk_use_and_quota_are_told(opened: Pupil) -> None:
    usage = opened.ask("kanikko/usage").json()
    assert usage["quota_bytes"] == 200 * 1024 * 1024
    assert 0 < usage["used_bytes"] < 1024 * 1024


def test_doors_that_are_none_for_a_pupil_lead_home(pupil: Pupil) -> None:
    doors = ["lab", "lab/tree/x", "lab/workspaces/a", "tree", f"tree/{COURSE}", "edit/a.py", "consoles/1", "terminals/1", "doc"]
    for door in doors:
        answer = pupil.ask(door)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/hub/home"), door
    assert pupil.ask("api/terminals").status_code == 404


def test_a_stranger_gets_nothing(pupil: Pupil, exchange: Exchange) -> None:
    for address in ("kanikko/usage", "kanikko/submission/s1", OPEN, "tree", "lab"):
        answer = pupil.ask(address, key=None)
        assert answer.status_code == 403 or "/login" in answer.headers["Location"], address
    assert exchange.tokens == []


def test_another_site_cannot_hand_in_with_the_childs_cookie(opened: Pupil, exchange: Exchange) -> None:
    with httpx.Client(base_url=opened.url) as browser:
        browser.get(f"/notebooks/{PATH}?token={KEY}")
        assert browser.get("/kanikko/usage").status_code == 200, "the cookie alone signs in"
        answer = browser.post("/kanikko/submit", content=json.dumps({"path": PATH}))
    assert answer.status_code == 403
    assert exchange.handed_in == []


def test_a_teacher_keeps_lab_and_nbgraders_pages(pupil: Pupil) -> None:
    pupil.die()
    pupil.role = "teacher"
    pupil.start()
    assert pupil.ask("lab").status_code == 200
    assert pupil.ask("kanikko/usage").status_code == 404
    page = pupil.ask("tree").text
    assert "@jupyter/nbgrader" in page
    assert "kanikko-page" not in page
    settings = pupil.ask("lab/api/settings/@jupyterlab/translation-extension:plugin").json()
    assert "ja_JP" in json.dumps(settings)
    assert pupil.ask("formgrader").status_code != 404
    assert pupil.ask("assignments").status_code != 404
