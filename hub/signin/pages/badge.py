"""The QR badge. Its code holds ``…/hub/badge#<secret>``: what stands behind ``#`` never travels in an address."""

from __future__ import annotations

from http import HTTPStatus

from hub.signin.errors import Refused
from hub.signin.pages.page import Page
from hub.signin.words import WRONG_BADGE, refusal


class BadgePage(Page):
    """Opened by the tablet's camera app (then its script posts the secret at once), or to scan from within."""

    camera = True

    async def get(self) -> None:
        await self.show("kk_badge.html")

    async def post(self) -> None:
        try:
            person = await self.gate.badge(self.get_body_argument("badge", ""))
        except Refused as error:
            await self.show("kk_badge.html", status=HTTPStatus.FORBIDDEN, alert=refusal(error, WRONG_BADGE))
            return
        await self.let_in(person)
