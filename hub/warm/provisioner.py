"""Jupyter's kernel provisioner for rooms with a nursery: kernels are forked there instead of started as new programs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from hub.room.process import readable
from hub.warm import nursery

READY_SECONDS = 10.0
PAUSE_SECONDS = 0.002


class Born:
    """As much of Popen as LocalProvisioner uses, for a process that is another's child: it is watched by a pidfd."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        """Raises OSError if the process has gone already."""
        self.pid = pid
        self.returncode: int | None = None
        self._held = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """0 once it has ended (nobody here knows how), else None."""
        if self.returncode is None and readable(self._held, 0):
            self.returncode = 0
            os.close(self._held)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end, at most ``timeout`` seconds."""
        if self.returncode is None:
            readable(self._held, timeout)
        return self.poll()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._held, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class NurseryProvisioner(LocalProvisioner):
    """Asks the room's nursery for IPython kernels. Other kernels, and all where there is no nursery, start as ever."""

    nursery: ClassVar[socket.socket | None] = None
    """The way to this room's nursery; the server sets it before it begins."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch the kernel; returns its connection once it listens."""
        if cmd[1:3] != ["-m", nursery.LAUNCHER] or self.nursery is None:
            return await super().launch_kernel(cmd, **kwargs)
        folder = str(kwargs.get("cwd") or Path.cwd())
        wish = nursery.Wish([*cmd[3:], "--IPKernelApp.parent_handle=1"], dict(kwargs["env"]), folder)
        try:
            born = Born(nursery.ask(self.nursery, wish))
        except OSError as error:
            self.log.warning("the nursery gave no kernel (%s); starting one anew", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = born  # type: ignore[assignment]  # as much of a Popen as is used
        self.pid = self.pgid = born.pid
        self.cwd = folder
        await self._listening(born)
        return self.connection_info

    async def _listening(self, born: Born) -> None:
        """Wait until the kernel has bound its control socket, the last but one: then the first message to it is answered at once."""
        place = Path(f"{self.connection_info['ip']}-{self.connection_info['control_port']}")
        deadline = time.monotonic() + READY_SECONDS
        while not place.exists() and born.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(PAUSE_SECONDS)
