"""Teachers and operators: password, then a one-time code; the first time through an invitation."""

from __future__ import annotations

from http import HTTPStatus

import pyotp

from hub.roster import Person
from hub.signin.credentials import SHORTEST_PASSWORD, TOTP_ISSUER
from hub.signin.errors import Refused, SigninError
from hub.signin.invitations import Invitation
from hub.signin.pages.page import Page
from hub.signin.qr import qr_svg
from hub.signin.words import (
    DIFFERENT_PASSWORDS,
    STALE_STEP,
    WRONG_INVITATION,
    WRONG_PASSWORD,
    WRONG_TOTP,
    furigana,
    staff_refusal,
)

STEP_COOKIE = "kk-step"
STEP_DAYS = 5 / (24 * 60)
"""Five minutes from the password to the one-time code."""


class PasswordPage(Page):
    """First step."""

    async def get(self) -> None:
        alert = furigana(STALE_STEP) if self.get_query_argument("again", "") else None
        await self.show("kk_password.html", identifier="", alert=alert)

    async def post(self) -> None:
        identifier = self.get_body_argument("identifier", "")
        try:
            person = await self.gate.password(identifier, self.get_body_argument("password", "", strip=False), self.origin)
        except Refused as error:
            alert = staff_refusal(error, WRONG_PASSWORD)
            await self.show("kk_password.html", status=HTTPStatus.FORBIDDEN, identifier=identifier, alert=alert)
            return
        self._set_cookie(STEP_COOKIE, person.account, expires_days=None, path=self.hub.base_url)
        self.go("login/staff/code")


class CodePage(Page):
    """Second step; a signed cookie says whose password was right, for five minutes."""

    def _account(self) -> str | None:
        account = self.get_secure_cookie(STEP_COOKIE, max_age_days=STEP_DAYS)
        return account.decode("utf-8", "replace") if account else None

    async def get(self) -> None:
        if self._account() is None:
            self.go("login/staff", again="1")
            return
        await self.show("kk_code.html")

    async def post(self) -> None:
        account = self._account()
        if account is None:
            self.go("login/staff", again="1")
            return
        try:
            person = await self.gate.totp(account, self.get_body_argument("code", "").replace(" ", ""), self.origin)
        except Refused as error:
            await self.show("kk_code.html", status=HTTPStatus.FORBIDDEN, alert=staff_refusal(error, WRONG_TOTP))
            return
        self.clear_cookie(STEP_COOKIE, path=self.hub.base_url)
        await self.let_in(person)


class InvitationPage(Page):
    """``/hub/invitation#<code>``: the script puts the code into the form; typing it works as well."""

    async def get(self) -> None:
        await self.show("kk_invitation_code.html")

    async def post(self) -> None:
        code = self.get_body_argument("invitation", "").strip()
        try:
            person, invitation = await self.gate.invitation(code)
            password = self.get_body_argument("password", "", strip=False)
            if not password:
                await self._form(code, person, invitation)
                return
            if password != self.get_body_argument("again", "", strip=False):
                raise SigninError(DIFFERENT_PASSWORDS)
            totp_code = self.get_body_argument("code", "").replace(" ", "")
            person = await self.gate.accept(code, password, totp_code)
        except SigninError as error:
            await self._form(code, person, invitation, error)
            return
        except Refused as error:
            alert = staff_refusal(error, WRONG_INVITATION)
            await self.show("kk_invitation_code.html", status=HTTPStatus.FORBIDDEN, alert=alert)
            return
        await self.let_in(person)

    async def _form(self, code: str, person: Person, invitation: Invitation, error: SigninError | None = None) -> None:
        uri = pyotp.TOTP(invitation.totp).provisioning_uri(name=person.account, issuer_name=TOTP_ISSUER)
        await self.show(
            "kk_invitation.html",
            status=HTTPStatus.FORBIDDEN if error else HTTPStatus.OK,
            code=code,
            person=person,
            qr=qr_svg(uri),
            secret=invitation.totp,
            shortest=SHORTEST_PASSWORD,
            alert=furigana(f"{error.message} {error.remedy}") if error else None,
        )
