"""What the site's commands share."""

from __future__ import annotations

import sys

from kanikko.settings import Settings, get_settings
from kanikko.unroot import give_up_root


def as_service() -> Settings:
    """The settings, as the service's user: a database that root opened leaves files beside it which the site cannot write."""
    settings = get_settings()
    give_up_root([sys.executable, "-m", "kanikko", *sys.argv[1:]], owned=[settings.var])
    return settings
