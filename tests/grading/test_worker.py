"""The worker as a process of its own: fast, fair, and never counting twice however often it is killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

import psutil
from nbgrader.api import Gradebook

from grading.marks import notes
from grading.marks.gradebook import GRADED
from grading.marks.hidden import KEPT

RIGHT = "def double(n): return n + n"


def test_points_are_there_within_three_seconds_of_handing_in(house) -> None:  # type: ignore[no-untyped-def]
    house.start()
    assert house.graded(house.hand_in("ufirstaaaa", RIGHT)).score == 2  # the worker has its imports now
    times = []
    for number in range(5):
        started = time.monotonic()
        found = house.graded(house.hand_in(f"upupil{number}aaa", RIGHT))
        times.append(time.monotonic() - started)
        assert (found.state, found.score, found.max_score) == ("graded", 2, 2)
    print(f"hand-in to points: {sorted(round(each, 2) for each in times)} s")
    assert min(times) < 3


def test_what_only_feedback_shows_comes_after_everybody_has_points(house) -> None:  # type: ignore[no-untyped-def]
    handed = [house.hand_in(f"upupil{number}aaa", RIGHT) for number in range(4)]
    house.start()
    assert [house.graded(each).score for each in handed] == [2] * 4
    waiting = {house.root / "autograded" / each.student / each.lesson / "crab.ipynb" for each in handed}
    until = time.monotonic() + 20
    while waiting := {place for place in waiting if KEPT not in place.read_text()}:
        assert time.monotonic() < until, waiting
        time.sleep(0.05)


def test_hostile_hand_ins_do_not_delay_other_pupils(house) -> None:  # type: ignore[no-untyped-def]
    house.start()
    house.graded(house.hand_in("ufirstaaaa", RIGHT))
    bad = [house.hand_in("uhostileaa", "while True: pass") for _ in range(4)]
    time.sleep(0.5)
    started = time.monotonic()
    assert house.graded(house.hand_in("uhonestaaa", RIGHT)).score == 2
    assert time.monotonic() - started < 6  # the limit of one notebook
    assert [house.graded(each).note for each in bad] == [notes.ENDED["timeout"]] * 4


def test_a_broken_notebook_fails_with_a_kind_word_and_the_next_is_graded(house) -> None:  # type: ignore[no-untyped-def]
    house.start()
    house.released.cells[1].metadata.nbgrader["solution"] = True
    broken = house.hand_in("ubrokenaaa", RIGHT)
    house.released.cells[1].metadata.nbgrader["solution"] = False
    assert (house.graded(broken).state, house.graded(broken).note) == ("failed", notes.BROKEN)
    assert house.graded(house.hand_in("unextaaaaa", RIGHT)).score == 2


def test_a_worker_killed_at_any_moment_loses_nothing_and_counts_nothing_twice(house) -> None:  # type: ignore[no-untyped-def]
    chance = random.Random(7)
    handed = []
    for number in range(20):
        worker = house.start()
        handed += [house.hand_in(f"upupil{number:02d}aa", RIGHT if number % 3 else "def double(n): return 0")]
        # From its first import to well after it could have graded everything.
        time.sleep(chance.uniform(0.2, 5))
        worker.kill()
        worker.wait()
    house.start()
    results = [house.graded(each, seconds=120) for each in handed]
    assert [found.score for found in results] == [2 if number % 3 else 0 for number in range(20)]
    with Gradebook(f"sqlite:///{house.root / 'gradebook.db'}") as book:
        counted = [row.submission for row in book.db.execute(GRADED.select())]
        assert sorted(counted) == sorted(each.id for each in handed)
        scores = {student.id: student.score for student in book.students}
    assert scores == {found.student: found.score for found in results}
    told = Counter(about for event, about, _ in house.store.changes(0) if event.state == "graded")
    assert told == Counter({each.id: 1 for each in handed})


def test_rooms_end_with_the_worker(house) -> None:  # type: ignore[no-untyped-def]
    worker = house.start()
    house.hand_in("uhostileaa", "while True: pass")
    wait_for(lambda: len(psutil.Process(worker.pid).children(recursive=True)) >= 3)  # bwrap, its first process, the kernel
    rooms = psutil.Process(worker.pid).children(recursive=True)
    worker.kill()
    worker.wait()
    _, alive = psutil.wait_procs(rooms, timeout=10)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_only_one_worker_runs_and_a_second_says_why(house) -> None:  # type: ignore[no-untyped-def]
    house.start()
    house.graded(house.hand_in("ufirstaaaa", RIGHT))
    assert house.start().wait(30) == 1
    assert "another grading worker" in (house.settings.var / "worker.log").read_text()


def test_a_worker_told_to_stop_finishes_what_it_has(house) -> None:  # type: ignore[no-untyped-def]
    worker = house.start()
    house.graded(house.hand_in("ufirstaaaa", RIGHT))
    slow = house.hand_in("uslowaaaaa", "import time\ntime.sleep(1.5)\n" + RIGHT)
    wait_for(lambda: house.store.submission(slow.id).state == "grading")
    worker.terminate()
    assert worker.wait(30) == 0
    assert house.store.submission(slow.id).score == 2


def test_formgrader_s_button_runs_notebooks_in_the_sandbox(house) -> None:  # type: ignore[no-untyped-def]
    house.start()
    node = house.kit.notebook("print(open('a.txt').read())")
    payload = {"notebook": dict(node), "files": {"a.txt": "aGk="}, "limits": {"cell_seconds": 1e9}}
    job = house.store.add_job("execution", course="", lesson="", account="uteacheraa", payload=payload)
    wait_for(lambda: house.store.job(job.id).state == "done")
    result = house.store.take_result(job.id)
    assert result is not None and result["ended"] == "done"
    assert result["notebook"]["cells"][0]["outputs"][0]["text"] == ["hi\n"]


def wait_for(true: Any, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
