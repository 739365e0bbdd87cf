"""The pupil's notebook page: Notebook 7 cut down for a child, with 「ていしゅつ」 and friendly saving.

The spawner asks two things of this room: :func:`jupyter_paths`, the environment that makes Jupyter find our settings,
and :func:`server_extensions`, the server extensions a person of a role gets. Inside the room, Jupyter loads
this package itself as one of them (``hub.page``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

Role = Literal["student", "teacher"]

HERE = Path(__file__).resolve().parent
SCRATCH = "/tmp/kanikko"  # noqa: S108 - the room's own tmpfs
"""In a pupil's room: what Jupyter keeps for itself lives here and goes with the room, so that no child can spoil his page for good."""

FILES_ADDRESS = "/page-files"
"""Below it the proxy serves what is the same on every pupil's page, on every host (``hub/page/common.py``)."""
FILES_VARIABLE = "KANIKKO_PAGE_FILES"
"""Which version of them a pupil's room is to name on its pages. Unset, the server serves its own."""

EXTENSIONS: dict[Role, list[str]] = {
    "student": ["hub.classstart.activity", "hub.page", "notebook"],
    "teacher": [
        "hub.classstart.activity",
        "jupyter_lsp",
        "jupyter_server_terminals",
        "jupyterlab",
        "nbgrader.server_extensions.assignment_list",
        "nbgrader.server_extensions.formgrader",
        "nbgrader.server_extensions.validate_assignment",
        "notebook",
        "notebook_shim",
    ],
}


def jupyter_paths(role: Role) -> dict[str, str]:
    """Environment variables that give a Jupyter server our settings for ``role``.

    A pupil's server reads nothing that Jupyter would keep in the home; a teacher's keeps the usual places in it.
    Raises KeyError for any other role.
    """
    if role == "teacher":
        return {"JUPYTER_CONFIG_PATH": str(HERE / "config" / "teacher")}
    from hub.page import common  # not at the top: rooms import us, and need none of it

    return {
        "JUPYTER_CONFIG_PATH": str(HERE / "config" / {"student": "student"}[role]),
        "JUPYTER_CONFIG_DIR": f"{SCRATCH}/config",
        "JUPYTER_DATA_DIR": f"{SCRATCH}/data",
        "JUPYTER_RUNTIME_DIR": f"{SCRATCH}/run",
        "JUPYTERLAB_SETTINGS_DIR": f"{SCRATCH}/settings",
        "JUPYTERLAB_WORKSPACES_DIR": f"{SCRATCH}/workspaces",
        "IPYTHONDIR": f"{SCRATCH}/ipython",
        FILES_VARIABLE: common.key(),
    }


def server_extensions(role: Role) -> list[str]:
    """The server extensions a server of ``role`` loads; every other installed one is to stay off."""
    return list(EXTENSIONS[role])


def prepare() -> None:
    """For a warm process, before it forks pupils' servers: import and build what a used page needs (``hub/page/ahead.py``)."""
    from hub.page import ahead

    ahead.prepare()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "hub.page"}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    from hub.page.server import load

    load(serverapp)
