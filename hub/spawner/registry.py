"""Which rooms run, written beside their sockets: whoever ends the house finds them all, also after a crash of the hub."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hub.room import RoomProcess, reconnect
from kanikko.settings import Settings

END_SECONDS = 10.0


def remember(folder: Path, name: str, room: RoomProcess) -> None:
    """Write down that room ``name`` runs. ``folder`` is the settings' ``rooms_dir``."""
    aside = folder / f".{name}.new"
    aside.write_text(json.dumps(room.facts()))
    aside.replace(_file(folder, name))


def forget(folder: Path, name: str) -> None:
    """Strike a room that has ended, with its socket."""
    _file(folder, name).unlink(missing_ok=True)
    socket_path(folder, name).unlink(missing_ok=True)


def find(folder: Path, name: str) -> RoomProcess | None:
    """The room of that name, if it runs."""
    try:
        return reconnect(json.loads(_file(folder, name).read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def names(folder: Path) -> Iterator[str]:
    """Names of all rooms written down, running or not."""
    return (path.stem for path in folder.glob("*.json"))


def end(folder: Path, wanted: list[str]) -> int:
    """End these rooms at once and strike them; returns how many still ran. Waits a few seconds for the kernel to clear up."""
    running = {name: room for name in wanted if (room := find(folder, name)) is not None}
    for room in running.values():
        room.kill()
    deadline = time.monotonic() + END_SECONDS
    for room in running.values():
        with suppress(TimeoutError):
            room.wait(max(0.0, deadline - time.monotonic()))
    for name in wanted:
        forget(folder, name)
    return len(running)


def end_all_rooms(settings: Settings) -> int:
    """End every room of this house; returns how many ran. For ``kanikko run`` when it ends: rooms outlive all but this."""
    return end(settings.rooms_dir, list(names(settings.rooms_dir)))


def socket_path(folder: Path, name: str) -> Path:
    """Where the server in room ``name`` listens."""
    return folder / f"{name}.sock"


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
