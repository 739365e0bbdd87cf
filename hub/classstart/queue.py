"""Who gets a server next: a queue with three lanes, in which a child who waits goes before those who have not come yet."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from enum import IntEnum, StrEnum

log = logging.getLogger("JupyterHub.classstart")

FAILURE_SECONDS = 1200.0
"""How long a failure is told: longer it is of no interest, the lesson has gone on."""

Key = tuple[str, str]
"""Account and server name (empty for a pupil's only server)."""


class Lane(IntEnum):
    """Who waits, the most urgent first."""

    PERSON = 0  # somebody sits before the waiting page
    CLASS = 1  # a teacher has pressed the button
    AHEAD = 2  # the timetable says that a lesson is near


class Failure(StrEnum):
    """Why a start came to nothing, as far as a teacher can use it."""

    TIMEOUT = "timeout"
    ERROR = "error"


class Start:
    """One server on its way. ``begun`` is set when its turn comes, ``ended`` when it runs or has failed."""

    def __init__(self, key: Key, lane: Lane, number: int) -> None:
        self.key = key
        self.lane = lane
        self.number = number
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.failure: Failure | None = None

    async def changes(self, seconds: float) -> None:
        """Return at the next turn of events, or after ``seconds``."""
        event = self.ended if self.begun.is_set() else self.begun
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return


class StartQueue:
    """At most ``at_once`` servers start at a time; a person who waits finds one place more, so that no class blocks him.

    ``start`` is awaited for each; when it returns the server runs. Whatever it raises is remembered as a failure until the
    server is asked for again, and for a while only. Asking twice is asking once.
    """

    def __init__(self, start: Callable[[str, str], Awaitable[None]], at_once: int) -> None:
        self._start = start
        self._at_once = at_once
        self._lanes: dict[Lane, deque[Start]] = {lane: deque() for lane in Lane}
        self._joined = dict.fromkeys(Lane, 0)
        self._left = dict.fromkeys(Lane, 0)
        self._open: dict[Key, Start] = {}
        self._failed: dict[Key, tuple[Failure, float]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def ask(self, account: str, server: str, lane: Lane) -> Start:
        """Put a server into the queue, or move it to a more urgent lane. Must be called in the event loop."""
        key = (account, server)
        self._failed.pop(key, None)
        start = self._open.get(key)
        if start is None:
            start = self._open[key] = Start(key, lane, 0)
            self._join(start, lane)
        elif lane < start.lane and not start.begun.is_set():
            self._join(start, lane)  # its place in the slower lane is skipped when it comes up
        self._fill()
        return start

    def look(self, account: str, server: str) -> Start | None:
        """The start of this server that waits or runs, if there is one."""
        return self._open.get((account, server))

    def on_the_way(self) -> Iterable[Start]:
        """All that wait or are under way."""
        return self._open.values()

    def failures(self) -> dict[Key, Failure]:
        """The servers whose last start failed a short while ago, and why."""
        oldest = time.monotonic() - FAILURE_SECONDS
        self._failed = {key: (why, when) for key, (why, when) in self._failed.items() if when >= oldest}
        return {key: why for key, (why, _) in self._failed.items()}

    def ahead(self, start: Start) -> int:
        """How many wait before this one in its own lane. Exact for people; the lanes below may have moved some up."""
        return max(0, start.number - self._left[start.lane])

    # ------------------------------------------------------------------ inside
    def _join(self, start: Start, lane: Lane) -> None:
        start.lane, start.number = lane, self._joined[lane]
        self._joined[lane] += 1
        self._lanes[lane].append(start)

    def _fill(self) -> None:
        while (start := self._next()) is not None:
            start.begun.set()
            task = asyncio.create_task(self._run(start))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _next(self) -> Start | None:
        for lane, waiting in self._lanes.items():
            places = self._at_once + (lane is Lane.PERSON)
            while waiting and len(self._running) < places:
                start = waiting.popleft()
                self._left[lane] += 1
                if start.lane is lane and not start.begun.is_set():
                    return start
        return None

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():  # the hub is ending: nothing new begins
            self._fill()

    async def _run(self, start: Start) -> None:
        account, server = start.key
        try:
            await self._start(account, server)
        except TimeoutError:
            start.failure = Failure.TIMEOUT
            log.warning("Server of %s did not start in time", account)
        except Exception as error:  # noqa: BLE001  (whatever a start meets, the next in the queue has its turn)
            start.failure = Failure.ERROR
            log.error("Server of %s did not start: %s", account, error)
        finally:
            if start.failure is not None:
                self._failed[start.key] = (start.failure, time.monotonic())
            del self._open[start.key]
            start.ended.set()
