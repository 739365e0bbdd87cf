"""JupyterHub's spawner: one person's server, in a room, on a Unix socket. Rooms outlive the hub, and are found again."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from jupyterhub.spawner import Spawner

from hub.proxy.unix import url_of
from hub.room import Beside, Call, RoomProcess, reconnect, start
from hub.spawner import plan, registry
from hub.spawner.plan import Plan
from hub.spawner.watch import Watch, Watched
from hub.warm import nursery
from kanikko.settings import Settings, get_settings

BACKLOG = 128
STOP_SECONDS = 5.0
"""How long a server may take to end by itself: its kernels hear of it first."""

POLL_SECONDS = 0.05
NOT_RUNNING = 0
FALLBACK_EXTENSIONS = ["notebook"]


class RoomSpawner(Spawner):
    """Starts a person's server in a room of its own. What the room holds is decided in :mod:`hub.spawner.plan`."""

    _process: RoomProcess | None = None
    _starting = False

    # ---------------------------------------------------------------- what JupyterHub calls
    async def start(self) -> str:
        """Build the room; returns the address of its server. Raises NoRoomError, RoomError or MachineError."""
        self._starting = True
        try:
            return await self._start(get_settings())
        finally:
            self._starting = False

    async def _start(self, settings: Settings) -> str:
        made = await asyncio.to_thread(plan.make_plan, settings, self.user.name, self.name)
        name = made.room.name
        await asyncio.to_thread(registry.end, settings.rooms_dir, [name])  # left over from a hub that died at a bad moment
        call = self.call(settings, made)
        listener = listen(registry.socket_path(settings.rooms_dir, name))
        log_file = open_log(settings, name)
        kernels = Beside(nursery.CALL, settings.warm_socket("kernel"))
        try:
            # A thread, not a coroutine: building blocks for some hundredths of a second, and forty pupils come at once.
            self._process = await asyncio.to_thread(
                start, made.room, call, warm_socket=settings.warm_socket("server"), beside=kernels,
                listener=listener, stdout=log_file, stderr=log_file,
            )  # fmt: skip
        finally:
            listener.close()
            os.close(log_file)
        registry.remember(settings.rooms_dir, name, self._process)
        self._enrol(settings, made)
        return url_of(registry.socket_path(settings.rooms_dir, name))

    async def poll(self) -> int | None:
        """None while the room runs, else its exit code (0 if nobody knows)."""
        if self._process is None:
            return None if self._starting else NOT_RUNNING
        code = self._process.poll()
        if code is not None:
            self._forget()
        return code

    async def stop(self, now: bool = False) -> None:
        """End the room: the server is asked first, unless ``now``."""
        if (process := self._process) is None:
            return
        if not now:
            await asyncio.to_thread(process.terminate)
            await _ended(process, STOP_SECONDS)
        process.kill()
        await _ended(process, STOP_SECONDS)
        self._forget()

    def get_state(self) -> dict[str, Any]:
        """What a new hub needs to find the room again."""
        state: dict[str, Any] = super().get_state()
        if self._process is not None:
            state["room"] = self._process.facts()
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take hold of a room that has outlived the hub. One that is gone stays gone: its number may be another's by now."""
        super().load_state(state)
        if "room" in state and (process := reconnect(state["room"])) is not None:
            self._process = process
            with suppress(plan.NoRoomError):  # who has left the roster keeps the room until the hub ends it
                settings = get_settings()
                self._enrol(settings, plan.make_plan(settings, self.user.name, self.name))

    def clear_state(self) -> None:
        """Forget the room."""
        super().clear_state()
        self._process = None

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """What the waiting page says meanwhile."""
        yield {"progress": 20, "message": "へやを つくっています。"}
        while self._process is None:
            await asyncio.sleep(POLL_SECONDS)
        yield {"progress": 60, "message": "ノートを じゅんびしています。もうすこし まってね。"}

    # ---------------------------------------------------------------- our own
    def call(self, settings: Settings, made: Plan) -> Call:
        """What runs in the room."""
        return Call("hub.spawner.server:serve", self._arguments(settings, made), {**self.get_env(), **made.environment})

    def _arguments(self, settings: Settings, made: Plan) -> dict[str, object]:
        find = plan.optional("hub.page", "server_extensions")
        return {
            "arguments": [*server_arguments(settings), *_nbgrader(made)],
            "extensions": find(made.role) if find else FALLBACK_EXTENSIONS,
            "root": made.root,
            "way_out": made.way_out,
            "whole": made.role == "teacher",
        }

    def _enrol(self, settings: Settings, made: Plan) -> None:
        if self._process is not None:
            name, limits = made.room.name, made.room.limits
            the_watch(settings.rooms_dir).add(
                Watched(name, self._process, limits.memory_mb, made.home, made.quota_mb, log_path(settings, name))
            )

    def _forget(self) -> None:
        """Strike the room: it has ended. Raises nothing for a name that never had one."""
        settings = get_settings()
        with suppress(plan.NoRoomError):
            name = plan.room_name(self.user.name, self.name)
            the_watch(settings.rooms_dir).remove(name)
            registry.forget(settings.rooms_dir, name)
        self.clear_state()


@cache
def the_watch(folder: Path) -> Watch:
    """The watch of this hub."""
    return Watch(folder)


def server_arguments(settings: Settings) -> list[str]:
    """Command-line arguments of every server in a room; they win over any file."""
    body_limit = settings.home_quota_mb << 20
    return [
        "--ServerApp.terminals_enabled=False",
        f"--ServerApp.max_body_size={body_limit}",
        f"--ServerApp.max_buffer_size={body_limit}",
        "--MappingKernelManager.kernel_manager_class=hub.spawner.kernels.RoomKernelManager",
        "--KernelManager.transport=ipc",  # no port that another in the room could take first
    ]


def _nbgrader(made: Plan) -> list[str]:
    """nbgrader's arguments for a teacher's class, from the grading room if it is there."""
    find = plan.optional("grading.course", "server_arguments")
    return [str(argument) for argument in find(made.course)] if find and made.course else []


def listen(path: Path) -> socket.socket:
    """A Unix socket that only our own user may knock at, in a folder that no room sees."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o077)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(BACKLOG)
    return listener


def log_path(settings: Settings, name: str) -> Path:
    """The log of the server in room ``name``. Kernels cannot reach it; the watch keeps it short."""
    return settings.logs_dir / "rooms" / f"{name}.log"


def open_log(settings: Settings, name: str) -> int:
    """A descriptor that appends to the log of room ``name``."""
    path = log_path(settings, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)


async def _ended(process: RoomProcess, timeout: float) -> None:
    """Wait until the room has ended, at most ``timeout`` seconds."""
    for _ in range(int(timeout / POLL_SECONDS)):
        if process.poll() is not None:
            return
        await asyncio.sleep(POLL_SECONDS)
