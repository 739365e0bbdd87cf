"""How a child of a warm process walks into a room and gives up everything. The order matters; docs/rooms.md says why."""

from __future__ import annotations

import ctypes
import os
import socket
import time
from pathlib import Path
from typing import NoReturn

from hub.room import inside, privileges, warm
from hub.warm import booths

NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x04000000 | 0x08000000 | 0x40000000 | 0x02000000
"""CLONE_NEWUSER, NEWNS, NEWPID, NEWUTS, NEWIPC, NEWNET, NEWCGROUP: all that bwrap has unshared."""

PAUSE_SECONDS = 0.0005

_libc = ctypes.CDLL(None, use_errno=True)


def walk_in(connection: socket.socket, seccomp: bytes, common: int | None) -> NoReturn:
    """Take the wish that comes over ``connection`` and go where it says. Runs in a fresh child of the warm process; never returns.

    ``common``: a pidfd of the common room of booths, if this warm process has one.
    """
    try:
        header, descriptors = warm.hear(connection)
    except (EOFError, OSError):
        os._exit(0)  # who knocked has gone
    connection.close()
    privileges.end_first()
    privileges.hide()  # before anything of the room could see us
    named = dict(zip(header["handed"], descriptors, strict=True))
    if "booth" in header and common is not None:
        booths.enter(common, header, named.pop("leash"), inside.Handed(**named), seccomp)
    if header["group"] is not None:  # the cgroup, by its path outside
        Path(header["group"], "cgroup.procs").write_text(str(os.getpid()))
    room, leaving = named.pop("room"), named.pop("leaving", None)
    if _libc.setns(room, NAMESPACES):
        raise OSError(ctypes.get_errno(), "setns")
    # Only what is forked from here on is inside the process namespace. Two forks, so that the second has no parent left and becomes
    # a child of the room's first process, as all in the room are.
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        os._exit(0)
    if os.fork():
        os._exit(0)
    while os.getppid() != 1:
        time.sleep(PAUSE_SECONDS)
    os.setsid()
    with inside.ending() as end:
        inside.enter(inside.Handed(**named), header["limits"], seccomp=seccomp, keep=leaving)
    if leaving is not None:
        os.write(leaving, f"{end.code}\n".encode())  # for the doorkeeper
    os._exit(end.code)
