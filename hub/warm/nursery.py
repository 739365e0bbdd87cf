"""A room's nursery: a child of the warm process that waits in the room, with all a kernel needs imported, and forks kernels.

It is forked before the room's server has read its token, so no kernel ever held that.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import NoReturn

from hub.room import inside, privileges
from hub.room.bwrap import OUR_CODE
from hub.warm.importing import import_listed

LONGEST_WISH = 1 << 17
"""Bytes of a kernel's command, folder and environment; one packet."""

LAUNCHER = "ipykernel_launcher"

_kernel_names: frozenset[str] = frozenset()
_door: socket.socket | None = None


@dataclass(frozen=True)
class Wish:
    """A kernel to be born: its arguments after ``python -m ipykernel_launcher``, its whole environment and its folder."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str


def prepare() -> None:
    """Import what a kernel needs, before anything else is imported: what is here now, and only that, a kernel will know."""
    global _kernel_names
    # A pupil's page has no debugger, and importing it would double a kernel's memory: ipykernel does without where it is missing.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    import_listed("kernel")
    del sys.modules["debugpy"]
    _kernel_names = frozenset(name.partition(".")[0] for name in sys.modules) - set(OUR_CODE)


def open_nursery(report: socket.socket) -> None:
    """Fork the nursery, in the room, without privileges, before the call is read. The server asks it by :func:`ask`."""
    global _door
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        try:
            report.send(inside.KEPT)
            inside.close_all_but({theirs.fileno()})
            _lead_nowhere()
            _serve(theirs)
        finally:
            os._exit(inside.FAILED)
    theirs.close()
    _door = ours


def is_open() -> bool:
    """Whether this room has a nursery."""
    return _door is not None


def ask(wish: Wish) -> int:
    """The number of a new kernel's process. Raises OSError if the nursery has gone, or cannot fork now."""
    if _door is None:
        raise ConnectionError("this room has no nursery")
    _door.sendall(json.dumps(asdict(wish)).encode())
    if not (answer := _door.recv(64)):
        raise ConnectionError("the nursery has ended")
    if (pid := int(answer)) < 0:
        raise OSError(-pid, os.strerror(-pid))
    return pid


def _lead_nowhere() -> None:
    """Standard streams of their own for kernels: what they had was the server's log. Output reaches the page by ZMQ."""
    for _ in range(3):
        os.open(os.devnull, os.O_RDWR)
    for place in range(3):
        os.set_inheritable(place, True)


def _serve(door: socket.socket) -> NoReturn:
    """Fork a kernel for each wish until the server has gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while text := door.recv(LONGEST_WISH):
        try:
            pid = os.fork()
        except OSError as error:  # too many processes in the room
            pid = -(error.errno or 1)
        if pid == 0:
            _become_kernel(door, Wish(**json.loads(text)))
        with suppress(OSError):
            door.send(str(pid).encode())
    os._exit(0)


def _become_kernel(door: socket.socket, wish: Wish) -> NoReturn:
    try:
        door.close()
        os.setsid()  # an interrupt goes to the kernel and all it has started
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        privileges.show()
        os.environ.clear()
        os.environ.update(wish.environment)
        time.tzset()
        os.chdir(wish.folder)
        _forget_the_server()
        sys.argv = [LAUNCHER, *wish.arguments]
        from ipykernel.kernelapp import launch_new_instance

        launch_new_instance()
    except SystemExit:
        pass
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)


def _forget_the_server() -> None:
    """Names of modules that only the server needs would stand before a pupil's own files of the same name."""
    for name in list(sys.modules):
        if name.partition(".")[0] not in _kernel_names and not name.startswith("_"):
            del sys.modules[name]
