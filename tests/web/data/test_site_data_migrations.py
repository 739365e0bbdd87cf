"""A change of the tables that is interrupted leaves the old site working."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.web.data.conftest import Start, opened
from tests.web.make import make_family, make_place
from web.data import migrate, open_database, value
from web.data.check import examine
from web.data.database import COPIES_KEPT, NewerDatabase


@pytest.fixture
def used(place: Path) -> Path:
    with opened(place) as db:
        make_family(db)
        make_place(db, name="公民館")
        db.execute("insert into facts values ('a', 'b')")
    return place


def as_it_was(place: Path) -> None:
    with opened(place) as db:
        assert migrate(db) == [] and examine(db) == []
        assert value(db, "select name from places") == "公民館" and value(db, "select count(*) from families") == 1
        assert value(db, "select value from facts where name = 'a'") == "b"
        assert "colour" not in [column.name for column in db["places"].columns]


def test_a_migration_killed_in_the_middle_leaves_the_old_site_working(used: Path, start: Start) -> None:
    newer = start("tests.web.data.slow_migration", used, "wait")
    assert newer.stdout and newer.stdout.readline() == "half\n", newer.stderr and newer.stderr.read()
    newer.kill()
    newer.wait()
    as_it_was(used)


def test_a_migration_that_fails_takes_those_before_it_along(used: Path, start: Start) -> None:
    newer = start("tests.web.data.slow_migration", used, "raise")
    assert newer.wait() != 0
    as_it_was(used)


def test_the_first_migration_killed_at_once_is_made_anew(site_settings, start: Start) -> None:
    newer = start("tests.web.data.slow_migration", site_settings.site_db, "wait")
    assert newer.stdout and newer.stdout.readline() == "half\n"
    newer.kill()
    newer.wait()
    with opened(site_settings.site_db) as db:
        assert migrate(db) == ["0001_first"] and examine(db) == []


def test_a_newer_database_is_refused_in_words_and_a_copy_from_before_is_there(used: Path, start: Start) -> None:
    newer = start("tests.web.data.slow_migration", used, "finish")
    assert newer.wait() == 0, newer.stderr and newer.stderr.read()
    db = open_database(used)
    with pytest.raises(NewerDatabase, match="0901_slow"):
        migrate(db)
    db.close()
    (copy,) = (used.parent / "backups").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    as_it_was(copy)


def test_only_the_newest_copies_are_kept(used: Path, start: Start) -> None:
    folder = used.parent / "backups"
    folder.mkdir()
    others = [folder / f"site-before-000{number}_x-2026010{number}-000000.db" for number in range(5)]
    for number, old in enumerate(others):
        old.touch()
        os.utime(old, (number, number))
    kept_by_restore = folder / "site-before-restore-20260101-000000-abcd.db"
    kept_by_restore.touch()
    assert start("tests.web.data.slow_migration", used, "finish").wait() == 0
    left = {path.name for path in folder.iterdir()}
    assert kept_by_restore.name in left and others[-1].name in left and others[0].name not in left
    assert len(left) == COPIES_KEPT + 1


def test_a_new_site_needs_no_copy(place: Path) -> None:
    assert not (place.parent / "backups").exists()
