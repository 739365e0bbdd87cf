"""JupyterHub's own pages that nobody here needs: whoever lands on one is taken home."""

from __future__ import annotations

from typing import Any

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from hub.screens.classroom import Classroom
from hub.screens.screen import SignedIn


class Closed(SignedIn):
    """Tokens, sharing, the stock spawn form: a tap too many for a child, and nothing a class needs."""

    def get(self, *_: str, **__: str) -> None:
        self.redirect(self.hub_url("home"))


def named_server_limit(classroom: Classroom) -> Any:
    """JupyterHub's ``named_server_limit_per_user``: a teacher may have one server a class, nobody else any.

    JupyterHub asks before a new named server is made, by page or by API.
    """

    def limit(handler: BaseHandler) -> int:
        user = handler.current_user
        person = classroom.person(user.name) if user is not None else None
        if person is None or person.role != "teacher":
            raise web.HTTPError(403, "no named servers for this role")
        name = handler.path_kwargs.get("server_name") or (handler.path_args[1] if len(handler.path_args) > 1 else "")
        if name and classroom.class_of(person, name) is None:
            raise web.HTTPError(403, "a named server is a class of one's own")
        return max(1, len(classroom.classes(person)))

    return limit
