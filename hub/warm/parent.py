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

from hub.room import seccomp
from hub.warm import walk
from hub.warm.changes import Changes
from hub.warm.kinds import Kind

BACKLOG = 256
LOOK_SECONDS = 2.0
"""How often to look whether packages, our code or settings have changed."""


def run(kind: Kind, place: Path) -> None:
    """Warm up, then serve until told to end (SIGTERM) or until what was imported is no longer what is installed."""
    began = time.monotonic()
    changes = Changes()  # before the first import: a change while importing counts too
    listener = _listen(place)
    kind.import_all()
    kind.prepare()
    program = seccomp.program()
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise SystemExit(f"warm {kind.name}: an imported package has started a thread; children would hang")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    gc.collect()
    gc.freeze()  # a child's collector must not touch, and so copy, what all share
    print(f"warm {kind.name}: ready after {time.monotonic() - began:.1f} s", flush=True)
    while not changes.seen():
        if select.select([listener], [], [], LOOK_SECONDS)[0]:
            _fork(kind, listener, program)
    print(f"warm {kind.name}: packages, code or settings have changed: beginning anew", flush=True)


def _fork(kind: Kind, listener: socket.socket, program: bytes) -> None:
    connection, _ = listener.accept()
    if os.fork() == 0:
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            walk.walk_in(connection, program, kind.before_call)
        finally:
            sys.stderr.flush()
            os._exit(70)
    connection.close()


def _listen(place: Path) -> socket.socket:
    """Listen from the beginning: who knocks while we warm up waits a little instead of being refused."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    before = os.umask(0o077)
    listener.bind(str(place))
    os.umask(before)
    listener.listen(BACKLOG)
    return listener
