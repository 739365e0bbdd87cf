"""One station a port: a lock file that says who has it, beside the system's own locks on the device."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from robots.flash.faults import Fault, FlashError
from robots.flash.text import clean

MOST_BYTES = 1000


def lock_place(device: str) -> Path:
    """The lock file of a port: where every user of this machine may write; for a virtual board beside its port, and gone with it."""
    path = Path(device).absolute()
    if path.parts[:2] != ("/", "dev"):
        # By the name as given, not where it leads: a virtual board's link leads elsewhere after each start.
        return path.with_name(f".{path.name}.lock")
    shared = Path("/run/lock")
    folder = shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
    return folder / f"kanikko-port-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:20]}.lock"


class PortLock:
    """The right to talk to one port, until ``release``. Raises FlashError (BUSY) with the holder's name where another has it.

    The file stays (removing it would let two have it); the lock goes with the process, however it ends.
    """

    def __init__(self, device: str, who: str) -> None:
        self.device = device
        self._file = self._open(lock_place(device))
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = self._holder()
            os.close(self._file)
            raise FlashError(Fault.BUSY, holder) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps({"who": who, "pid": os.getpid(), "machine": socket.gethostname()}).encode(), 0)

    @staticmethod
    def _open(place: Path) -> int:
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            return os.open(place, flags)
        except FileNotFoundError:
            with suppress(FileExistsError):
                made = os.open(place, flags | os.O_CREAT | os.O_EXCL, 0o666)
                os.fchmod(made, 0o666)  # another user's station must be able to lock it too
                return made
            return os.open(place, flags)
        except OSError as error:
            raise FlashError(Fault.BUSY, f"{place.name}: {error.strerror}") from None

    def _holder(self) -> str:
        try:
            said = json.loads(os.pread(self._file, MOST_BYTES, 0))
            return clean(f"ステーション「{said['who']}」 PID {said['pid']}", 80)
        except (OSError, ValueError, KeyError, TypeError):
            return "ほかの ステーション"

    def release(self) -> None:
        """Let others have the port."""
        if self._file >= 0:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


def user_of(device: str) -> str:
    """Which program has the device open, as far as this user may see ("" where it may not)."""
    with suppress(OSError):
        wanted = Path(device).stat().st_rdev
        for process in Path("/proc").glob("[0-9]*"):
            if process.name == str(os.getpid()):
                continue
            with suppress(OSError):
                for descriptor in (process / "fd").iterdir():
                    if descriptor.stat().st_rdev == wanted and wanted:
                        return clean(f"{(process / 'comm').read_text()} PID {process.name}", 60)
    return ""


def is_busy(error: OSError) -> bool:
    """Whether opening failed because another program has the port for itself."""
    return error.errno in (errno.EBUSY, errno.EWOULDBLOCK) or "exclusively lock" in str(error)
