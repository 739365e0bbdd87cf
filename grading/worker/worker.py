"""Takes jobs from the exchange's queue and does them, several at once.

Its state is only in memory: whatever happens to this process, the queue and the gradebooks tell the next one what is left.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from grading.exchange import bells
from grading.exchange.jobs import LEASE, Job, Kind
from grading.exchange.store import Store
from grading.worker.tasks import Tasks
from kanikko.errors import KanikkoError
from kanikko.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often to look at the queue when no bell rings, and for jobs that a dead worker left."""
NOTEBOOK_KINDS: tuple[Kind, ...] = ("submission", "execution")
LESSON_KINDS: tuple[Kind, ...] = ("release", "withdraw")


class WorkerError(KanikkoError):
    """The worker cannot run."""


class Slots:
    """So many jobs of these kinds at once, each in a thread that lives as long as the worker (rooms die with their thread)."""

    def __init__(self, kinds: tuple[Kind, ...], size: int, do: Callable[[Job], None]) -> None:
        self.kinds = kinds
        self._do = do
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=kinds[0])
        self._free = threading.Semaphore(size)

    def fill(self, claim: Callable[[Sequence[Kind]], Job | None]) -> None:
        """Claim jobs while there is a free slot."""
        while self._free.acquire(blocking=False):
            try:
                job = claim(self.kinds)
            except BaseException:
                self._free.release()
                raise
            if job is None:
                self._free.release()
                return
            self._pool.submit(self._run, job)

    def _run(self, job: Job) -> None:
        try:
            self._do(job)
        except Exception:
            log.exception("job %s (%s) was left undone", job.id, job.kind)
        finally:
            self._free.release()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class Worker:
    """One a house. ``run()`` returns after ``stop()``; jobs under way are finished first."""

    def __init__(self, settings: Settings, size: int) -> None:
        self.settings = settings
        self.store = Store(settings)
        self._tasks = Tasks(settings, self.store, size)
        self._slots = [Slots(NOTEBOOK_KINDS, size, self._do), Slots(LESSON_KINDS, 1, self._do)]
        self._running: dict[int, Job] = {}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until stopped. Raises WorkerError if another worker runs."""
        with _only_one(self.settings):
            listener = self.store.listen()
            heart = threading.Thread(target=self._beat, name="heart", daemon=True)
            heart.start()
            try:
                while not self._stopping.is_set():
                    self.store.requeue_lost()
                    for slots in self._slots:
                        slots.fill(self.store.claim_job)
                    listener.wait(LOOK_SECONDS)
            finally:
                for slots in self._slots:
                    slots.close()
                listener.close()
                self._tasks.close()

    def stop(self) -> None:
        """Take no more jobs. Safe to call from a signal handler."""
        self._stopping.set()
        bells.ring(self.store.bells, bells.GRADER)

    def _do(self, job: Job) -> None:
        started = time.monotonic()
        self._running[job.id] = job
        try:
            self._tasks.do(job)
        finally:
            del self._running[job.id]
            bells.ring(self.store.bells, bells.GRADER)  # a slot is free
            log.info("job %s: %s took %.2f s", job.id, job.kind, time.monotonic() - started)

    def _beat(self) -> None:
        """Tell the queue that long jobs are still in hand."""
        while not self._stopping.wait(LEASE / 4):
            for job in list(self._running.values()):
                self.store.heartbeat(job)


class _only_one:
    """A lock that the system takes back when this process dies, however it dies."""

    def __init__(self, settings: Settings) -> None:
        self._place = settings.run_dir / "grader.lock"
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self._place.open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise WorkerError("another grading worker runs on this house", remedy="Stop it first, or leave it to its work.") from None

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()
