"""What a pupil's server needs once a browser uses it, imported and built beforehand: a warm process does it once, before it forks servers.

Found by measuring what a used server had that a fresh one had not. Built in each server, these are its growth "once a browser has used it":
the notebook format's checker alone, compiled when the first notebook is read, is 11 MB of heap and 40 ms.
"""

from __future__ import annotations

import importlib

MODULES = (
    "anyio._backends._asyncio",  # asyncio's side of httpx: named at the first request only
    "encodings.idna",
    "encodings.unicode_escape",
    "hub.page.checkpoints",
    "hub.page.handlers",
    "hub.page.notebook",
    "ipykernel.kernelspec",  # the list of kernels asks it
    "jupyter_server.services.contents.largefilemanager",
    "kanikko.exchange_client",
)
FORMATS = ((4, 4), (4, 5))
"""Notebook formats whose checkers are compiled: that of our lessons, and that of older notebooks which people bring."""


def prepare() -> None:
    """Import and build it. Starts no thread, opens no file for longer than reading it, and may be called again."""
    for name in MODULES:
        importlib.import_module(name)
    _compile_checkers()
    _find_provisioners()
    from hub.page.notebook import compile_templates

    compile_templates()


def _compile_checkers() -> None:
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    from nbformat.validator import get_validator

    for version, minor in FORMATS:
        get_validator(version, minor)
        get_validator(version, minor, relax_add_props=True)
    # The whole way once, as a save and an opening go it.
    nbformat.reads(nbformat.writes(new_notebook(cells=[new_markdown_cell("a"), new_code_cell("1")])), as_version=4)


def _find_provisioners() -> None:
    """Kernels' provisioners are found by reading the metadata of every installed package: once, for the whole process."""
    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    KernelProvisionerFactory.instance()
