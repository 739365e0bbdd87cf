"""No second copies: the page saves every few seconds and every hand-in is kept by the exchange."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.contents.checkpoints import AsyncCheckpoints


class NoCheckpoints(AsyncCheckpoints):
    """Checkpoints that are never made, so that a notebook is stored once and counts once against the quota."""

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> dict[str, str]:
        return {"id": "none", "last_modified": "1970-01-01T00:00:00Z"}

    async def list_checkpoints(self, path: str) -> list[dict[str, str]]:
        return []

    async def rename_checkpoint(self, checkpoint_id: str, old_path: str, new_path: str) -> None:
        """Nothing to rename."""

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Nothing to delete."""

    async def rename_all_checkpoints(self, old_path: str, new_path: str) -> None:
        """Nothing to rename."""

    async def delete_all_checkpoints(self, path: str) -> None:
        """Nothing to delete."""
