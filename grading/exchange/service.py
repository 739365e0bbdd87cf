"""The hand-in service: starts, listens on its Unix socket, ends. It keeps nothing in memory that a restart would miss."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import resource
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket

from grading.exchange.base import House
from grading.exchange.handlers import application
from grading.exchange.store import Store
from grading.exchange.watch import Watch
from grading.exchange.who import Doorkeeper
from kanikko.errors import KanikkoError
from kanikko.notebook_format import compile_checkers
from kanikko.settings import Settings

log = logging.getLogger(__name__)

HEADER_BYTES = 32 * 1024
BODY_BYTES = 64 * 1024
"""For calls that send no files; those that do stream and set their own limit."""
IDLE_SECONDS = 120
GRACE_SECONDS = 5


class AlreadyRunning(KanikkoError):
    """Another exchange works on the same folder."""


def take_turn(settings: Settings) -> int:
    """A lock that ends with this process, however it ends. Raises AlreadyRunning."""
    settings.exchange_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(settings.exchange_dir / "service.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise AlreadyRunning(f"an exchange already works on {settings.exchange_dir}", remedy="Stop the other one first.") from error
    return lock


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[House]:
    """The service, listening, until the block is left."""
    lock = take_turn(settings)
    store = Store(settings)
    moved = store.sweep()
    if moved:
        log.warning("set aside %d folders that no submission speaks of: %s", len(moved), ", ".join(moved[:5]))
    house = House(
        store=store, doorkeeper=Doorkeeper(settings.hub_socket, settings.secret("hub-service-token")), watch=Watch(store),
        threads=ThreadPoolExecutor(max_workers=4, thread_name_prefix="files"),
    )  # fmt: skip
    server = HTTPServer(
        application(house), max_header_size=HEADER_BYTES, max_body_size=BODY_BYTES, idle_connection_timeout=IDLE_SECONDS,
        max_buffer_size=1024 * 1024, chunk_size=64 * 1024,
    )  # fmt: skip
    settings.exchange_socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    server.add_socket(bind_unix_socket(str(settings.exchange_socket), mode=0o600, backlog=512))
    try:
        yield house
    finally:
        server.stop()
        house.threads.shutdown(wait=True)  # what is being stored is stored, or not at all
        with suppress(TimeoutError):
            await asyncio.wait_for(server.close_all_connections(), GRACE_SECONDS)
        house.watch.close()
        await house.doorkeeper.close()
        store.close()
        os.close(lock)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a class of 40 holds some 80 connections, mostly waiting
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(settings):
        log.info("the exchange listens on %s", settings.exchange_socket)
        await asyncio.to_thread(compile_checkers)  # else the day's first hand-in, and a class behind it, would wait for that
        await stop.wait()
