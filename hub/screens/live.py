"""Class lists that keep themselves up to date: one subscription to the exchange for the whole hub, fanned out in memory.

A board is one class with one lesson that somebody is looking at. It is computed anew when the exchange tells of a change,
when a pupil's server starts or stops, and now and then in any case; only lines that differ are sent to its watchers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from hub.classstart.desk import StartDesk
from hub.screens.classroom import Classroom
from hub.screens.states import Readiness, Row, readiness, row, summary
from kanikko.exchange_client import Event, ExchangeFault, Progress

log = logging.getLogger("JupyterHub.screens")

LOOK_SECONDS = 1.0
"""How often a watched board looks at the pupils' servers and openings (memory and one small query)."""
REFETCH_SECONDS = 20.0
"""How often it asks the exchange although no event came; an event that was lost is made good after this time."""
AWAY_REFETCH_SECONDS = 3.0
"""The same while the exchange cannot be reached."""
RECONNECT_SECONDS = (0.5, 5.0)
"""First and longest pause before the subscription is tried again."""
WATCHER_BACKLOG = 200
"""Messages kept for a slow browser; beyond it the browser is told to load the page again."""

Message = tuple[str, dict[str, object]]


@dataclass
class Board:
    """One class with one lesson."""

    course: str
    lesson: str
    watchers: set[asyncio.Queue[Message]] = field(default_factory=set)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    progress: dict[str, Progress] = field(default_factory=dict)
    fetched_at: float = float("-inf")
    away: bool | None = None
    """Is the exchange away? None before we asked."""
    rows: dict[str, Row] = field(default_factory=dict)
    readiness: Readiness | None = None
    task: asyncio.Task[None] | None = None

    def tell(self, kind: str, content: dict[str, object]) -> None:
        for watcher in list(self.watchers):
            if watcher.qsize() >= WATCHER_BACKLOG:
                with suppress(asyncio.QueueEmpty):
                    while True:
                        watcher.get_nowait()
                watcher.put_nowait(("reload", {}))
            watcher.put_nowait((kind, content))


class Live:
    """All boards of one hub."""

    def __init__(self, classroom: Classroom, desk: StartDesk) -> None:
        self._classroom = classroom
        self._desk = desk
        self._boards: dict[tuple[str, str], Board] = {}
        self._listener: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ for the pages
    async def rows(self, course: str, lesson: str) -> tuple[list[Row], bool]:
        """The list as it is now, and whether the exchange is away. Without a lesson (empty): who is there at all."""
        away = False
        progress: dict[str, Progress] = {}
        try:
            if lesson:
                progress = await self._classroom.exchange.progress(course, lesson)
        except ExchangeFault as error:
            away = True
            log.warning("No progress of %s/%s: %s", course, lesson, error.message)
        return self._rows(course, lesson, progress), away

    def readiness(self, course: str, rows: list[Row]) -> Readiness:
        """How many of the class's servers are ready, by the lines of its list."""
        return readiness(rows, self._desk.is_starting(course))

    async def watch(self, course: str, lesson: str, heartbeat: float) -> AsyncGenerator[Message, None]:
        """Messages for one browser: all lines first, then each change; ``("beat", {})`` when nothing happens."""
        queue: asyncio.Queue[Message] = asyncio.Queue()
        board = self._join(course, lesson, queue)
        try:
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), heartbeat)
                except TimeoutError:
                    yield ("beat", {})
        finally:
            self._leave(board, queue)

    # ------------------------------------------------------------------ joining and leaving
    def _join(self, course: str, lesson: str, queue: asyncio.Queue[Message]) -> Board:
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        board = self._boards.setdefault((course, lesson), Board(course, lesson))
        board.watchers.add(queue)
        if board.task is None:
            board.task = asyncio.create_task(self._keep(board))
        else:
            for line in board.rows.values():
                queue.put_nowait(("row", line.message()))
            queue.put_nowait(("summary", asdict(summary(list(board.rows.values())))))
            queue.put_nowait(("exchange", {"away": bool(board.away)}))
            queue.put_nowait(("start", asdict(self.readiness(board.course, list(board.rows.values())))))
        return board

    def _leave(self, board: Board, queue: asyncio.Queue[Message]) -> None:
        board.watchers.discard(queue)
        if not board.watchers:
            self._boards.pop((board.course, board.lesson), None)
            if board.task is not None:
                board.task.cancel()

    # ------------------------------------------------------------------ one board
    async def _keep(self, board: Board) -> None:
        """Runs as long as somebody watches. An error is logged and the next look tries again."""
        while True:
            try:
                await self._refresh(board)
            except Exception:
                log.exception("The list of %s/%s could not be made", board.course, board.lesson)
            with suppress(TimeoutError):
                await asyncio.wait_for(board.stirred.wait(), LOOK_SECONDS)

    async def _refresh(self, board: Board) -> None:
        now = asyncio.get_running_loop().time()
        due = AWAY_REFETCH_SECONDS if board.away else REFETCH_SECONDS
        first = not board.rows
        if board.stirred.is_set() or now - board.fetched_at >= due:
            board.stirred.clear()  # before the question: a change during it stirs again
            board.fetched_at = now
            await self._fetch(board)
        before = summary(list(board.rows.values()))
        self._compare(board, self._rows(board.course, board.lesson, board.progress))
        after = summary(list(board.rows.values()))
        if after != before or first:
            board.tell("summary", asdict(after))
        ready = self.readiness(board.course, list(board.rows.values()))
        if ready != board.readiness:
            board.readiness = ready
            board.tell("start", asdict(ready))

    async def _fetch(self, board: Board) -> None:
        was_away = board.away
        try:
            if board.lesson:
                board.progress = await self._classroom.exchange.progress(board.course, board.lesson)
            else:  # nobody has a lesson yet, but the page wants to know when the exchange is back
                await self._classroom.exchange.lessons(board.course)
            board.away = False
        except ExchangeFault as error:
            board.away = True
            log.warning("No progress of %s/%s: %s", board.course, board.lesson, error.message)
        if board.away != was_away:
            board.tell("exchange", {"away": board.away})

    def _compare(self, board: Board, rows: list[Row]) -> None:
        fresh = {line.account: line for line in rows}
        if board.rows and board.rows.keys() != fresh.keys():
            board.tell("reload", {})  # a pupil came or left: the page has a line too many or too few
        for account, line in fresh.items():
            if board.rows.get(account) != line:
                board.tell("row", line.message())
        board.rows = fresh

    def _rows(self, course: str, lesson: str, progress: dict[str, Progress]) -> list[Row]:
        servers = self._desk.states()
        opened = self._classroom.openings.accounts(course, lesson)
        now = datetime.now(UTC)
        return [
            row(
                pupil,
                servers.get(pupil.account, "off"),
                pupil.account in opened,
                progress.get(pupil.account),
                now,
                locked=self._classroom.is_locked(pupil.account),
            )
            for pupil in self._classroom.class_list(course)
        ]

    # ------------------------------------------------------------------ the one subscription
    async def _listen(self) -> None:
        shortest, longest = RECONNECT_SECONDS
        pause, last = shortest, None
        while True:
            try:
                async for event in self._classroom.exchange.events(last):
                    pause, last = shortest, event.id
                    self._hear(event)
            except ExchangeFault as error:
                log.info("The exchange's events pause: %s", error.message)
                self._stir_all()
            except Exception:
                log.exception("The exchange's events broke off")
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    def _hear(self, event: Event) -> None:
        for board in self._boards.values():
            if board.course != event.course:
                continue
            if board.lesson == event.lesson:
                board.stirred.set()
            if event.kind in ("released", "withdrawn", "release-failed"):
                board.tell("lesson", {"kind": event.kind, "lesson": event.lesson})

    def _stir_all(self) -> None:
        for board in self._boards.values():
            board.stirred.set()
