"""How a grading room looks: no network, nothing shared, a work folder in memory that ends with it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hub import room
from kanikko.settings import get_settings

if TYPE_CHECKING:
    from grading.sandbox.driver import Opener, RoomEnd
    from grading.sandbox.executor import SandboxLimits

WORKDIR = "/home/room"
TMP = "/tmp"  # noqa: S108 (the room's own)
TARGET = "grading.sandbox.inside:serve"


def open_room(name: str, limits: SandboxLimits) -> Opener:
    """What starts a room for one notebook; see :func:`environment` for what its program sees."""
    plan = room.Room(
        name=name,
        limits=room.Limits(
            memory_mb=limits.memory_mb,
            processes=limits.processes,
            open_files=256,
            file_mb=limits.disk_mb,
            cpu_seconds=int(limits.notebook_seconds) + 5,
        ),
        tmpfs=(room.Tmpfs(WORKDIR, limits.disk_mb),),
        workdir=WORKDIR,
        dies_with_parent=True,  # kill -9 of the grader leaves nothing behind
        booth=True,
    )
    call = room.Call(target=TARGET, arguments={"workdir": WORKDIR}, environment=environment())

    def opener(stdin: int, stdout: int, stderr: int) -> RoomEnd:
        warm_socket = get_settings().warm_socket("grader")
        return cast("RoomEnd", room.start(plan, call, warm_socket=warm_socket, stdin=stdin, stdout=stdout, stderr=stderr))

    return opener


def environment() -> dict[str, str]:
    """A kernel's environment, made from nothing: none of ours reaches the program."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": WORKDIR,
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": f"{TMP}/.matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
