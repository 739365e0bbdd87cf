"""From a tap to a running server: the waiting page, and the calls that put the server behind it into the queue."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from jupyterhub.utils import utcnow
from tornado import web
from tornado.iostream import StreamClosedError

from hub.classstart.desk import StartDesk
from hub.classstart.queue import Start
from hub.classstart.starter import is_ready
from hub.roster import Person
from hub.screens.classroom import Classroom
from hub.screens.screen import Screen, SignedIn, TeacherScreen

LOOK_SECONDS = 1.0
"""How often a waiting child hears of a new place in the queue; of a turn, at once."""
FRESH = timedelta(seconds=30)
"""A time of use that is newer need not be written down again."""
HEARTBEAT_SECONDS = 15.0
"""A sign of life on a quiet stream, for proxies that close silent connections."""


def may_start(classroom: Classroom, person: Person, server_name: str) -> bool:
    """A pupil has one server, a teacher one for each class he teaches now, an operator none."""
    if person.role == "student":
        return server_name == ""
    return person.role == "teacher" and classroom.class_of(person, server_name) is not None


async def wait_or_go(screen: Screen, server_name: str, target: str, back: str) -> None:
    """Send the person to ``target`` on his own server; if that does not run, show the page that starts it and waits."""
    user = screen.current_user
    spawner = user.spawners.get(server_name)
    if spawner is not None and spawner.ready:
        # A server that died a moment ago is noticed here, not by a proxy error on the next page.
        await spawner.poll_and_notify()
    if spawner is not None and spawner.ready:
        note_use(screen, spawner)
        screen.redirect(target)
        return
    await screen.show("ks_waiting.html", server=server_name, target=target, back=back)


def note_use(screen: Screen, spawner: Any) -> None:
    """Somebody is on his way in: a server that was unused until now must not end under his first steps.

    The server's own report comes minutes later.
    """
    now = utcnow(with_tz=False)
    last = spawner.orm_spawner.last_activity
    if last is None or now - last > FRESH:
        spawner.orm_spawner.last_activity = now
        screen.db.commit()


class StartScreen(SignedIn):
    """What starts servers needs the desk at which they queue."""

    desk: StartDesk

    def initialize(self, classroom: Classroom, desk: StartDesk) -> None:  # type: ignore[override]  # Tornado passes by keyword
        super().initialize(classroom)
        self.desk = desk

    def ask(self, server_name: str) -> Start | None:
        """Queue one's own server; None if it runs. Raises a 404 for a server that is not this person's."""
        if not may_start(self.classroom, self.person, server_name):
            raise web.HTTPError(404, "no such server for this person")
        return None if is_ready(self.current_user, server_name) else self.desk.ask(self.person.account, server_name)

    def said(self, start: Start | None) -> dict[str, object]:
        """How a start stands, for the page: ``{"state": ready | waiting | starting | failed, "ahead": people before this one}``."""
        if start is None or (start.ended.is_set() and start.failure is None):
            return {"state": "ready"}
        if start.failure is not None:
            return {"state": "failed"}
        return {"state": "starting"} if start.begun.is_set() else {"state": "waiting", "ahead": self.desk.ahead(start)}


class StartServer(StartScreen):
    """``POST /hub/start``: start one's own server. Answers at once how that stands. Nobody is ever refused; there is a queue."""

    def get_content_type(self) -> str:
        return "application/json"

    async def post(self) -> None:
        self.finish(json.dumps(self.said(self.ask(self.get_body_argument("server", "")))))


class StartEvents(StartScreen):
    """``POST /hub/start/events``: the same, and then each change as a server-sent event until the server runs or has failed.

    A page whose connection broke asks again and finds itself where it was in the queue. Whoever closes the page keeps the place
    too: mostly he is back in a moment, and a server that nobody uses ends by itself.
    """

    def get_content_type(self) -> str:
        return "text/event-stream"

    async def post(self) -> None:
        start = self.ask(self.get_body_argument("server", ""))
        self.set_header("X-Accel-Buffering", "no")
        last, quiet = None, 0.0
        try:
            while True:
                said = self.said(start)
                if said != last or quiet >= HEARTBEAT_SECONDS:
                    self.write(f"data: {json.dumps(said)}\n\n")
                    await self.flush()
                    last, quiet = said, 0.0
                if start is None or start.ended.is_set():
                    return
                await start.changes(LOOK_SECONDS)
                quiet += LOOK_SECONDS
        except StreamClosedError:
            raise web.Finish from None


class OpenFormgrader(TeacherScreen):
    """``/hub/formgrader/<course>``: nbgrader's own formgrader, on the teacher's server for the class.

    With ``…/<lesson>/<account>``: what that pupil handed in. formgrader knows pupils by their opaque ids alone.
    """

    async def get(self, course: str, lesson: str | None = None, account: str | None = None) -> None:
        target = f"{self.current_user.server_url(course)}formgrader"
        if lesson and account:
            target += f"/manage_students/{account}/{lesson}"
        await wait_or_go(self, course, target, back=self.hub_url(f"class/{course}"))


class StartAgain(SignedIn):
    """``/hub/spawn…`` and ``/hub/spawn-pending…``: where a page of a sleeping server leads. Starts it and goes back there.

    Stands before JupyterHub's own pages of these names; only one's own server, by the roster.
    """

    async def get(self, account: str = "", server: str = "") -> None:
        user = self.current_user
        if account not in ("", user.name) or not may_start(self.classroom, self.person, server):
            self.redirect(self.hub_url("home"))
            return
        await wait_or_go(self, server, self._target(server), back=self.hub_url("home"))

    def _target(self, server: str) -> str:
        """``next``, if it is a page of this very server; else the server's first page."""
        user = self.current_user
        wanted = self.get_next_url(user, default=user.server_url(server))
        home = f"{user.base_url.rstrip('/')}/"
        if wanted.startswith(f"{self.hub.base_url}user/"):  # where the proxy brought a request that found nobody at home
            wanted = f"{self.base_url}{wanted.removeprefix(self.hub.base_url)}"
        return f"{user.host}{wanted}" if wanted.startswith(home) else user.server_url(server)
