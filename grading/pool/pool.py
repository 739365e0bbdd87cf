"""Gives jobs their turn: first come first served, as many at once as make sense, and again when whoever did one is gone."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from typing import Any

from grading.pool.backend import Backend
from grading.pool.errors import PoolError
from grading.pool.local import LocalBackend
from kanikko.settings import Settings

log = logging.getLogger(__name__)

SLOW_SECONDS = 1.5
"""A job that has run this long waits more than it works (an endless loop, most often): somebody else may begin beside it."""
TRIES = 4
PAUSE_SECONDS = 0.5


@dataclass(eq=False)
class _Task:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any] = field(default_factory=Future)
    tries: int = 0
    started: float = 0.0


class Pool:
    """Runs functions of importable modules on a backend.

    ``retried`` are errors after which a job is tried again because the machine was the trouble, not the job. ``freed`` is called,
    in any thread, when a job has ended. One thread, the usher, seats jobs; it alone touches the executor, and it makes a
    new one when that broke.
    """

    def __init__(
        self, backend: Backend, *, retried: tuple[type[BaseException], ...] = (), freed: Callable[[], None] = lambda: None
    ) -> None:
        self._backend, self._retried, self._freed = backend, (*backend.lost, *retried), freed
        self._executor = backend.executor()
        self._broken = False
        self._changed = threading.Condition()
        self._waiting: deque[_Task] = deque()
        self._idle: deque[_Task] = deque()
        self._later: list[tuple[float, _Task]] = []
        self._quick: set[_Task] = set()
        self._slow: set[_Task] = set()
        self._closed = False
        self._usher = threading.Thread(target=self._ush, name="usher", daemon=True)
        self._usher.start()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Queue a job. Its future holds the answer, or the error of the last try; a job that runs cannot be cancelled."""
        return self._queue(self._waiting, _Task(function, arguments))

    def submit_idle(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """As :meth:`submit`, for a job that nobody waits for: it begins when no other waits."""
        return self._queue(self._idle, _Task(function, arguments))

    def _queue(self, queue: deque[_Task], task: _Task) -> Future[Any]:
        with self._changed:
            if self._closed:
                raise PoolError("the pool is closed")
            queue.append(task)
            self._changed.notify()
        return task.future

    def warm(self) -> None:
        """Have the processes ready before the first job comes."""
        for _ in range(self._backend.size()):
            self.submit(os.getpid)

    @property
    def has_room(self) -> bool:
        """Whether one more job would begin soon; who has more to give waits until it is true."""
        with self._changed:
            return len(self._waiting) < self._backend.size()

    def close(self) -> None:
        """Wait for the jobs under way; those that have not begun are cancelled."""
        with self._changed:
            self._closed = True
            waiting = [*self._waiting, *self._idle, *(task for _, task in self._later)]
            self._waiting.clear()
            self._idle.clear()
            self._later.clear()
            self._changed.notify()
        for task in waiting:
            task.future.cancel()
        self._usher.join()
        self._executor.shutdown(wait=True)
        self._backend.close()

    # ---------------------------------------------------------------- the usher
    def _ush(self) -> None:
        while True:
            with self._changed:
                due = self._look_around()
                if not (seated := self._seat()):
                    if self._closed and not self._quick and not self._slow:
                        return
                    self._changed.wait(due)
                    continue
            for task in seated:
                self._begin(task)

    def _look_around(self) -> float | None:
        """Move what the clock moves; seconds until it moves something more, None for never."""
        now = time.monotonic()
        ready = [task for due, task in self._later if due <= now]
        self._later = [(due, task) for due, task in self._later if due > now]
        self._waiting.extendleft(ready)
        for task in sorted(self._quick, key=lambda task: task.started):
            if now - task.started >= SLOW_SECONDS and len(self._slow) < self._backend.spare:
                self._quick.discard(task)
                self._slow.add(task)
        next_slow = [task.started + SLOW_SECONDS for task in self._quick] if len(self._slow) < self._backend.spare else []
        moments = [*next_slow, *(due for due, _ in self._later)]
        return max(0.0, min(moments) - now) if moments else None

    def _seat(self) -> list[_Task]:
        seated = []
        while (queue := self._waiting or self._idle) and len(self._quick) < self._backend.size():
            task = queue.popleft()
            if task.tries or task.future.set_running_or_notify_cancel():
                task.started = time.monotonic()
                self._quick.add(task)
                seated.append(task)
        return seated

    def _begin(self, task: _Task) -> None:
        task.tries += 1
        try:
            if self._broken:
                self._renew()
            running = self._executor.submit(task.function, *task.arguments)
        except Exception as error:  # noqa: BLE001 - the executor broke just now, or cannot be made: as if the job had met it
            self._broken = True
            self._ended(task, self._executor, None, error)
            return
        executor = self._executor
        running.add_done_callback(lambda done: self._ended(task, executor, done, None))

    def _renew(self) -> None:
        log.warning("grading processes were lost; starting new ones")
        old, self._executor = self._executor, self._backend.executor()
        self._broken = False
        old.shutdown(wait=False)

    def _ended(self, task: _Task, executor: Executor, done: Future[Any] | None, error: BaseException | None) -> None:
        if done is not None:
            error = self._error_of(done)
        again = error is not None and task.tries < TRIES and (done is None or isinstance(error, self._retried))
        with self._changed:
            self._quick.discard(task)
            self._slow.discard(task)
            if isinstance(error, self._backend.lost) and executor is self._executor:
                self._broken = True
            again = again and not self._closed
            if again:
                self._later.append((time.monotonic() + PAUSE_SECONDS * (task.tries - 1), task))
            self._changed.notify()
        if again:
            log.warning("a job is tried again: %r", error)
        elif error is not None:
            task.future.set_exception(error)
        elif done is not None:
            task.future.set_result(done.result())
        self._freed()

    @staticmethod
    def _error_of(done: Future[Any]) -> BaseException | None:
        try:
            return done.exception()
        except CancelledError as error:
            return error


def open_pool(settings: Settings, *, retried: tuple[type[BaseException], ...] = (), freed: Callable[[], None] = lambda: None) -> Pool:
    """The pool that the settings ask for. Raises PoolError, with the remedy, if the cluster cannot be reached."""
    if settings.grading_cluster:
        from grading.pool.cluster import ClusterBackend  # needs a package that few have

        return Pool(ClusterBackend(settings.grading_cluster), retried=retried, freed=freed)
    return Pool(LocalBackend(settings.graders or os.cpu_count() or 1), retried=retried, freed=freed)
