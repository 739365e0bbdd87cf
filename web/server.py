"""The site as a process: waitress (threads), and the clockwork beside it."""

from __future__ import annotations

import resource
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from kanikko.errors import MachineError
from kanikko.settings import Settings
from web.clockwork import Clockwork

THREADS = 8
"""Requests answered at once. Reading from and writing to visitors takes none of them, however slow the line is."""
CONNECTIONS = 2000
HEAD_SECONDS, WHOLE_SECONDS = 20.0, 180.0
"""How long a visitor may take to send a request's head, and all of it (2 MB on a slow line)."""
STOP_SECONDS = 10.0
LIMITS: dict[str, Any] = {
    "threads": THREADS,
    "connection_limit": CONNECTIONS,
    "backlog": 1024,
    "channel_timeout": 30,  # a connection on which nothing happens
    "cleanup_interval": 5,
    "max_request_header_size": 32 * 1024,
    "max_request_body_size": 4 * 1024 * 1024,  # the application's own limit, which has a page with words, is lower
    "asyncore_use_poll": True,  # select() knows no more than 1024 files
    "log_socket_errors": False,
    "ident": None,
}


class _Channel(HTTPChannel):
    """A visitor's connection that remembers when the request it is receiving began."""

    began = 0.0

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.began = time.time()
        return bool(super().received(data))


class _Server(TcpWSGIServer):
    """waitress closes a connection on which nothing happens; this one also closes those that send a letter now and then for ever."""

    channel_class = _Channel

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            request = channel.request
            if request is not None and not channel.requests:
                patience = WHOLE_SECONDS if request.headers_finished else HEAD_SECONDS
                channel.will_close |= now - channel.began > patience


def listen(host: str, port: int) -> socket.socket:
    """The port, open; 0: any free one. Raises MachineError where it is taken."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=LIMITS["backlog"])
    except OSError as error:
        raise MachineError(
            f"Port {port} on {host} cannot be used: {error.strerror}.",
            remedy="Choose another: kanikko site run --port 8011, or KANIKKO_SITE_PORT.",
        ) from error


class SiteServer:
    """Serves while used as a context manager. ``address``: what to open. Raises MachineError where the port is taken."""

    def __init__(
        self, app: Flask, host: str = "127.0.0.1", port: int = 0, *, clockwork: bool = True, listener: socket.socket | None = None
    ) -> None:
        self._listener = listener or listen(host, port)
        settings: Settings = app.config["SITE"].settings
        _allow_open_files()
        self._server = _Server(
            app,
            _sock=self._listener,
            bind_socket=False,
            sockinfo=(self._listener.family, self._listener.type, self._listener.proto, self._listener.getsockname()),
            clear_untrusted_proxy_headers=not settings.site_proxies,  # the application trusts so many and no more
            **LIMITS,
        )
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._clockwork = Clockwork(app) if clockwork else None
        self._thread = threading.Thread(target=self._server.run, name="site", daemon=True)

    def __enter__(self) -> Self:
        if self._clockwork:
            self._clockwork.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let nobody in any more, answer those who are in, end."""
        self._server.trigger.pull_trigger(self._stop_listening)
        if self._clockwork:
            self._clockwork.stop()
        deadline = time.monotonic() + STOP_SECONDS
        while any(one.requests or one.total_outbufs_len for one in list(self._server.active_channels.values())):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.trigger.pull_trigger(self._end)
        self._thread.join(timeout=5)
        if not self._thread.is_alive() and not self._server.task_dispatcher.threads:
            self._server.trigger.close()  # not before: whoever pulls it late would write into whatever has its number then

    def _stop_listening(self) -> None:
        wasyncore.dispatcher.close(self._server)

    def _end(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server._map.clear()  # the loop ends when there is nothing to look at


def _allow_open_files() -> None:
    """Each visitor's connection is a file or two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
