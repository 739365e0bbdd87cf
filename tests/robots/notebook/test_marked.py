"""Which program goes to the robot: told by a small file that a pupil may have written himself."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from robots.notebook.marked import LONGEST_PROGRAM, MARKER, MarkError, mark, marked

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
GOOD = {"program": "crab.py", "sha256": "0" * 64, "at": "2026-11-23T12:00:00+00:00"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crab.py").write_text("forward(60)\n")
    return tmp_path


def test_what_was_marked_is_read_again(folder: Path) -> None:
    made = mark(folder, "crab.py", NOON)
    assert marked(folder) == made
    assert (made.program, made.at, made.source, made.unchanged) == ("crab.py", NOON, b"forward(60)\n", True)


def test_a_program_changed_since_is_told_apart(folder: Path) -> None:
    mark(folder, "crab.py", NOON)
    (folder / "crab.py").write_text("back(60)\n")
    found = marked(folder)
    assert found is not None and not found.unchanged and found.source == b"back(60)\n"


def test_the_last_mark_counts(folder: Path) -> None:
    (folder / "sanpo.py").write_text("stop()\n")
    mark(folder, "crab.py", NOON)
    mark(folder, "sanpo.py", NOON)
    found = marked(folder)
    assert found is not None and found.program == "sanpo.py"
    assert sorted(place.name for place in folder.iterdir()) == ["crab.py", MARKER, "sanpo.py"]


def test_nothing_is_marked_at_first(folder: Path) -> None:
    assert marked(folder) is None
    assert marked(folder / "nowhere") is None


@pytest.mark.parametrize("program", ["nothing.py", "../crab.py", "/etc/passwd", "crab", "Crab.py", "crab.py\n", "", "a" * 99 + ".py"])
def test_only_a_program_that_is_there_can_be_marked(folder: Path, program: str) -> None:
    with pytest.raises(MarkError) as refused:
        mark(folder, program, NOON)
    assert refused.value.remedy
    assert not (folder / MARKER).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"3", b'"crab.py"', b"\xff\xfe", b"{}", b"[" * 2000, b'{"program": ' + b"1" * 5000 + b"}",
        *(json.dumps(GOOD | change).encode() for change in (
            {"program": "../../etc/passwd"}, {"program": "other.py"}, {"program": None}, {"program": ["crab.py"]}, {"program": MARKER},
            {"sha256": "x"}, {"sha256": 0}, {"sha256": "A" * 64}, {"at": "now"}, {"at": 0}, {"at": "2026-11-23T12:00"}, {"at": "2" * 999},
        )),
    ],
)  # fmt: skip
def test_a_marker_that_makes_no_sense_marks_nothing(folder: Path, content: bytes) -> None:
    (folder / MARKER).write_bytes(content)
    assert marked(folder) is None


def test_the_marker_above_would_mark_if_it_were_right(folder: Path) -> None:
    (folder / MARKER).write_text(json.dumps(GOOD))
    found = marked(folder)
    assert found is not None and not found.unchanged


def test_links_pipes_and_folders_lead_nowhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.py"
    secret.write_text("secret\n")
    (folder / MARKER).write_text(json.dumps(GOOD))
    for plant in (
        lambda place: place.symlink_to(secret),
        lambda place: os.mkfifo(place),
        lambda place: place.mkdir(),
        lambda place: place.write_bytes(b"#" * (LONGEST_PROGRAM + 1)),
    ):
        for name in ("crab.py", MARKER):
            kept = (folder / name).read_bytes()
            (folder / name).unlink()
            plant(folder / name)
            assert marked(folder) is None
            (folder / name).rmdir() if (folder / name).is_dir() else (folder / name).unlink()
            (folder / name).write_bytes(kept)


def test_marking_replaces_a_planted_link_instead_of_following_it(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "kept.txt"
    target.write_text("kept")
    (folder / MARKER).symlink_to(target)
    mark(folder, "crab.py", NOON)
    assert target.read_text() == "kept" and not (folder / MARKER).is_symlink()
