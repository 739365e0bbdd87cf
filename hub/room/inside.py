"""The first program inside a room: ``python -I -B inside.py DESCRIPTOR``. Takes the call, gives up everything, makes the call.

It runs by its path, before our packages are on ``sys.path``; the file behind DESCRIPTOR holds the call as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any


def main() -> None:
    descriptor = int(sys.argv[1])
    call = _read(descriptor)
    report = os.fdopen(call["report"], "w")
    try:
        listener = _take_descriptors(call)
        _enter(call)
        target = _find(call["target"])
    except BaseException:  # noqa: BLE001  (whatever it is, who waits outside must hear it)
        report.write(traceback.format_exc())
        report.close()
        os._exit(70)
    arguments: dict[str, Any] = call["arguments"]
    if listener is not None:
        arguments["listener"] = listener
    sys.argv = [call["target"]]
    del call
    report.write("ready")
    report.close()  # the last of the descriptors the target must not have
    target(**arguments)


def _read(descriptor: int) -> dict[str, Any]:
    """Read the call and wipe it: it may hold a token, and whoever else has the descriptor shall find nothing."""
    with os.fdopen(descriptor, "r+b") as file:
        call: dict[str, Any] = json.loads(file.read())
        file.truncate(0)
    return call


def _take_descriptors(call: dict[str, Any]) -> socket.socket | None:
    """Put standard input, output and errors in place; close all but those, the report and the listener."""
    for place, source in enumerate(call["standard"]):
        os.dup2(source, place)
    kept = {0, 1, 2, call["report"]}
    if call["listener"] is not None:
        kept.add(call["listener"])
    for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if descriptor not in kept:
            with suppress(OSError):  # one was the listing's own
                os.close(descriptor)
    for descriptor in kept - {0, 1, 2}:
        os.set_inheritable(descriptor, False)
    return socket.socket(fileno=call["listener"]) if call["listener"] is not None else None


def _enter(call: dict[str, Any]) -> None:
    if call["project"] not in sys.path:
        sys.path.append(call["project"])
    from hub.room import limits, privileges

    limits.apply(**call["limits"])
    privileges.give_up()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # Set here and not by bwrap: what stands in /proc/*/environ is what a process was started with, and that is nothing.
    os.environ.clear()
    os.environ.update(call["environment"])


def _find(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    main()
