"""Python's parser, made safe for several threads and for whatever a child typed."""

from __future__ import annotations

import ast
import threading

_one_at_a_time = threading.Lock()
"""Before 3.11.5 CPython keeps the depth of the tree it builds for the whole process: two threads that parse at once may get
``SystemError: AST constructor recursion depth mismatch``, and a good hand-in would go unmarked."""


def parse(source: str) -> ast.Module | None:
    """The tree of a cell's source, or None where it is not Python (or nested deeper than the parser follows)."""
    with _one_at_a_time:
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
