"""Putting a copy back in the place of the site's database."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from kanikko.settings import Settings
from web.clock import now
from web.data.backup import BackupError, Manifest, applied, damage, manifest_of, read_only, settle
from web.data.database import check_level, open_database
from web.data.lock import only_one
from web.staff.audit import broken_line

COMPANIONS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Restored:
    """``kept``: where the database that was there lies now; None if there was none."""

    manifest: Manifest | None
    kept: Path | None


def restore(settings: Settings, source: Path) -> Restored:
    """Put the copy at ``source`` in place. The database that was there is kept in ``var/backups/``; nothing changes unless all is well.

    Raises BackupError for a file that is no good copy, NewerDatabase for one of a newer version, SiteRuns while the site runs.
    """
    with only_one(settings):
        site, aside = settings.site_db, settings.site_db.with_name(f".{settings.site_db.name}.{secrets.token_hex(4)}")
        try:
            manifest = _take_in(source, aside)
            settle(aside)
            kept = _keep(site)
            aside.replace(site)
            settle(site.parent)
        finally:
            for name in ("", *COMPANIONS):
                aside.with_name(aside.name + name).unlink(missing_ok=True)
    return Restored(manifest, kept)


def _take_in(source: Path, aside: Path) -> Manifest | None:
    """Copy the file beside the site's and look at the copy: what was looked at is what will be used."""
    os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(read_only(source)) as given, closing(sqlite3.connect(aside, isolation_level=None)) as copy:
            given.backup(copy, pages=-1)
            copy.execute("pragma journal_mode=delete")
            if wrong := damage(copy):
                raise BackupError(f"{source} is damaged: {wrong[0]}.", remedy="Take another copy.")
            if not applied(copy):
                raise BackupError(f"{source} is no database of the site.", remedy="Give a file made by: kanikko site backup.")
            check_level(copy)
            manifest = manifest_of(copy)
    except sqlite3.Error as error:
        raise BackupError(f"{source} is no database of the site: {error}.", remedy="Give a file made by: kanikko site backup.") from error
    db = open_database(aside)
    try:
        line = broken_line(db)
    finally:
        db.execute("pragma journal_mode=delete")
        db.close()
    if line is not None:
        raise BackupError(f"{source}: line {line} of its audit log is not as it was written.", remedy="Take another copy.")
    return manifest


def _keep(site: Path) -> Path | None:
    """Give the database that is there a second name; its last changes, which may stand in its -wal, are brought into it first."""
    if not site.exists():
        return None
    with suppress(sqlite3.Error), closing(sqlite3.connect(site, timeout=2)) as old:
        old.execute("pragma wal_checkpoint(truncate)")
    kept = site.parent / "backups" / f"{site.stem}-before-restore-{now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}{site.suffix}"
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    os.link(site, kept)
    for name in COMPANIONS:  # left over only beside a damaged database; beside the new one they would damage it, too
        companion = site.with_name(site.name + name)
        if companion.exists():
            if name == "-wal" and companion.stat().st_size and not _damaged(site):
                kept.unlink()
                raise BackupError("Another command uses the database.", remedy="Let it end, and restore again.")
            companion.rename(kept.with_name(kept.name + name))
    return kept


def _damaged(site: Path) -> bool:
    try:
        with closing(read_only(site)) as db:
            return bool(damage(db))
    except sqlite3.Error:
        return True
