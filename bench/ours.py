"""Our side of the bench: the real house, as ``kanikko run`` starts it, on a demo city with a class of so many pupils."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from bench import page
from bench.browser import Browser
from bench.lesson import NAME
from bench.memory import Footprint
from bench.site import PAUSE, ROOMS, TURN, Site, SiteError
from grading.release import release
from hub.roster import Roster, apply_oneroster
from hub.roster.demo_city import write_demo
from hub.signin.credentials import Credentials
from hub.spawner import end_all_rooms
from hub.spawner.registry import find, names
from kanikko.settings import Settings


class OurHouse(Site):
    """The classroom end to end. Pupils sign in by badge and press the lesson's button."""

    name = "Kanikko"
    calls = page.OURS
    hands_in = True
    stops_after = 240.0

    def __init__(self, pupils: int) -> None:
        super().__init__()
        self._size, self.lesson = pupils, NAME
        self.settings = Settings(var=self.folder, port=self.port)

    def _prepare(self) -> None:
        self.settings.make_dirs()
        roster, city = Roster(self.settings.roster_db), self.folder / "city"
        write_demo(city, pupils_per_class=self._size)
        apply_oneroster(roster, city)
        school_class = max(roster.classes(), key=lambda each: each.grade or 0)
        self.course = school_class.course
        self.pupils = [pupil.account for pupil in roster.pupils(self.course)]
        credentials = Credentials(self.settings)
        self._badges = {account: credentials.issue_badge(account) for account in self.pupils}
        release(self.settings, self.course, self.lesson)

    def _command(self) -> tuple[Sequence[str], dict[str, str]]:
        own = {"KANIKKO_VAR": str(self.folder), "KANIKKO_PORT": str(self.port), "KANIKKO_SITE_PORT": "0", "PYTHONUNBUFFERED": "1"}
        return [sys.executable, "-m", "kanikko", "run"], os.environ | own

    def _open(self) -> bool:
        return "Ctrl-C" in self.log.read_text(errors="replace")

    def _sweep(self) -> None:
        end_all_rooms(self.settings)

    def badge(self, account: str) -> str:
        """The secret of a pupil's QR badge."""
        return self._badges[account]

    async def sign_in(self, browser: Browser, account: str) -> None:
        await browser.page("/hub/badge")
        answer = await browser.form("/hub/badge", {"badge": self.badge(account), "_xsrf": browser.xsrf("/hub/")})
        if answer.path != "/hub/home":
            raise SiteError(f"{account} did not get in: {answer.status} {answer.path}")

    async def press(self, browser: Browser, account: str) -> bool:
        opened = await browser.page(f"/hub/lesson/{self.course}/{self.lesson}")
        return opened.path.startswith("/user/")

    async def wait(self, browser: Browser, account: str) -> AsyncIterator[str]:
        while True:
            async for told in browser.events("POST", "/hub/start/events", browser.xsrf("/hub/"), data={"server": ""}):
                if told["state"] == "failed":
                    raise SiteError("the server did not start")
                if told["state"] == "ready":
                    return
                if told["state"] == "starting":
                    yield TURN
            await asyncio.sleep(PAUSE)

    def first_page(self, account: str) -> str:
        return f"/user/{account}/kanikko/open/{self.course}/{self.lesson}"

    def notebook(self, account: str) -> str:
        return f"{self.course}/{self.lesson}/{self.lesson}.ipynb"

    def control(self, *words: str) -> str:
        """What supervisorctl says to this."""
        config = self.settings.run_dir / "supervisord.conf"
        command = [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(config), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def programs(self) -> dict[int, str]:
        rows = (line.replace(",", "").split() for line in self.control("status").splitlines())
        running = {int(row[3]): row[0] for row in rows if len(row) > 3 and row[1] == "RUNNING" and row[3].isdigit()}
        return running | {room.pid: ROOMS for name in names(self.settings.rooms_dir) if (room := find(self.settings.rooms_dir, name))}

    def group(self, pid: int, program: str) -> str:
        if program.endswith("grader") or not in_namespace(pid):
            return program
        return ROOMS

    def by_pupil(self, found: Mapping[int, Footprint]) -> list[float]:
        rooms: dict[str, float] = defaultdict(float)
        for footprint in found.values():
            rooms[footprint.namespace] += footprint.pss_mb
        outside = rooms.pop(str(Path("/proc/self/ns/pid").readlink()), 0.0)  # bubblewrap's own processes
        return [megabytes + outside / len(rooms) for megabytes in rooms.values()]


def in_namespace(pid: int) -> bool:
    """Whether a process is inside a room: it has a number of its own there."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return any(line.startswith("NSpid:") and len(line.split()) > 2 for line in status.splitlines())
