"""Takes jobs from the exchange's queue and does them, several at once.

Its state is only in memory: whatever happens to this process, the queue and the gradebooks tell the next one what is left.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

from grading.exchange import bells
from grading.exchange.jobs import LEASE, Job, Kind, Place
from grading.exchange.store import Store
from grading.pool import open_pool
from grading.sandbox import SandboxError, SandboxLimits
from grading.worker.hand_ins import HandIns, prepare_process
from grading.worker.lock import only_one
from grading.worker.others import do_lesson, failed, run_notebook
from grading.worker.outcome import Done
from grading.worker.writer import Writer
from kanikko.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often to look at the queue when no bell rings, and for jobs that a dead worker left."""
MOST_UNDER_WAY = 64
"""Hand-ins claimed and not yet told of: bounds memory when a gradebook is held by somebody else."""
NOTEBOOK_KINDS: tuple[Kind, ...] = ("submission", "execution")
LESSON_KINDS: tuple[Kind, ...] = ("release", "withdraw")


class Worker:
    """One a house. ``run()`` returns after ``stop()``; jobs under way are finished first.

    ``within``: grade only these (course, lesson), release nothing, and return when ``is_over`` says so (asked after each look).
    """

    def __init__(self, settings: Settings, *, within: Sequence[Place] | None = None, is_over: Callable[[], bool] = lambda: False) -> None:
        self.settings = settings
        self.store = Store(settings)
        self._within, self._is_over = within, is_over
        self._limits = SandboxLimits.of(settings)
        self._under_way: dict[int, Job] = {}
        self._count_unseen: Callable[[], int] = lambda: 0
        self._stopping = threading.Event()
        self._next_upkeep = 0.0

    def run(self) -> None:
        """Work until stopped. Raises WorkerError if another worker runs, PoolError if the cluster does not answer."""
        with ExitStack() as stack:
            stack.enter_context(only_one(self.settings))
            listener = stack.enter_context(closing(self.store.listen()))
            self._pool = stack.enter_context(closing(open_pool(self.settings, retried=(SandboxError,), freed=self._ring)))
            self._pool.warm()
            prepare_process()
            self._writer = Writer(self.store, self._ended, lambda finished: self._hand_ins.counted(finished))
            self._hand_ins = stack.enter_context(closing(HandIns(self.settings, self.store, self._pool, self._writer)))
            self._count_unseen = lambda: self._hand_ins.sees
            self._lessons = ThreadPoolExecutor(1, thread_name_prefix="lessons")
            threading.Thread(target=self._beat, name="heart", daemon=True).start()
            try:
                while not (self._stopping.is_set() or self._is_over()):
                    self._look()
                    listener.wait(LOOK_SECONDS)
                # Who grades a class and then ends does all of it; a house that stops does not keep anybody waiting.
                while self._under_way or (self._is_over() and self.sees):
                    listener.wait(LOOK_SECONDS)
            finally:
                self._stopping.set()
                self._lessons.shutdown(wait=True)
                self._writer.close()

    @property
    def sees(self) -> int:
        """How many notebooks' outputs for feedback pages are still to come, once all points are told."""
        return self._count_unseen()

    def stop(self) -> None:
        """Take no more jobs. Safe to call from a signal handler."""
        self._stopping.set()
        self._ring()

    def _ring(self) -> None:
        """Have ``run`` look around now."""
        bells.ring(self.store.bells, bells.GRADER)

    def _look(self) -> None:
        if time.monotonic() >= self._next_upkeep:
            self.store.requeue_lost()
            self._next_upkeep = time.monotonic() + LOOK_SECONDS
        # Few at a time: whose turn it is, is decided when there is room, not before.
        while self._pool.has_room and len(self._under_way) < MOST_UNDER_WAY:
            claimed = self.store.claim_jobs(NOTEBOOK_KINDS, 2, self._within)
            for job in claimed:
                self._under_way[job.id] = job
                self._begin_notebook(job)
            if not claimed:
                break
        if self._within is None and not any(job.kind in LESSON_KINDS for job in list(self._under_way.values())):
            for job in self.store.claim_jobs(LESSON_KINDS):
                self._under_way[job.id] = job
                self._lessons.submit(self._do_lesson, job)

    def _begin_notebook(self, job: Job) -> None:
        if job.kind == "submission":
            self._hand_ins.begin(job)
        else:
            running = self._pool.submit(run_notebook, job.payload, self._limits, f"job-{job.id}")
            running.add_done_callback(lambda done: self._executed(job, done))

    def _do_lesson(self, job: Job) -> None:
        self._writer.put(job, do_lesson(self.settings, job))

    def _executed(self, job: Job, done: Future[dict[str, Any]]) -> None:
        if done.cancelled():
            return
        if error := done.exception():
            log.warning("execution %s: %r", job.id, error)
        self._writer.put(job, failed(error) if error else Done(done.result()))

    def _ended(self, job: Job) -> None:
        self._under_way.pop(job.id, None)
        self._ring()
        log.info("job %s: %s has ended", job.id, job.kind)

    def _beat(self) -> None:
        """Tell the queue that long jobs are still in hand."""
        while not self._stopping.wait(LEASE / 4):
            for job in list(self._under_way.values()):
                self.store.heartbeat(job)
