"""What every page of sign-in does alike: safe headers, links that keep ``next``, who asks from where, letting in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from jupyterhub.handlers.base import BaseHandler
from tornado import web
from tornado.httputil import url_concat

from hub.roster import Person
from hub.signin.authenticator import Proven, RosterMember
from hub.signin.gate import Gate, Origin
from hub.signin.words import STALE_FORM, furigana
from kanikko.settings import Settings

MARK_COOKIE = "kk-browser"
MARK_DAYS = 180


class OnePersonATablet(BaseHandler):
    """Signs out whoever was signed in on this tablet before: the next child shall not find the door to that child's work open."""

    def set_login_cookie(self, user: Any) -> None:
        if self.current_user is not None and self.current_user.name != user.name:
            self.clear_login_cookie()
            self.set_session_cookie()
        super().set_login_cookie(user)


class Page(OnePersonATablet):
    """Base of our pages. All that changes anything is POST, with the hub's own XSRF check."""

    camera = False
    """May the page's script use the camera?"""

    @property
    def gate(self) -> Gate:
        return cast(RosterMember, self.authenticator).gate

    @property
    def house(self) -> Settings:
        return cast(Settings, cast(RosterMember, self.authenticator).settings)

    # ------------------------------------------------------------------ headers
    @property
    def content_security_policy(self) -> str:
        """Nothing but our own files, no inline script or style. A form may end on a person's own subdomain."""
        own = "'self'"
        targets = f"{own} {people_origins(self.house)}".strip()
        return (
            f"default-src 'none'; script-src {own}; style-src {own}; img-src {own} data:; font-src {own}; connect-src {own}; "
            f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'; report-uri {self.csp_report_uri}"
        )

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Security-Policy", self.content_security_policy)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Permissions-Policy", f"camera=({'self' if self.camera else ''}), microphone=(), geolocation=()")
        # Names, PINs and badges: no tablet may show them again by its "back" button.
        self.set_header("Cache-Control", "no-store")

    # ------------------------------------------------------------------ XSRF
    def check_xsrf_cookie(self) -> None:
        """A form left open overnight has a stale token. Show its page afresh instead of an error a child cannot read."""
        try:
            super().check_xsrf_cookie()
        except web.HTTPError as error:
            if self.request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
                raise
            self.log.info("stale form on %s: %s", self.request.path, error.log_message)
            self.redirect(url_concat(self.request.path, {**self.kept_arguments(), "stale": "1"}), status=HTTPStatus.SEE_OTHER)
            raise web.Finish() from error

    def kept_arguments(self) -> dict[str, str]:
        """Arguments of the address that the page needs again. Never what was typed."""
        return {name: self.get_query_argument(name) for name in ("next", "pupil") if self.get_query_argument(name, "")}

    # ------------------------------------------------------------------ answering
    def link(self, path: str, **arguments: str) -> str:
        """The address of one of our pages; the place somebody was on the way to (``next``) is kept."""
        target = self.get_argument("next", "")
        wanted = {**arguments, **({"next": target} if target else {})}
        address = f"{self.hub.base_url}{path}"
        return str(url_concat(address, wanted)) if wanted else address

    async def show(self, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> None:
        """Answer with a page. ``alert`` (Markup) stands on top of it."""
        self.set_status(status)
        if self.get_query_argument("stale", "") and not values.get("alert"):
            values["alert"] = furigana(STALE_FORM)
        self.finish(await self.render_template(template, furi=furigana, link=self.link, city=self.house.city, **values))

    def go(self, path: str, **arguments: str) -> None:
        """Answer a POST with "now look there"."""
        self.redirect(self.link(path, **arguments), status=HTTPStatus.SEE_OTHER)

    def append_query_parameters(self, url: str, exclude: list[str] | None = None) -> str:
        """Our pages' own arguments are nothing to the page somebody is sent to."""
        return url

    # ------------------------------------------------------------------ who asks
    @property
    def origin(self) -> Origin:
        """Where this request comes from, for the limits."""
        mark = self.get_secure_cookie(MARK_COOKIE, max_age_days=MARK_DAYS)
        return Origin(self.address, (mark or b"").decode("ascii", "replace"))

    @property
    def address(self) -> str:
        """The address our proxy saw. Not ``request.remote_ip``: that believes an X-Real-Ip which anybody may send."""
        trusted = set(self.settings["app"].trusted_downstream_ips)
        seen = [part.strip() for part in self.request.headers.get("X-Forwarded-For", "").split(",")]
        return next((part for part in reversed(seen) if part and part not in trusted), str(self.request.remote_ip))

    async def let_in(self, person: Person) -> None:
        """Sign somebody in and send them on."""
        user = await self.login_user({"username": person.account, "proof": Proven(person.account)})
        if user is None:  # taken off the roster in this very moment
            raise web.HTTPError(HTTPStatus.FORBIDDEN)
        self._set_cookie(MARK_COOKIE, self.gate.mark_of(person.account), expires_days=MARK_DAYS, path=self.hub.base_url)
        self.redirect(self.get_next_url(user), status=HTTPStatus.SEE_OTHER)


def people_origins(settings: Settings) -> str:
    """The subdomains of people, as a source of a content security policy; empty where there are none."""
    if not settings.domain:
        return ""
    scheme, _, place = settings.public_url.partition("://")
    return f"{scheme}://*.{place}"
