"""Kernels in a room: what a child runs does not get the server's token, and cannot write into the server's log."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

SECRET_PREFIXES = ("JUPYTERHUB_", "JPY_")
"""The server's own: token, OAuth client, addresses. ``JPY_SESSION_NAME`` and ``JPY_PARENT_PID`` are set after us."""


class RoomKernelManager(ServerKernelManager):
    """Starts each kernel without the server's secrets. The server itself cannot be read by them (it is not dumpable)."""

    async def start_kernel(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Start the kernel; a restart uses the same arguments again."""
        kwargs["env"] = without_secrets(kwargs.get("env") or dict(os.environ))
        kwargs.setdefault("cwd", os.environ["HOME"])  # a kernel without a notebook; those of notebooks start beside them
        kwargs["stdout"] = kwargs["stderr"] = subprocess.DEVNULL  # what it prints reaches the page by ZMQ, not by descriptors
        return await super().start_kernel(*args, **kwargs)


def without_secrets(environment: dict[str, str]) -> dict[str, str]:
    """The environment without what belongs to the server alone."""
    return {key: value for key, value in environment.items() if not key.startswith(SECRET_PREFIXES) or key == "JPY_SESSION_NAME"}
