"""A pupil's Jupyter server. What the room and the hub decide (socket, sign-in, kernels) is the spawner's."""

from pathlib import Path

from hub.page import server_extensions

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by the loader of this file

OTHERS = (
    "jupyter_lsp",
    "jupyter_server_terminals",
    "jupyterlab",
    "notebook_shim",
    "nbgrader.server_extensions.assignment_list",
    "nbgrader.server_extensions.course_list",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
)
# Installed extensions switch themselves on; what is named here overrules them.
c.ServerApp.jpserver_extensions = dict.fromkeys(OTHERS, False) | dict.fromkeys(server_extensions("student"), True)
c.ServerApp.terminals_enabled = False
# 7 MB of page become 2 MB; school tablets share one uplink.
c.ServerApp.tornado_settings = {"compress_response": True}
# Only our own page extension: a child's tablet does not load nbgrader's or ipywidgets'.
c.JupyterNotebookApp.labextensions_path = [str(Path(__file__).resolve().parents[2] / "labextensions")]
c.JupyterNotebookApp.custom_css = False
# The page saves every few seconds; a second copy of each notebook only eats the quota.
c.FileContentsManager.checkpoints_class = "hub.page.checkpoints.NoCheckpoints"
