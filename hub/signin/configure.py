"""Sign-in's part of JupyterHub's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from traitlets.config import Config

from hub.signin.authenticator import KanikkoAuthenticator
from hub.signin.oidc import OpenIDAuthenticator
from hub.signin.oidc import configure as configure_oidc
from kanikko.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"

SIGNED_IN_DAYS = 0.5
"""A sign-in ends with the browser, and after half a day in any case: tablets are shared."""

OPERATORS: dict[str, Any] = {
    "name": "operators",
    "description": "See who is there and stop a server that hangs; no way into anybody's files, nothing about people may be changed",
    "scopes": ["admin-ui", "list:users", "read:users", "read:servers", "delete:servers", "read:groups", "read:hub", "read:metrics"],
    "groups": ["operators"],
}

EVERYBODY: dict[str, Any] = {
    "name": "user",
    "description": "One's own server and what the hub knows about oneself; no tokens to make, nothing to share",
    "scopes": ["read:users!user", "users:activity!user", "servers!user", "access:servers!user"],
}


def configure(c: Config, settings: Settings) -> None:
    """Set all that concerns sign-in. Roles are added to those set before."""
    if settings.signin == "oidc":
        c.JupyterHub.authenticator_class = OpenIDAuthenticator
        configure_oidc(c, settings)
    else:
        c.JupyterHub.authenticator_class = KanikkoAuthenticator
    c.RosterMember.settings = settings
    # The roster allows, nothing else: no list of the hub's, and nobody because he was there before.
    c.Authenticator.allow_all = False
    c.Authenticator.allow_existing_users = False
    c.Authenticator.admin_users = set()
    c.JupyterHub.template_paths = [*_list(c.JupyterHub.template_paths), str(TEMPLATES)]
    c.JupyterHub.load_roles = [*_list(c.JupyterHub.load_roles), OPERATORS, EVERYBODY]
    _cookies(c, settings)


def _cookies(c: Config, settings: Settings) -> None:
    c.JupyterHub.cookie_max_age_days = SIGNED_IN_DAYS
    c.JupyterHub.token_expires_in_max_seconds = int(SIGNED_IN_DAYS * 24 * 3600)
    tornado_settings = dict(c.JupyterHub.get("tornado_settings", {}))
    options = {"samesite": "Lax", "secure": settings.https, "expires_days": None}
    tornado_settings["cookie_options"] = {**tornado_settings.get("cookie_options", {}), **options}
    c.JupyterHub.tornado_settings = tornado_settings
    # A pupil's page on a subdomain of its own could otherwise plant a cookie for the hub.
    c.JupyterHub.cookie_host_prefix_enabled = settings.https and bool(settings.domain)


def _list(value: object) -> list[Any]:
    """A list set before, or nothing (traitlets gives a placeholder where nothing was set)."""
    return list(value) if isinstance(value, list) else []
