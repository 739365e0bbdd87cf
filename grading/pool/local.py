"""Processes of this machine, forked from one that has its imports done and no threads (multiprocessing's fork server).

They end with us, however we end: each watches this process, and the fork server ends with the last of them.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import select
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver

PRELOADED = "grading.pool.preload"
PR_SET_PDEATHSIG = 1
SPARE_A_CORE = 4


def start_server() -> None:
    """Start the fork server; returns at once, while it imports. Call it early: its imports and ours then go side by side."""
    forkserver.set_forkserver_preload([PRELOADED])
    forkserver.ensure_running()


class LocalBackend:
    """``size`` notebooks at once at full speed, and as many again, several times over, that only wait for their time-out."""

    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, size: int) -> None:
        self._size = size
        self.spare = size * SPARE_A_CORE
        start_server()
        self._context = multiprocessing.get_context("forkserver")

    def size(self) -> int:
        return self._size

    def executor(self) -> Executor:
        # Processes are started when they are needed, one by one.
        return ProcessPoolExecutor(self._size + self.spare, mp_context=self._context, initializer=_enter, initargs=(os.getpid(),))

    def close(self) -> None:
        """The fork server ends with this process."""


def _enter(owner: int) -> None:
    """In the new process: end with the fork server and with whoever gives us work, and leave Ctrl-C to the latter."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    try:
        watched = os.pidfd_open(owner)
    except ProcessLookupError:
        os._exit(0)
    threading.Thread(target=_end_with, args=(watched,), name="owner", daemon=True).start()


def _end_with(watched: int) -> None:
    """Its rooms end with this process."""
    select.select([watched], [], [])
    os._exit(0)
