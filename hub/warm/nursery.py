"""A room's nursery: a child of the kernels' warm process that waits in the room, with all a kernel needs imported, and forks kernels.

It stands beside the room's server and has never held what that holds.
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
from types import ModuleType
from typing import NoReturn

from hub.room import Call, privileges
from hub.room.bwrap import OUR_CODE
from hub.warm.aside import put_aside
from hub.warm.importing import import_from_here, import_listed

CALL = Call("hub.warm.nursery:serve")
LONGEST_WISH = 1 << 17
"""Bytes of a kernel's command, folder and environment; one packet."""

LAUNCHER = "ipykernel_launcher"


@dataclass(frozen=True)
class Wish:
    """A kernel to be born: its arguments after ``python -m ipykernel_launcher``, its whole environment and its folder."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str


def prepare() -> None:
    """Import and build what a kernel needs, and nothing else: names of other modules would stand before a pupil's own files."""
    # A pupil's page has no debugger, and importing it would double a kernel's memory: ipykernel does without where it is missing.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    import_listed("kernel")
    del sys.modules["debugpy"]
    from hub.warm.kernel import ReadyKernel

    sys.argv = [LAUNCHER]
    ReadyKernel.build()
    put_aside("crab")


def ask(door: socket.socket, wish: Wish) -> int:
    """The number of a new kernel's process. Raises OSError if the nursery has gone, or cannot fork now."""
    door.sendall(json.dumps(asdict(wish)).encode())
    if not (answer := door.recv(64)):
        raise ConnectionError("the nursery has ended")
    if (pid := int(answer)) < 0:
        raise OSError(-pid, os.strerror(-pid))
    return pid


def serve(peer: socket.socket) -> None:
    """Fork a kernel for each wish until the server has gone. The nursery's call."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while text := peer.recv(LONGEST_WISH):
        try:
            pid = os.fork()
        except OSError as error:  # too many processes in the room
            pid = -(error.errno or 1)
        if pid == 0:
            _become_kernel(peer, Wish(**json.loads(text)))
        with suppress(OSError):
            peer.send(str(pid).encode())


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
        sys.argv = [LAUNCHER, *wish.arguments]
        from ipykernel.kernelapp import IPKernelApp

        from hub.warm.kernel import ReadyKernel

        _forget_ours()
        import_from_here()
        IPKernelApp.launch_instance(kernel_class=ReadyKernel)
    except SystemExit:
        pass
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)


def _forget_ours() -> None:
    """A pupil may call his files as we call our folders. Kept by whom they serve, our modules are only not found by name any more."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OUR_CODE]:
        _put_away.append(sys.modules.pop(name))


_put_away: list[ModuleType] = []
