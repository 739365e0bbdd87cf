"""JupyterHub follows the roster: groups within seconds of a change, and nobody stays in who has left the city or a class.

Runs inside the hub's process and event loop. It belongs where JupyterHub hands out its application object in public:
``Authenticator.get_handlers(app)``::

    self.follower = RosterFollower(app, roster)
    self.follower.start()

Only ids of accounts are logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from jupyterhub import orm
from jupyterhub.utils import new_token

from hub.roster.model import teachers_group
from hub.roster.store import Roster

EVERY_SECONDS = 3.0
AT_ONCE = 10
"""Servers that are stopped at the same time when many people leave."""
BREATHER = 50
"""People whose groups are set before the hub gets to answer requests again."""
PASSES = 2
"""A sign-in that was under way while its person left is caught by revoking once more at the next look."""


class RosterFollower:
    """Compares ``roster.version()`` every few seconds and brings the hub in line when it has grown.

    ``app`` is the JupyterHub application; what is used of it: ``users``, ``proxy``, ``db``, ``log`` and ``http_server``
    (set once the hub listens; nothing is done before).
    """

    def __init__(self, app: Any, roster: Roster, *, every: float = EVERY_SECONDS) -> None:
        self.app = app
        self.roster = roster
        self.every = every
        self._seen: int | None = None
        self._groups: dict[str, list[str]] = {}  # as the roster said at the last change
        self._leaving: dict[str, int] = {}  # account -> passes made
        self._gone: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow from now on, until ``stop`` or the end of the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._follow(), name="roster follower")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def look(self) -> None:
        """One look at the roster; does nothing if it is as it was and nobody is on the way out."""
        version = self.roster.version()
        if version != self._seen:
            self._groups = await asyncio.to_thread(self.roster.all_groups)
            await self._follow_groups(self._groups)
            # Only now: had this look failed half way, the next one must do it again.
            self._seen = version
        await self._see_out()
        await self._close_classes()

    async def _follow(self) -> None:
        while True:
            if self.app.http_server is not None:
                try:
                    await self.look()
                except Exception:  # whatever went wrong, the next look tries again
                    self.app.db.rollback()
                    self.app.log.exception("The hub could not follow the roster; trying again in %.0f s", self.every)
            await asyncio.sleep(self.every)

    # ------------------------------------------------------------------ groups
    async def _follow_groups(self, groups: dict[str, list[str]]) -> None:
        known = self._groups_in_hub()
        lost = known.keys() - groups.keys()
        for account in lost - self._gone - self._leaving.keys():
            self._leaving[account] = 0
        self._gone &= lost
        self._leaving = {account: passes for account, passes in self._leaving.items() if account in lost}
        changed = [account for account, current in known.items() if account in groups and current != set(groups[account])]
        for number, account in enumerate(changed, start=1):
            user = self.app.users.get(account)
            if user is not None:
                user.sync_groups(groups[account])
            if number % BREATHER == 0:
                await asyncio.sleep(0)

    def _groups_in_hub(self) -> dict[str, set[str]]:
        """Every user the hub has ever seen, with the groups they are in; as plain rows, since there may be 36,000."""
        known: dict[str, set[str]] = {name: set() for (name,) in self.app.db.query(orm.User.name)}
        for name, group in self.app.db.query(orm.User.name, orm.Group.name).join(orm.User.groups):
            known[name].add(group)
        return known

    # ------------------------------------------------------------------ leaving
    async def _see_out(self) -> None:
        await self._each(self._see_one_out(account) for account in list(self._leaving))

    async def _each(self, endings: Iterable[Coroutine[Any, Any, None]]) -> None:
        """A few at a time. One that cannot be ended must not keep the others in; the next look tries it again."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def end(ending: Coroutine[Any, Any, None]) -> None:
            async with limit:
                await ending

        for error in await asyncio.gather(*map(end, endings), return_exceptions=True):
            if isinstance(error, Exception):
                self.app.log.error("Could not end a session of someone who left; trying again", exc_info=error)

    async def _see_one_out(self, account: str) -> None:
        user = self.app.users.get(account)
        if user is None:
            self._leaving.pop(account, None)
            return
        self._take_keys(user)
        await self._stop_servers(user)
        self._leaving[account] += 1
        if self._leaving[account] >= PASSES and not user.active:
            del self._leaving[account]
            self._gone.add(account)
            self.app.log.info("%s has left: signed out, servers stopped, groups and tokens withdrawn", account)

    def _take_keys(self, user: Any) -> None:
        """No cookie, token or group of theirs is worth anything from here on. No await: the session is the hub's."""
        user.sync_groups([])
        orm_user = user.orm_user
        orm_user.cookie_id = new_token()  # what the hub's cookies name people by
        for key in (*orm_user.api_tokens, *orm_user.oauth_codes):
            self.app.db.delete(key)
        self.app.db.commit()

    async def _close_classes(self) -> None:
        """End each class's server (the course folder, formgrader) whose owner no longer teaches that class.

        Asked at every look: a server that was just starting at the change is found at a later one.
        """
        servers = self.app.db.query(orm.User.name, orm.Spawner.name).join(orm.Spawner, orm.Spawner.user_id == orm.User.id)
        running = servers.filter(orm.Spawner.name != "", orm.Spawner.server_id.is_not(None)).all()
        await self._each(
            self._close_class(account, course) for account, course in running if teachers_group(course) not in self._groups.get(account, ())
        )

    async def _close_class(self, account: str, course: str) -> None:
        if await self._stop_server(self.app.users[account], course):
            self.app.log.info("%s no longer teaches %s: the server of the class is stopped", account, course)

    async def _stop_servers(self, user: Any) -> None:
        for name in list(user.spawners):
            await self._stop_server(user, name)

    async def _stop_server(self, user: Any, name: str) -> bool:
        """Whether it was stopped: one that is just starting or stopping is left to finish that, the next look stops it."""
        if ready := user.spawners[name].ready:
            await self.app.proxy.delete_user(user, name)
            await user.stop(name)
        return bool(ready)
