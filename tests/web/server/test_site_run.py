"""``kanikko site run``: open, closed, killed, one a folder, and quiet about people."""

from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from kanikko.errors import KanikkoError
from kanikko.settings import PROJECT, Settings
from kanikko.supervision import programs, supervisord_config
from tests.web.server.conftest import RunningSite, healthy
from web.data.lock import SiteRuns, only_one
from web.run import _hide_paths

Start = Callable[[], RunningSite]


def test_the_site_opens_says_where_and_closes_when_asked(run_site: Start, settings: Settings, until: Callable[..., None]) -> None:
    first = run_site()
    until(first.answers)
    assert f"Open http://127.0.0.1:{first.port} " in first.words
    assert stat.S_IMODE(settings.site_db.stat().st_mode) == 0o600
    with pytest.raises(SiteRuns), only_one(settings):
        pass
    second = run_site()
    assert second.process.wait(60) == 1 and "The site runs on" in second.words
    for path in ("/my/secret-token-of-a-family/", "/mentor/secret-token-of-a-mentor/", "/%ff", "/apply/x/secret-token"):
        assert httpx.get(f"http://127.0.0.1:{first.port}{path}").status_code == 404
    assert first.end(signal.SIGTERM) == 0 and not first.port
    assert "secret-token" not in first.words and "Traceback" not in first.words


def test_the_site_begins_without_what_only_the_solver_and_the_printer_need() -> None:
    check = (
        "import sys, web.run; from web.app import build; build(); print(sorted({'pandas', 'numpy', 'fpdf', 'ortools'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", check + "; import pandas"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_state_folder_of_somebody_else_is_told_with_the_remedy(settings: Settings) -> None:
    settings.var.chmod(0o500)
    try:
        with pytest.raises(KanikkoError, match="may not write") as told, only_one(settings):
            pass
        assert "KANIKKO_VAR" in (told.value.remedy or "")
    finally:
        settings.var.chmod(0o700)


def test_a_site_that_is_killed_comes_back_by_itself_in_the_house(settings: Settings, until: Callable[..., None]) -> None:
    config = supervisord_config(settings, [program for program in programs(settings) if program.name == "site"])
    house = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", config], cwd=PROJECT, stdout=subprocess.DEVNULL,
        env=os.environ | {"KANIKKO_VAR": str(settings.var), "KANIKKO_SITE_PORT": "0"},
    )  # fmt: skip
    place = settings.run_dir / "site.port"

    def answers() -> bool:
        return place.exists() and healthy(int(place.read_text()))

    def pid() -> int:
        return next((child.pid for child in psutil.Process(house.pid).children()), 0)

    try:
        until(answers)
        first, _ = pid(), place.unlink()
        os.kill(first, signal.SIGKILL)
        until(answers)
        assert pid() not in (0, first)
    finally:
        house.terminate()
        assert house.wait(60) == 0
    assert not place.exists()


def test_a_database_that_is_none_is_said_in_words(run_site: Start, folder: Path) -> None:
    (folder / "site.db").write_bytes(b"nothing of a database" * 500)
    site = run_site()
    assert site.process.wait(60) == 1
    assert "kanikko site restore" in site.words and "Traceback" not in site.words


def test_what_waitress_says_of_a_page_names_no_page() -> None:
    record = logging.LogRecord("waitress", logging.ERROR, "x", 1, "Exception while serving /my/token of a family", (), None)
    assert _hide_paths(record) and record.getMessage() == "Exception while serving a page"
