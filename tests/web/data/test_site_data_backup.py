"""A copy taken while the site writes is a whole site again; nothing is ever half replaced."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kanikko.errors import KanikkoError
from kanikko.settings import PROJECT, Settings
from tests.web.data.conftest import Start, opened
from tests.web.make import make_application, make_class, make_family, make_participant
from web.cli import site
from web.data import migrate, one, value, writing
from web.data.backup import BackupError, backup, read_only
from web.data.check import examine
from web.data.database import NewerDatabase
from web.data.lock import SiteRuns, only_one
from web.data.restore import restore
from web.staff.audit import audit


@pytest.fixture
def command(site_settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("web.data.cli.as_service", lambda: site_settings)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(site, [str(argument) for argument in arguments])

    return run


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_taken_while_processes_write_restores_to_a_consistent_site(
    place: Path, site_settings: Settings, start: Start, command, tmp_path: Path
) -> None:
    writers = [start("tests.web.data.site_writer", place) for _ in range(2)]
    for writer in writers:
        assert writer.stdout and writer.stdout.readline() == "writing\n", writer.stderr and writer.stderr.read()
    copies = [tmp_path / f"copy{number}.db" for number in range(2)]
    for copy in copies:
        done = command("backup", copy)
        assert done.exit_code == 0, done.output
    for writer in writers:
        writer.kill()
        writer.wait()
    counts = []
    for copy in copies:
        with read_only(copy) as db:
            applications, entries, mails, lines = (
                db.execute(f"select count(*) from {table}").fetchone()[0] for table in ("applications", "entries", "mails", "audit")
            )
            assert applications == entries == mails == lines
            counts.append(applications)
    assert counts == sorted(counts) and counts[0] < counts[-1]
    done = command("restore", copies[-1])
    assert done.exit_code == 0 and "kept" in done.output
    with opened(place) as db:
        assert migrate(db) == [] and examine(db) == []
        assert value(db, "select count(*) from applications") == counts[-1]
    assert "all is well" in command("check").output


def test_a_copy_says_what_it_is_and_only_its_owner_may_read_it(place: Path, command, tmp_path: Path) -> None:
    with opened(place) as db:
        audit(db, "system", "site.start", "site", "1")
        head = value(db, "select hash from audit")
    copy = tmp_path / "copy.db"
    assert head[:16] in command("backup", copy).output
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600 and names_in(tmp_path) == ["copy.db", "var"]
    with read_only(copy) as db:
        manifest = json.loads(db.execute("select value from facts where name = 'backup'").fetchone()[0])
    assert (
        manifest["audit_head"] == head
        and manifest["integrity"] == "ok"
        and manifest["version"]
        and manifest["migrations"][0] == "0001_first"
    )


def test_a_file_that_is_there_is_replaced_only_on_demand(place: Path, command, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    refused = command("backup", copy)
    assert isinstance(refused.exception, BackupError) and copy.read_text() == "precious"
    assert command("backup", copy, "--force").exit_code == 0 and copy.read_bytes().startswith(b"SQLite format 3")
    assert names_in(tmp_path) == ["copy.db", "var"]


def test_a_folder_that_cannot_be_written_is_said_in_words(place: Path, command, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o000)
    for target in (tmp_path / "none" / "copy.db", tmp_path / "locked" / "copy.db", Path("/proc/copy.db")):
        assert isinstance(command("backup", target).exception, BackupError)
        assert isinstance(command("restore", target).exception, KanikkoError)
    (tmp_path / "locked").rmdir()


def test_a_damaged_site_gives_no_copy_and_the_check_says_so(place: Path, command, tmp_path: Path) -> None:
    with opened(place) as db:
        for number in range(300):
            audit(db, "system", "x.y", "site", str(number))
    raw = bytearray(place.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 8192] = os.urandom(8192)
    place.write_bytes(raw)
    with pytest.raises(BackupError):
        backup(place, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert command("check").exit_code == 1


def spoilt(kind: str, good: Path, place: Path) -> Path:
    file = place / f"{kind}.db"
    if kind == "text":
        file.write_text("hello " * 1000)
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "cut":
        file.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    else:
        shutil.copy(good, file)
        with sqlite3.connect(file) as db:
            db.execute("pragma foreign_keys=off")
            db.executescript({
                "orphan": "delete from families",
                "edited": "update audit set subject = 'another' where id = 1",
                "newer": "insert into _sqlite_migrations (migration_set, name) values ('kanikko.site', '9999_of_tomorrow')",
                "foreign": "drop table _sqlite_migrations; drop table facts",
            }[kind])  # fmt: skip
        db.close()
    return file


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "orphan", "edited", "newer", "foreign"])
def test_what_is_no_good_copy_is_refused_and_the_site_stays_as_it_was(place: Path, command, tmp_path: Path, kind: str) -> None:
    with opened(place) as db:
        family = make_family(db)
        make_participant(db, family)
        audit(db, "system", "family.add", "family", family["id"])
    good = tmp_path / "good.db"
    command("backup", good)
    with opened(place) as db:
        make_family(db)
    before = names_in(place.parent)
    refused = command("restore", spoilt(kind, good, tmp_path))
    assert isinstance(refused.exception, KanikkoError), refused.output
    if kind == "newer":
        assert isinstance(refused.exception, NewerDatabase) and "9999_of_tomorrow" in refused.exception.message
    with opened(place) as db:
        assert value(db, "select count(*) from families") == 2
    assert set(names_in(place.parent)) <= {*before, "site.lock"}


def test_nothing_is_restored_while_the_site_runs(place: Path, command, site_settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command("backup", copy)
    with only_one(site_settings):
        assert isinstance(command("restore", copy).exception, SiteRuns)


def test_what_was_there_is_kept_with_its_last_changes(place: Path, command, site_settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command("backup", copy)
    writer = "import os; from web.data import open_database; db = open_database(__import__('pathlib').Path(os.environ['P']));"
    writer += "db.execute(\"insert into facts values ('last', 'change')\"); os.kill(os.getpid(), 9)"  # leaves its change in the -wal
    subprocess.run([sys.executable, "-c", writer], env=os.environ | {"P": str(place)}, cwd=PROJECT, check=False)
    done = restore(site_settings, copy)
    assert done.kept and not Path(f"{place}-wal").exists()
    with opened(done.kept) as db:
        assert value(db, "select value from facts where name = 'last'") == "change"
    with opened(place) as db:
        assert value(db, "select value from facts where name = 'last'") is None


def test_a_damaged_database_can_be_replaced(place: Path, command, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command("backup", copy)
    place.write_bytes(b"nothing of a database" * 500)
    Path(f"{place}-wal").write_bytes(b"nor of a journal" * 500)
    done = command("restore", copy)
    assert done.exit_code == 0, done.exception
    with opened(place) as db:
        assert examine(db) == []


def test_a_copy_of_another_secret_is_restored_with_a_warning(place: Path, command, site_settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command("backup", copy)
    assert "another secret" not in command("restore", copy).output
    (site_settings.var / "secrets" / "site").write_text("another")
    assert "another secret" in command("restore", copy).output


def test_a_log_that_lost_its_end_is_noticed_once_there_was_a_backup(place: Path, command, tmp_path: Path) -> None:
    with opened(place) as db:
        for number in range(3):
            audit(db, "system", "x.y", "site", str(number))
    command("backup", tmp_path / "copy.db")
    assert command("check").exit_code == 0
    with opened(place) as db:
        db.execute("delete from audit where id = 3")
        assert "lacks a line" in examine(db)[0]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("update classes set capacity = 1", "more places"),
        ("update entries set class = (select id from classes where id <> entries.class)", "two classes"),
        ("update participants set family = (select id from families where id <> participants.family limit 1)", "two families"),
        ("update entries set state = 'waiting'", "without its order"),
        ("update entries set state = 'waiting', waiting_order = 1", "two applications at one place"),
        ("update entries set state = 'offered'", "without its end"),
        ("update classes set state = 'cancelled'", "cancelled class"),
        ("delete from entries", "without an entry"),
        ("update audit set actor = 'nobody'", "audit log"),
        ("pragma foreign_keys=off; delete from classes", "names a row"),
    ],
)
def test_the_check_names_counts_that_do_not_agree(place: Path, harm: str, words: str) -> None:
    with opened(place) as db:
        with writing(db):
            make_class(db)
            of_class = make_class(db, capacity=2)
            for _ in range(2):
                family = make_family(db)
                make_application(db, of_class, family, [make_participant(db, family)])
            audit(db, "system", "x.y", "class", of_class["id"])
        assert examine(db) == []
        db.conn.executescript(harm)
        found = examine(db)
    assert any(words in line for line in found), found


def test_the_doctor_looks_at_the_site(place: Path, site_settings: Settings) -> None:
    from kanikko.doctor import findings

    def verdict() -> str:
        return next(finding.verdict for finding in findings(site_settings) if finding.what == "site database")

    assert verdict() == "ok"
    with opened(place) as db:
        audit(db, "system", "x.y", "site", "1")
        db.execute("update audit set actor = 'nobody'")
        assert one(db, "select actor from audit") == {"actor": "nobody"}
    assert verdict() == "missing"
    place.unlink()
    assert verdict() == "ok"
