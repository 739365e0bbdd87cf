"""What is plugged in at this moment: boards' serial ports, and drives that take firmware."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from robots.board import Profile
from robots.flash.firmware.drives import Drive, find_drives
from robots.shell.find import Port, find_ports

Found = TypeVar("Found")


@dataclass(frozen=True)
class Sightings:
    """One look around: ports by device, drives by folder."""

    ports: Mapping[str, Port] = field(default_factory=dict)
    drives: Mapping[Path, Drive] = field(default_factory=dict)


class Finder:
    """Looks around, and tells those who wait for something to appear. Ports whose USB ids belong to no profile are not ours."""

    def __init__(self, profiles: Sequence[Profile], *, virtual: Path | None = None, drives: Sequence[Path] | None = None) -> None:
        self._ids = {(vid, pid) for profile in profiles for vid, pid in profile.usb}
        self._virtual, self._roots = virtual, drives
        self._seen = Sightings()
        self._news = threading.Condition()

    def look(self) -> Sightings:
        """Look around now. Raises PortsError where the list of virtual boards makes no sense."""
        ports = {port.device: port for port in find_ports(self._virtual) if (port.vid, port.pid) in self._ids}
        seen = Sightings(ports, {drive.path: drive for drive in find_drives(self._roots)})
        with self._news:
            self._seen = seen
            self._news.notify_all()
        return seen

    @property
    def seen(self) -> Sightings:
        """What the last look found."""
        return self._seen

    def wait_for(self, choose: Callable[[Sightings], Found | None], seconds: float) -> Found | None:
        """The first thing that ``choose`` picks from a look around; None when the time is over. Somebody else has to call ``look``."""
        end = time.monotonic() + seconds
        with self._news:
            while (found := choose(self._seen)) is None and (left := end - time.monotonic()) > 0:
                self._news.wait(left)
        return found

    def same_board(self, port: Port) -> Port | None:
        """Where this board's port is now: under its old name, or under a new one when its USB serial number tells it from all others."""
        ports = self._seen.ports
        if port.device in ports:
            return ports[port.device]
        alike = [other for other in ports.values() if (other.vid, other.pid, other.serial) == (port.vid, port.pid, port.serial)]
        return alike[0] if port.serial and len(alike) == 1 else None
