"""Which headers pass the proxy, and what a server may believe about who is asking."""

from __future__ import annotations

import ipaddress

from tornado.httputil import HTTPHeaders, HTTPServerRequest

HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
    "proxy-connection",
}  # fmt: skip
OURS_TO_SAY = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-scheme"}
"""Tornado believes these. From a browser they are a lie: with them one could pass for another address at the sign-in's limits."""

WEBSOCKET = {"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol"}
"""Between browser and proxy only: the proxy shakes hands with the server anew."""


def to_server(request: HTTPServerRequest, *, behind_https: bool) -> HTTPHeaders:
    """The headers for the server behind. ``behind_https``: a program on this machine ends TLS before us and says who asked."""
    trusted = behind_https and _is_loopback(request.remote_ip)
    passed = HTTPHeaders()
    for key, value in request.headers.get_all():
        if key.lower() not in HOP_BY_HOP | OURS_TO_SAY | WEBSOCKET:
            passed.add(key, value)
    asked_by = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if trusted else ""
    passed["X-Forwarded-For"] = asked_by or str(request.remote_ip)
    passed["X-Forwarded-Proto"] = "https" if behind_https else "http"
    passed["X-Forwarded-Host"] = request.headers.get("Host", "")
    return passed


def to_browser(headers: HTTPHeaders) -> list[tuple[str, str]]:
    """The headers of a server's answer that go on to the browser."""
    return [(key, value) for key, value in headers.get_all() if key.lower() not in HOP_BY_HOP]


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
