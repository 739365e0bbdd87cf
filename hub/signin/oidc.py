"""Sign-in through the city's OpenID Connect provider (Google, Microsoft or another), mapped to the roster.

The provider says which address somebody has; the roster says whether that is one of us. Discovery, PKCE and state are
oauthenticator's and the provider's; no token of the provider is kept.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.utils import url_path_join
from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler
from tornado import web
from tornado.httpclient import HTTPError as FetchError
from traitlets import Unicode, default
from traitlets.config import Config

from hub.signin.authenticator import RosterMember
from hub.signin.errors import SigninError
from hub.signin.pages.page import OnePersonATablet, Page
from hub.signin.pages.static import STATIC_ROUTES
from hub.signin.words import NOT_IN_ROSTER
from kanikko.errors import SettingsError
from kanikko.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")

MANY_TENANTS = ("common", "organizations", "consumers")
"""Microsoft's issuers for anybody's account: whoever runs a tenant of his own could give himself any name there."""


class OpenIDStartPage(Page):
    """``/hub/login``: one button to the provider."""

    async def get(self) -> None:
        if self.current_user:
            self.set_login_cookie(self.current_user)
            self.redirect(self.get_next_url(self.current_user))
            return
        await self.show("kk_oidc.html")


class DiscoveringLoginHandler(OAuthLoginHandler):
    """Asks the provider for its addresses before the first sign-in, so the hub starts without it."""

    async def get(self) -> None:
        await self.authenticator.discover()
        super().get()


class CallbackHandler(OnePersonATablet, OAuthCallbackHandler):
    """The provider sends people back here."""


class OpenIDAuthenticator(RosterMember, GenericOAuthenticator):
    """The roster's rules over oauthenticator's flow."""

    login_handler = DiscoveringLoginHandler
    callback_handler = CallbackHandler

    issuer = Unicode(help="The OpenID Connect issuer, exactly as its discovery document names it.").tag(config=True)
    claim = Unicode("email", help="The claim that is looked up among the roster's e-mail addresses.").tag(config=True)

    _discovered = False

    @default("custom_403_message")
    def _message_default(self) -> str:
        return NOT_IN_ROSTER

    async def discover(self) -> None:
        """Learn the provider's addresses. Raises 503 where it cannot be reached or is not who it should be."""
        if self._discovered:
            return
        try:
            found = await self.httpfetch(url_path_join(self.issuer, ".well-known/openid-configuration"), "discovering the OpenID provider")
        except (FetchError, OSError, json.JSONDecodeError) as error:
            self.log.error("the OpenID provider %s does not answer: %s", self.issuer, error)
            raise web.HTTPError(503, "サインインの窓口につながりません。少し待って、もう一度ためしてください。") from error
        if not isinstance(found, dict) or found.get("issuer", "").rstrip("/") != self.issuer.rstrip("/"):
            self.log.error("%s answers for another issuer", self.issuer)
            raise web.HTTPError(503, "サインインの窓口の設定が合いません。運用担当に知らせてください。")
        self.authorize_url = _safe(found["authorization_endpoint"])
        self.token_url = _safe(found["token_endpoint"])
        self.userdata_url = _safe(found["userinfo_endpoint"])
        self._discovered = True

    async def get_token_info(self, handler: Any, params: dict[str, Any]) -> Any:
        """The hub may have been restarted since the pupil was sent to the provider."""
        await self.discover()
        return await super().get_token_info(handler, params)

    def user_info_to_username(self, user_info: dict[str, Any]) -> str:
        """The account of who has this claim. Raises 403 for an unverified address and for who is not in the roster."""
        value = user_info.get(self.claim)
        if not isinstance(value, str) or not value:
            self.log.warning("the OpenID provider gives no claim %r", self.claim)
            raise web.HTTPError(403, NOT_IN_ROSTER)
        if self.claim == "email" and user_info.get("email_verified") not in (True, "true"):
            self.log.warning("the OpenID provider did not verify the address of sub %r", user_info.get("sub"))
            raise web.HTTPError(403, NOT_IN_ROSTER)
        person = self.gate.roster.person_by_email(value)
        if person is None or not person.active:
            raise web.HTTPError(403, NOT_IN_ROSTER)
        return person.account

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        return {**auth_model, "admin": False, "auth_state": {"account": auth_model["name"]}}

    async def get_user_groups(self, auth_state: dict[str, Any]) -> set[str]:
        return set(self.gate.roster.groups_of(auth_state["account"]))

    def get_handlers(self, app: Any) -> list[Any]:
        self.follow_roster(app)
        return [(r"/login", OpenIDStartPage), *STATIC_ROUTES, *super().get_handlers(app)]


def configure(c: Config, settings: Settings) -> None:
    """Set the provider. Raises :class:`SettingsError` for settings that cannot work or would let strangers in."""
    if not settings.oidc_issuer or not settings.oidc_client_id:
        raise SettingsError(
            "KANIKKO_SIGNIN=oidc needs an issuer and a client id.", remedy="Set KANIKKO_OIDC_ISSUER and KANIKKO_OIDC_CLIENT_ID."
        )
    try:
        parts = urlsplit(_safe(settings.oidc_issuer))
    except SigninError as error:
        raise SettingsError(f"KANIKKO_OIDC_ISSUER: {error.message}", remedy="Use the provider's https address.") from error
    if any(part in MANY_TENANTS for part in parts.path.split("/")):
        raise SettingsError(
            f"{settings.oidc_issuer} lets in accounts of every organisation in the world.",
            remedy="Set KANIKKO_OIDC_ISSUER to the issuer of your own tenant (…/<tenant id>/v2.0).",
        )
    c.OpenIDAuthenticator.issuer = settings.oidc_issuer.rstrip("/")
    c.OpenIDAuthenticator.client_id = settings.oidc_client_id
    c.OpenIDAuthenticator.client_secret = settings.oidc_client_secret.get_secret_value()
    c.OpenIDAuthenticator.claim = settings.oidc_claim
    c.OpenIDAuthenticator.scope = ["openid", "email", "profile"]
    c.OpenIDAuthenticator.enable_pkce = True
    c.OpenIDAuthenticator.oauth_callback_url = f"{settings.public_url}/hub/oauth_callback"


def _safe(address: str) -> str:
    """An address we may send people and codes to: https, or this very machine (a provider in a test)."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return address
    raise SigninError(f"{address} is not an https address.")
