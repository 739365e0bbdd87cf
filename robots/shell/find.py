"""Which boards are plugged in: USB serial ports, and the virtual boards that a folder lists."""

from __future__ import annotations

import fcntl
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports

from kanikko.errors import KanikkoError

PORTS_FILE = "ports.json"
"""In a folder of virtual boards: ``[{"port": path, "profile": name, "vid": int, "pid": int, "serial": "hex digits"}, …]``, replaced whole
whenever a board is plugged in or pulled out."""


LOCK_FILE = "ports.lock"
"""Beside it, held by whoever keeps the list: a list that nobody keeps names ports that may be somebody else's by now."""


class PortsError(KanikkoError):
    """The list of virtual boards cannot be read."""


@dataclass(frozen=True)
class Port:
    """One serial port with a board (or its serial chip) behind it. ``device`` is what mpremote connects to."""

    device: str
    vid: int
    pid: int
    serial: str
    description: str


def find_ports(virtual: Path | None = None) -> list[Port]:
    """Every USB serial port of this machine, then the virtual boards listed in the folder ``virtual`` (or in that file itself).

    A missing list means that no virtual board runs (no error). Raises PortsError for one that makes no sense.
    """
    return _plugged() + (_listed(virtual) if virtual is not None else [])


def _plugged() -> list[Port]:
    found = []
    for port in sorted(list_ports.comports(), key=lambda port: port.device):
        if port.vid is not None and port.pid is not None:  # without: a built-in serial line, no board
            found.append(Port(port.device, port.vid, port.pid, port.serial_number or "", port.description or ""))
    return found


def _listed(virtual: Path) -> list[Port]:
    path = virtual / PORTS_FILE if virtual.is_dir() else virtual
    try:
        rows = json.loads(path.read_bytes()) if _is_kept(path.with_name(LOCK_FILE)) else []
        return [_port(row) for row in rows]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PortsError(
            f"かそうボードの ひょう {path} が よめません ({error})",
            remedy="「kanikko board virtual --folder …」を もういちど はじめると、ひょうが つくりなおされます。",
        ) from None


def _is_kept(lock: Path) -> bool:
    """A list without a lock is somebody's own; it is believed."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):
        return True
    return False


def _port(row: dict[str, Any]) -> Port:
    return Port(str(row["port"]), int(row["vid"]), int(row["pid"]), str(row["serial"]), f"virtual {row['profile']}")
