"""Inside the room: JupyterHub's single-user server on the Unix socket that was made for it outside."""

from __future__ import annotations

import os
import socket
from typing import Any, ClassVar

from jupyter_server.serverapp import ServerApp
from jupyterhub.singleuser.extension import JupyterHubSingleUser
from tornado.httpserver import HTTPServer

from hub.spawner import relay
from hub.warm.provisioner import NurseryProvisioner

PUPILS_SERVICES = ("api", "auth", "config", "contents", "files", "kernels", "kernelspecs", "sessions", "events")
"""What Notebook 7 asks for. Not: terminals, nbconvert, shutdown, metrics, the JSON of other services."""


class RoomServerApp(ServerApp):
    """A Jupyter server that listens on a socket it is given, and writes its token nowhere."""

    listener: ClassVar[socket.socket]
    has_way_out: ClassVar[bool] = False

    def init_httpserver(self) -> None:
        self._http_server = HTTPServer(
            self.web_app, xheaders=self.trust_xheaders, max_body_size=self.max_body_size, max_buffer_size=self.max_buffer_size
        )
        self.io_loop.add_callback(self.http_server.add_socket, self.listener)
        if self.has_way_out:
            self.io_loop.add_callback(relay.listen)

    def write_server_info_file(self) -> None:
        """Nothing: the file would hold the hub's token, in a folder that kernels can read."""

    def write_browser_open_files(self) -> None:
        """Nothing, for the same reason."""


class RoomSingleUser(JupyterHubSingleUser):
    """The hub's own single-user server, on :class:`RoomServerApp`."""

    serverapp_class = RoomServerApp
    serverapp_config: ClassVar[dict[str, Any]] = {}

    @classmethod
    def get_extension_package(cls) -> str:
        return __name__


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": __name__, "app": RoomSingleUser}]


def serve(
    listener: socket.socket, arguments: list[str], extensions: list[str], root: str, whole: bool, way_out: bool,
    peer: socket.socket | None = None,
) -> None:  # fmt: skip
    """Run the server until it is told to end. The room's call; its environment is in place already.

    ``extensions`` are the only ones loaded; ``root`` is the folder shown; ``whole`` keeps all of Jupyter's services (teachers);
    ``way_out``: the class may reach some hosts outside; ``peer``: the room's nursery of kernels, if it has one.
    """
    # Nothing is imported from the folder we are in. nbgrader reads its settings there: a teacher's own; a pupil's home gives none.
    os.chdir(root if whole else "/")
    listener.setblocking(False)
    NurseryProvisioner.nursery = peer
    RoomServerApp.listener = listener
    RoomServerApp.has_way_out = way_out
    if not whole:
        RoomServerApp.default_services = PUPILS_SERVICES  # type: ignore[assignment]
    RoomSingleUser.serverapp_config = {"jpserver_extensions": dict.fromkeys(extensions, True)}
    RoomSingleUser.launch_instance([f"--ServerApp.root_dir={root}", *arguments])
