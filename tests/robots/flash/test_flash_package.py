"""Packages, folders and numbers: what a classroom wrote is read again, and what a stranger made up is refused whole."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rig import PROGRAM, team

from robots.flash.package import MOST_PROGRAM, PackageError, read_package, write_package
from robots.flash.teams import load_programs, team_of

WHEN = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


def entry(number: str = "12", **changes: Any) -> dict[str, Any]:
    return {
        "team": number,
        "title": "カニ",
        "file": f"programs/{number}.py",
        "sha256": hashlib.sha256(PROGRAM).hexdigest(),
        "profile": "",
    } | changes


def package(*entries: dict[str, Any], files: dict[str, bytes] | None = None, **changes: Any) -> io.BytesIO:
    manifest = {"format": "kanikko-programs/1", "event": "e", "made_at": "", "entries": list(entries) or [entry()]} | changes
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, content in (files if files is not None else {"programs/12.py": PROGRAM}).items():
            archive.writestr(name, content)
    return spool


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    teams = [team("1"), team("2", profile="pico"), team("t7f3k")]
    write_package(tmp_path / "day.zip", teams, event="c7k2m9q", made_at=WHEN)
    manifest, found = read_package(tmp_path / "day.zip")
    assert found == teams
    assert (manifest.event, manifest.made_at) == ("c7k2m9q", "2026-11-23T01:02:03Z")
    assert [path.name for path in tmp_path.iterdir()] == ["day.zip"]
    first = (tmp_path / "day.zip").read_bytes()
    write_package(tmp_path / "day.zip", teams, event="c7k2m9q", made_at=WHEN)
    assert (tmp_path / "day.zip").read_bytes() == first


def test_a_package_that_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="2かい"):
        write_package(tmp_path / "day.zip", [team("1"), team("1")], event="e")
    assert list(tmp_path.iterdir()) == []


def link(name: str) -> Callable[[], io.BytesIO]:
    def made() -> io.BytesIO:
        spool = package()
        with zipfile.ZipFile(spool, "a") as archive:
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
        return spool

    return made


def twice() -> io.BytesIO:
    spool = package()
    with zipfile.ZipFile(spool, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("programs/12.py", b"evil")
    return spool


def lying_size() -> io.BytesIO:
    spool = package(files={"programs/12.py": b"#" * (MOST_PROGRAM * 20)})
    data = spool.getvalue().replace((MOST_PROGRAM * 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    return io.BytesIO(data)


HOSTILE: dict[str, Callable[[], io.BytesIO]] = {
    "not a zip": lambda: io.BytesIO(b"PK\x03\x04 nothing"),
    "empty": lambda: io.BytesIO(b""),
    "cut off": lambda: io.BytesIO(package().getvalue()[:-40]),
    "leaves the folder": lambda: package(entry(file="../../etc/passwd")),
    "a name that leaves the folder": lambda: package(files={"programs/12.py": PROGRAM, "../x": b""}),
    "absolute": lambda: package(files={"programs/12.py": PROGRAM, "/etc/x": b""}),
    "control characters": lambda: package(files={"programs/12.py": PROGRAM, "a\x1b[2J": b""}),
    "a link": link("programs/13.py"),
    "the same name twice": twice,
    "names that differ in case": lambda: package(files={"programs/12.py": PROGRAM, "PROGRAMS/12.PY": b"x"}),
    "a bomb": lambda: package(files={"programs/12.py": bytes(100 << 20)}),
    "a size that is a lie": lying_size,
    "too many files": lambda: package(files={"programs/12.py": PROGRAM, **{f"x{number}": b"" for number in range(2000)}}),
    "changed": lambda: package(files={"programs/12.py": PROGRAM + b"#"}),
    "missing": lambda: package(files={}),
    "another format": lambda: package(format="kanikko-programs/9"),
    "no entries": lambda: package(entries=[]),
    "a team with a newline": lambda: package(entry(team="1\n2")),
    "a team with a path": lambda: package(entry(team="../1")),
    "the same team twice": lambda: package(entry(), entry()),
    "a manifest that is a list": lambda: package(entries="x"),
    "a deep manifest": lambda: deep(),
}


def deep() -> io.BytesIO:
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w") as archive:
        archive.writestr("manifest.json", "[" * 100_000)
    return spool


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_package_is_refused_whole(kind: str) -> None:
    with pytest.raises(PackageError) as caught:
        read_package(HOSTILE[kind]())
    assert caught.value.remedy
    assert "\x1b" not in str(caught.value)


def test_titles_lose_what_a_terminal_would_obey() -> None:
    _, found = read_package(package(entry(title="カニ\x1b]0;x\x07\u202e")))
    assert found[0].title.isprintable()


def test_a_folder_of_numbered_programs(tmp_path: Path) -> None:
    (tmp_path / "12-かに_ロボ.py").write_bytes(PROGRAM)
    (tmp_path / "03.py").write_bytes(PROGRAM)
    (tmp_path / "notes.txt").write_text("not a program")
    (tmp_path / "4-link.py").symlink_to("/etc/passwd")
    found = load_programs(tmp_path)
    assert {number: one.title for number, one in found.teams.items()} == {"12": "かに ロボ", "03": ""}
    assert found.find("3") is found.teams["03"]
    assert found.find("4") is None


def test_a_stick_with_one_package(tmp_path: Path) -> None:
    write_package(tmp_path / "day.zip", [team("1")], event="e")
    (tmp_path / "System Volume Information").mkdir()
    assert load_programs(tmp_path).teams["1"] == team("1")


def test_one_program_for_every_board(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_bytes(PROGRAM)
    found = load_programs(tmp_path / "sample.py")
    assert not found.asks_for_teams
    assert found.common is not None and found.common.program == PROGRAM


def test_a_folder_without_programs_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="ありません"):
        load_programs(tmp_path)


@pytest.mark.parametrize(
    ("typed", "team"),
    [("12", "12"), (" 12 ", "12"), ("１２", "12"), ("kanikko:team:12", "12"), ("KANIKKO:TEAM:12", "12"), ("t7f3k", "t7f3k"), ("", ""),
     ("../1", ""), ("1;2", ""), ("kanikko:team:", ""), ("x" * 99, "")],
)  # fmt: skip
def test_what_a_scanner_types(typed: str, team: str) -> None:
    assert team_of(typed) == team
