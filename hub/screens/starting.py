"""From a tap to a running server: the waiting page, and the call that starts the server behind it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tornado import web

from hub.roster import Person
from hub.screens.classroom import Classroom
from hub.screens.screen import Screen, SignedIn, TeacherScreen

FIRST_LOOK_SECONDS = 1.0
"""How long the start call itself waits: long enough to hear of a refusal, short enough to answer at once."""


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
        screen.redirect(target)
        return
    await screen.show("ks_waiting.html", server=server_name, target=target, back=back, progress=user.progress_url(server_name))


class Start(SignedIn):
    """``POST /hub/start``: start one's own server. Answers ``{"state": ready | starting | stopping | busy | failed}``."""

    def get_content_type(self) -> str:
        return "application/json"

    async def post(self) -> None:
        server_name = self.get_body_argument("server", "")
        if not may_start(self.classroom, self.person, server_name):
            raise web.HTTPError(404, "no such server for this person")
        self.finish(json.dumps(await self._start(server_name)))

    async def _start(self, server_name: str) -> dict[str, Any]:
        user = self.current_user
        spawner = user.get_or_create_spawner(server_name, "", replace_failed=True)
        if spawner.ready:
            return {"state": "ready"}
        if spawner.pending:
            return {"state": "starting" if spawner.pending == "spawn" else "stopping"}
        starting = asyncio.ensure_future(self.spawn_single_user(user, server_name))
        starting.add_done_callback(self._heard)
        await asyncio.wait([starting], timeout=FIRST_LOOK_SECONDS)
        error = starting.exception() if starting.done() else None
        if error is None:
            return {"state": "ready" if spawner.ready else "starting"}
        if isinstance(error, web.HTTPError) and error.status_code == 429:
            return {"state": "busy", "seconds": int(getattr(error, "headers", {}).get("Retry-After", 5))}
        return {"state": "failed"}

    def _heard(self, starting: asyncio.Future[None]) -> None:
        if not starting.cancelled() and (error := starting.exception()) is not None:
            self.log.error("Server of %s did not start: %s", self.person.account, error)


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
