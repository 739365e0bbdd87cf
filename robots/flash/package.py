"""A package of teams' programs: one ZIP with ``manifest.json``, written by the classroom, read at the event.

    {"format": "kanikko-programs/1", "event": "c7k2m9q", "made_at": "2026-11-23T01:02:03Z",
     "entries": [{"team": "12", "title": "カニロボ", "file": "programs/12.py", "sha256": "…", "profile": "pico"}]}

``team`` is a number or an opaque id, never a name; ``profile`` may be empty (any board). A package may come from anywhere: nothing in it
is believed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kanikko.errors import KanikkoError
from kanikko.safe_files import UnsafeFiles, safe_name
from robots.flash.text import clean

FORMAT = "kanikko-programs/1"
MANIFEST = "manifest.json"
TEAM_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"
MOST_ENTRIES = 500
MOST_PROGRAM = 256 * 1024
MOST_MANIFEST = 512 * 1024
MOST_ZIP = 64 << 20


class PackageError(KanikkoError):
    """A package is damaged, hostile, or not one of ours. Nothing of it was used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="パッケージを もういちど つくって、うつしなおしてください。なにも つかっていません。")


class Entry(BaseModel):
    """One team's program in the manifest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    team: str = Field(pattern=TEAM_PATTERN)
    title: str = Field("", max_length=80)
    file: str = Field(min_length=1, max_length=200)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    profile: str = Field("", pattern="^[a-z0-9-]{0,40}$")


class Manifest(BaseModel):
    """``manifest.json``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Literal["kanikko-programs/1"]
    event: str = Field("", max_length=80)
    made_at: str = Field("", max_length=40)
    entries: tuple[Entry, ...] = Field(min_length=1, max_length=MOST_ENTRIES)


@dataclass(frozen=True)
class TeamProgram:
    """A team and its program. ``team``: number or opaque id; ``title``: what people see; ``profile``: the board it is for ("": any)."""

    team: str
    title: str
    program: bytes
    profile: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.program).hexdigest()


def write_package(place: Path, programs: Iterable[TeamProgram], *, event: str, made_at: datetime | None = None) -> None:
    """Write a package: aside, then renamed, so that nothing half-done is ever taken to an event. The same input gives the same bytes.

    Raises PackageError where a program could not be read back (a bad team id, too large, the same team twice).
    """
    moment = (made_at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    chosen = list(programs)
    _no_team_twice([one.team for one in chosen])
    entries = [
        {"team": one.team, "title": clean(one.title, 80), "file": f"programs/{one.team}.py", "sha256": one.sha256, "profile": one.profile}
        for one in chosen
    ]
    manifest = {"format": FORMAT, "event": clean(event, 80), "made_at": moment, "entries": entries}
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())] + [
            (f"programs/{one.team}.py", one.program) for one in chosen
        ]:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    read_package(io.BytesIO(spool.getvalue()))
    aside = place.with_name(f".{place.name}.{os.urandom(4).hex()}")
    try:
        aside.write_bytes(spool.getvalue())
        aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)


def read_package(source: Path | io.BytesIO) -> tuple[Manifest, list[TeamProgram]]:
    """The teams in a package. Every size is counted while bytes flow, every program compared with its SHA-256. Raises PackageError."""
    try:
        if isinstance(source, Path) and source.stat().st_size > MOST_ZIP:
            raise PackageError(f"パッケージが おおきすぎます（{MOST_ZIP >> 20}MBまで）")
        with zipfile.ZipFile(source) as archive:
            infos = _plain_files(archive)
            manifest = Manifest.model_validate_json(_read(archive, infos, MANIFEST, MOST_MANIFEST))
            programs = [_program(archive, infos, entry) for entry in manifest.entries]
    except UnsafeFiles as error:
        raise PackageError(f"パッケージの なかに あやしい なまえが あります（{clean(error.message, 120)}）") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise PackageError(f"manifest.json が よめません（{'.'.join(map(str, first['loc']))}: {clean(first['msg'], 120)}）") from None
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        RecursionError,
    ) as error:
        raise PackageError(f"パッケージが こわれています（{clean(error, 120)}）") from None
    _no_team_twice([one.team for one in programs])
    return manifest, programs


def _no_team_twice(teams: list[str]) -> None:
    if twice := sorted({team for team in teams if teams.count(team) > 1}):
        raise PackageError(f"チーム {', '.join(twice[:5])} が 2かい あります")


def _plain_files(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > 2 * MOST_ENTRIES + 10:
        raise PackageError("パッケージの ファイルが おおすぎます")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or info.flag_bits & 0x1:
            raise PackageError("パッケージの なかに リンクか、かぎの かかった ファイルが あります")
        name = "/".join(safe_name(info.filename))
        if name.casefold() in {known.casefold() for known in found}:
            raise PackageError(f"おなじ なまえの ファイルが 2つ あります（{clean(name, 60)}）")
        found[name] = info
    return found


def _read(archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], name: str, most: int) -> bytes:
    info = infos.get(name)
    if info is None or info.is_dir():
        raise PackageError(f"パッケージに {clean(name, 60)} が ありません")
    with archive.open(info) as source:
        content = source.read(most + 1)  # what the header says of its size is not believed
    if len(content) > most:
        raise PackageError(f"{clean(name, 60)} が おおきすぎます（{most // 1024}kBまで）")
    return content


def _program(archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], entry: Entry) -> TeamProgram:
    content = _read(archive, infos, "/".join(safe_name(entry.file)), MOST_PROGRAM)
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise PackageError(f"チーム {entry.team} の プログラムが かわっています（SHA-256が ちがいます）")
    return TeamProgram(entry.team, clean(entry.title, 80), content, entry.profile)
