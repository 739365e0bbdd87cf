"""Inside the room, a Jupyter server extension: a kernel that computes is in use, even if it prints nothing and nobody types.

Jupyter counts a kernel's messages as use, so a silent loop would look like an empty chair. Not for ever: a loop that nobody ends must
not keep its room over the night.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tornado.ioloop import PeriodicCallback

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

LONGEST_SILENCE = timedelta(hours=3)
"""A kernel that has computed for so long without a word is forgotten, not busy: no lesson is longer."""
KEY = "kanikko_busy_kernel"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    """Look at the kernels twice in the time between two reports to the hub."""
    times = serverapp.web_app.settings["last_activity_times"]  # Jupyter's own place for what extensions count as use

    kernels: Any = serverapp.kernel_manager

    def look() -> None:
        now = datetime.now(UTC)
        for kernel in map(kernels.get_kernel, kernels.list_kernel_ids()):
            if kernel.execution_state == "busy" and now - kernel.last_activity < LONGEST_SILENCE:
                times[KEY] = now

    seconds = float(os.environ.get("JUPYTERHUB_ACTIVITY_INTERVAL", "300")) / 2
    PeriodicCallback(look, 1000 * seconds).start()
