"""What a worker does with each kind of job."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nbformat
from sqlalchemy.exc import OperationalError

from grading.course import ensure_course, nbgrader_config
from grading.exchange.jobs import Job
from grading.exchange.store import Grade, Store
from grading.marks import notes
from grading.marks.grade import grade
from grading.marks.result import Book, GradingError, HandIn
from grading.sandbox import SandboxError, SandboxLimits, execute
from kanikko.errors import KanikkoError
from kanikko.exchange_faults import ExchangeFault
from kanikko.settings import Settings

log = logging.getLogger(__name__)

TRIES = 3
"""How often to try again when the machine, not the notebook, was the trouble."""
PAUSE_SECONDS = 1.0


class Tasks:
    """Does one job after another, in whatever thread it is called; each ends the job in the store."""

    def __init__(self, settings: Settings, store: Store, size: int) -> None:
        self._settings, self._store = settings, store
        self._limits = SandboxLimits.of(settings)
        # Runs without hidden tests go beside the full ones; each grading thread has at most one there.
        self._beside = ThreadPoolExecutor(size, thread_name_prefix="beside")

    def close(self) -> None:
        self._beside.shutdown(wait=True, cancel_futures=True)

    def do(self, job: Job) -> None:
        """Do the job and tell the store how it ended."""
        match job.kind:
            case "submission":
                self._submission(job)
            case "execution":
                self._execution(job)
            case _:
                self._lesson(job)

    # ---------------------------------------------------------------- a hand-in
    def _submission(self, job: Job) -> None:
        submission = job.submission or ""
        try:
            found = self._store.submission(submission)
            hand_in = HandIn(found.id, found.lesson, found.student, found.submitted_at, self._store.submission_files(submission))
        except ExchangeFault as fault:  # taken off the lists meanwhile
            self._store.fail_job(job, str(fault))
            return
        try:
            marks = self._patiently(hand_in, found.course)
        except GradingError as error:
            log.warning("hand-in %s cannot be graded: %s", submission, error)
            self._store.record_failure(submission, error.note or notes.OUR_FAULT)
        except Exception:
            log.exception("hand-in %s could not be graded", submission)
            self._store.record_failure(submission, notes.OUR_FAULT)
        else:
            self._store.record_grade(submission, marks)

    def _patiently(self, hand_in: HandIn, course: str) -> Grade:
        """Grade; again if a room did not start or a teacher's tool held the gradebook."""
        book = self._book(course)
        for attempt in range(1, TRIES + 1):
            try:
                marks = grade(book, hand_in, self._limits, self._beside)
                return Grade(marks.score, marks.max_score, marks.cells, marks.note, marks.flags)
            except (SandboxError, OperationalError, KanikkoError) as error:
                if isinstance(error, GradingError) or attempt == TRIES:
                    raise
                log.warning("hand-in %s, try %s: %s", hand_in.id, attempt, error)
                time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError("unreachable")

    def _book(self, course: str) -> Book:
        root = ensure_course(self._settings, course).absolute()
        return Book(course, root, nbgrader_config(course, root))

    # ---------------------------------------------------------------- formgrader's own button
    def _execution(self, job: Job) -> None:
        try:
            notebook = nbformat.from_dict(job.payload["notebook"])
            files = {name: base64.b64decode(content) for name, content in job.payload["files"].items()}
            executed = execute(notebook, files, self._within(job.payload.get("limits", {})), name=f"job-{job.id}")
        except Exception as error:  # noqa: BLE001 - what a teacher's room sends may be anything
            log.warning("execution %s: %r", job.id, error)
            self._store.fail_job(job, f"{type(error).__name__}: {error}"[:500])
            return
        # Through JSON text once: from here on it is data, not notebook objects.
        result = {"notebook": json.loads(nbformat.writes(executed.notebook)), "ended": executed.ended, "detail": executed.detail}
        self._store.finish_job(job, result)

    def _within(self, wished: dict[str, Any]) -> SandboxLimits:
        """The wished limits, never above the house's."""
        house = dataclasses.asdict(self._limits)
        kept = {
            name: min(value, house[name])
            for name, value in wished.items()
            if name in house and isinstance(value, (int, float)) and value > 0
        }
        return dataclasses.replace(self._limits, **{name: type(house[name])(value) for name, value in kept.items()})

    # ---------------------------------------------------------------- lessons
    def _lesson(self, job: Job) -> None:
        from grading import release  # the only user of the lesson library here

        act = release.release if job.kind == "release" else release.withdraw
        try:
            act(self._settings, job.course, job.lesson)
        except Exception as error:  # noqa: BLE001 - told to the teacher who pressed the button
            log.warning("%s of %s for %s: %s", job.kind, job.lesson, job.course, error)
            self._store.fail_job(job, error.message if isinstance(error, KanikkoError) else f"{type(error).__name__}: {error}"[:500])
        else:
            self._store.finish_job(job)
