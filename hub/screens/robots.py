"""The teacher's download for a robot event: the programs that a class's pupils marked for the robot, as one package."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from tornado import web

from hub.screens.screen import TeacherScreen
from hub.screens.states import Pupil
from kanikko.clock import CITY_TIME
from kanikko.exchange_client import ExchangeFault, RobotProgram
from robots.flash.package import TeamProgram, write_package


class RobotPrograms(TeacherScreen):
    """``/hub/class/<course>/lessons/<lesson>/robots.zip``, for ``kanikko flash``."""

    async def get(self, course: str, lesson: str) -> None:
        try:
            programs = await self.classroom.exchange.programs(course, lesson)
        except ExchangeFault as error:
            self.log.warning("No programs of %s: %s", course, error.message)
            raise web.HTTPError(503, "the exchange is away") from error
        teams = team_programs(programs, self.classroom.class_list(course), self.school_class.title)
        if not teams:
            await self.show("ks_no_robots.html", school_class=self.school_class, lesson=lesson)
            return
        self.audit("export-robots", course=course, lesson=lesson)
        now = datetime.now(UTC)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "robots.zip")
            write_package(place, teams, event=f"{course}-{lesson}", made_at=now)
            content = place.read_bytes()
        name = f"{self.school_class.title} {now.astimezone(CITY_TIME):%Y-%m-%d} ロボット.zip"
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", f"attachment; filename=\"robots.zip\"; filename*=UTF-8''{quote(name, safe='')}")
        self.finish(content)


def team_programs(programs: list[RobotProgram], pupils: list[Pupil], title: str) -> list[TeamProgram]:
    """A team a pupil, by the number in the attendance book; who has none goes by his account. No name leaves the house."""
    numbers = {pupil.account: pupil.number for pupil in pupils}
    taken: set[str] = set()
    teams = []
    for program in sorted(programs, key=lambda program: (int(numbers.get(program.student) or 1_000), program.student)):
        if program.student not in numbers:  # has left the class
            continue
        number = numbers[program.student]
        team = number if number and number not in taken else program.student
        taken.add(team)
        label = f"{title} {number}番" if team == number else title
        teams.append(TeamProgram(team, label, program.source.encode()))
    return teams
