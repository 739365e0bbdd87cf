"""The style guide on a real server, with the site's content security policy, and pages of one browser."""

from __future__ import annotations

import mimetypes
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode knows no sibling modules

from look_guide import guide

from kanikko import look

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"


class _Guide(BaseHTTPRequestHandler):
    received: list[bytes]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith(f"/look/{look.VERSION}/"):
            file = look.STATIC / path.removeprefix(f"/look/{look.VERSION}/")
            self._answer(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain")
        elif path in ("/ja", "/easy", "/en"):
            self._answer(guide(path[1:]).encode(), "text/html; charset=utf-8")
        elif path in ("/staff", "/found"):
            page = guide("ja", "look/guide_staff.html")
            self._answer((page.replace("4件", "1件") if path == "/found" else page).encode(), "text/html; charset=utf-8")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.received.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.send_response(204)
        self.end_headers()

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # the browser went on to another page
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def guide_received() -> list[bytes]:
    """What forms have sent, in order."""
    return []


@pytest.fixture(scope="module")
def guide_url(guide_received: list[bytes]) -> Iterator[str]:
    handler = type("Handler", (_Guide,), {"received": guide_received})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def guide_browser(chromium: Browser, guide_url: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=guide_url, locale="ja-JP", viewport={"width": 390, "height": 844})
    yield context
    context.close()
