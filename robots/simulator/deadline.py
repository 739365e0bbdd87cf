"""Break off a program that never ends, from the same process: by a signal in the main thread, from a watching thread elsewhere."""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from robots.simulator.hardware import RunOver

AGAIN = 0.05
"""Seconds until it is tried again: the program may have caught it."""


class Endless(RunOver):
    """The program never ended by itself."""

    def __init__(self) -> None:
        super().__init__("endless")


class Deadline:
    """With-statement that raises :class:`Endless` in its block after ``seconds``, again and again while the block goes on.

    ``late`` is called first; it returns whether this is a moment in which nothing breaks by raising.
    A program inside one call of C (``sum(range(10**12))``) is not reached: that takes the end of its process.
    """

    def __init__(self, seconds: float, late: Callable[[], bool]) -> None:
        self._seconds, self._late = max(seconds, 0.001), late  # 0 would mean: never
        self._by_signal = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
        self._over = threading.Event()

    def __enter__(self) -> Self:
        if self._by_signal:
            self._began = time.monotonic()
            self._before = signal.signal(signal.SIGALRM, self._ring)
            self._timer_before = signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN)
        else:
            self._thread = threading.get_ident()
            self._watch = threading.Thread(target=self._watch_over, daemon=True, name="deadline")
            self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while True:
            try:
                self._over.set()
                if self._by_signal:
                    self._silence()
                else:
                    self._watch.join()
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), None)  # what is still on its way
                return
            except Endless:  # it came just now
                continue

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if not self._over.is_set() and self._late():
            raise Endless

    def _silence(self) -> None:
        delay, interval = self._timer_before
        if delay:  # someone else's alarm goes on
            delay = max(delay - (time.monotonic() - self._began), 0.001)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)
        if delay:
            signal.setitimer(signal.ITIMER_REAL, delay, interval)

    def _watch_over(self) -> None:
        wait = self._seconds
        while not self._over.wait(wait):
            wait = AGAIN
            if self._late():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(Endless))
