"""What the exchange knows and keeps. The service and the grading worker each open one ``Store`` on the same folder.

Facts stand in ``exchange.db``, files in folders beside it. A row is written only after its files are on the disk, so that what a row
speaks of is always there; a folder without a row was never acknowledged to anybody and is swept at the next start.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from grading.exchange import bells, jobs
from grading.exchange.database import Facts, now, text_of
from grading.exchange.jobs import Job, Kind
from grading.exchange.records import Grade, conclude, lesson_of, notebooks_in, shared_facts, submission_of
from grading.exchange.shelf import Shelf
from kanikko.exchange_facts import Card, Event, JobView, Lesson, Progress, Submission
from kanikko.exchange_faults import ExchangeFault
from kanikko.safe_files import UnsafeFiles, copy_into, safe_name, write_tree
from kanikko.settings import Settings

__all__ = ["NBGRADER_TIME", "TIMESTAMP_FILE", "Grade", "Store", "check_id"]

TIMESTAMP_FILE = "timestamp.txt"
"""nbgrader reads a submission's time from this file; the pupil's own copy is thrown away."""
NBGRADER_TIME = "%Y-%m-%d %H:%M:%S.%f UTC"
NOT_THE_PUPILS = (TIMESTAMP_FILE, "submission_secret.txt")
KEEP_CHANGES = timedelta(days=2)
KEEP_JOBS = timedelta(days=14)


def check_id(text: str) -> str:
    """A course, lesson or account id that may be a folder's name. Raises ExchangeFault."""
    try:
        parts = safe_name(text)
    except UnsafeFiles as error:
        raise ExchangeFault("bad-request", str(error.message)) from error
    if len(parts) != 1 or parts[0] != text or text.startswith(".") or set(text) & set("+*?[]") or len(text) > 64:
        raise ExchangeFault("bad-request", "not an id")
    return text


class Store:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.shelf = Shelf(settings.exchange_dir)
        self.facts = Facts(settings.exchange_dir / "exchange.db")
        self.bells = settings.run_dir / "bells"

    # ------------------------------------------------------------------ releases
    def lessons(self, courses: Iterable[str]) -> list[Lesson]:
        """What is released to these classes, in the order of release."""
        wanted = list(courses)
        marks = ",".join("?" * len(wanted))
        sql = f"SELECT * FROM releases WHERE withdrawn_at IS NULL AND course IN ({marks}) ORDER BY released_at, lesson"  # noqa: S608
        return [lesson_of(row) for row in self.facts.read().query(sql, wanted)]

    def lesson(self, course: str, lesson: str) -> Lesson | None:
        row = self._release(course, lesson)
        return lesson_of(row) if row and not row["withdrawn_at"] else None

    def put_release(self, course: str, lesson: str, title: str, folder: Path, *, force: bool = True) -> Lesson:
        """Release the files of ``folder`` to a class, in one step. ``force`` false: fault ``exists`` if it is out already."""
        check_id(course), check_id(lesson)
        old = self._release(course, lesson)
        if old and not old["withdrawn_at"] and not force:
            raise ExchangeFault("exists", lesson)
        ready = self._own(folder)
        notebooks = notebooks_in(ready)
        if not notebooks:
            raise ExchangeFault("no-notebook", lesson)
        place = self.shelf.put(ready, "releases", course, lesson, secrets.token_hex(8))
        title = title or (old["title"] if old else lesson)
        row = {"course": course, "lesson": lesson, "title": title, "folder": place, "notebooks": json.dumps(notebooks)}
        with self.facts.write() as database:
            database.table("releases").upsert(row | {"released_at": text_of(now()), "withdrawn_at": None}, pk=("course", "lesson"))
            jobs.note_change(database, "released", course=course, lesson=lesson)
        if old:
            self.shelf.drop(old["folder"])
        self._ring(bells.EXCHANGE)
        released = self.lesson(course, lesson)
        if released is None:  # withdrawn by somebody else in this very moment
            raise ExchangeFault("not-released", lesson)
        return released

    def withdraw(self, course: str, lesson: str) -> None:
        """Take a lesson back; what was handed in stays. Doing it twice is fine; fault ``not-found`` if it was never out."""
        if not self._release(course, lesson):
            raise ExchangeFault("not-found", lesson)
        with self.facts.write() as database:
            sql = "UPDATE releases SET withdrawn_at = ? WHERE course = ? AND lesson = ? AND withdrawn_at IS NULL"
            if database.execute(sql, [text_of(now()), course, lesson]).rowcount:
                jobs.note_change(database, "withdrawn", course=course, lesson=lesson)
        self._ring(bells.EXCHANGE)

    def release_files(self, course: str, lesson: str) -> Path:
        """The folder of the files that pupils get. Fault ``not-released``."""
        row = self._release(course, lesson)
        if not row or row["withdrawn_at"]:
            raise ExchangeFault("not-released", lesson)
        return self.shelf.root / str(row["folder"])

    def _release(self, course: str, lesson: str) -> dict[str, Any] | None:
        return self._one("SELECT * FROM releases WHERE course = ? AND lesson = ?", [course, lesson])

    # ------------------------------------------------------------------ submissions
    def submit(self, course: str, lesson: str, student: str, folder: Path) -> Submission:
        """Take a pupil's files: they are on the disk and queued when this returns. ``folder`` is moved if it is ``stage()``d.

        Faults: ``not-released``, ``no-notebook``, ``too-often``.
        """
        check_id(student)
        released = self.may_submit(course, lesson, student)
        ready = self._own(folder)
        notebooks = notebooks_in(ready)
        if not set(notebooks) & set(released.notebooks):
            raise ExchangeFault("no-notebook", lesson)
        identity = "s" + secrets.token_hex(10)
        row = {"id": identity, "course": course, "lesson": lesson, "student": student, "notebooks": json.dumps(notebooks)}

        def moment(_: Database) -> datetime:
            self.may_submit(course, lesson, student)  # again: others may have come in between, now nobody can
            return self._moment(course, lesson, student)

        self._put_submission(row, ready, moment)
        return self.submission(identity)

    def adopt(self, course: str, lesson: str, student: str, moment: datetime, files: Mapping[str, bytes]) -> str | None:
        """Take a hand-in that was collected without us, with its own time; its id, or None if it is known. It is queued.

        Faults: ``bad-request`` for ids that are none. Raises UnsafeFiles for bad names.
        """
        check_id(course), check_id(lesson), check_id(student)
        sql = "SELECT 1 FROM submissions WHERE course = ? AND lesson = ? AND student = ? AND submitted_at = ?"
        if self.facts.read().execute(sql, [course, lesson, student, text_of(moment)]).fetchone():
            return None
        ready = self.stage()
        ready.mkdir(mode=0o700)
        write_tree(ready, files)
        identity = "s" + secrets.token_hex(10)
        row = {"id": identity, "course": course, "lesson": lesson, "student": student, "notebooks": json.dumps(notebooks_in(ready))}
        try:
            self._put_submission(row, ready, lambda _: moment)
        except sqlite3.IntegrityError:  # somebody else took it in this very moment
            return None
        return identity

    def _put_submission(self, row: dict[str, str], ready: Path, when: Callable[[Database], datetime]) -> None:
        """Files in their place, then row, job and change in one transaction; all or nothing."""
        for name in NOT_THE_PUPILS:
            (ready / name).unlink(missing_ok=True)
        course, lesson, student, identity = (row[name] for name in ("course", "lesson", "student", "id"))
        place = self.shelf.put(ready, "submissions", course, lesson, student, identity)
        try:
            with self.facts.write() as database:
                moment = when(database)
                self.shelf.add_file(place, TIMESTAMP_FILE, moment.strftime(NBGRADER_TIME))
                database.table("submissions").insert(row | {"submitted_at": text_of(moment)})
                jobs.add(database, "submission", course=course, lesson=lesson, submission=identity, account=student)
                jobs.note_submission(database, identity)
        except BaseException:
            self.shelf.drop(place)
            raise
        self._ring(bells.GRADER, bells.EXCHANGE)

    def may_submit(self, course: str, lesson: str, student: str) -> Lesson:
        """The lesson that is handed in. Faults: ``not-released``, ``too-often``."""
        released = self.lesson(course, lesson)
        if released is None:
            raise ExchangeFault("not-released", lesson)
        sql = "SELECT count(*) FROM submissions WHERE course = ? AND lesson = ? AND student = ? AND submitted_at > ?"
        count = self.facts.read().execute(sql, [course, lesson, student, text_of(now() - timedelta(hours=1))]).fetchone()[0]
        if count >= self.settings.submissions_kept_per_hour:
            raise ExchangeFault("too-often", f"{count} in the last hour")
        return released

    def _moment(self, course: str, lesson: str, student: str) -> datetime:
        """Now; but always later than this pupil's last hand-in, even if the clock was set back."""
        sql = "SELECT max(submitted_at) FROM submissions WHERE course = ? AND lesson = ? AND student = ?"
        last = self.facts.read().execute(sql, [course, lesson, student]).fetchone()[0]
        return max(now(), datetime.fromisoformat(last) + timedelta(microseconds=1)) if last else now()

    def submission(self, submission: str) -> Submission:
        """Fault ``not-found``."""
        row = self._one("SELECT * FROM submissions WHERE id = ? AND removed_at IS NULL", [submission])
        if row is None:
            raise ExchangeFault("not-found", "no such submission")
        return submission_of(row)

    def submissions(
        self, *, courses: Sequence[str] | None = None, lesson: str | None = None, student: str | None = None
    ) -> list[Submission]:
        """Oldest first; None means any."""
        where, values = ["removed_at IS NULL"], []
        if courses is not None:
            where.append(f"course IN ({','.join('?' * len(courses))})")
            values += list(courses)
        for column, value in (("lesson", lesson), ("student", student)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        sql = f"SELECT * FROM submissions WHERE {' AND '.join(where)} ORDER BY submitted_at, id"  # noqa: S608
        return [submission_of(row) for row in self.facts.read().query(sql, values)]

    def submission_files(self, submission: str) -> Path:
        """The folder of a submission: the pupil's files and ``timestamp.txt``. Read only; it is hostile content."""
        found = self.submission(submission)
        return self.shelf.root / "submissions" / found.course / found.lesson / found.student / found.id

    def is_newest(self, submission: str) -> bool:
        """Whether this is the pupil's newest one for the lesson: the one that counts in the gradebook."""
        sql = """SELECT 1 FROM submissions s JOIN submissions n USING (course, lesson, student)
                 WHERE s.id = ? AND n.removed_at IS NULL AND n.submitted_at > s.submitted_at"""
        return self.facts.read().execute(sql, [submission]).fetchone() is None

    def remove_submission(self, submission: str) -> None:
        """Take it off every list (nbgrader's ``list --remove``). Its files are kept: every hand-in is."""
        with self.facts.write() as database:
            database.execute("UPDATE submissions SET removed_at = ? WHERE id = ?", [text_of(now()), submission])

    # ------------------------------------------------------------------ marks
    def record_grade(self, submission: str, grade: Grade) -> Submission:
        """Write down the marks and finish the job, in one transaction. Called again for a graded one it changes nothing."""
        self.record_many([(submission, grade)])
        return self.submission(submission)

    def record_failure(self, submission: str, note: str) -> Submission:
        """Grading gave up for a reason that is ours, not the pupil's; ``note`` says so to the child. A graded one stays graded."""
        self.record_many([(submission, note)])
        return self.submission(submission)

    def record_many(self, ended: Sequence[tuple[str, Grade | str]]) -> None:
        """Marks, or the note of a failure, of many submissions in one transaction."""
        with self.facts.write() as database:
            for submission, result in ended:
                conclude(database, submission, result)
        self._ring(bells.EXCHANGE)

    def queue_again(self, submissions: Iterable[str], *, anew: bool) -> list[str]:
        """Queue hand-ins whose grading ended once more; which of them are queued now. ``anew``: even if they have been counted."""
        with self.facts.write() as database:
            queued = [submission for submission in submissions if jobs.queue_again(database, submission, anew=anew)]
        self._ring(bells.GRADER, bells.EXCHANGE)
        return queued

    def states(self, submissions: Sequence[str]) -> dict[str, str]:
        """How far each of these is, by id."""
        found: dict[str, str] = {}
        for start in range(0, len(submissions), 500):
            some = submissions[start : start + 500]
            sql = f"SELECT id, state FROM submissions WHERE id IN ({','.join('?' * len(some))})"  # noqa: S608
            found |= {row[0]: row[1] for row in self.facts.read().execute(sql, some)}
        return found

    def put_feedback(self, submission: str, folder: Path) -> Submission:
        """Keep feedback pages (``<notebook>.html`` and what they need) for one submission; replaces earlier ones."""
        found = self.submission(submission)
        ready = self._own(folder)
        pages = {place.stem: hashlib.sha256(place.read_bytes()).hexdigest() for place in sorted(ready.glob("*.html"))}
        if not pages:
            raise ExchangeFault("bad-request", "no feedback page in it")
        old = self._one("SELECT feedback_folder FROM submissions WHERE id = ?", [submission])
        place = self.shelf.put(ready, "feedback", found.id, secrets.token_hex(8))
        with self.facts.write() as database:
            database.table("submissions").update(submission, {"feedback": json.dumps(pages), "feedback_folder": place})
            jobs.note_submission(database, submission, kind="feedback")
        if old and old["feedback_folder"]:
            self.shelf.drop(old["feedback_folder"])
        self._ring(bells.EXCHANGE)
        return self.submission(submission)

    def feedback_files(self, submission: str) -> Path:
        """Fault ``not-found`` if there is none yet."""
        row = self._one("SELECT feedback_folder FROM submissions WHERE id = ?", [submission])
        if not row or not row["feedback_folder"]:
            raise ExchangeFault("not-found", "no feedback yet")
        return self.shelf.root / str(row["feedback_folder"])

    # ------------------------------------------------------------------ views
    def progress(self, course: str, lesson: str) -> dict[str, Progress]:
        """The newest submission of each pupil who handed in."""
        newest: dict[str, Submission] = {found.student: found for found in self.submissions(courses=[course], lesson=lesson)}
        return {student: Progress(submission=found.id, **shared_facts(found, Progress)) for student, found in newest.items()}

    def cards(self, account: str, courses: Sequence[str]) -> list[Card]:
        """A pupil's lessons with how far each is."""
        newest = {(found.course, found.lesson): found for found in self.submissions(courses=courses, student=account)}
        cards = []
        for lesson in self.lessons(courses):
            found = newest.get((lesson.course, lesson.lesson))
            marks = {"state": found.state, "score": found.score, "max_score": found.max_score} if found else {"state": "released"}
            cards.append(Card.model_validate({"course": lesson.course, "lesson": lesson.lesson, "title": lesson.title, **marks}))
        return cards

    def last_change(self) -> int:
        return int(self.facts.read().execute("SELECT coalesce(max(id), 0) FROM changes").fetchone()[0])

    def changes(self, after: int) -> list[tuple[Event, str | None, int | None]]:
        """What changed since, in order, each with the submission and the job it is about."""
        rows = self.facts.read().query("SELECT * FROM changes WHERE id > ? ORDER BY id LIMIT 1000", [after])
        return [(Event.model_validate(row), row["submission"], row["job"]) for row in rows]

    # ------------------------------------------------------------------ the queue
    def claim_job(self, kinds: Sequence[Kind] = jobs.KINDS) -> Job | None:
        """The next job for this process, marked as running; None if there is none. See ``jobs.claim`` for the order."""
        return next(iter(self.claim_jobs(kinds)), None)

    def claim_jobs(self, kinds: Sequence[Kind], most: int = 1, within: Sequence[jobs.Place] | None = None) -> list[Job]:
        """The next jobs, in one transaction; ``within``: only those of these (course, lesson)."""
        claimed = jobs.claim(self.facts, jobs.owner_name(os.getpid()), kinds, most, within)
        if claimed:
            self._ring(bells.EXCHANGE)
        return claimed

    def heartbeat(self, job: Job) -> bool:
        """Call at least every ``jobs.LEASE / 3`` seconds; False means the job was taken away."""
        return jobs.heartbeat(self.facts, job)

    def finish_job(self, job: Job, result: dict[str, Any] | None = None) -> bool:
        """An execution's, release's or withdrawal's end. (A submission ends by ``record_grade`` or ``record_failure``.)"""
        return self._close(job, ok=True, result=result, note=None)

    def fail_job(self, job: Job, note: str) -> bool:
        """The job cannot be done; ``note`` is for the teacher."""
        return self._close(job, ok=False, result=None, note=note)

    def _close(self, job: Job, *, ok: bool, result: dict[str, Any] | None, note: str | None) -> bool:
        with self.facts.write() as database:
            held = jobs.close(database, job, ok=ok, result=result, note=note)
            if held:
                kind = "job" if ok or job.kind == "execution" else "release-failed"
                jobs.note_change(database, kind, course=job.course, lesson=job.lesson, state="done" if ok else "failed", job=job.id)
        self._ring(bells.EXCHANGE)
        return held

    def requeue_lost(self) -> list[int]:
        """Put back the jobs of dead workers. Call at the worker's start and every few seconds."""
        lost = jobs.requeue_lost(self.facts)
        if lost:
            self._ring(bells.GRADER, bells.EXCHANGE)
        return lost

    def add_job(
        self, kind: Kind, *, course: str, lesson: str, account: str | None = None, payload: dict[str, Any] | None = None
    ) -> JobView:
        with self.facts.write() as database:
            job = jobs.add(database, kind, course=course, lesson=lesson, account=account, payload=payload)
        self._ring(bells.GRADER)
        return self.job(job)

    def job(self, job: int) -> JobView:
        """Fault ``not-found``."""
        row = self._one("SELECT id, kind, state, note, course, lesson, account FROM jobs WHERE id = ?", [job])
        if row is None:
            raise ExchangeFault("not-found", "no such job")
        return JobView.model_validate(row)

    def take_result(self, job: int) -> dict[str, Any] | None:
        """What an execution gave; it is forgotten after this, notebooks are large."""
        row = self._one("SELECT result FROM jobs WHERE id = ?", [job])
        with self.facts.write() as database:
            database.execute("UPDATE jobs SET result = NULL WHERE id = ?", [job])
        result: dict[str, Any] | None = json.loads(row["result"]) if row and row["result"] else None
        return result

    def listen(self) -> bells.Listener:
        """For the worker: ``listen().wait(seconds)`` returns as soon as there is a new job."""
        return bells.Listener(self.bells, bells.GRADER)

    # ------------------------------------------------------------------ upkeep
    def stage(self) -> Path:
        """A path (not made yet) for files that are on their way in."""
        return self.shelf.aside()

    def sweep(self) -> list[str]:
        """At the service's start, before anything is taken: clear what a crash left; the places set aside."""
        database = self.facts.read()
        known = {row["folder"] for row in database.query("SELECT folder FROM releases")}
        known |= {"/".join(("submissions", *row)) for row in database.execute("SELECT course, lesson, student, id FROM submissions")}
        sql = "SELECT feedback_folder AS f FROM submissions WHERE feedback_folder IS NOT NULL"
        known |= {row["f"] for row in database.query(sql)}
        with self.facts.write() as writer:
            writer.execute("DELETE FROM changes WHERE at < ?", [text_of(now() - KEEP_CHANGES)])
            sql = "DELETE FROM jobs WHERE finished_at < ? AND kind != 'submission'"
            writer.execute(sql, [text_of(now() - KEEP_JOBS)])
        return self.shelf.sweep(known)

    def close(self) -> None:
        self.facts.close()

    def _own(self, folder: Path) -> Path:
        """The folder itself if it is staged, else a staged copy of its regular files."""
        if folder.parent == self.shelf.incoming or folder.parent.parent == self.shelf.incoming:
            return folder
        ready = self.stage()
        ready.mkdir(mode=0o700)
        copy_into(ready, folder)
        return ready

    def _ring(self, *names: str) -> None:
        for name in names:
            bells.ring(self.bells, name)

    def _one(self, sql: str, values: Sequence[object]) -> dict[str, Any] | None:
        return next(iter(self.facts.read().query(sql, values)), None)
