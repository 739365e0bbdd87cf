"""JupyterHub's spawner that puts each person's server into a room of its own, and what runs inside."""

from hub.spawner.registry import end_all_rooms

__all__ = ["end_all_rooms"]
