"""The kinds of children that a warm process can have: what is imported and built before the fork, and what happens in the room before the call.

``imported/KIND.txt`` names the modules that a room in use had imported; ``tests/warm`` finds what is missing in it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

from hub.warm.importing import import_listed


@dataclass(frozen=True)
class Kind:
    """``prepare`` imports and builds what every child needs, starts no thread and keeps nothing open. ``before_call`` runs in the room."""

    name: str
    prepare: Callable[[], object] = lambda: None
    before_call: Callable[[socket.socket], object] | None = None


def _server() -> None:
    from hub.warm import nursery

    nursery.prepare()  # first: what it finds imported is what a kernel will know
    from hub import page

    page.prepare()
    import_listed("server")


def _nursery(report: socket.socket) -> None:
    from hub.warm import nursery

    nursery.open_nursery(report)


def _grader() -> None:
    from importlib import import_module

    import_module("grading.sandbox.inside").prepare()  # by name: the hub does not lean on grading


KINDS = {
    kind.name: kind
    for kind in (
        Kind("plain"),  # nothing is ready
        Kind("server", _server, _nursery),  # pupils' and teachers' servers, with the nursery of their kernels
        Kind("grader", _grader),
    )
}
