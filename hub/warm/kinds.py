"""The kinds of children that a warm process can have: what is imported and built before the fork.

``imported/KIND.txt`` names the modules that a room in use had imported; ``tests/warm`` finds what is missing in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from hub.warm.aside import put_aside
from hub.warm.importing import import_listed


@dataclass(frozen=True)
class Kind:
    """``prepare`` imports and builds what every child needs, starts no thread and keeps nothing open."""

    name: str
    prepare: Callable[[], object]
    booths: bool = False
    """Whether its children may sit in booths (:mod:`hub.warm.booths`)."""


def _server() -> None:
    import_listed("server")
    import_module("hub.page").prepare()


def _kernel() -> None:
    import_module("hub.warm.nursery").prepare()


def _grader() -> None:
    inside = import_module("grading.sandbox.inside")  # by name: the hub does not lean on grading
    inside.prepare()
    import_listed("kernel")
    inside.rehearse()
    put_aside("crab")


KINDS = {
    kind.name: kind
    for kind in (
        Kind("plain", lambda: None, booths=True),  # nothing is ready
        Kind("server", _server),  # pupils' and teachers' servers
        Kind("kernel", _kernel),  # the nurseries beside them, which fork kernels
        Kind("grader", _grader, booths=True),
    )
}
