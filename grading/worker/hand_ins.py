"""Hand-ins on their way: read here, marked in the pool notebook by notebook, given to the writer when all are done."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from functools import partial
from importlib import import_module
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import configure_mappers

from grading.course import ensure_course, nbgrader_config
from grading.exchange.jobs import Job
from grading.exchange.store import Store
from grading.marks import notes
from grading.marks.grade import Finished, Prepared, finish, prepare
from grading.marks.gradebook import OpenBook, OpenBooks
from grading.marks.notebook import MarkedNotebook, mark, see
from grading.marks.result import GRADEBOOK, Book, GradingError, HandIn, Marks
from grading.pool import Pool, PoolError
from grading.sandbox import SandboxLimits
from grading.worker.outcome import Failed, Outcome, Seen
from grading.worker.writer import Writer
from kanikko.exchange_faults import ExchangeFault
from kanikko.settings import Settings

log = logging.getLogger(__name__)

TRIES = 3
PAUSE_SECONDS = 0.5
MOST_UNSEEN = 200
"""Notebooks whose outputs for pupils' eyes may be put off."""

FRESH_SECONDS = 60.0
"""How long a course folder that was found complete is taken to be so."""


def prepare_process() -> None:
    """Import and build what the first hand-in would wait for."""
    import_module("hub.roster")  # a course's folder asks it for the pupils
    create_engine("sqlite://").dispose()
    configure_mappers()


class HandIns:
    """``begin`` from one thread; the rest happens where notebooks are done."""

    def __init__(self, settings: Settings, store: Store, pool: Pool, writer: Writer) -> None:
        self._settings, self._store, self._pool, self._writer = settings, store, pool, writer
        self._limits = SandboxLimits.of(settings)
        self._books = OpenBooks()
        self._courses: dict[str, tuple[float, Book]] = {}
        self._lock = threading.Lock()
        self._seeing = 0

    def begin(self, job: Job) -> None:
        """Read a hand-in and give its notebooks to the pool. Never raises: whatever goes wrong ends the job."""
        try:
            outcome = self._begin(job)
        except GradingError as error:
            outcome = _refused(job, error)
        except ExchangeFault as fault:  # taken off the lists meanwhile
            outcome = Failed(str(fault))
        except Exception:
            log.exception("hand-in %s could not be read", job.submission)
            outcome = Failed(notes.OUR_FAULT)
        if outcome is not None:
            self._writer.put(job, outcome)

    def counted(self, finished: Finished) -> None:
        """Its points are told; what only feedback pages show comes when nobody waits for points. If we end before, those show less."""
        for name in finished.unseen():
            prepared, before = finished.prepared, finished.marked[name].node
            # Of a city's hand-ins, many at once: so many wait their turn like any other, and no memory is filled with them.
            submit = self._pool.submit_idle if self.sees < MOST_UNSEEN else self._pool.submit
            try:
                seeing = submit(see, prepared.jobs[name], before)
            except PoolError:
                return  # we are stopping
            with self._lock:
                self._seeing += 1
            seeing.add_done_callback(partial(self._seen, partial(Seen, prepared.hand_in, prepared.book, name, before)))

    @property
    def sees(self) -> int:
        """How many notebooks' outputs for pupils' eyes are on their way."""
        with self._lock:
            return self._seeing

    def close(self) -> None:
        self._books.close()

    def _seen(self, seen: partial[Seen], seeing: Future[bytes]) -> None:
        if not seeing.cancelled():
            if error := seeing.exception():
                log.warning("hand-in %s: no outputs for pupils' eyes: %r", seen.args[0].id, error)
            else:
                self._writer.put_seen(seen(seeing.result()))
        with self._lock:
            self._seeing -= 1

    def _begin(self, job: Job) -> Outcome | None:
        """None: notebooks are on their way."""
        found = self._store.submission(job.submission or "")
        folder = self._store.submission_files(found.id)
        again = bool(job.payload.get("again"))
        hand_in = HandIn(found.id, found.lesson, found.student, found.submitted_at, folder, again=again)
        prepared = self._patiently(found.course, hand_in)
        if isinstance(prepared, Marks):
            return prepared
        _Gathering(job, prepared, self._writer).start(self._pool)
        return None

    def _patiently(self, course: str, hand_in: HandIn) -> Prepared | Marks:
        """Again if a teacher's tool holds the gradebook; a reader hardly ever waits."""
        for _ in range(TRIES - 1):
            try:
                return prepare(self._book(course), hand_in, self._limits)
            except OperationalError as error:
                log.warning("gradebook of %s: %s; trying again", course, error.orig)
                time.sleep(PAUSE_SECONDS)
        return prepare(self._book(course), hand_in, self._limits)

    def _book(self, course: str) -> OpenBook:
        seen, book = self._courses.get(course, (0.0, None))
        if book is None or time.monotonic() - seen > FRESH_SECONDS or not Path(book.root, GRADEBOOK).exists():
            root = ensure_course(self._settings, course).absolute()
            book = Book(course, root, nbgrader_config(course, root))
            self._courses[course] = time.monotonic(), book
        return self._books.of(book)


class _Gathering:
    """One hand-in's notebooks, until the last is marked."""

    def __init__(self, job: Job, prepared: Prepared, writer: Writer) -> None:
        self._job, self._prepared, self._writer = job, prepared, writer
        self._lock = threading.Lock()
        self._futures: Mapping[str, Future[MarkedNotebook]] = {}
        self._left = len(prepared.jobs) + 1

    def start(self, pool: Pool) -> None:
        self._futures = {name: pool.submit(mark, one) for name, one in self._prepared.jobs.items()}
        for future in self._futures.values():
            future.add_done_callback(self._one_less)
        self._one_less()

    def _one_less(self, _: Future[MarkedNotebook] | None = None) -> None:
        with self._lock:
            self._left -= 1
            if self._left:
                return
        if (outcome := self._outcome()) is not None:
            self._writer.put(self._job, outcome)

    def _outcome(self) -> Outcome | None:
        try:
            return finish(self._prepared, {name: future.result() for name, future in self._futures.items()})
        except CancelledError:  # we are stopping; the job is queued again when we are gone
            return None
        except GradingError as error:
            return _refused(self._job, error)
        except Exception as error:
            log.error("hand-in %s could not be graded", self._job.submission, exc_info=error)
            return Failed(notes.OUR_FAULT)


def _refused(job: Job, error: GradingError) -> Failed:
    log.warning("hand-in %s cannot be graded: %s", job.submission, error)
    return Failed(error.note or notes.OUR_FAULT)
