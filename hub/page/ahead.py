"""What a pupil's server needs once a browser uses it, imported and built beforehand: a warm process does it once, before it forks servers.

Found by measuring what a used server had that a fresh one had not. Built in each server, these are its growth "once a browser has used it".
"""

from __future__ import annotations

import importlib

from kanikko.notebook_format import compile_checkers

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


def prepare() -> None:
    """Import and build it. Starts no thread, opens no file for longer than reading it, and may be called again."""
    for name in MODULES:
        importlib.import_module(name)
    compile_checkers()
    _find_provisioners()
    from hub.page.notebook import compile_templates

    compile_templates()


def _find_provisioners() -> None:
    """Kernels' provisioners are found by reading the metadata of every installed package: once, for the whole process."""
    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    KernelProvisionerFactory.instance()
