"""Sockets of the hub and the proxy: beside each other, in a folder no room sees."""

from __future__ import annotations

from pathlib import Path

from hub.proxy.unix import url_of
from kanikko.settings import Settings


def hub_socket(settings: Settings) -> Path:
    """Where the hub itself listens. What rooms see under ``settings.hub_socket`` is a door to a part of it (``hub/proxy/door.py``)."""
    return settings.run_dir / "hub.sock"


def api_socket(settings: Settings) -> Path:
    """The socket on which the hub tells the proxy its routes."""
    return settings.run_dir / "proxy-api.sock"


def api_url(settings: Settings) -> str:
    """The same as a URL that JupyterHub understands."""
    return url_of(api_socket(settings))


def routes_file(settings: Settings) -> Path:
    """Where a proxy that was restarted finds its routes again."""
    return settings.run_dir / "proxy-routes.json"
