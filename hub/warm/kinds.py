"""The kinds of children that a warm process can have: what is imported before the fork, and what is done in the room before the call."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LISTS = Path(__file__).parent / "imported"
"""One file a kind: the modules that a room in use had imported, found by ``python -m hub.warm.measure``."""


@dataclass(frozen=True)
class Kind:
    """``prepare`` may build what every child needs, but starts no thread and opens nothing. ``before_call`` runs in the room."""

    name: str
    prepare: Callable[[], object] = lambda: None
    before_call: Callable[[socket.socket], object] | None = None

    def import_all(self) -> None:
        """Prepare, then import what the kind's list names. One that is gone (an upgrade) costs its time in each room, nothing else."""
        self.prepare()
        place = LISTS / f"{self.name}.txt"
        for name in place.read_text().split() if place.is_file() else ():
            try:
                importlib.import_module(name)
            except Exception as error:  # noqa: BLE001  (a package may raise anything while imported)
                print(f"warm {self.name}: {name} cannot be imported: {error}", flush=True)


def _server_room(report: socket.socket) -> None:
    from hub.warm import nursery

    nursery.open_nursery(report)


def _kernel() -> None:
    from hub.warm import nursery

    nursery.prepare()


def _grader() -> None:
    from grading.sandbox import inside

    inside.prepare()


KINDS = {
    kind.name: kind
    for kind in (
        Kind("plain"),  # imports nothing ahead
        Kind("server", _kernel, _server_room),  # pupils' and teachers' servers, with the nursery of their kernels
        Kind("grader", _grader),
    )
}
