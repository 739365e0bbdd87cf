"""The hub as rooms see it: four calls of its API, and none of its pages.

The hub's own socket takes passwords and believes headers about addresses: behind it, a room could try PINs without end. So rooms get this
door instead, in the folder they see, and the hub's socket lies beside it, where they do not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket
from tornado.web import Application

from hub.proxy.address import hub_socket
from hub.proxy.handler import RoomHandler
from hub.proxy.unix import dialable, url_of
from kanikko.settings import Settings

if TYPE_CHECKING:
    from hub.proxy.app import RoomProxy

CALLS = {
    "GET": re.compile(r"/hub/api/?|/hub/api/user"),  # which version the hub is; whose token this is (rooms and the exchange)
    "POST": re.compile(r"/hub/api/oauth2/token|/hub/api/users/[a-z0-9]+/activity"),  # a browser signs in to a server; a server is in use
}
BODY_BYTES = 1 << 16


class DoorHandler(RoomHandler):
    """Passes on what is in ``CALLS``; answers 403 to all else."""

    hub: str

    def initialize(self, proxy: RoomProxy, hub: str) -> None:
        super().initialize(proxy=proxy)
        self.hub = hub

    async def get_target_url(self, path: str) -> str | None:
        """The URL on the hub's own socket; None after a refusal."""
        allowed = CALLS.get(self.request.method or "")
        if allowed is None or not allowed.fullmatch(self.request.path) or "Upgrade" in self.request.headers:
            self.set_status(403)
            self.finish()
            return None
        return self.hub + (self.request.uri or "/")


def listen(settings: Settings, proxy: RoomProxy) -> None:
    """Open the door. Must run in an event loop."""
    app = Application(
        [(r"/(.*)", DoorHandler, {"proxy": proxy, "hub": dialable(url_of(hub_socket(settings)))})], log_function=lambda _: None
    )
    server = HTTPServer(app, max_body_size=BODY_BYTES, max_buffer_size=BODY_BYTES)
    server.add_socket(bind_unix_socket(str(settings.hub_socket), mode=0o600))
