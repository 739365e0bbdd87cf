"""A whole site on a real server, and browsers that look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kanikko.settings import Settings
from tests.web.conftest import TODAY
from tests.web.pages.pages_filled import Filled, demo_year, small_site
from web import clock
from web.server import SiteServer

EVERYTHING = bool(os.environ.get("KANIKKO_EVERY_PAGE"))
"""Look at everything, in every size: minutes, not for each run."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Filled, str]]]:
    """Sites that hold a row of everything, each with its server's address. The demo year only where everything is looked at."""
    clock.travel_to(TODAY)
    rooms = (Settings(var=tmp_path_factory.mktemp("filled") / "var", site_port=0) for _ in range(2))
    sites = [small_site(next(rooms), most=4 if EVERYTHING else 1)]
    if EVERYTHING:
        sites.append(demo_year(next(rooms)))
    servers = [SiteServer(each.world.app, clockwork=False) for each in sites]
    for server in servers:
        server.__enter__()
    yield [(each, server.address) for each, server in zip(sites, servers, strict=True)]
    for each, server in zip(sites, servers, strict=True):
        server.__exit__(None, None, None)
        each.world.db.close()
    clock.travel_to(None)
