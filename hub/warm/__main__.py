"""``python -I -m hub.warm KIND SOCKET``: a warm process, in the foreground."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hub.warm.kinds import KINDS
from hub.warm.parent import run

ENVIRONMENT = {"LANG": "C.UTF-8"}
"""All that stands in /proc/self/environ of every child."""


def main() -> None:
    """Begin anew with an empty environment if there is another, then serve."""
    if dict(os.environ) != ENVIRONMENT:
        os.execve(sys.executable, [sys.executable, "-I", "-m", "hub.warm", *sys.argv[1:]], ENVIRONMENT)
    kind, place = sys.argv[1:]
    run(KINDS[kind], Path(place))


if __name__ == "__main__":
    main()
