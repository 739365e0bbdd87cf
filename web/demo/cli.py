"""``kanikko site demo``: make the demo year in an empty site, and print who may sign in."""

from __future__ import annotations

import click

from kanikko.errors import KanikkoError
from kanikko.settings import Settings
from web.app import create_app
from web.commands import as_service
from web.data import open_database
from web.demo.sheet import kept, seconds_left
from web.demo.year import ensure_demo


@click.command()
def demo() -> None:
    """Make a demo year of classes, families and mentors in an empty site; print the staff's sign-in sheet with codes of this moment.

    A site that already holds classes is not touched.
    """
    settings = as_service()
    made = ensure(settings)
    if not made and not kept(settings):
        raise KanikkoError("The site already holds classes, and they are no demo.", remedy="Set KANIKKO_VAR to an empty folder.")
    click.echo(sheet_text(settings))


def ensure(settings: Settings) -> bool:
    """The demo year in an empty site; whether it was made now. Safe to call again."""
    with create_app(settings).app_context():
        db = open_database(settings.site_db)
        try:
            return ensure_demo(db, settings)
        finally:
            db.close()


def sheet_text(settings: Settings) -> str:
    """Who may sign in at the desk, with this moment's codes."""
    lines = [f"{settings.site_public_url}/staff/   (codes last {seconds_left()} s more; kanikko site demo prints new ones)"]
    lines += [f"  {one.words:　<6} {one.login:<32} {one.password:<28} {one.code}" for one in kept(settings)]
    return "\n".join(lines)
