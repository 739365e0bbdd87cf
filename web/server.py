"""The site as a process: waitress (threads), and the clockwork beside it."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from flask import Flask
from waitress.server import create_server

from kanikko.errors import MachineError
from web.clockwork import Clockwork

THREADS = 8


class SiteServer:
    """Serves while used as a context manager. ``address``: what to open. Raises MachineError where the port is taken."""

    def __init__(self, app: Flask, host: str, port: int, *, clockwork: bool = True) -> None:
        try:
            self._server = create_server(
                app,
                host=host,
                port=port,
                threads=THREADS,
                ident=None,
                max_request_body_size=4 * 1024 * 1024,
                connection_limit=500,
                backlog=512,
            )
        except OSError as error:
            raise MachineError(
                f"Port {port} on {host} cannot be used: {error.strerror}.", remedy="Set KANIKKO_SITE_PORT to another."
            ) from error
        self.port = int(self._server.effective_port)
        self.address = f"http://{host}:{self.port}"
        self._clockwork = Clockwork(app) if clockwork else None
        self._thread = threading.Thread(target=self._serve, name="site", daemon=True)

    def _serve(self) -> None:
        self._server.run()

    def __enter__(self) -> Self:
        if self._clockwork:
            self._clockwork.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._clockwork:
            self._clockwork.stop()
        self._server.close()
        self._thread.join(timeout=10)
