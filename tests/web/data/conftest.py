from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from kanikko.settings import PROJECT, Settings
from web.data import migrate, open_database
from web.programmes.plan import ensure_programmes

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def place(site_settings: Settings) -> Path:
    """A migrated database of a site that does not run."""
    db = open_database(site_settings.site_db)
    migrate(db)
    ensure_programmes(db)
    db.close()
    return site_settings.site_db


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a module of the tests as a process; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def begin(module: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


@contextmanager
def opened(place: Path) -> Iterator[Database]:
    db = open_database(place)
    try:
        yield db
    finally:
        db.close()
