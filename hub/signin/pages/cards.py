"""A class's badge cards and PINs, for its teachers and for operators. Issuing is POST; what is issued is shown once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from tornado import web

from hub.roster import Person, SchoolClass
from hub.signin.credentials import Credentials
from hub.signin.pages.page import Page
from hub.signin.sheets import badge_sheet_html, issue_cards, issue_pins, pin_sheet_html

EVERYBODY = "all"
WITHOUT = "missing"


class ClassSecretsPage(Page):
    """A list of the class with what can be issued; for others the page does not exist."""

    template: str
    school_class: SchoolClass

    async def prepare(self) -> None:
        await super().prepare()
        if self._finished:
            return
        if self.current_user is None:
            self.redirect(f"{self.hub.base_url}login?{urlencode({'next': self.request.path})}", status=HTTPStatus.SEE_OTHER)
            return
        course = self.path_kwargs["course"]
        found = self.gate.roster.school_class(course)
        if found is None or not self.gate.leads(self.current_user.name, course):
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        self.school_class = found

    async def get(self, course: str) -> None:
        numbers = self.gate.roster.attendance_numbers(course)
        pupils = [
            (numbers.get(pupil.account), pupil, self.has(pupil), self.gate.credentials.limits.wait_of(pupil.account) > 0)
            for pupil in self.gate.pupils(course)
        ]
        missing = sum(not has for _, _, has, _ in pupils)
        await self.show(self.template, school_class=self.school_class, pupils=pupils, missing=missing)

    async def post(self, course: str) -> None:
        """``whom``: an account, ``all``, or ``missing`` (those who have none yet)."""
        chosen = self.chosen(self.get_body_argument("whom", ""))
        # Dozens of hashes: not on the hub's loop.
        html = await asyncio.to_thread(self.sheet, chosen)
        self.log.info("%s issued %s for %d of class %s", self.current_user.name, type(self).__name__, len(chosen), course)
        self.finish(html)

    def chosen(self, whom: str) -> list[Person]:
        """The pupils meant, always of this class. Raises 400 for nobody."""
        found = [pupil for pupil in self.gate.pupils(self.school_class.course) if self._is_meant(pupil, whom)]
        if not found:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "nobody of this class was chosen")
        return found

    def _is_meant(self, pupil: Person, whom: str) -> bool:
        return whom in (EVERYBODY, pupil.account) or (whom == WITHOUT and not self.has(pupil))

    @property
    def credentials(self) -> Credentials:
        return self.gate.credentials

    def has(self, pupil: Person) -> bool:
        raise NotImplementedError

    def sheet(self, chosen: Sequence[Person]) -> str:
        raise NotImplementedError


class CardsPage(ClassSecretsPage):
    """``/hub/class/<course>/cards``"""

    template = "kk_cards.html"

    def has(self, pupil: Person) -> bool:
        return self.credentials.has_badge(pupil.account)

    def sheet(self, chosen: Sequence[Person]) -> str:
        cards = issue_cards(self.credentials, chosen, self.house.public_url)
        return badge_sheet_html(self.school_class, cards, base_url=self.hub.base_url)


class PinsPage(ClassSecretsPage):
    """``/hub/class/<course>/pins``; also ends a pupil's lock-out."""

    template = "kk_pins.html"

    async def post(self, course: str) -> None:
        unlock = self.get_body_argument("unlock", "")
        if not unlock:
            await super().post(course)
            return
        for pupil in self.chosen(unlock):
            self.credentials.unlock(pupil.account)
        self.go(f"class/{course}/pins")

    def has(self, pupil: Person) -> bool:
        return self.credentials.has_pin(pupil.account)

    def sheet(self, chosen: Sequence[Person]) -> str:
        return pin_sheet_html(self.school_class, issue_pins(self.credentials, chosen), base_url=self.hub.base_url)
