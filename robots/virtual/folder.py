"""What a virtual board keeps in its folder, and how it finds the world at its start."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from robots.board.profile import Profile
from robots.virtual.kinds import VirtualBoardError

BATTERY_VOLTS = 5.5


def as_on_the_table(profile: Profile) -> dict[str, int]:
    """What the sensors read while nobody touches the robot: eyes over grey, a battery half empty."""
    readings = {str(profile.eyes.left): 30000, str(profile.eyes.right): 30000}
    if profile.battery is not None:
        readings[str(profile.battery.pin)] = int(BATTERY_VOLTS / profile.battery.volts * 65535)
    return readings


def take(image: Path) -> int:
    """A hold on the flash: two processes would ruin it. Raises VirtualBoardError when another has it."""
    descriptor = os.open(image, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise VirtualBoardError(
            f"{image.parent} の かそうボードは もう うごいています", remedy="べつの フォルダーを えらぶか、さきに とめてください"
        ) from None
    return descriptor


def keep_uid(path: Path, uid: bytes | None) -> bytes:
    """The unique id that is kept at ``path``: ``uid``, or the one from before, or a new one."""
    if uid is None:
        with contextlib.suppress(OSError, ValueError):
            uid = bytes.fromhex(path.read_text())
    uid = uid or os.urandom(8)
    if len(uid) != 8:
        raise VirtualBoardError(f"a unique id has 8 bytes, not {len(uid)}", remedy=f"Remove {path}, or give 8 bytes.")
    path.write_text(uid.hex())
    return uid
