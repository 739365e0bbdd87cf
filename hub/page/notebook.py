"""The page itself: Notebook's own, told to take what is the same for all pupils from where all pupils take it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import notebook.app
from jinja2 import Environment, FileSystemLoader, Template
from jupyter_server.utils import url_path_join
from notebook.app import NotebookHandler

from hub.page import FILES_ADDRESS, FILES_VARIABLE

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

EXTENSION = "notebook"
"""Whose page this is."""

PAGE, OURS = "notebooks.html", "pupils_notebook.html"

_FOLDERS = [Path(__file__).resolve().parent / "templates", Path(notebook.app.__file__).parent / "templates"]
ENVIRONMENT = Environment(loader=FileSystemLoader(_FOLDERS), extensions=["jinja2.ext.i18n"], autoescape=True)
"""Notebook's templates and ours, of this process and not of one server: a warm process compiles them for all servers."""
ENVIRONMENT.install_null_translations()  # type: ignore[attr-defined]  # the extension's


def compile_templates() -> None:
    """Compile the page's templates (25 ms) before the first page is asked for."""
    for name in (OURS, PAGE):
        ENVIRONMENT.get_template(name)


def files_url(serverapp: ServerApp) -> str:
    """Where the common files of the version that the spawner named are; empty if it named none (a server outside the house).

    Absolute where each person has a subdomain: the files are the common host's, or a browser would hold them once a pupil.
    """
    version = os.environ.get(FILES_VARIABLE, "")
    if not version:
        return ""
    hub_auth = getattr(serverapp.identity_provider, "hub_auth", None)
    return str(getattr(hub_auth, "hub_host", "")) + url_path_join(FILES_ADDRESS, version)


class NotebookPage(NotebookHandler):
    """``GET notebooks/<path>``: Notebook's page with the common files' addresses in it."""

    def initialize(self, files: str) -> None:
        super().initialize(EXTENSION)
        self.files = files

    def get_page_config(self) -> dict[str, Any]:
        """Notebook's own, and where the common files are."""
        found: dict[str, Any] = super().get_page_config()
        return found | {
            "fullStaticUrl": f"{self.files}/notebook",
            "fullLabextensionsUrl": f"{self.files}/extensions",
            "kanikkoFiles": self.files,
        }

    def get_template(self, name: str) -> Template:
        """Ours in place of Notebook's, which it extends."""
        return ENVIRONMENT.get_template(OURS if name == PAGE else name)
