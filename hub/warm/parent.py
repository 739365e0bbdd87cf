"""The warm process itself: it imports, freezes, listens and forks; it never hears what a child is for.

It stays single-threaded, because only the forking thread lives on in a child.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from hub.room import inside, seccomp
from hub.warm import pages, walk
from hub.warm.booths import CommonRoom
from hub.warm.changes import Changes
from hub.warm.kinds import Kind
from kanikko.quickly import left_out

LOOK_SECONDS = 2.0
"""How often to look whether packages, our code or settings have changed."""


def run(kind: Kind, listener: socket.socket, state: int) -> None:
    """Warm up, then serve until told to end (SIGTERM) or until what was imported is no longer what is installed.

    ``state`` is a descriptor of the folder with the settings.
    """
    began = time.monotonic()
    changes = Changes(state)  # before the first import: a change while importing counts too
    with left_out():
        kind.prepare()
    program = seccomp.program()
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise SystemExit(f"warm {kind.name}: an imported package has started a thread; children would hang")
    booths = CommonRoom() if kind.booths else None
    common = booths.pidfd if booths else None
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    gc.collect()
    gc.freeze()  # a child's collector must not touch, and so copy, what all share
    pages.gather()
    print(f"warm {kind.name}: ready after {time.monotonic() - began:.1f} s", flush=True)
    while not changes.seen():
        if select.select([listener], [], [], LOOK_SECONDS)[0]:
            _fork(listener, program, common)
    print(f"warm {kind.name}: packages, code or settings have changed: beginning anew", flush=True)


def _fork(listener: socket.socket, program: bytes, common: int | None) -> None:
    connection, _ = listener.accept()
    if os.fork() == 0:
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            walk.walk_in(connection, program, common)
        finally:
            sys.stderr.flush()
            os._exit(inside.FAILED)
    connection.close()
