"""Fixtures that every room's tests share. Tests run as an ordinary user: root hands over before the first test."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kanikko.settings import PROJECT, Settings
from kanikko.unroot import give_up_root

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARTEFACTS = PROJECT / "tests" / "artefacts"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    if os.geteuid() == 0:
        capture = config.pluginmanager.getplugin("capturemanager")
        if capture is not None:
            capture.stop_global_capturing()
        give_up_root([sys.executable, "-m", "pytest", *sys.argv[1:]], owned=[ARTEFACTS])
    ARTEFACTS.mkdir(exist_ok=True)


@pytest.fixture
def var() -> Iterator[Path]:
    """A fresh state folder whose path is short and lower case, as Unix sockets want it."""
    folder = _short_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> Path:
    """mkdtemp may draw capitals; the hub folds the case of socket paths."""
    folder = Path("/tmp") / f"kk{os.urandom(5).hex()}"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def opened() -> Callable[[], Counter[str]]:
    """How many descriptors of each kind (``pipe``, ``socket``, a file's path …) are open beyond those when the test began.

    Other tests' leftovers in this process may close, and ØMQ's threads wake each other by ever new eventfds: neither counts.
    """

    def now() -> Counter[str]:
        kinds: Counter[str] = Counter()
        for path in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # the one that lists them
                target = str(path.readlink())
                kinds[target if target.startswith(("/", "anon_inode:")) else target.partition(":")[0]] += 1
        del kinds["anon_inode:[eventfd]"]
        return kinds

    before = now()
    return lambda: now() - before


@pytest.fixture
def settings(var: Path) -> Settings:
    """Settings of a house of its own, with all its folders made."""
    made = Settings(var=var)
    made.make_dirs()
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real Chromium from the distribution; tests are skipped, with the remedy, where it is missing.

    One a file: playwright keeps an event loop running meanwhile, in which no other test could run one.
    """
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail("chromium is missing: apt install chromium fonts-noto-cjk")
        pytest.skip("chromium is missing: apt install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
