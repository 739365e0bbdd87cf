"""Routes that outlive the proxy: kept in a file, so that a restarted proxy serves at once, without waiting for the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from configurable_http_proxy.store import MemoryStore


class KeptRoutes(MemoryStore):
    """The proxy's usual store, written to ``file`` at each change. The hub strikes stale routes when it checks them."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        for path, data in _read(file).items():
            super().add(path, data)

    def add(self, path: str, data: dict[str, Any]) -> None:
        super().add(path, data)
        self._write()

    def remove(self, path: str) -> Any:
        route = super().remove(path)
        self._write()
        return route

    def _write(self) -> None:
        plain = {path: {key: value for key, value in data.items() if key != "last_activity"} for path, data in self.get_all().items()}
        aside = self._file.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(plain))
        aside.replace(self._file)


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        routes: dict[str, dict[str, Any]] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return routes
