"""Fixtures of the screens' tests."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parent))

from screens_city import ARTEFACTS, TABLET, City, free_port

from hub.roster import Person, Roster, apply_oneroster
from hub.roster.demo_city import write_demo
from hub.signin.credentials import Credentials
from kanikko.settings import PROJECT, Settings


@pytest.fixture(scope="session")
def city() -> Iterator[City]:
    var = Path("/tmp") / f"kk{os.urandom(5).hex()}"
    var.mkdir(mode=0o700)
    settings = Settings(var=var, port=free_port())
    settings.make_dirs()
    roster = Roster(settings.roster_db)
    apply_oneroster(roster, write_demo(var / "city.zip"))
    environment = {
        **os.environ, "KANIKKO_VAR": str(var), "KANIKKO_PORT": str(settings.port), "PYTHONPATH": str(PROJECT),
        "KANIKKO_STARTS_AT_ONCE": "4",  # few places, so that a small class has to wait
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    made = City(settings, settings.public_url, environment, roster, Credentials(settings))
    try:
        made.start_proxy()
        made.start_exchange()
        made.start_hub()
        yield made
    finally:
        for name in list(made.processes):
            made.stop(name)
        (ARTEFACTS / "screens-hub.log").write_bytes((settings.logs_dir / "hub.log").read_bytes())
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def clean(city: City) -> City:
    """The city with nothing released: each test brings its own lessons."""
    city.withdraw_all()
    return city


@pytest.fixture
def open_page(city: City, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """``open_page(person, "/hub/home")``: the page in a browser of that person's own; script errors fail the test."""
    contexts, errors = [], []

    def opened(person: Person, path: str = "/hub/home", viewport: dict[str, int] = TABLET) -> Page:
        context = chromium.new_context(viewport=viewport, locale="ja-JP", base_url=city.url)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_cookies([
            {"name": cookie.name, "value": cookie.value or "", "domain": "127.0.0.1", "path": cookie.path}
            for cookie in city.client(person).cookies.jar
        ])  # fmt: skip
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors, errors
