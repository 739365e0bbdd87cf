"""Many notebooks at once: nobody waits behind an endless loop, a killed process costs nothing, and a cluster gives the same points."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from multiprocessing import forkserver

import psutil
import pytest

from grading.marks.grade import Prepared, prepare
from grading.marks.gradebook import OpenBook
from grading.marks.notebook import MarkedNotebook, mark
from grading.pool import Pool, PoolError, cluster, open_pool
from grading.pool.local import LocalBackend
from kanikko.settings import Settings


@pytest.fixture
def pool() -> Iterator[Pool]:
    """One notebook at a time."""
    made = Pool(LocalBackend(1))
    yield made
    made.close()


def kill_processes() -> None:
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    for process in psutil.Process(server).children():
        process.kill()


def test_a_job_that_nobody_waits_for_begins_when_no_other_waits(pool: Pool) -> None:
    ended: list[str] = []
    pool.submit(time.sleep, 0.5)
    idle = pool.submit_idle(os.getpid)
    idle.add_done_callback(lambda _: ended.append("idle"))
    waited_for = [pool.submit(time.sleep, 0.05) for _ in range(3)]
    for job in waited_for:
        job.add_done_callback(lambda _: ended.append("job"))
    assert idle.result(30)
    assert ended == ["job"] * 3 + ["idle"]


def test_a_notebook_that_never_ends_holds_up_nobody(pool: Pool) -> None:
    endless = [pool.submit(time.sleep, 6) for _ in range(3)]
    quick = pool.submit(os.getpid)
    assert quick.result(30) and not endless[-1].done()


def test_a_notebook_whose_process_is_killed_is_marked_by_another(pool: Pool) -> None:
    first = pool.submit(os.getpid).result(30)
    running = pool.submit(time.sleep, 1)
    time.sleep(0.3)
    kill_processes()
    assert running.result(30) is None
    assert pool.submit(os.getpid).result(30) != first


def test_a_notebook_that_kills_every_process_is_given_up_and_the_next_is_marked(pool: Pool) -> None:
    with pytest.raises(Exception, match="terminated abruptly"):
        pool.submit(os._exit, 1).result(60)
    assert pool.submit(os.getpid).result(30)


def test_a_process_is_born_with_what_its_first_notebook_would_wait_for(pool: Pool) -> None:
    built = pool.submit(eval, "sorted(__import__('nbformat').validator.validators)").result(30)
    assert built == [("fastjsonschema", 4, minor, relaxed) for minor in (4, 5) for relaxed in (False, True)]


def test_an_error_of_the_job_itself_is_not_tried_again(pool: Pool) -> None:
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 1, 0).result(30)


def test_a_cluster_that_does_not_answer_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(PoolError, match="does not answer") as error:
        open_pool(Settings(grading_cluster="tcp://127.0.0.1:9"))
    assert "KANIKKO_GRADING_CLUSTER" in error.value.remedy


def test_without_the_package_the_remedy_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed.client", None)
    with pytest.raises(PoolError, match="distributed is missing") as error:
        open_pool(Settings(grading_cluster="tcp://127.0.0.1:9"))
    assert "kanikko[cluster]" in error.value.remedy


def test_a_cluster_of_two_workers_gives_the_same_points(course, kit, limits) -> None:  # type: ignore[no-untyped-def]
    from distributed import LocalCluster

    answer = "### BEGIN SOLUTION\ndef double(n):\n    return 2 * n\n### END SOLUTION"
    check = 'assert double(2) == 4, "2 の ばいは 4 だよ"\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS'
    released = course.release(kit.notebook(kit.solution(answer), kit.check(check)))
    answers = ["def double(n): return n + n", "def double(n): return 4", "def double(n): return n", "import os; os._exit(1)"]
    open_book = OpenBook(course.book)
    prepared = [prepare(open_book, course.hand_in(kit.answered(released, "answer", text)), limits) for text in answers]
    jobs = [job for one in prepared if isinstance(one, Prepared) for job in one.jobs.values()]
    open_book.close()
    here = _marked(open_pool(Settings(graders=2)), jobs)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as workers:
        there = _marked(open_pool(Settings(grading_cluster=workers.scheduler_address)), jobs)
    assert [(one.scores, one.hints, one.flags, one.note) for one in here] == [(one.scores, one.hints, one.flags, one.note) for one in there]
    assert [one.scores.scores["check"] for one in there] == [2, 0, 0, 0]


def _marked(pool: Pool, jobs: list[object]) -> list[MarkedNotebook]:
    try:
        return [future.result(100) for future in [pool.submit(mark, job) for job in jobs]]
    finally:
        pool.close()
