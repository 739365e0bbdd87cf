"""JupyterHub's configuration for rooms and the proxy that reaches them."""

from __future__ import annotations

from typing import Any

from hub.proxy.address import api_url, hub_socket
from hub.proxy.unix import url_of
from hub.spawner.plan import HUB_URL
from kanikko.settings import Settings


def configure(c: Any, settings: Settings) -> None:
    """Set the spawner, the hub's own socket and the way to the proxy on JupyterHub's configuration ``c``."""
    _hub_socket(c, settings)
    _proxy(c, settings)
    _rooms(c)


def _hub_socket(c: Any, settings: Settings) -> None:
    url = url_of(hub_socket(settings))  # not in the doors' folder: rooms see a part of the hub only
    c.JupyterHub.hub_bind_url = url
    c.JupyterHub.hub_connect_url = url
    c.JupyterHub.hub_socket_mode = 0o600
    c.Spawner.hub_connect_url = HUB_URL  # the door to it, as a room sees it


def _proxy(c: Any, settings: Settings) -> None:
    c.ConfigurableHTTPProxy.should_start = False  # the supervisor does: a restart of the hub must not cut forty kernels off
    c.ConfigurableHTTPProxy.api_url = api_url(settings)
    c.ConfigurableHTTPProxy.auth_token = settings.secret("proxy-token")
    c.JupyterHub.last_activity_interval = 30  # also the longest that a new proxy waits for its routes
    c.JupyterHub.cleanup_proxy = False


def _rooms(c: Any) -> None:
    c.JupyterHub.spawner_class = "hub.spawner.spawner.RoomSpawner"
    c.JupyterHub.cleanup_servers = False  # rooms end with the house (end_all_rooms), not with the hub
    c.JupyterHub.concurrent_spawn_limit = 0  # a class starts together; the kernel queues better than an error page
    c.JupyterHub.allow_named_servers = True  # a teacher's classes; pupils' are refused by the spawner
    c.Spawner.start_timeout = 120
    c.Spawner.http_timeout = 120
    c.Spawner.poll_interval = 10
    c.Spawner.default_url = "/tree"
