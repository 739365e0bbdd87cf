"""``kanikko site bounce``: for the mail server's pipe."""

from __future__ import annotations

import sqlite3
import sys

import click

from kanikko.errors import KanikkoError
from web.commands import as_service
from web.data import open_database
from web.mail.bounces import record_failure
from web.mail.dsn import MOST_BYTES, failures

TRY_AGAIN = 75
"""EX_TEMPFAIL: the mail server keeps the report and pipes it again later."""


@click.command()
def bounce() -> None:
    """Read a delivery report (RFC 3464) from standard input and show its addresses to staff."""
    settings = as_service()
    found = failures(sys.stdin.buffer.read(MOST_BYTES))
    if not settings.site_db.exists():
        sys.exit(TRY_AGAIN)
    try:
        db = open_database(settings.site_db)
        try:
            known = [record_failure(db, failure) for failure in found]
        finally:
            db.close()
    except sqlite3.OperationalError:
        sys.exit(TRY_AGAIN)
    if not any(known):
        raise KanikkoError("This is no report about a mail of ours.", remedy="Letters to people go to KANIKKO_SITE_CONTACT.")
    click.echo(f"{sum(known)} recorded")
