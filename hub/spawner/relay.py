"""Inside rooms with a way out: a port on the room's own loopback that leads to the way's Unix socket.

Libraries know proxies by ``HTTPS_PROXY=http://address:port`` only. The relay decides nothing: the list of hosts is kept outside.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

PORT = 3128
DOOR_FOLDER = "/run/kanikko-outward"
DOOR = f"{DOOR_FOLDER}/net.sock"
PROXY_URL = f"http://127.0.0.1:{PORT}"
PIECE = 1 << 16


async def listen(port: int = PORT, door: str = DOOR) -> asyncio.Server:
    """Begin to relay, in the running event loop."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_unix_connection(door)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            far_writer.close()
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
