"""Runs one notebook in a room of its own: hostile code inside, nothing but checked JSON comes out.

``execute``, ``Executed``, ``SandboxError`` and ``SandboxLimits`` come from :mod:`grading.sandbox.executor` on first use:
the half of this package that runs inside a room must not import nbgrader to get at its own module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grading.sandbox.executor import Executed, SandboxError, SandboxLimits, execute

__all__ = ["Executed", "SandboxError", "SandboxLimits", "execute"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from grading.sandbox import executor

    return getattr(executor, name)
