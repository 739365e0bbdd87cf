"""All of JupyterHub's configuration, gathered from the rooms of the hub."""

from __future__ import annotations

from typing import Any

from traitlets.config import Config

import hub.classstart.configure
import hub.screens.configure
import hub.signin.configure
import hub.spawner.configure
from hub import database
from kanikko.settings import Settings

SERVER: dict[str, Any] = {
    "name": "server",
    "description": "A pupil's or teacher's own server: report activity, let its owner in, and prove to the exchange whose it is",
    "scopes": ["users:activity!user", "access:servers!server", "read:users:name!user", "read:users:groups!user"],
}


def configure(c: Config, settings: Settings) -> None:
    """Set everything the classroom needs on JupyterHub's configuration object ``c``."""
    settings.make_dirs()
    _basics(c, settings)
    hub.spawner.configure.configure(c, settings)
    hub.signin.configure.configure(c, settings)
    hub.screens.configure.configure(c, settings)
    hub.classstart.configure.configure(c, settings)


def _basics(c: Config, settings: Settings) -> None:
    c.JupyterHub.db_url = f"sqlite:///{settings.hub_db.resolve()}"
    c.JupyterHub.db_kwargs = database.OPTIONS
    c.JupyterHub.cookie_secret = bytes.fromhex(settings.secret("cookie-secret"))
    c.JupyterHub.bind_url = f"http://{settings.host}:{settings.port}"
    c.JupyterHub.load_roles = [SERVER]
    if settings.domain:
        # Users share no origin: a pupil's page can never act as another person's.
        c.JupyterHub.subdomain_host = settings.public_url
