"""The teacher starts the lesson: the button, one pupil's server again, and the times at which the class starts by itself."""

from __future__ import annotations

import json
from datetime import date, datetime, time

from tornado import web

from hub.classstart.book import TimetableError
from hub.classstart.desk import StartDesk
from hub.classstart.timetable import Once, Weekly, coming
from hub.screens.classroom import Classroom
from hub.screens.screen import TeacherScreen
from kanikko.clock import CITY_TIME

WEEKDAYS = "月火水木金土日"
SHOWN = 5
"""Coming lessons that the page lists."""


class StartingScreen(TeacherScreen):
    desk: StartDesk

    def initialize(self, classroom: Classroom, desk: StartDesk) -> None:  # type: ignore[override]  # Tornado passes by keyword
        super().initialize(classroom)
        self.desk = desk


class StartClass(StartingScreen):
    """``POST /hub/class/<course>/start``: start every pupil's server. Progress comes with the class page's events."""

    def get_content_type(self) -> str:
        return "application/json"

    async def post(self, course: str) -> None:
        self.audit("start-class", course=course)
        self.desk.start_class(course, self.person.account)
        self.finish(json.dumps({"state": "started"}))


class StartPupil(StartingScreen):
    """``POST …/pupils/<account>/start``: start one pupil's server, again if it failed."""

    def get_content_type(self) -> str:
        return "application/json"

    async def post(self, course: str, account: str) -> None:
        if account not in self.classroom.pupil_accounts(course):
            raise web.HTTPError(404, "not a pupil of this class")
        self.audit("start-pupil", course=course, pupil=account)
        if self.desk.states().get(account) != "on":
            self.desk.ask(account)
        self.finish(json.dumps({"state": "started"}))


class Times(StartingScreen):
    """``/hub/class/<course>/times``: when lessons begin. Plain forms: ``act`` says what to do, and the page comes again."""

    async def get(self, course: str) -> None:
        await self._show(course)

    async def post(self, course: str) -> None:
        act = self.get_body_argument("act", "")
        try:
            self._change(course, act)
        except TimetableError as error:
            self.set_status(400)
            await self._show(course, refused=error)
            return
        self.audit(f"timetable-{act}", course=course)
        self.redirect(self.hub_url(f"class/{course}/times"))

    def _change(self, course: str, act: str) -> None:
        book = self.desk.book
        match act:
            case "add-weekly":
                book.add_weekly(course, Weekly(self._weekday(), self._time()))
            case "remove-weekly":
                book.remove_weekly(course, Weekly(self._weekday(), self._time()))
            case "add-once":
                book.add_once(course, Once(self._day(), self._time()))
            case "remove-once":
                book.remove_once(course, Once(self._day(), self._time()))
            case "skip":
                book.skip(course, self._day())
            case "unskip":
                book.unskip(course, self._day())
            case _:
                raise web.HTTPError(400, "no such act")

    async def _show(self, course: str, refused: TimetableError | None = None) -> None:
        timetable, now = self.desk.book.timetable(course), datetime.now(CITY_TIME)
        today = now.date()
        await self.show(
            "ks_times.html",
            school_class=self.school_class,
            weekly=sorted(timetable.weekly),
            once=sorted(lesson for lesson in timetable.once if lesson.day >= today),
            skipped=sorted(day for day in timetable.skipped if day >= today),
            coming=[when_text(begins) for begins in coming(timetable, now)[:SHOWN]],
            weekdays=WEEKDAYS,
            day_text=day_text,
            today=today.isoformat(),
            ahead=f"{self.classroom.settings.start_ahead_minutes:g}",
            refused=refused,
        )

    def _weekday(self) -> int:
        text = self.get_body_argument("weekday", "")
        if text not in {str(number) for number in range(7)}:
            raise TimetableError("曜日を選んでください。")
        return int(text)

    def _time(self) -> time:
        try:
            return time.fromisoformat(self.get_body_argument("at", "")).replace(second=0, microsecond=0, tzinfo=None)
        except ValueError:
            raise TimetableError("始まる時刻を入れてください。", remedy="例: 9:40") from None

    def _day(self) -> date:
        try:
            day = date.fromisoformat(self.get_body_argument("day", ""))
        except ValueError:
            raise TimetableError("日付を入れてください。") from None
        return day


def day_text(day: date) -> str:
    """``11月24日(火)``."""
    return f"{day.month}月{day.day}日({WEEKDAYS[day.weekday()]})"


def when_text(begins: datetime) -> str:
    """``11月24日(火) 9:40``."""
    return f"{day_text(begins)} {begins.hour}:{begins:%M}"
