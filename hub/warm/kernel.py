"""An IPython kernel that is built before the fork, and moves in afterwards: its sockets, its names and its folder are its own."""

from __future__ import annotations

import os
import tempfile
import uuid
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from IPython.core.profiledir import ProfileDir
from jupyter_client.session import Session
from traitlets.config import Config


class ReadyKernel(IPythonKernel):
    """:meth:`build` makes the one kernel of this process ready; IPKernelApp then finds it by :meth:`instance`."""

    @classmethod
    def build(cls) -> None:
        """Build kernel and shell: most of a kernel's start, in memory that all kernels share. Starts no thread, keeps nothing open."""
        config = Config()
        # No database of what was typed, in a room that is gone after the lesson. In, Out and %history are there without it.
        config.HistoryManager.enabled = False
        with tempfile.TemporaryDirectory(prefix="ipython-") as folder:  # moving in brings the kernel's own
            os.environ["IPYTHONDIR"] = folder
            profile = ProfileDir(location=f"{folder}/profile_default")
            super().instance(session=Session(key=b""), profile_dir=profile, config=config)

    @classmethod
    def instance(cls, *args: Any, **kwargs: Any) -> ReadyKernel:
        """The kernel that was built, moved in with what IPKernelApp gives to a new one; a new one if none was built."""
        was_built = cls.initialized()
        kernel: ReadyKernel = super().instance(*args, **kwargs)
        if was_built:
            kernel._move_in(kwargs)
        return kernel

    def _move_in(self, given: dict[str, Any]) -> None:
        self.ident = str(uuid.uuid4())  # the name of its messages' topics
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)
        shell: Any = self.shell
        shell.parent, shell.kernel = self, self
        shell.profile_dir, shell.ipython_dir = self.profile_dir, os.environ.get("IPYTHONDIR", shell.ipython_dir)
        shell.init_environment()
        for publisher in (shell.displayhook, shell.display_pub):
            publisher.session, publisher.pub_socket = self.session, self.iopub_socket
        shell.displayhook.topic = self._topic("execute_result")  # type: ignore[no-untyped-call]
        if session_name := os.environ.get("JPY_SESSION_NAME"):  # the notebook's path
            shell.user_ns["__session__"] = session_name
