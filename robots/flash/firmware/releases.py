"""A folder of MicroPython releases: ``releases.toml`` lists them by name, chip, version, file and SHA-256."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kanikko.errors import KanikkoError
from robots.flash.faults import Fault, FlashError
from robots.flash.firmware.images import CHECKS
from robots.flash.text import clean

LIST = "releases.toml"
MOST_BYTES = 32 << 20


class ReleasesError(KanikkoError):
    """``releases.toml`` is not there or makes no sense."""


class Release(BaseModel):
    """One MicroPython for one chip. ``machine``: only for boards that call themselves so (a Pico W needs another file than a Pico)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern="^[A-Za-z0-9._+-]{1,80}$")
    board: Literal["rp2040", "rp2350", "esp32", "microbit"]
    version: str = Field(pattern=r"^\d{1,4}\.\d{1,4}(\.\d{1,4})?$")
    file: str = Field(pattern=r"^[^/\\\x00]{1,200}$")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    machine: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as MicroPython says it of itself: three numbers."""
        found = tuple(int(number) for number in self.version.split("."))
        return (*found, 0) if len(found) == 2 else found


@dataclass(frozen=True)
class Releases:
    """The releases of one folder, in the file's order."""

    folder: Path
    all: Sequence[Release]

    def for_board(self, chip: str, machine: str = "") -> Release | None:
        """The release for a chip: the one for just this machine, else the first that is for any."""
        fitting = [one for one in self.all if one.board == chip]
        return next((one for one in fitting if one.machine and one.machine == machine), None) or next(
            (one for one in fitting if not one.machine), None
        )

    def read(self, release: Release) -> bytes:
        """The file's content, whole and for that chip. Raises FlashError (BAD_RELEASE)."""
        place = self.folder / release.file
        try:
            with place.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise FlashError(Fault.BAD_RELEASE, f"{release.file}: {error.strerror}") from None
        if hashlib.sha256(data).hexdigest() != release.sha256:
            raise FlashError(Fault.BAD_RELEASE, f"{release.file}: SHA-256 is another")
        try:
            CHECKS[release.board](data)
        except FlashError as error:
            raise FlashError(Fault.BAD_RELEASE, f"{release.file}: {error.detail}") from None
        return data


def load_releases(folder: Path) -> Releases:
    """Read ``releases.toml``. Raises ReleasesError with the place and what is wrong there; the files are looked at when they are needed."""
    place = folder / LIST
    try:
        with place.open("rb") as file:
            rows = tomllib.load(file).get("release", [])
        found = TypeAdapter(list[Release]).validate_python(rows)
    except FileNotFoundError:
        raise ReleasesError(
            f"{place} が ありません", remedy="ファームウェアの フォルダーに releases.toml を おいてください（docs/ja/flash.md）。"
        ) from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise ReleasesError(f"{place}: {clean(error, 400)}", remedy="その ぎょうを なおしてください。") from None
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ReleasesError(f"{place}: {twice[0]} が 2かい あります", remedy="なまえは それぞれ ちがう ものに してください。")
    return Releases(folder, tuple(found))
