"""The API's calls, one class an address; the table stands in docs/exchange.md."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError
from tornado.web import Application

from grading.exchange.base import Handler, House, UploadHandler
from grading.exchange.jobs import Kind
from grading.exchange.programs import marked_programs
from grading.exchange.store import check_id
from grading.exchange.watch import ANYTHING
from kanikko.exchange_facts import Executed, JobView, Lesson, Submission
from kanikko.exchange_faults import ExchangeFault
from kanikko.safe_files import ArchiveLimits

if TYPE_CHECKING:
    from hub.roster import Roster

MB = 1024 * 1024
TEACHER_LIMITS = ArchiveLimits(total=100 * MB, entries=1000)
"""A release: nbgrader's own measure for a folder."""
FEEDBACK_LIMITS = ArchiveLimits(total=100 * MB, entries=1000, check_notebooks=False)
EXECUTION_BYTES = 40 * MB
EXECUTION_SECONDS = 600.0
SILENCE = 10.0
"""Seconds after which the event stream says that it is still there."""


class MeHandler(Handler):
    def get(self) -> None:
        self.give({"name": self.asker.name, "student_of": sorted(self.asker.student_of), "instructor_of": sorted(self.asker.instructor_of)})


class LessonsHandler(Handler):
    def get(self) -> None:
        course = self.get_query_argument("course", "")
        self.need(not course or self.asker.belongs_to(course))
        self.give(self.store.lessons([course] if course else sorted(self.asker.member_of)))


class ReleaseHandler(UploadHandler):
    def allow(self) -> int:
        if self.request.method == "PUT":
            self.need(self.asker.teaches(self.path_args[0]))
            return TEACHER_LIMITS.on_the_wire
        return 0

    async def put(self, course: str, lesson: str) -> None:
        def release(folder: Path) -> Lesson:
            return self.store.put_release(course, lesson, title, folder, force=force)

        title = self.get_query_argument("title", "")[:200]
        force = self.get_query_argument("force", "") != "no"
        if not force and self.store.lesson(course, lesson):
            raise ExchangeFault("exists", lesson)
        self.give(await self.unpacked(TEACHER_LIMITS, release), 201)

    def delete(self, course: str, lesson: str) -> None:
        self.need(self.asker.teaches(course))
        self.store.withdraw(course, lesson)
        self.give(None)

    async def get(self, course: str, lesson: str) -> None:
        self.need(self.asker.belongs_to(course))
        await self.give_files(self.store.release_files(course, lesson))


class SubmitHandler(UploadHandler):
    def allow(self) -> int:
        course, lesson = self.path_args
        self.need(course in self.asker.student_of)
        self.store.may_submit(course, lesson, self.asker.name)
        return self._limits.on_the_wire

    @property
    def _limits(self) -> ArchiveLimits:
        settings = self.store.settings
        return ArchiveLimits(total=settings.submission_limit_mb * MB, entries=settings.submission_limit_files)

    async def post(self, course: str, lesson: str) -> None:
        found = await self.unpacked(self._limits, self.store.submit, course, lesson, self.asker.name)
        self.give(_seen_by(self, found), 201)


def _seen_by(handler: Handler, found: Submission) -> Submission:
    """Flags are for teachers: a pupil must not learn which forgery was noticed."""
    return found if handler.asker.teaches(found.course) else found.model_copy(update={"flags": ()})


def _visible(handler: Handler, submission: str) -> Submission:
    """What is not the asker's to see is not there for him either."""
    found = handler.store.submission(submission)
    if not handler.asker.may_see(found.course, found.student):
        raise ExchangeFault("not-found", "no such submission")
    return found


class SubmissionsHandler(Handler):
    def get(self) -> None:
        course = self.get_query_argument("course", "") or None
        lesson = self.get_query_argument("lesson", "") or None
        student = self.get_query_argument("student", "") or None
        asker = self.asker
        if course and asker.teaches(course):
            found = self.store.submissions(courses=[course], lesson=lesson, student=student)
        elif asker.is_hub:
            found = self.store.submissions(lesson=lesson, student=student)
        else:
            self.need(student in (None, asker.name) and (not course or asker.belongs_to(course)))
            found = self.store.submissions(courses=[course] if course else None, lesson=lesson, student=asker.name)
        self.give([_seen_by(self, one) for one in found])


class SubmissionHandler(Handler):
    async def get(self, submission: str) -> None:
        _visible(self, submission)
        found = await self.house.watch.until(
            submission, lambda: self.store.submission(submission), lambda now: now.state in ("graded", "failed"), self.wait_seconds()
        )
        self.give(_seen_by(self, found))

    def delete(self, submission: str) -> None:
        self.need(self.asker.teaches(_visible(self, submission).course))
        self.store.remove_submission(submission)
        self.give(None)


class SubmissionFilesHandler(Handler):
    async def get(self, submission: str) -> None:
        _visible(self, submission)
        await self.give_files(self.store.submission_files(submission))


class FeedbackHandler(UploadHandler):
    def allow(self) -> int:
        if self.request.method == "PUT":
            self.need(self.asker.teaches(_visible(self, self.path_args[0]).course))
            return FEEDBACK_LIMITS.on_the_wire
        return 0

    async def put(self, submission: str) -> None:
        self.give(await self.unpacked(FEEDBACK_LIMITS, self.store.put_feedback, submission))

    async def get(self, submission: str) -> None:
        _visible(self, submission)
        await self.give_files(self.store.feedback_files(submission))


class ExecutionsHandler(UploadHandler):
    """For the formgrader's "autograde" button: pupils' code runs in the grading sandbox, not in the teacher's room."""

    def allow(self) -> int:
        self.need(bool(self.asker.instructor_of))
        return EXECUTION_BYTES

    async def post(self) -> None:
        with self.complete() as body:
            payload = await self.in_thread(_read_execution, body.read)
        job = await self.in_thread(self._queue, payload)
        ended = await _job_end(self, job.id, EXECUTION_SECONDS)
        result = self.store.take_result(job.id)
        if result is None:
            raise ExchangeFault("broken", ended.note or "the execution did not end")
        self.give(Executed.model_validate(result))

    def _queue(self, payload: dict[str, Any]) -> JobView:
        return self.store.add_job("execution", course="", lesson="", account=self.asker.name, payload=payload)


def _has_ended(job: JobView) -> bool:
    return job.state in ("done", "failed")


async def _job_end(handler: Handler, job: int, seconds: float) -> JobView:
    def look() -> JobView:
        return handler.store.job(job)

    return await handler.house.watch.until(f"job:{job}", look, _has_ended, seconds)


def _read_execution(read: Any) -> dict[str, Any]:
    try:
        asked = json.loads(read())
        payload = {"notebook": dict(asked["notebook"]), "files": dict(asked["files"]), "limits": dict(asked["limits"])}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ExchangeFault("bad-request", "notebook, files and limits are needed") from error
    return payload


class LessonWorkHandler(Handler):
    async def post(self, course: str, lesson: str, what: str) -> None:
        self.need(self.asker.teaches(course))
        check_id(course), check_id(lesson)
        kind: Kind = "release" if what == "release" else "withdraw"
        payload = {"asked_by": self.asker.name}
        job = self.store.add_job(kind, course=course, lesson=lesson, payload=payload)
        ended = await _job_end(self, job.id, self.wait_seconds())
        self.give(ended, 200 if _has_ended(ended) else 202)


class JobHandler(Handler):
    async def get(self, job: str) -> None:
        found = self.store.job(int(job))
        if not (self.asker.teaches(found.course) if found.account is None else self.asker.name == found.account or self.asker.is_hub):
            raise ExchangeFault("not-found", "no such job")
        self.give(await _job_end(self, found.id, self.wait_seconds()))


class ProgressHandler(Handler):
    def get(self, course: str, lesson: str) -> None:
        self.need(self.asker.teaches(course))
        self.give(self.store.progress(course, lesson))


class ProgramsHandler(Handler):
    async def get(self, course: str, lesson: str) -> None:
        self.need(self.asker.teaches(course))
        self.give(await self.in_thread(marked_programs, self.store, course, lesson))


class PupilHandler(Handler):
    async def get(self, account: str) -> None:
        self.need(self.asker.is_hub or self.asker.name == account)
        courses = await self.in_thread(_courses_of, self.house, account) if self.asker.is_hub else sorted(self.asker.student_of)
        self.give(self.store.cards(account, courses))


def _courses_of(house: House, account: str) -> list[str]:
    return [found.course for found in _roster(house.store.settings.roster_db).classes_of(account)]


@cache
def _roster(place: Path) -> Roster:
    from hub.roster import Roster  # only for the hub's questions; the rest of the service does without the roster

    return Roster(place)


class EventsHandler(Handler):
    """Server-sent events for the hub. Coming back with ``Last-Event-ID`` it hears what it missed."""

    async def get(self) -> None:
        self.need(self.asker.is_hub)
        self.set_header("Content-Type", "text/event-stream")
        last = self.request.headers.get("Last-Event-ID", "")
        seen = int(last) if last.isdigit() and len(last) < 18 else self.store.last_change()
        try:
            self.write(": hello\n\n")
            await self.flush()
            while True:
                seen = await self._tell(seen)
        except StreamClosedError:
            return

    async def _tell(self, seen: int) -> int:
        """Send what changed after ``seen``, or after a while a sign of life; the last event's id."""
        changes = await self.house.watch.until(ANYTHING, lambda: self.store.changes(seen), bool, SILENCE)
        for event, _, _ in changes:
            self.write(f"id: {event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n")
        if not changes:
            self.write(": still here\n\n")
        await self.flush()
        return changes[-1][0].id if changes else seen


class NothingHere(Handler):
    async def prepare(self) -> None:
        raise ExchangeFault("not-found", "no such address")


ID = "([^/]+)"


def application(house: House) -> Application:
    addresses = [
        ("/api/me", MeHandler),
        ("/api/lessons", LessonsHandler),
        (f"/api/releases/{ID}/{ID}", ReleaseHandler),
        ("/api/submissions", SubmissionsHandler),
        (f"/api/submissions/{ID}/files", SubmissionFilesHandler),
        (f"/api/submissions/{ID}", SubmissionHandler),
        (f"/api/submissions/{ID}/{ID}", SubmitHandler),
        (f"/api/feedback/{ID}", FeedbackHandler),
        ("/api/executions", ExecutionsHandler),
        (f"/api/courses/{ID}/lessons/{ID}/(release|withdraw)", LessonWorkHandler),
        (r"/api/jobs/(\d{1,15})", JobHandler),
        (f"/api/progress/{ID}/{ID}", ProgressHandler),
        (f"/api/programs/{ID}/{ID}", ProgramsHandler),
        (f"/api/pupil/{ID}", PupilHandler),
        ("/api/events", EventsHandler),
    ]
    return Application(
        [(pattern, handler, {"house": house}) for pattern, handler in addresses],
        default_handler_class=NothingHere, default_handler_args={"house": house},
    )  # fmt: skip
