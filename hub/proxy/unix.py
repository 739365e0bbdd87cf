"""Dialling Unix sockets with Tornado's own client: a host name stands for a path, and a resolver turns it back."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from tornado.netutil import DefaultLoopResolver

SUFFIX = ".socket.invalid"
"""``invalid`` is reserved (RFC 2606): no such name can ever be looked up."""


def url_of(socket_path: Path) -> str:
    """A socket's path as JupyterHub writes it: ``http+unix://%2Fpath``."""
    return "http+unix://" + quote(str(socket_path), safe="")


def dialable(target: str) -> str:
    """A route's target as an URL for our client: ``http+unix://%2Fpath`` becomes ``http://<hex>.socket.invalid``."""
    parts = urlsplit(target)
    if parts.scheme != "http+unix":
        return target.rstrip("/")
    # Not netloc: the hub adds a port that means nothing. hostname folds case, so our socket paths are lower case.
    return f"http://{unquote(parts.hostname or '').encode().hex()}{SUFFIX}"


class SocketResolver(DefaultLoopResolver):
    """Knows the names that :func:`dialable` makes; asks the system for all others."""

    async def resolve(self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[tuple[int, Any]]:
        if host.endswith(SUFFIX):
            return [(socket.AF_UNIX, bytes.fromhex(host.removesuffix(SUFFIX)).decode())]
        found: list[tuple[int, Any]] = await super().resolve(host, port, family)
        return found
