"""The desk at which all starts are asked for: by a child, by a teacher for a class, and by the timetable."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from hub.classstart.book import Book, Record
from hub.classstart.queue import Lane, Start, StartQueue
from hub.classstart.starter import Starter
from hub.classstart.timetable import LATE, due
from kanikko.settings import Settings

log = logging.getLogger("JupyterHub.classstart")
audit = logging.getLogger("JupyterHub.audit")

TICK_SECONDS = 15.0
"""How often the timetable is looked at."""
STARTS_A_CORE = 8
"""A start computes, and waits in between."""
TIMETABLE = "timetable"
"""Stands where else the account of the teacher stands who started a class."""

STATES_SECONDS = 1.0
"""How long a look at all servers of the hub is good for."""

ServerState = Literal["on", "starting", "waiting", "failed"]
Pupils = Callable[[str], list[str]]
"""The accounts of a class's pupils."""


class StartDesk:
    """One a hub. ``app`` is the JupyterHub application; used of it: ``users``, ``tornado_application``, ``http_server``."""

    def __init__(self, app: Any, settings: Settings, pupils: Pupils) -> None:
        self._app = app
        self._settings = settings
        self._pupils = pupils
        self._queue = StartQueue(Starter(app), settings.starts_at_once or STARTS_A_CORE * (os.cpu_count() or 1))
        self._classes: dict[str, asyncio.Task[None]] = {}
        self._states: dict[str, ServerState] = {}
        self._states_until = 0.0
        self._clock: asyncio.Task[None] | None = None

    @cached_property
    def book(self) -> Book:
        """Timetables and starts, opened at the first use: the hub reads its whole configuration before it may touch a file."""
        return Book(self._settings.var / "screens.db")

    # ------------------------------------------------------------------ one server
    def ask(self, account: str, server: str = "") -> Start:
        """Somebody waits for this server: start it as soon as may be. (One that runs is left alone when its turn comes.)"""
        return self._queue.ask(account, server, Lane.PERSON)

    def ahead(self, start: Start) -> int:
        """How many people wait before this one."""
        return self._queue.ahead(start)

    # ------------------------------------------------------------------ a class
    def start_class(self, course: str, by: str) -> None:
        """Start the servers of all pupils of a class, as a teacher asks for it. Those that run, and a second press, change nothing."""
        record = Record(course, datetime.now(UTC), by)
        if not self.is_starting(course):
            self.book.begin(record)
        self._begin(record, Lane.CLASS)

    def is_starting(self, course: str) -> bool:
        """Is a start of this class under way?"""
        return course in self._classes

    def states(self) -> dict[str, ServerState]:
        """How every pupil's server stands that is not simply off. Memory only; good for a second."""
        now = time.monotonic()
        if now >= self._states_until:
            self._states, self._states_until = self._look(), now + STATES_SECONDS
        return self._states

    def _look(self) -> dict[str, ServerState]:
        states: dict[str, ServerState] = {account: "failed" for account, server in self._queue.failures() if not server}
        for start in self._queue.on_the_way():
            account, server = start.key
            if not server:
                states[account] = "starting" if start.begun.is_set() else "waiting"
        for user in list(self._app.users.values()):
            spawner = user.spawners.get("")
            if spawner is not None and spawner.ready:
                states[user.name] = "on"
            elif spawner is not None and spawner.pending == "spawn":
                states[user.name] = "starting"
        return states

    def _begin(self, record: Record, lane: Lane) -> None:
        states = self._look()
        missing = [account for account in self._pupils(record.course) if states.get(account) != "on"]
        starts = [self._queue.ask(account, "", lane) for account in missing]
        if record.course not in self._classes:
            self._classes[record.course] = asyncio.create_task(self._see_through(record, starts))
        self._states_until = 0.0

    async def _see_through(self, record: Record, starts: list[Start]) -> None:
        """Wait for every start of the class, then write down that it is done."""
        try:
            for start in starts:
                await start.ended.wait()
            failed = sum(start.failure is not None for start in starts)
            audit.info("start-class-done by %s course=%s started=%d failed=%d", record.by, record.course, len(starts) - failed, failed)
            self.book.end(record.course)
        finally:
            del self._classes[record.course]

    # ------------------------------------------------------------------ the timetable
    def follow_timetable(self) -> None:
        """From now on lessons start by themselves. First of all, what the end of the last hub cut off goes on."""
        self._clock = asyncio.get_running_loop().create_task(self._tick(), name="timetable")

    async def _tick(self) -> None:
        while self._app.http_server is None:
            await asyncio.sleep(1)
        await self._guarded(self._resume)
        while True:
            await self._guarded(self._start_due)
            await asyncio.sleep(TICK_SECONDS)

    async def _guarded(self, look: Callable[[], Awaitable[None]]) -> None:
        try:
            await look()
        except Exception:  # whatever went wrong, the next look tries again
            log.exception("The timetable could not be followed")

    async def _resume(self) -> None:
        self.book.tidy()
        for record in self.book.unfinished(datetime.now(UTC) - LATE):
            log.info("Going on with the start of %s", record.course)
            self._begin(record, Lane.CLASS if record.by != TIMETABLE else Lane.AHEAD)

    async def _start_due(self) -> None:
        now = datetime.now(UTC)
        already = self.book.slots_since(now - timedelta(days=1))
        for slot in due(self.book.timetables(), now, already, timedelta(minutes=self._settings.start_ahead_minutes)):
            record = Record(slot.course, slot.begins, TIMETABLE)
            if self.book.begin(record):
                audit.info("start-class by %s course=%s", TIMETABLE, slot.course)
                self._begin(record, Lane.AHEAD)
                await asyncio.sleep(0)  # a thousand classes have their lesson at the same minute; the hub answers in between
