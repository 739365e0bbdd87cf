"""One thread for all virtual boards of this process: it sleeps until a board or its user has something to say."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, alive while somebody uses it (:func:`borrow`, :meth:`give_back`)."""

    def __init__(self) -> None:
        self.events = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="virtual-boards", daemon=True)
        self._users = 0
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.events)
        self.events.run_forever()
        self.events.close()

    def call(self, function: Callable[[], T]) -> T:
        """``function()``, run in the loop's thread; what it raises is raised here."""
        if self.inside:
            return function()
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(function())
            except BaseException as error:  # noqa: BLE001 - handed to the caller
                done.set_exception(error)

        self.events.call_soon_threadsafe(run)
        return done.result()

    @property
    def inside(self) -> bool:
        """Whether this is the loop's own thread."""
        return threading.current_thread() is self._thread

    def give_back(self) -> None:
        global _shared
        with _lock:
            self._users -= 1
            if self._users:
                return
            _shared = None
        self.events.call_soon_threadsafe(self.events.stop)
        if not self.inside:
            self._thread.join()


_lock = threading.Lock()
_shared: Loop | None = None


def borrow() -> Loop:
    """The loop of this process. Give it back."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Loop()
        _shared._users += 1
        return _shared
