"""A site of one's own for every test: real database, real pages, a client for each kind of visitor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import datetime
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.make import make_staff
from web import clock
from web.access import Role
from web.app import build, configure, prepare
from web.data import open_database
from web.staff.sessions import COOKIE, open_session

# No memory of earlier runs: a test says the same every time. No deadline: machines are slow and fast.
hypothesis.settings.register_profile("site", database=None, deadline=None)
hypothesis.settings.load_profile("site")

As = Callable[[Role], FlaskClient]
TODAY = datetime(2026, 11, 24, 9, 0, tzinfo=clock.CITY_TIME)
"""The day on which tests live: a Tuesday morning."""


@pytest.fixture
def today() -> Iterator[datetime]:
    """The clock's hands stand at TODAY (and go on)."""
    clock.travel_to(TODAY)
    yield TODAY
    clock.travel_to(None)


@pytest.fixture
def site_settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var", site_port=0)


@cache
def _built() -> Flask:
    """The same routes and templates for all tests: making them takes longer than most tests."""
    return build()


@pytest.fixture
def site(site_settings: Settings, today: datetime) -> Flask:
    """The application with an empty database."""
    prepare(site_settings)
    app = _built()
    configure(app, site_settings, testing=True)
    app.config["WTF_CSRF_ENABLED"] = False
    inner = app.wsgi_app  # each request starts from nothing, as on the server: else it would share the `db` fixture's g (who is signed in!)
    app.wsgi_app = lambda environ, start: Context().run(inner, environ, start)  # type: ignore[method-assign]
    return app


@pytest.fixture
def db(site: Flask, site_settings: Settings) -> Iterator[Database]:
    """A connection to the site's database, in the application's context (links can be made)."""
    database = open_database(site_settings.site_db)
    with site.app_context():
        yield database
    database.close()


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    """A visitor whom nobody knows. Forms need no CSRF token here (a test of its own turns them on)."""
    return site.test_client()


@pytest.fixture
def as_role(site: Flask, db: Database) -> As:
    """A member of staff of that role, signed in with both factors."""

    def make(role: Role) -> FlaskClient:
        made = site.test_client()
        made.set_cookie(COOKIE, open_session(db, make_staff(db, role=role)["id"], totp_done=True))
        return made

    return make
