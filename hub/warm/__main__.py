"""``python -I -m hub.warm KIND LISTENER VAR``: a warm process; the last two are descriptors (see :mod:`hub.warm.cli`)."""

from __future__ import annotations

import socket
import sys

from hub.warm.kinds import KINDS
from hub.warm.parent import run

if __name__ == "__main__":
    run(KINDS[sys.argv[1]], socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3]))
