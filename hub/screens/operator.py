"""The operator's desk: how the city stands, a class found by name, a roster brought in, staff invited."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tornado import web

from hub.roster import Person, Role, RosterError, SchoolClass
from hub.screens.screen import OperatorScreen, Screen
from hub.signin.invitations import Invitations

FOUND_SHOWN = 30
"""Classes a search lists."""
UPLOAD_BYTES = 90 * 1024 * 1024
"""Largest roster file; the HTTP server itself refuses beyond 100 MB."""
STAFF_ROLES: tuple[Role, ...] = ("teacher", "operator")


@dataclass(frozen=True)
class Counts:
    """The city in four numbers."""

    schools: int
    classes: int
    pupils: int
    servers: int


def matching(classes: list[SchoolClass], words: str) -> list[SchoolClass]:
    """Classes whose school, title or sign-in code holds every word."""
    wanted = words.lower().split()
    if not wanted:
        return []
    return [found for found in classes if all(word in f"{found.school} {found.title} {found.signin_code}".lower() for word in wanted)]


async def show_desk(screen: Screen) -> None:
    """Answer an operator's ``/hub/home``."""
    roster = screen.classroom.roster
    classes = roster.classes()
    words = screen.get_query_argument("q", "")[:100]
    found = matching(classes, words)
    await screen.show(
        "ks_desk.html",
        counts=Counts(
            schools=len({entry.school for entry in classes}),
            classes=len(classes),
            pupils=len(roster.people("student")),
            servers=screen.users.count_active_users()["active"],
        ),
        words=words,
        found=found[:FOUND_SHOWN],
        more=max(0, len(found) - FOUND_SHOWN),
    )


class RosterImport(OperatorScreen):
    """``/hub/operator/roster``: bring a OneRoster ZIP, see how it goes, see every row that must be corrected."""

    async def get(self) -> None:
        job = self.classroom.imports.job
        kinds = Counter(problem["file"] for problem in job.problems) if job else Counter()
        await self.show("ks_roster.html", job=job, kinds=kinds)

    async def post(self) -> None:
        desk = self.classroom.imports
        files = self.request.files.get("delivery", [])
        if not files:
            raise web.HTTPError(400, "no file")
        if len(files[0]["body"]) > UPLOAD_BYTES:
            raise web.HTTPError(413, "the file is too large")
        if not desk.busy:
            self.audit("import-roster", bytes=str(len(files[0]["body"])))
            desk.take(files[0]["filename"][:100], files[0]["body"], full=self.get_body_argument("full", "") == "yes")
        self.redirect(self.hub_url("operator/roster"))


class Staff(OperatorScreen):
    """``/hub/operator/staff``: add a person who is in no roster file, or invite staff anew. The link is shown once."""

    async def get(self) -> None:
        await self._show()

    async def post(self) -> None:
        try:
            person = self._known() if self.get_body_argument("account", "") else self._added()
        except RosterError as error:
            await self._show(refused=error)
            return
        code = Invitations(self.classroom.credentials).invite(person.account)
        self.audit("invite", staff=person.account)
        await self._show(invited=person, link=f"{self._origin()}{self.hub_url(f'invitation#{code}')}")

    def _known(self) -> Person:
        person = self.classroom.person(self.get_body_argument("account"))
        if person is None or person.role not in STAFF_ROLES:
            raise web.HTTPError(404, "no such member of staff")
        return person

    def _added(self) -> Person:
        role = self.get_body_argument("role", "teacher")
        return self.classroom.roster.add_staff(
            self.get_body_argument("family_name", ""),
            self.get_body_argument("given_name", ""),
            "operator" if role == "operator" else "teacher",
            self.get_body_argument("email", "").strip() or None,
        )

    def _origin(self) -> str:
        return f"{self.request.protocol}://{self.request.host}"

    async def _show(self, *, invited: Person | None = None, link: str = "", refused: RosterError | None = None) -> None:
        words = self.get_query_argument("q", "")[:100].split()
        staff = [person for role in STAFF_ROLES for person in self.classroom.roster.people(role)] if words else []
        found = [person for person in staff if all(word in f"{person.name} {person.kana} {person.email or ''}" for word in words)]
        await self.show("ks_staff.html", found=found[:FOUND_SHOWN], words=" ".join(words), invited=invited, link=link, refused=refused)
