"""What the kits' room does by itself: reminding those who are late."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import stamp
from web.data import every, writing
from web.kits.mails import remind

AGAIN = timedelta(days=3)
"""Between two reminders."""


def overdue(db: Database, settings: Settings, moment: datetime) -> None:
    """Remind each borrower whose kits should be back, once every AGAIN."""
    late = "state = 'out' and until <= ? and (reminded_at is null or reminded_at <= ?) and borrower_email <> ''"
    times = (stamp(moment), stamp(moment - AGAIN))
    for found in every(db, f"select id from reservations where {late}", times):  # noqa: S608 (ours)
        with writing(db):
            for row in every(db, f"select id from reservations where {late} and id = ?", (*times, found["id"])):  # noqa: S608 (ours)
                remind(db, row["id"], moment)
                db.table("reservations").update(row["id"], {"reminded_at": stamp(moment)})
