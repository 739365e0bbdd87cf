"""JupyterHub's configuration for servers that end by themselves. (The queue and the timetable come with the screens.)"""

from __future__ import annotations

from typing import Any

from traitlets.config import Config

from hub.classstart import culler
from kanikko.settings import Settings

REPORT_SECONDS = 300
"""How often a server tells the hub that it is in use; more often where servers may stay unused for a short time only."""
RESOLUTION_SECONDS = 30
"""JupyterHub writes a newer time of use down only if it is newer by so much."""
REPORTS = 4
"""Reports in the time a server may stay unused."""


def configure(c: Config, settings: Settings) -> None:
    """Let the culler in with the few scopes it needs. Roles and services are added to those set before."""
    if settings.idle_minutes <= 0:
        return
    c.JupyterHub.services = [*_list(c.JupyterHub.services), {"name": culler.SERVICE, "api_token": culler.token(settings)}]
    role = {"name": culler.SERVICE, "scopes": culler.SCOPES, "services": [culler.SERVICE]}
    c.JupyterHub.load_roles = [*_list(c.JupyterHub.load_roles), role]
    seconds = max(1, min(REPORT_SECONDS, round(settings.idle_minutes * 60 / REPORTS)))
    c.JupyterHub.activity_resolution = min(RESOLUTION_SECONDS, seconds)
    c.Spawner.environment = {**_dict(c.Spawner.environment), "JUPYTERHUB_ACTIVITY_INTERVAL": str(seconds)}


def _list(value: object) -> list[Any]:
    """A list set before, or nothing (traitlets gives a placeholder where nothing was set)."""
    return list(value) if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
