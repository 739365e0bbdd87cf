"""``kanikko site run``: the site in the foreground, alone or as a program of the house."""

from __future__ import annotations

import logging
import os
import re
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kanikko.errors import KanikkoError
from kanikko.settings import Settings, get_settings
from kanikko.unroot import give_up_root
from web.app import create_app
from web.data.lock import only_one
from web.server import SiteServer, listen

PORT_FILE = "site.port"
"""In the run folder, while the site is open: the port it listens on (kanikko.run reads it)."""


@click.command()
@click.option("--port", type=int, help="Port of the site (KANIKKO_SITE_PORT); 0: any free one.")
@click.option("--demo", is_flag=True, help="Make the demo year at the first start.")
def run(port: int | None, demo: bool) -> None:
    """Start the site alone and keep it running until Ctrl-C.

    Everything is kept in var/ (or KANIKKO_VAR): start again and all is as it was.
    """
    if port is not None:
        os.environ["KANIKKO_SITE_PORT"] = str(port)
        get_settings.cache_clear()
    settings = get_settings()
    give_up_root([sys.executable, "-m", "kanikko", *sys.argv[1:]], owned=[settings.var])
    os.umask(0o077)
    stop = _asked_to_stop()
    _log_without_people()
    with only_one(settings):
        settings.make_dirs()
        _serve(settings, stop, demo)


def _serve(settings: Settings, stop: threading.Event, demo: bool) -> None:
    with listen(settings.host, settings.site_port) as listener:
        settings = settings.model_copy(update={"site_port": listener.getsockname()[1]})
        try:
            sheet = _demo_sheet(settings) if demo else ""
            app = create_app(settings)
        except sqlite3.DatabaseError as error:
            raise KanikkoError(
                f"The database {settings.site_db} cannot be used: {error}.",
                remedy="Look at it with kanikko site check; put a copy back with kanikko site restore FILE.",
            ) from error
        with SiteServer(app, settings.host, listener=listener) as server, _port_file(settings, server.port):
            click.echo(f"Open {settings.site_public_url}   (Ctrl-C closes)")
            click.echo(sheet, nl=demo)
            stop.wait()
            click.echo("Closing …")


def _asked_to_stop() -> threading.Event:
    """An event that SIGINT, SIGTERM and SIGHUP set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def _port_file(settings: Settings, port: int) -> Iterator[None]:
    """Tell the other programs of the house where the site is."""
    place: Path = settings.run_dir / PORT_FILE
    aside = place.with_suffix(".new")
    aside.write_text(f"{port}\n")
    aside.replace(place)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def _demo_sheet(settings: Settings) -> str:
    """Make the demo year if the site is empty; who may sign in."""
    from web.demo.cli import ensure, sheet_text

    ensure(settings)
    return sheet_text(settings)


def _log_without_people() -> None:
    """To standard error, which the supervisor keeps: what went wrong and where, never an address with a family's link in it."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("kanikko.site").setLevel(logging.INFO)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is what an opening minute makes
    for handler in logging.getLogger().handlers:
        handler.addFilter(_hide_paths)


def _hide_paths(record: logging.LogRecord) -> bool:
    """waitress names the path that it was serving."""
    if record.name.startswith("waitress"):
        record.msg, record.args = re.sub(r"(while serving) .*", r"\1 a page", record.getMessage(), flags=re.DOTALL), ()
    return True
