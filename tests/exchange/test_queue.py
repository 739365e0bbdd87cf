"""The queue: nothing lost, nothing done twice, nobody waits for somebody else's endless loops."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from exchange_house import AIKO, BUNTA, COURSE, notebook

from grading.exchange import jobs
from grading.exchange.store import Grade, Store
from kanikko.exchange_client import CellMark
from kanikko.settings import Settings


@pytest.fixture
def store(var: Path) -> Store:
    settings = Settings(var=var)
    settings.make_dirs()
    store = Store(settings)
    folder = store.stage()
    folder.mkdir()
    (folder / "kani.ipynb").write_bytes(notebook())
    store.put_release(COURSE, "l", "カニ", folder)
    return store


def hand_in(store: Store, student: str = AIKO) -> str:
    folder = store.stage()
    folder.mkdir()
    (folder / "kani.ipynb").write_bytes(notebook())
    return store.submit(COURSE, "l", student, folder).id


def claim_and(settings: Settings, how: str, ready) -> None:
    job = Store(settings).claim_job()
    ready.send(job.id if job else None)
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def elsewhere(store: Store, how: str):
    """Claim a job in another process, which then dies or goes on."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=claim_and, args=(store.settings, how, there), daemon=True)
    process.start()
    assert here.poll(60)
    job = here.recv()
    if how == "die":
        process.join(10)
    return process, job


def test_first_come_first_served(store: Store) -> None:
    first, second = hand_in(store, AIKO), hand_in(store, BUNTA)
    taken = [store.claim_job(), store.claim_job(), store.claim_job()]
    assert [job.submission if job else None for job in taken] == [first, second, None]
    assert store.submission(first).state == "grading"


def test_marks_are_written_once_and_end_the_job(store: Store) -> None:
    identity = hand_in(store)
    job = store.claim_job()
    before = store.last_change()
    grade = Grade(3, 5, (CellMark(grade_id="a", notebook="kani", points=3, max_points=5),))
    store.record_grade(identity, grade)
    store.record_grade(identity, Grade(0, 5))
    store.record_failure(identity, "late trouble")
    found = store.submission(identity)
    assert (found.state, found.score, found.note, found.cells[0].points) == ("graded", 3, None, 3)
    assert [event.state for event, _, _ in store.changes(before)] == ["graded"], "the hub is told once"
    assert job is not None and not store.heartbeat(job)
    assert store.claim_job() is None and store.requeue_lost() == []


def test_a_killed_workers_job_comes_back_and_a_living_ones_does_not(store: Store) -> None:
    first, second = hand_in(store, AIKO), hand_in(store, BUNTA)
    alive, kept = elsewhere(store, "live")
    _dead, lost = elsewhere(store, "die")
    try:
        assert store.requeue_lost() == [lost]
        assert store.submission(second).state == "queued" and store.submission(first).state == "grading"
        again = store.claim_job()
        assert again is not None and (again.submission, again.attempt) == (second, 2)
        assert store.claim_job() is None, "the other one is still held"
    finally:
        alive.kill()
    assert kept != lost


def test_a_silent_workers_job_is_given_away_and_its_late_answer_is_not_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add_job("execution", course="", lesson="", account=AIKO, payload={"notebook": {}})
    monkeypatch.setattr(jobs, "LEASE", 0.2)
    slow = store.claim_job()
    assert slow is not None
    time.sleep(0.15)
    assert store.heartbeat(slow)
    time.sleep(0.15)
    assert store.requeue_lost() == [], "a heartbeat keeps it"
    time.sleep(0.2)
    assert store.requeue_lost() == [slow.id]
    fast = store.claim_job()
    assert fast is not None and fast.attempt == 2
    assert not store.finish_job(slow, {"from": "slow"})
    assert store.finish_job(fast, {"from": "fast"})
    assert store.take_result(fast.id) == {"from": "fast"}
    assert store.take_result(fast.id) is None, "large results are not kept"


def test_a_job_that_kills_every_worker_is_given_up_and_the_pupil_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = hand_in(store)
    monkeypatch.setattr(jobs, "is_alive", lambda owner: False)
    for _ in range(jobs.MOST_ATTEMPTS):
        assert store.claim_job() is not None
        store.requeue_lost()
    assert store.claim_job() is None
    assert store.submission(identity).state == "failed"


def test_a_child_who_hands_in_many_times_does_not_delay_the_class(store: Store) -> None:
    many = [hand_in(store, AIKO) for _ in range(10)]
    one = hand_in(store, BUNTA)
    first = store.claim_job()
    second = store.claim_job()
    assert first is not None and second is not None
    assert (first.submission, second.submission) == (many[0], one), "never two of one pupil at once"
    store.record_grade(many[0], Grade(0, 5))
    store.record_grade(one, Grade(5, 5))
    late = hand_in(store, "ucccccccc2")
    third = store.claim_job()
    assert third is not None and third.submission == late, "who had fewer comes first"


def work(settings: Settings, done) -> None:
    store = Store(settings)
    while (job := store.claim_job()) is not None:
        time.sleep(0.002)
        done.send(job.submission)
        store.record_grade(job.submission or "", Grade(1, 1))
    done.send(None)


def test_two_workers_share_the_work_and_do_nothing_twice(store: Store) -> None:
    ids = {hand_in(store, f"u{n:09d}") for n in range(40)}
    context = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(2):
        here, there = context.Pipe()
        process = context.Process(target=work, args=(store.settings, there), daemon=True)
        process.start()
        pipes.append((here, process))
    graded: list[str] = []
    for here, process in pipes:
        while (identity := here.recv()) is not None:
            graded.append(identity)
        process.join(10)
    assert sorted(graded) == sorted(ids)
    assert {one.state for one in store.submissions(courses=[COURSE])} == {"graded"}


def test_the_worker_wakes_at_once(store: Store) -> None:
    import threading

    bell = store.listen()
    threading.Timer(0.3, lambda: hand_in(Store(store.settings))).start()
    start = time.monotonic()
    assert bell.wait(10)
    assert store.claim_job() is not None
    assert time.monotonic() - start < 2
    bell.close()


def test_the_clock_going_back_does_not_reorder_a_pupils_hand_ins(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from grading.exchange import store as module

    first = store.submission(hand_in(store))
    real = module.now
    monkeypatch.setattr(module, "now", lambda: real() - timedelta(hours=2))
    second = store.submission(hand_in(store))
    assert second.submitted_at > first.submitted_at
    assert store.is_newest(second.id) and not store.is_newest(first.id)
