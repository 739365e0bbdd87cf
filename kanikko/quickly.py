"""``python -m kanikko.quickly MODULE …``: MODULE as ``python -m`` runs it, begun without what no program of the house needs."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

UNNEEDED = ("rfc3987_syntax",)
"""Builds a grammar of international web addresses as it is imported, a second in each program's start, for a format that no JSON
schema here has. jsonschema does without it where it is missing."""


def leave_out(names: Sequence[str] = UNNEEDED) -> None:
    """From here on this process cannot import what it does not need."""
    for name in names:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


@contextmanager
def left_out(names: Sequence[str] = UNNEEDED) -> Iterator[None]:
    """The same for a while only: afterwards a pupil's program can import it."""
    leave_out(names)
    try:
        yield
    finally:
        for name in [name for name in names if name in sys.modules and sys.modules[name] is None]:
            del sys.modules[name]


if __name__ == "__main__":
    leave_out()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
