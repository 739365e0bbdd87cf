"""What does a call import that a warm process could have imported for all? For ``tests/warm`` and whoever keeps ``imported/``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hub.room.inside import find


def tell(place: str, target: str, **arguments: Any) -> None:
    """Make the call ``target`` in the room; at its end, write to the file ``place`` what was imported since the call began."""
    before = set(sys.modules)
    try:
        find(target)(**arguments)
    finally:
        Path(place).write_text("".join(f"{name}\n" for name in sys.modules if name not in before))
