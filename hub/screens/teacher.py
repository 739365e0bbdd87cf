"""The teacher's class: the live list, lessons to release and withdraw, marks, and help for a child who cannot sign in."""

from __future__ import annotations

import json
import time
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from tornado import web
from tornado.iostream import StreamClosedError

from hub.screens.classroom import Classroom
from hub.screens.live import Live
from hub.screens.marks import Column, marks_csv
from hub.screens.screen import Screen, TeacherScreen
from hub.screens.states import summary
from hub.screens.words import unmarked
from kanikko.clock import CITY_TIME
from kanikko.exchange_client import ExchangeFault, JobView
from kanikko.exchange_client import Lesson as ReleasedLesson
from lessons import library

HEARTBEAT_SECONDS = 15.0
"""A sign of life on a quiet stream, for proxies that close silent connections; also how often the right to listen is checked."""
STREAM_SECONDS = 600.0
"""Then the stream ends and the browser comes back by itself, its sign-in checked anew."""
RELEASE_SECONDS = 90.0
"""How long a release is waited for before the page says that it goes on in the background."""


@dataclass(frozen=True)
class LessonChoice:
    """A lesson on the teacher's page: released to the class, waiting in the library, or both."""

    lesson: str
    title: str
    about: str
    grade: int | None
    minutes: int | None
    released: bool
    in_library: bool
    robot: bool


def choices(released: list[ReleasedLesson], shelf: list[library.Lesson]) -> list[LessonChoice]:
    """Released lessons first, the newest at the top; then the library in its own order."""
    known = {entry.id: entry for entry in shelf}
    out = sorted(released, key=lambda entry: entry.released_at, reverse=True)
    first = [_choice(entry.lesson, entry.title, known.get(entry.lesson), released=True) for entry in out]
    names = {entry.lesson for entry in released}
    return first + [_choice(entry.id, entry.title, entry, released=False) for entry in shelf if entry.id not in names]


def _choice(lesson: str, title: str, entry: library.Lesson | None, *, released: bool) -> LessonChoice:
    return LessonChoice(
        lesson=lesson,
        title=unmarked(title or lesson),
        about=unmarked(entry.about) if entry else "",
        grade=entry.grade if entry else None,
        minutes=entry.minutes if entry else None,
        released=released,
        in_library=entry is not None,
        robot=entry is None or entry.robot,  # of a teacher's own lesson nobody knows
    )


async def lesson_choices(screen: Screen, course: str) -> tuple[list[LessonChoice], bool]:
    """The lessons of a class, and whether the exchange is away."""
    try:
        shelf = library.lessons()
    except library.LessonError as error:
        screen.log.error("The library cannot be read: %s", error.message)
        shelf = []
    try:
        return choices(await screen.classroom.exchange.lessons(course), shelf), False
    except ExchangeFault as error:
        screen.log.warning("No lessons of %s: %s", course, error.message)
        return choices([], shelf), True


class LiveScreen(TeacherScreen):
    live: Live

    def initialize(self, classroom: Classroom, live: Live) -> None:  # type: ignore[override]  # Tornado passes by keyword
        super().initialize(classroom)
        self.live = live


class ClassPage(LiveScreen):
    """``/hub/class/<course>?lesson=<lesson>``."""

    async def get(self, course: str) -> None:
        found, away = await lesson_choices(self, course)
        wanted = self.get_query_argument("lesson", "")
        chosen = next((entry for entry in found if entry.released and entry.lesson == wanted), None)
        chosen = chosen or next((entry for entry in found if entry.released), None)
        rows, rows_away = await self.live.rows(course, chosen.lesson if chosen else "")
        await self.show(
            "ks_class.html",
            school_class=self.school_class,
            choices=found,
            chosen=chosen,
            rows=rows,
            summary=summary(rows),
            readiness=self.live.readiness(course, rows),
            away=away or rows_away,
            pictures=self.classroom.settings.signin == "pictures",
        )


class ClassEvents(LiveScreen):
    """``/hub/class/<course>/events?lesson=<lesson>``: server-sent events.

    ``row``, ``summary``, ``start``, ``exchange``, ``lesson``, ``reload``.
    """

    def get_content_type(self) -> str:
        return "text/event-stream"

    async def get(self, course: str) -> None:
        lesson = self.get_query_argument("lesson")
        ends = time.monotonic() + STREAM_SECONDS
        checked = time.monotonic()
        self.set_header("X-Accel-Buffering", "no")
        try:
            self.write("retry: 2000\n\n")
            await self.flush()
            async with aclosing(self.live.watch(course, lesson, HEARTBEAT_SECONDS)) as messages:
                async for kind, content in messages:
                    now = time.monotonic()
                    if now > ends:
                        break
                    if now - checked >= HEARTBEAT_SECONDS:
                        checked = now
                        if not self._still_allowed(course):
                            break
                    self.write("event: beat\ndata: {}\n\n" if kind == "beat" else f"event: {kind}\ndata: {json.dumps(content)}\n\n")
                    await self.flush()
        except StreamClosedError:
            raise web.Finish from None

    def _still_allowed(self, course: str) -> bool:
        person = self.classroom.person(self.person.account)
        return person is not None and person.role in self.roles and self.classroom.class_of(person, course) is not None


class ReleaseLesson(TeacherScreen):
    """``POST …/lessons/<lesson>/release`` and ``…/withdraw``. Answers ``{"state": done | failed | running, "note": …}``."""

    def get_content_type(self) -> str:
        return "application/json"

    async def post(self, course: str, lesson: str, act: str) -> None:
        self.audit(act, course=course, lesson=lesson)
        try:
            job = await self._ordered(course, lesson, act)
            answer = {"state": "running" if job.state in ("queued", "running") else job.state, "note": job.note or ""}
        except ExchangeFault as error:
            self.log.warning("%s of %s/%s: %s", act, course, lesson, error.message)
            answer = {"state": "failed", "note": f"{error.for_teacher}{error.remedy}"}
        self.audit(f"{act}-{answer['state']}", course=course, lesson=lesson)
        self.finish(json.dumps(answer))

    async def _ordered(self, course: str, lesson: str, act: str) -> JobView:
        """Queue the job and wait for its end."""
        exchange = self.classroom.exchange
        ends = time.monotonic() + RELEASE_SECONDS
        order = exchange.release_lesson if act == "release" else exchange.withdraw_lesson
        job = await order(course, lesson, wait=10)
        while job.state in ("queued", "running") and time.monotonic() < ends:
            job = await exchange.job(job.id, wait=10)
        return job


class MarksCsv(TeacherScreen):
    """``/hub/class/<course>/marks.csv``: all released lessons of the class."""

    async def get(self, course: str) -> None:
        exchange = self.classroom.exchange
        try:
            released = sorted(await exchange.lessons(course), key=lambda entry: entry.released_at)
            columns = [Column(unmarked(entry.title), await exchange.progress(course, entry.lesson)) for entry in released]
        except ExchangeFault as error:
            self.log.warning("No marks of %s: %s", course, error.message)
            raise web.HTTPError(503, "the exchange is away") from error
        self.audit("export-marks", course=course)
        name = f"{self.school_class.title} {datetime.now(CITY_TIME):%Y-%m-%d}.csv"
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f"attachment; filename=\"marks.csv\"; filename*=UTF-8''{quote(name, safe='')}")
        self.finish(marks_csv(self.classroom.class_list(course), columns))


class Unlock(TeacherScreen):
    """``POST …/pupils/<account>/unlock``: let a pupil try his pictures again."""

    def get_content_type(self) -> str:
        return "application/json"

    async def post(self, course: str, account: str) -> None:
        if all(pupil.account != account for pupil in self.classroom.roster.pupils(course)):
            raise web.HTTPError(404, "not a pupil of this class")
        self.classroom.credentials.unlock(account)
        self.audit("unlock", course=course, pupil=account)
        self.finish(json.dumps({"state": "done"}))
