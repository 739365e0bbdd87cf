"""A copy of the database that is whole and consistent, taken while the site writes."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from kanikko.errors import KanikkoError
from web.clock import stamp

MANIFEST = "backup"
"""Name of the manifest in the copy's ``facts``."""
LAST = "last_backup"
"""Name of what the site remembers of its newest copy."""
READ_SECONDS = 30.0


class BackupError(KanikkoError):
    """A copy could not be made, or is not fit to be used."""


@dataclass(frozen=True)
class Manifest:
    """What a copy says of itself. ``secret_mark`` tells whether links and sealed secrets in it belong to the site's present secret."""

    at: str
    version: str
    audit_head: str
    migrations: list[str]
    integrity: str
    secret_mark: str = ""


def backup(source: Path, target: Path, *, force: bool = False, secret_mark: str = "") -> Manifest:
    """Copy the database at ``source`` to the new file ``target`` (mode 0600), which appears whole or not at all.

    Raises BackupError where ``target`` exists (unless ``force``), cannot be written, or the copy is damaged.
    """
    if not source.exists():
        raise BackupError(f"There is no database at {source}.", remedy="Start the site once: kanikko site run.")
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        if target.exists() and not force:
            raise _exists(target)
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            manifest = _copy(source, aside, secret_mark)
            settle(aside)
            if force:
                aside.replace(target)
            else:
                os.link(aside, target)  # unlike a rename it never replaces a file that came meanwhile
            settle(target.parent)
        finally:
            aside.unlink(missing_ok=True)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        raise BackupError(
            f"{target} cannot be written: {error.strerror}.", remedy="Name a folder that the service's user may write, with room left."
        ) from error
    except sqlite3.Error as error:
        raise BackupError(f"The database cannot be copied: {error}.", remedy="Look at it with: kanikko site check.") from error
    return manifest


def remember(db: sqlite3.Connection, manifest: Manifest) -> None:
    """Note the newest copy in the site itself: the log must always hold the line that was its newest then."""
    db.execute(
        "insert into facts (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
        (LAST, json.dumps({"at": manifest.at, "audit_head": manifest.audit_head})),
    )


def read_only(place: Path) -> sqlite3.Connection:
    """A connection that writes nothing. Raises sqlite3.Error."""
    connection = sqlite3.connect(f"file:{quote(str(place.resolve()))}?mode=ro", uri=True, timeout=READ_SECONDS)
    connection.execute("pragma trusted_schema=off")
    return connection


def damage(db: sqlite3.Connection) -> list[str]:
    """What SQLite itself finds wrong: in the file, and in references between rows. Empty: nothing."""
    wrong = [row[0] for row in db.execute("pragma integrity_check(5)") if row[0] != "ok"]
    broken = db.execute("pragma foreign_key_check").fetchmany(5)
    return wrong + [f"{table} row {rowid} names a row of {parent} that is not there" for table, rowid, parent, _ in broken]


def settle(place: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, aside: Path, secret_mark: str) -> Manifest:
    with closing(read_only(source)) as site, closing(sqlite3.connect(aside, isolation_level=None)) as copy:
        site.backup(copy, pages=-1)  # in one step: one moment of the site, and writers go on meanwhile
        copy.execute("pragma journal_mode=delete")  # one file, without -wal beside it
        found = damage(copy)
        if found:
            raise BackupError(f"The database is damaged: {found[0]}.", remedy="Restore the newest good copy: kanikko site restore FILE.")
        manifest = Manifest(stamp(), version("kanikko"), _audit_head(copy), applied(copy), "ok", secret_mark)
        copy.execute(
            "insert into facts (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
            (MANIFEST, json.dumps(asdict(manifest))),
        )
    return manifest


def applied(db: sqlite3.Connection) -> list[str]:
    """Names of the migrations a database has been through, in order; empty for what is no database of ours."""
    with suppress(sqlite3.OperationalError):
        return [row[0] for row in db.execute("select name from _sqlite_migrations where migration_set = 'kanikko.site' order by id")]
    return []


def manifest_of(db: sqlite3.Connection) -> Manifest | None:
    """What a copy says of itself, None where it says nothing."""
    with suppress(sqlite3.Error, ValueError, TypeError):
        found = db.execute("select value from facts where name = ?", (MANIFEST,)).fetchone()
        return Manifest(**json.loads(found[0])) if found else None
    return None


def _audit_head(db: sqlite3.Connection) -> str:
    found = db.execute("select hash from audit order by id desc limit 1").fetchone()
    return str(found[0]) if found else ""


def _exists(target: Path) -> BackupError:
    return BackupError(f"{target} is there already.", remedy="Name another file, or replace it with --force.")
