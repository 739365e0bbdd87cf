"""``kanikko exchange``."""

from __future__ import annotations

import asyncio
import logging

import click

from kanikko.settings import get_settings


@click.command()
@click.option("--verbose", is_flag=True, help="Log every request.")
def exchange(verbose: bool) -> None:
    """Run the hand-in service in the foreground (kanikko run does it for you)."""
    from grading.exchange.service import serve  # the command line's help does not need Tornado

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "tornado.access"):
        logging.getLogger(noisy).setLevel(logging.INFO if verbose else logging.ERROR)
    settings = get_settings()
    settings.make_dirs()
    asyncio.run(serve(settings))
