"""What this room does by itself (:mod:`web.clockwork`)."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from kanikko.settings import Settings
from web.apply import places


def expire_offers(db: Database, settings: Settings, moment: datetime) -> None:
    """Offers whose time is over end, and the next families get theirs."""
    places.expire_offers(db, moment)
