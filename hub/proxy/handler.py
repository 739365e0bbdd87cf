"""One request through the proxy: found a target, streamed both ways, nothing held in memory but the request's body."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from configurable_http_proxy.handlers import ProxyHandler
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httputil import HTTPHeaders, parse_response_start_line
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClientConnection, websocket_connect

from hub.proxy.headers import to_browser, to_server
from hub.proxy.unix import dialable

if TYPE_CHECKING:
    from hub.proxy.app import RoomProxy

CONNECT_SECONDS = 20
MAX_MESSAGE = 32 << 20
"""Largest websocket message in bytes: a notebook's picture, not a film."""


class RoomHandler(ProxyHandler):
    """The configurable-http-proxy's handler, with answers that stream (server-sent events) and websockets that close."""

    proxy: RoomProxy
    ws_client: WebSocketClientConnection | None

    async def get_target_url(self, path: str) -> str | None:
        """The URL of this request on the server behind, its path exactly as the browser wrote it; None after a 404."""
        host = self.request.host_name.lower() if self.proxy.host_routing else None
        uri = self.request.uri or "/"
        self.target = self.proxy.target_for_req(host, self.request.path) if uri.startswith("/") else None
        if self.target is None:
            await self.handle_proxy_error(HTTPStatus.NOT_FOUND, err=None)
            return None
        return dialable(self.target["target"]) + uri

    async def call_proxy(self, path: str | None = None) -> None:
        """Ask the server behind, and pass its answer on as it comes."""
        url = await self.get_target_url(path or "")
        if url is None:
            return
        answer = _Answer(self)
        request = HTTPRequest(
            url, method=self.request.method, headers=to_server(self.request, behind_https=self.proxy.behind_https),
            body=self.request.body or None, allow_nonstandard_methods=True, follow_redirects=False, decompress_response=False,
            connect_timeout=CONNECT_SECONDS, request_timeout=0,
            header_callback=answer.on_header, streaming_callback=answer.on_body,
        )  # fmt: skip
        try:
            await self.proxy.client.fetch(request, raise_error=False)
        except StreamClosedError:
            self._cut()  # the browser went away, or the server in the middle of its answer
            return
        except Exception as error:  # noqa: BLE001  (whatever ails the server behind, the browser gets an answer)
            if answer.begun:
                self._cut()
            else:
                await self.handle_proxy_error(HTTPStatus.SERVICE_UNAVAILABLE, error)
            return
        answer.begin()  # if it had no body
        self.finish()

    def compute_etag(self) -> None:
        """None of ours: the server's passes unchanged."""

    def _cut(self) -> None:
        """Close the browser's connection: half an answer must not look whole."""
        self.request.connection.stream.close()

    # ---------------------------------------------------------------- websockets
    async def start_ws_client(self, path: str | None = None) -> None:
        """Shake hands with the server behind, before we do with the browser: its refusal is our answer."""
        self.closed = False
        url = await self.get_target_url(path or "")
        if url is None:
            return
        request = HTTPRequest(
            url.replace("http", "ws", 1), headers=to_server(self.request, behind_https=self.proxy.behind_https),
            connect_timeout=CONNECT_SECONDS, request_timeout=CONNECT_SECONDS,
        )  # fmt: skip
        offered = [name.strip() for name in self.request.headers.get("Sec-WebSocket-Protocol", "").split(",") if name.strip()]
        try:
            self.ws_client = await websocket_connect(
                request, on_message_callback=self._on_server_message, subprotocols=offered or None,
                resolver=self.proxy.resolver, max_message_size=MAX_MESSAGE,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001
            code = getattr(error, "code", None)
            await self.handle_proxy_error(code if isinstance(code, int) and 400 <= code < 600 else HTTPStatus.SERVICE_UNAVAILABLE, error)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """What the server behind has chosen: both sides must speak the same (kernels have a protocol of their own)."""
        return self.ws_client.selected_subprotocol if self.ws_client else None

    def check_origin(self, origin: str) -> bool:
        """The server behind has looked at it already, and shaken hands."""
        return True

    def _on_server_message(self, message: str | bytes | None) -> None:
        if message is None:  # the server has closed: so do we, and the page connects again
            client, self.ws_client = self.ws_client, None
            if not self.closed and self.ws_connection is not None:
                self.close(client.close_code if client else None, client.close_reason if client else None)
        elif not self.closed and self.ws_connection is not None:
            self._note_activity()
            self.write_message(message, binary=isinstance(message, bytes))

    def on_message(self, message: str | bytes) -> None:
        """A message of the browser: on to the server, of the same kind."""
        if self.ws_client:
            self._note_activity()
            self.ws_client.write_message(message, binary=isinstance(message, bytes))

    def _note_activity(self) -> None:
        if self.target:
            self.proxy.update_last_activity(self.target["prefix"])

    def on_close(self) -> None:
        """The browser has gone."""
        self.closed = True
        client, self.ws_client = self.ws_client, None
        if client:
            client.close()


class _Answer:
    """The answer of a server on its way to the browser."""

    def __init__(self, handler: RoomHandler) -> None:
        self.begun = False
        self._handler = handler
        self._status = 0
        self._reason = ""
        self._headers = HTTPHeaders()

    def on_header(self, line: str) -> None:
        line = line.rstrip("\r\n")
        if line.startswith("HTTP/"):
            start = parse_response_start_line(line)
            self._status, self._reason, self._headers = start.code, start.reason, HTTPHeaders()
        elif line:
            self._headers.parse_line(line)

    async def on_body(self, piece: bytes) -> None:
        self.begin()
        self._handler.write(piece)
        await self._handler.flush()  # waits for a slow tablet, and with it the server behind

    def begin(self) -> None:
        if self.begun:
            return
        self.begun = True
        handler = self._handler
        handler.clear()
        for name in ("Content-Type", "Server", "Date"):  # Tornado's own: the server's count
            handler.clear_header(name)
        handler.set_status(self._status, self._reason)
        for key, value in to_browser(self._headers):
            handler.add_header(key, value)


def make_client(resolver: Any, most: int) -> AsyncHTTPClient:
    """A client of our own for at most ``most`` requests at a time, whose answers may be of any length."""
    return AsyncHTTPClient(force_instance=True, resolver=resolver, max_clients=most, max_body_size=1 << 40, max_header_size=1 << 17)
