"""The lock on the site's state: one site a state folder, and none while its database is replaced."""

from __future__ import annotations

from contextlib import AbstractContextManager

from kanikko.errors import KanikkoError
from kanikko.lock import hold
from kanikko.settings import Settings


class SiteRuns(KanikkoError):
    """The site runs on this state folder."""


def only_one(settings: Settings) -> AbstractContextManager[None]:
    """The site's lock. Raises SiteRuns."""
    taken = SiteRuns(f"The site runs on {settings.var}.", remedy="Stop it first: Ctrl-C where it was started.")
    return hold(settings.var / "site.lock", taken)
