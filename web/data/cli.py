"""``kanikko site backup``, ``restore`` and ``check``."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import click
from sqlite_utils import Database

from kanikko.errors import KanikkoError
from kanikko.settings import Settings
from web.commands import as_service
from web.data.backup import backup, read_only, remember
from web.data.check import examine
from web.data.database import check_level, open_database, writing
from web.data.restore import restore

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command(name="backup")
@FILE
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def backup_command(file: Path, force: bool) -> None:
    """Copy the site's database to FILE while the site runs. Keep var/secrets/site, too, in another place."""
    settings = as_service()
    manifest = backup(settings.site_db, file.absolute(), force=force, secret_mark=secret_mark(settings))
    db = open_database(settings.site_db)
    try:
        with writing(db):
            remember(db.conn, manifest)
    finally:
        db.close()
    click.echo(
        f"{file}: {file.stat().st_size // 1024} kB, whole, of {manifest.at}; newest line of the log {manifest.audit_head[:16] or '-'}"
    )


@click.command(name="restore")
@FILE
def restore_command(file: Path) -> None:
    """Put the copy FILE in the place of the site's database. The site must not run; the database that is there is kept."""
    settings = as_service()
    if not os.access(file, os.R_OK):
        raise KanikkoError(f"There is no file {file}, or the service's user may not read it.", remedy="Put it where that user may read it.")
    done = restore(settings, file.absolute())
    click.echo(f"Restored {file}" + (f", made at {done.manifest.at} by version {done.manifest.version}." if done.manifest else "."))
    if done.kept:
        click.echo(f"What was there is kept: {done.kept}")
    if done.manifest and done.manifest.secret_mark not in ("", secret_mark(settings)):
        click.secho(
            "The copy belongs to another secret: links sent by mail, seeds of open lotteries and sign-in codes in it do not work.\n"
            "  → Put the var/secrets/site of that time back, before the site starts.",
            fg="yellow",
        )


@click.command(name="check")
def check_command() -> None:
    """Look the site's database over. Exit code 1 where something is wrong."""
    settings = as_service()
    wrong = look_over(settings)
    for line in wrong:
        click.secho(f"✘ {line}", fg="red")
    if wrong:
        sys.exit(1)
    click.echo(f"{settings.site_db}: all is well")


def look_over(settings: Settings) -> list[str]:
    """What is wrong with the site's database, in words. Raises KanikkoError where there is none, or of a newer version."""
    if not settings.site_db.exists():
        raise KanikkoError(f"There is no database at {settings.site_db}.", remedy="Start the site once: kanikko site run.")
    try:
        with closing(read_only(settings.site_db)) as db:
            check_level(db)
            return examine(_rows(db))
    except sqlite3.DatabaseError as error:
        return [str(error)]


def secret_mark(settings: Settings) -> str:
    """Tells one secret from another and nothing else about it."""
    return hmac.new(settings.secret("site").encode(), b"kanikko.site.backup", hashlib.sha256).hexdigest()[:16]


def _rows(connection: sqlite3.Connection) -> Database:
    return Database(connection)
