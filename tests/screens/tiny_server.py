"""Stands where a pupil's Notebook would: says which page of it was asked for."""

import html
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f'<!doctype html><html lang="ja"><title>tiny</title><main>tiny server: {html.escape(self.path)}</main></html>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


time.sleep(float(os.environ.get("TINY_SECONDS", "0")))
address = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
ThreadingHTTPServer((address.hostname or "127.0.0.1", address.port or 0), Page).serve_forever()
