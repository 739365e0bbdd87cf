"""All of JupyterHub's configuration, gathered from the rooms of the hub."""

from __future__ import annotations

from traitlets.config import Config

import hub.screens.configure
import hub.signin.configure
import hub.spawner.configure
from kanikko.settings import Settings

EXCHANGE_SCOPES = ["read:users:name", "read:users:groups"]
"""All the exchange asks of the hub: whose token is this, and in which groups is that person."""


def configure(c: Config, settings: Settings) -> None:
    """Set everything the classroom needs on JupyterHub's configuration object ``c``."""
    settings.make_dirs()
    _storage(c, settings)
    _services(c, settings)
    hub.spawner.configure.configure(c, settings)
    hub.signin.configure.configure(c, settings)
    hub.screens.configure.configure(c, settings)


def _storage(c: Config, settings: Settings) -> None:
    c.JupyterHub.db_url = f"sqlite:///{settings.hub_db.resolve()}"
    c.JupyterHub.cookie_secret = bytes.fromhex(settings.secret("cookie-secret"))
    c.JupyterHub.log_level = "INFO"
    c.JupyterHub.bind_url = f"http://{settings.host}:{settings.port}"
    if settings.domain:
        # Users share no origin: a pupil's page can never act as another person's.
        c.JupyterHub.subdomain_host = settings.public_url


def _services(c: Config, settings: Settings) -> None:
    c.JupyterHub.services = [{"name": "exchange", "api_token": settings.secret("exchange-token")}]
    c.JupyterHub.load_roles = [{"name": "exchange", "scopes": EXCHANGE_SCOPES, "services": ["exchange"]}]
