"""What Notebook 7's page asks its server, as Chromium was seen to ask it (Notebook 7.6.5). The one place where this is written down.

Requests of one wave are under way together; a wave begins when the one before it has been answered.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageCalls:
    """The GET requests of a page below ``/user/<name>/``; ``{notebook}`` stands for the notebook's path."""

    waves: tuple[tuple[str, ...], ...]

    def of(self, notebook: str) -> list[list[str]]:
        return [[call.format(notebook=notebook) for call in wave] for wave in self.waves]


OURS = PageCalls(
    (
        ("api/kernelspecs", "api/me", "api/kernels", "api/sessions"),
        ("api/contents/{notebook}?type=notebook&content=1&hash=1",),
        ("kanikko/usage", "api/sessions"),
    )
)

STOCK = PageCalls(
    (
        ("api/kernelspecs", "api/me", "lab/api/settings", "api/kernels", "api/terminals", "api/sessions"),
        ("api/me", "api/kernelspecs"),
        ("lab/api/translations/default", "lsp/status", "lab/api/translations"),
        (
            "api/nbconvert",
            "api/contents/{notebook}/checkpoints",
            "lab/api/settings?ids_only=true",
            "api/contents/{notebook}?type=notebook&content=1&hash=1",
            "lab/api/settings/@jupyterlab/codemirror-extension:plugin",
            "lab/api/settings/@jupyterlab/notebook-extension:panel",
            "api/contents?content=1&hash=0",
            "lab/api/themes/@jupyterlab/theme-light-extension/index.css",
        ),
        ("api/contents/{notebook}/checkpoints",) * 4,
        ("api/sessions",),
    )
)
