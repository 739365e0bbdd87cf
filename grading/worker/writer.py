"""The one writer: takes what is finished, writes it into gradebooks and tells the exchange, many hand-ins at a time.

It waits for nobody: a lone hand-in is written at once, and what comes in meanwhile is the next batch.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from sqlalchemy.exc import OperationalError

from grading.exchange.jobs import Job
from grading.exchange.store import Grade, Store
from grading.marks import folders, notes
from grading.marks.grade import Finished, conclude
from grading.marks.gradebook import OpenBooks
from grading.marks.result import GradingError, Marks
from grading.worker.outcome import Done, Failed, Outcome, Seen

log = logging.getLogger(__name__)

MOST_AT_ONCE = 24
"""Hand-ins in one transaction: enough to share its cost, few enough that nobody waits for it."""
TRIES = 6
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class _Item:
    job: Job
    outcome: Outcome
    tries: int = 0


class Writer:
    """``put`` from any thread. ``ended`` is called with each job that the exchange has been told of, ``counted`` with each hand-in
    whose marks stand in the gradebook.
    """

    def __init__(self, store: Store, ended: Callable[[Job], None], counted: Callable[[Finished], None]) -> None:
        self._store, self._ended, self._counted = store, ended, counted
        self._books = OpenBooks()
        self._queue: SimpleQueue[_Item | Seen | None] = SimpleQueue()
        self._later: list[tuple[float, _Item]] = []
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def put(self, job: Job, outcome: Outcome) -> None:
        self._queue.put(_Item(job, outcome))

    def put_seen(self, seen: Seen) -> None:
        """A notebook to be amended, for feedback pages."""
        self._queue.put(seen)

    def close(self) -> None:
        """Return when all that was put has been written, or was tried often enough."""
        self._queue.put(None)
        self._thread.join()

    # ---------------------------------------------------------------- its thread
    def _run(self) -> None:
        closing = False
        while not (closing and not self._later):
            batch = self._next_batch()
            closing = closing or None in batch
            items = [item for item in batch if isinstance(item, _Item)]
            for item in batch:
                if isinstance(item, Seen):
                    _amend(item)
            try:
                self._write(items)
            except sqlite3.Error as error:  # the exchange's facts are busy, or the disk is full: nothing is lost, all is tried again
                log.warning("the exchange could not be told: %s", error)
                self._put_later(items)
            except Exception:
                log.exception("the writer stumbled over a batch of %s", len(items))
                self._put_later(items)
        self._books.close()
        self._store.close()

    def _next_batch(self) -> list[_Item | Seen | None]:
        """What is there; waits only if that is nothing."""
        now = time.monotonic()
        batch: list[_Item | Seen | None] = [item for due, item in self._later if due <= now]
        self._later = [(due, item) for due, item in self._later if due > now]
        with suppress(Empty):
            if not batch:
                due = min((due for due, _ in self._later), default=None)
                batch.append(self._queue.get(timeout=None if due is None else max(0.0, due - now)))
            while len(batch) < MOST_AT_ONCE:
                batch.append(self._queue.get_nowait())
        return batch

    def _put_later(self, items: Sequence[_Item]) -> None:
        due = time.monotonic() + PAUSE_SECONDS
        self._later += [(due, _Item(item.job, item.outcome, item.tries + 1)) for item in items]

    def _write(self, items: Sequence[_Item]) -> None:
        told: list[tuple[Job, Grade | str]] = []
        courses: defaultdict[str, list[_Item]] = defaultdict(list)
        for item in items:
            match item.outcome:
                case Finished():
                    courses[item.job.course].append(item)
                case Marks() as marks:
                    told.append((item.job, _grade(marks)))
                case Failed(note) if item.job.kind == "submission":
                    told.append((item.job, note))
                case Failed(note):
                    self._store.fail_job(item.job, note)
                    self._ended(item.job)
                case Done(result):
                    self._store.finish_job(item.job, result)
                    self._ended(item.job)
        for course in courses.values():
            told += self._write_course(course)
        self._store.record_many([(job.submission or "", result) for job, result in told])
        for job, _ in told:
            self._ended(job)

    def _write_course(self, items: Sequence[_Item]) -> list[tuple[Job, Grade | str]]:
        """One transaction in one course's gradebook; what could not be written because somebody holds it is tried later."""
        finished = [item.outcome for item in items if isinstance(item.outcome, Finished)]
        try:
            results: Sequence[Marks | Exception] = conclude(self._books.of(finished[0].prepared.book), finished)
        except OperationalError as error:
            if items[0].tries < TRIES:
                log.warning("gradebook of %s: %s; trying again", items[0].job.course, error.orig)
                self._put_later(items)
                return []
            results = [error] * len(items)
        except GradingError as error:
            results = [error] * len(items)
        for one, result in zip(finished, results, strict=True):
            if isinstance(result, Marks):
                self._counted(one)
        return [(item.job, _result(item.job, result)) for item, result in zip(items, results, strict=True)]


def _amend(seen: Seen) -> None:
    try:
        folders.replace_graded(seen.book, seen.hand_in, seen.name, seen.before, seen.after)
    except Exception:  # a link where a folder belongs, a full disk: feedback shows less
        log.exception("hand-in %s, %s: no outputs for pupils' eyes", seen.hand_in.id, seen.name)


def _result(job: Job, result: Marks | Exception) -> Grade | str:
    if isinstance(result, Marks):
        return _grade(result)
    log.error("hand-in %s could not be written: %r", job.submission, result)
    return (result.note if isinstance(result, GradingError) else "") or notes.OUR_FAULT


def _grade(marks: Marks) -> Grade:
    return Grade(marks.score, marks.max_score, marks.cells, marks.note, marks.flags)
