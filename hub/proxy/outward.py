"""The way out, for classes whose lesson needs one: an HTTP CONNECT proxy on a Unix socket, with a list of hosts.

Rooms never get a network. Those of the classes in ``KANIKKO_OPEN_NETWORK_COURSES`` see this socket, in a folder of its own;
what they ask for is compared, letter by letter, with ``KANIKKO_OPEN_NETWORK_HOSTS`` (``name:port``). Nothing else is looked up.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from pathlib import Path

from kanikko.settings import Settings

log = logging.getLogger("kanikko.outward")

REQUEST = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}:[0-9]{1,5}) HTTP/1\.[01]\r\n")
HEAD_BYTES = 8192
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 120.0
MOST_CONNECTIONS = 256
PIECE = 1 << 16


def folder(settings: Settings) -> Path:
    """The folder that rooms of open classes see; it holds nothing but the socket."""
    return settings.run_dir / "outward"


def socket_path(settings: Settings) -> Path:
    """Where the way out begins."""
    return folder(settings) / "net.sock"


async def listen(settings: Settings) -> asyncio.Server | None:
    """Open the way out, if any class has one. Must run in an event loop."""
    if not settings.open_network_courses:
        return None
    path = socket_path(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    outward = Outward(frozenset(host.lower() for host in settings.open_network_hosts))
    server = await asyncio.start_unix_server(outward.serve, path, limit=HEAD_BYTES)
    path.chmod(0o600)
    return server


class Outward:
    """Serves connections from rooms. ``hosts`` are the only ``name:port`` they reach."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        self._open += 1
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # either side went away, or said something that is no request
        finally:
            self._open -= 1
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
        asked = REQUEST.match(head)
        wanted = asked[1].decode().lower() if asked else ""
        if wanted not in self._hosts or self._open > MOST_CONNECTIONS:
            log.info("refused %s", wanted or "what was no CONNECT")
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        host, _, port = wanted.rpartition(":")
        try:
            far_reader, far_writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), CONNECT_SECONDS)
        except (OSError, TimeoutError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        finally:
            await _close(far_writer)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: float = IDLE_SECONDS) -> None:
    """Carry bytes one way until the end, then say so to the other side."""
    while piece := await asyncio.wait_for(reader.read(PIECE), idle):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
