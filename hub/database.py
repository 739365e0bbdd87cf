"""JupyterHub's own database, opened so that a class can start: a commit does not wait for the disk.

Starting one server is a dozen commits, and the hub does nothing else while it commits. With SQLite's usual settings each waits for the
disk twice. With a write-ahead log it does not; after a power cut (not a crash of the hub) the last moments may be missing, never
the file. What the hub keeps here are sign-ins and running servers: a power cut ends them anyway.
"""

from __future__ import annotations

import sqlite3
from typing import Any


class HubConnection(sqlite3.Connection):
    """A connection with a write-ahead log."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.execute("pragma journal_mode=wal")
        self.execute("pragma synchronous=normal")


OPTIONS: dict[str, Any] = {"connect_args": {"check_same_thread": False, "factory": HubConnection}}
"""For ``JupyterHub.db_kwargs``. (``check_same_thread``: as JupyterHub sets it itself.)"""
