"""The first program of ours inside a room: takes the call, gives up everything, makes the call.

Cold: ``python -I -B inside.py HEADER``, by its path, before our packages are on ``sys.path``. Warm: a child of a warm process
(:mod:`hub.warm`) comes in by :func:`enter`.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

BUILT = b"in\n"
"""Said in the report as soon as everything is mounted, by whoever is the first to run in a warm room."""

READY = b"ready"
LONGEST_REPORT = 1 << 15
FAILED = 70
"""Exit code of a process of ours that could not even begin."""


class Handed(NamedTuple):
    """The descriptors that whoever starts the room hands over. The call gets ``listener`` and ``peer`` as sockets, if they are there."""

    report: int
    call: int
    stdin: int
    stdout: int
    stderr: int
    listener: int | None = None
    peer: int | None = None


def main() -> None:
    """The cold start."""
    header = json.loads(sys.argv[1])
    if header["project"] not in sys.path:
        sys.path.append(header["project"])
    from hub.room import privileges

    privileges.end_first()
    enter(Handed(**header["handed"]), header["limits"])


def enter(handed: Handed, limits: dict[str, Any], *, seccomp: bytes | None = None, keep: int | None = None) -> None:
    """Give up every privilege, then read the call and make it; a failure until then goes to the report.

    ``seccomp``: the filter to put on, where bwrap has not. ``keep``: a descriptor of the caller's own that stays open.
    """
    with socket.socket(fileno=handed.report) as report:
        try:
            sockets = _take_descriptors(handed, keep)
            _give_up(limits, seccomp)
            call = _read(handed.call)
            # Set here and not by bwrap: what stands in /proc/*/environ is what a process was started with, and that is nothing.
            os.environ.clear()
            os.environ.update(call["environment"])
            target = find(call["target"])
        except BaseException:  # noqa: BLE001  (whatever it is, who waits outside must hear it)
            report.send(traceback.format_exc().encode(errors="replace")[-LONGEST_REPORT:])
            os._exit(FAILED)
        arguments: dict[str, Any] = call["arguments"] | sockets
        sys.argv = [call["target"]]
        del call
        report.send(READY)
    # The report was the last of the descriptors the target must not have.
    target(**arguments)


@dataclass
class End:
    """How a call ended."""

    code: int = 1


@contextmanager
def ending() -> Iterator[End]:
    """Tell how the block ended as Python would, at the end of a process that is left by ``os._exit``."""
    end = End()
    try:
        yield end
        end.code = 0
    except SystemExit as error:
        end.code = (error.code if isinstance(error.code, int) else int(error.code is not None)) & 0xFF
    except BaseException:  # noqa: BLE001  (the end of the program, as in any Python)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _read(descriptor: int) -> dict[str, Any]:
    """Read the call and wipe it: it may hold a token, and whoever else has the descriptor shall find nothing."""
    with os.fdopen(descriptor, "r+b") as file:
        call: dict[str, Any] = json.loads(file.read())
        file.truncate(0)
    return call


def _take_descriptors(handed: Handed, keep: int | None) -> dict[str, socket.socket]:
    """Put standard input, output and errors in place; close all but those, the report, the call, the call's sockets and ``keep``."""
    for place, source in enumerate((handed.stdin, handed.stdout, handed.stderr)):
        os.dup2(source, place)
    sockets = {name: number for name, number in (("listener", handed.listener), ("peer", handed.peer)) if number is not None}
    close_all_but({0, 1, 2, handed.report, handed.call, *sockets.values()} | ({keep} if keep is not None else set()))
    return {name: socket.socket(fileno=number) for name, number in sockets.items()}


def close_all_but(kept: set[int]) -> None:
    """Close every other descriptor of this process; of the kept ones, only 0, 1 and 2 are inherited."""
    for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if descriptor not in kept:
            with suppress(OSError):  # one was the listing's own
                os.close(descriptor)
    for descriptor in kept:
        os.set_inheritable(descriptor, descriptor < 3)


def _give_up(wanted: dict[str, Any], seccomp: bytes | None) -> None:
    from hub.room import limits, privileges

    limits.apply(0, **wanted)
    privileges.give_up(seccomp)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def find(target: str) -> Any:
    """The function of a call's target ``"package.module:function"``."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    main()
