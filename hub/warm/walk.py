"""How a child of a warm process walks into a room and gives up everything. The order matters; docs/rooms.md says why."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from hub.room import inside, privileges, warm

NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x04000000 | 0x08000000 | 0x40000000 | 0x02000000
"""CLONE_NEWUSER, NEWNS, NEWPID, NEWUTS, NEWIPC, NEWNET, NEWCGROUP: all that bwrap has unshared."""

PAUSE_SECONDS = 0.0005

_libc = ctypes.CDLL(None, use_errno=True)


def walk_in(connection: socket.socket, seccomp: bytes) -> NoReturn:
    """Take the wish that comes over ``connection`` and go where it says. Runs in a fresh child of the warm process; never returns."""
    try:
        header, descriptors = warm.hear(connection)
    except (EOFError, OSError):
        os._exit(0)  # who knocked has gone
    connection.close()
    if header["group"] is not None:  # the cgroup, by its path outside
        Path(header["group"], "cgroup.procs").write_text(str(os.getpid()))
    privileges.end_first()
    privileges.hide()  # before anything of the room could see us
    named = dict(zip(header["handed"], descriptors, strict=True))
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
    _call(inside.Handed(**named), header["limits"], seccomp, leaving)


def _call(handed: inside.Handed, limits: dict[str, Any], seccomp: bytes, leaving: int | None) -> NoReturn:
    code = 1
    try:
        inside.enter(handed, limits, seccomp=seccomp, keep=leaving)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001  (the end of the program, as in any Python)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        if leaving is not None:
            os.write(leaving, f"{code & 0xFF}\n".encode())  # for the doorkeeper
        os._exit(code & 0xFF)
