"""Waiting for changes: one look at the database a ring, however many are waiting."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from grading.exchange import bells
from grading.exchange.store import Store

Value = TypeVar("Value")
LOOK_EVERY = 1.0
"""Seconds between looks when no bell is heard (one may be lost when a process is killed)."""
ANYTHING = "*"


class Watch:
    """Wakes who waits for a submission (its id), a job (``job:<id>``) or ``ANYTHING``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = store.last_change()
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._bell = bells.Listener(store.bells, bells.EXCHANGE)
        self._rung = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._bell, self._hear)
        self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        self._task.cancel()
        asyncio.get_running_loop().remove_reader(self._bell)
        self._bell.close()

    def _hear(self) -> None:
        self._bell.clear()
        self._rung.set()

    async def _run(self) -> None:
        while True:
            self._rung.clear()
            for event, submission, job in self._store.changes(self._seen):
                self._seen = event.id
                for key in (submission, f"job:{job}", ANYTHING):
                    for waiting in self._waiting.get(key or "", ()):
                        waiting.set()
            try:
                await asyncio.wait_for(self._rung.wait(), LOOK_EVERY)
            except TimeoutError:
                continue

    async def until(self, key: str, look: Callable[[], Value], done: Callable[[Value], bool], seconds: float) -> Value:
        """What ``look()`` gives as soon as ``done`` likes it, or after ``seconds``."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        changed = asyncio.Event()
        self._waiting[key].add(changed)  # before the first look, so that nothing falls in between
        try:
            while not done(value := look()) and loop.time() < end:
                try:
                    await asyncio.wait_for(changed.wait(), end - loop.time())
                except TimeoutError:
                    continue
                changed.clear()
            return value
        finally:
            self._waiting[key].discard(changed)
            if not self._waiting[key]:
                del self._waiting[key]
