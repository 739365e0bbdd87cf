"""Commands for the accounts of the site's staff, and for everything as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlite_utils import Database

from kanikko.errors import KanikkoError
from kanikko.settings import Settings, get_settings
from web.access import ROLE_WORDS, ROLES, Role
from web.data import migrate, open_database
from web.staff.accounts import add, all_accounts, by_login, deactivate, reset_totp
from web.staff.audit import audit
from web.staff.exports import export_zip
from web.staff.imports import check, take, unpack

ACTOR = "system"


@contextmanager
def _site() -> Iterator[tuple[Database, Settings]]:
    settings = get_settings()
    db = open_database(settings.site_db)
    try:
        migrate(db)
        yield db, settings
    finally:
        db.close()


def _link(settings: Settings, token: str) -> str:
    return f"{settings.site_public_url}/staff/invitation/{token}"


@click.group()
def staff() -> None:
    """Accounts of the site's staff; everything as CSV."""


@staff.command()
@click.argument("login")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def invite(login: str, name: str, role: Role) -> None:
    """Add an account and print its one-time link (7 days)."""
    with _site() as (db, settings):
        _, token = add(db, settings, login, name, role, ACTOR)
        click.echo(_link(settings, token))


@staff.command("list")
def list_staff() -> None:
    """List the accounts: login, role, state, name."""
    with _site() as (db, _):
        for row in all_accounts(db):
            click.echo("\t".join((row["login"], f"{row['role']}（{ROLE_WORDS[row['role']]}）", row["state"], row["name"])))


@staff.command("deactivate")
@click.argument("login")
def deactivate_command(login: str) -> None:
    """Close an account and end its sessions."""
    with _site() as (db, _):
        deactivate(db, by_login(db, login)["id"], ACTOR)


@staff.command("reset-totp")
@click.argument("login")
def reset_totp_command(login: str) -> None:
    """Take password and authenticator away and print a new one-time link."""
    with _site() as (db, settings):
        click.echo(_link(settings, reset_totp(db, settings, by_login(db, login)["id"], ACTOR)))


@staff.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write everything as a ZIP of CSV files (mode 0600: it holds personal data)."""
    with _site() as (db, _):
        audit(db, ACTOR, "records.export", "records", "all")
        content = export_zip(db)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(content)


@staff.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
def import_command(file: Path, dry_run: bool) -> None:
    """Take in such a ZIP, or one CSV of it: all rows or none. Larger files than the page takes are welcome here."""
    with _site() as (db, _):
        files = unpack(file.name, file.read_bytes())
        report = check(db, files) if dry_run else take(db, files, ACTOR)
    for fault in report.faults:
        click.echo(f"{fault.file}:{fault.line}: {fault.column}: {fault.message}", err=True)
    if report.faults:
        raise KanikkoError(f"{len(report.faults) + report.more_faults} faults; nothing was written.", remedy="Correct them and try again.")
    for name, count in report.rows.items():
        click.echo(f"{name}\t{count}")
