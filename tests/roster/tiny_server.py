"""Stands for a pupil's server: answers every request, so that the hub sees it running."""

import contextlib
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", "6")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None: ...


here = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
with contextlib.suppress(KeyboardInterrupt):  # how the spawner asks it to end
    HTTPServer((here.hostname or "127.0.0.1", here.port or 0), Hello).serve_forever()
