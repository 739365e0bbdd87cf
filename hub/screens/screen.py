"""The base of every screen: who may see it, what the browser may do on it, and what its template is given."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from hub.roster import Person, SchoolClass
from hub.screens.classroom import Classroom, audit

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class Screen(BaseHandler):
    """A page or an answer for signed-in people of certain roles, checked against the roster at each request.

    A subclass names its ``roles``. If its route has a ``course``, the class must be the person's own. What a person may not
    see is "not found" for him: nobody learns which classes exist.
    """

    roles: ClassVar[frozenset[str]] = frozenset()
    classroom: Classroom
    person: Person
    school_class: SchoolClass

    def initialize(self, classroom: Classroom) -> None:
        self.classroom = classroom

    @property
    def content_security_policy(self) -> str:
        return f"{CONTENT_SECURITY_POLICY}; report-uri {self.csp_report_uri}"

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Security-Policy", self.content_security_policy)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        # Names and marks are on these pages: a shared tablet must not show them again by its "back" button.
        self.set_header("Cache-Control", "no-store")

    async def prepare(self) -> None:
        await super().prepare()
        if self._finished:
            return
        if self.current_user is None:
            self._ask_to_sign_in()
            return
        person = self.classroom.person(self.current_user.name)
        if person is None:
            raise web.HTTPError(403, "not in the roster")
        if person.role not in self.roles:
            raise web.HTTPError(404, "not for this role")
        self.person = person
        course = self.path_kwargs.get("course")
        if course is not None:
            found = self.classroom.class_of(person, course)
            if found is None:
                raise web.HTTPError(404, "not a class of this person")
            self.school_class = found

    def _ask_to_sign_in(self) -> None:
        if self.request.method not in ("GET", "HEAD") or self.request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            raise web.HTTPError(403, "signed out")
        self.redirect(f"{self.get_login_url()}?{urlencode({'next': self.request.uri})}")

    async def show(self, template: str, **values: Any) -> None:
        """Answer with a page."""
        self.finish(await self.render_template(template, person=self.person, **values))

    def hub_url(self, path: str) -> str:
        """The URL of a page of the hub, e.g. ``hub_url("home")``."""
        return f"{self.hub.base_url}{path}"

    def audit(self, act: str, **about: str) -> None:
        """Write down who did what."""
        audit.info("%s by %s %s", act, self.person.account, " ".join(f"{key}={value}" for key, value in about.items()))


class SignedIn(Screen):
    """For everybody in the roster."""

    roles = frozenset({"student", "teacher", "operator"})


class TeacherScreen(Screen):
    roles = frozenset({"teacher"})


class OperatorScreen(Screen):
    roles = frozenset({"operator"})
