"""``kanikko proxy``: run the proxy in the foreground (``kanikko run`` does it for you)."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from hub.proxy import outward
from hub.proxy.app import listen
from kanikko.settings import get_settings


@click.command()
def proxy() -> None:
    """Run the proxy that reaches rooms by Unix sockets."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_serve())


async def _serve() -> None:
    settings = get_settings()
    settings.make_dirs()
    listen(settings)
    way_out = await outward.listen(settings)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    if way_out is not None:
        way_out.close()
