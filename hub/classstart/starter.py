"""Starting one server the way JupyterHub itself does, on behalf of no browser: the tab that asked may be long closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPServerRequest

from kanikko.errors import KanikkoError

LOOK_SECONDS = 0.1
"""How often a server that somebody else is starting or stopping is looked at."""
SLACK_SECONDS = 30.0


class StartError(KanikkoError):
    """A server did not come up, and JupyterHub has told the log why."""


class _NoBrowser(HTTPConnection):
    """The far end of a request that nobody made."""

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        """Nobody is there to go away."""


class _Hand(BaseHandler):
    """The hub's own way to start a server is a method of its request handlers; this one answers no request."""

    def __init__(self, app: Any) -> None:
        nobody = HTTPServerRequest(method="POST", uri="/", headers=HTTPHeaders(), connection=_NoBrowser())
        super().__init__(app.tornado_application, nobody)

    @property
    def slow_spawn_timeout(self) -> float | None:
        """Never return before the server runs or has failed: who waits for us counts the starts under way."""
        return None


class Starter:
    """Starts servers for ``app``, the JupyterHub application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, account: str, server: str) -> None:
        """Start this server and return when it runs. One that runs already is left alone, one under way is waited for.

        Raises TimeoutError if it took too long, StartError or whatever the spawner raised if it failed.
        """
        hand = _Hand(self._app)
        user = hand.user_from_username(account)
        spawner = user.get_or_create_spawner(server, "", replace_failed=True)
        if spawner.ready:
            await spawner.poll_and_notify()  # one that died a moment ago is not taken for a running one
        if spawner.pending:
            await asyncio.wait_for(_settled(user, server), spawner.start_timeout + spawner.http_timeout + SLACK_SECONDS)
        if not is_ready(user, server):
            await hand.spawn_single_user(user, server)
        if not is_ready(user, server):
            raise StartError(f"The server of {account} ended while it started.", remedy="See the hub's log.")


def is_ready(user: Any, server: str) -> bool:
    """Does this server of a hub's user run, with its route in the proxy?"""
    spawner = user.spawners.get(server)
    return bool(spawner is not None and spawner.ready)


async def _settled(user: Any, server: str) -> None:
    """Wait until nothing is under way: the hub found it so after a restart, or an operator is stopping it."""
    while (spawner := user.spawners.get(server)) is not None and spawner.pending:
        await asyncio.sleep(LOOK_SECONDS)
