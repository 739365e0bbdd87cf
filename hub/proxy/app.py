"""The proxy as one object, and its servers: the public one, the API on which the hub sets routes, and the rooms' door to the hub."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from configurable_http_proxy.configproxy import PythonProxy
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets, bind_unix_socket
from tornado.web import Application

from hub.proxy import door
from hub.proxy.address import api_socket, routes_file
from hub.proxy.handler import MAX_MESSAGE, RoomHandler, make_client
from hub.proxy.page_files import ROUTE, PageFileHandler, Shelf
from hub.proxy.routes import KeptRoutes
from hub.proxy.unix import SocketResolver
from kanikko.settings import Settings

log = logging.getLogger("kanikko.proxy")

BODY_MB = 48
"""Largest request. A hand-in is some MB, a city's roster 10; what is larger is refused before it is read."""

MOST_REQUESTS = 4096
PAGES = Path(__file__).resolve().parent / "pages"
MIB = 1 << 20


class RoomProxy(PythonProxy):
    """The configurable-http-proxy with our handler, resolver and kept routes."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            {
                "log": log,
                "storage_backend": lambda: KeptRoutes(routes_file(settings)),
                "auth_token": settings.secret("proxy-token"),
                "host_routing": bool(settings.domain),
                "error_path": str(PAGES),
            }
        )
        self.behind_https = settings.https
        self.resolver = SocketResolver()
        self.client = make_client(self.resolver, MOST_REQUESTS)
        self.shelf = Shelf(settings)
        self.proxy_app = Application(
            [(ROUTE, PageFileHandler, {"shelf": self.shelf}), (r"/(.*)", RoomHandler, {"proxy": self})],
            websocket_max_message_size=MAX_MESSAGE,
            log_function=_log_nothing,
        )

    def update_last_activity(self, prefix: str) -> None:
        """Note that a route is in use. With its time zone: the hub takes a bare time for UTC, and an idle server for one in use."""
        if self._routes.get(prefix):
            self._routes.update(prefix, {"last_activity": datetime.now(UTC)})


def listen(settings: Settings) -> int:
    """Open all servers; returns the public port. Must run in an event loop."""
    proxy = RoomProxy(settings)
    public = HTTPServer(proxy.proxy_app, max_body_size=BODY_MB * MIB, max_buffer_size=BODY_MB * MIB)
    sockets = bind_sockets(settings.port, settings.host)
    public.add_sockets(sockets)
    api = HTTPServer(proxy.api_app)
    api.add_socket(bind_unix_socket(str(api_socket(settings)), mode=0o600))
    door.listen(settings, proxy)
    proxy.shelf.make()
    port: int = sockets[0].getsockname()[1]
    log.info("listening on http://%s:%d with %d routes", settings.host, port, len(proxy.get_routes()))
    return port


def _log_nothing(handler: Any) -> None:
    """No line a request: addresses of children belong in no log."""
