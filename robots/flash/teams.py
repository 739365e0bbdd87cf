"""Which program belongs on which board: teams from a package, a folder or a single file; a board's team from the log or a person."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from robots.board import Profile, payload
from robots.board.payload import CompileError
from robots.flash.conversation import Wanted
from robots.flash.faults import Fault, FlashError
from robots.flash.job import Choice
from robots.flash.package import MOST_ENTRIES, MOST_PROGRAM, TEAM_PATTERN, PackageError, TeamProgram, read_package
from robots.flash.text import clean

QR = "kanikko:team:"
"""What a team's QR card says before the team's number."""
FILE_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9_]{0,31})(?:-(.*))?\.py$")


def team_of(text: str) -> str:
    """The team in what was typed or scanned: ``12`` or ``kanikko:team:12``; "" for anything else. Full-width digits are read too."""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = plain[len(QR) :] if plain.lower().startswith(QR) else plain
    return plain if re.match(TEAM_PATTERN, plain) else ""


@dataclass(frozen=True)
class Programs:
    """The programs of an event. ``common``: one for every board, no teams; ``event``: what a package says of itself."""

    teams: Mapping[str, TeamProgram] = field(default_factory=dict)
    common: TeamProgram | None = None
    event: str = ""

    @property
    def asks_for_teams(self) -> bool:
        return bool(self.teams)

    def find(self, team: str) -> TeamProgram | None:
        """A team by its number; ``7`` finds ``07`` as well."""
        same = [known for known in self.teams if known == team or known.lstrip("0").lower() == team.lstrip("0").lower()]
        return self.teams[team if team in self.teams else same[0]] if team in self.teams or len(same) == 1 else None


def load_programs(place: Path | None) -> Programs:
    """Programs from a ZIP package, a folder with ``<number>-<title>.py`` (or one package in it, as on a USB stick), or one ``.py`` for all.

    None: boards get the library alone. Raises PackageError.
    """
    if place is None:
        return Programs()
    if place.is_dir():
        return _folder(place)
    if place.suffix == ".py":
        return Programs(common=TeamProgram("", clean(place.stem, 80), _source(place)))
    manifest, found = read_package(place)
    return Programs({one.team: one for one in found}, event=clean(manifest.event, 80))


def _folder(place: Path) -> Programs:
    try:
        names = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise PackageError(f"フォルダーが よめません（{clean(error.strerror, 80)}）") from None
    found: dict[str, TeamProgram] = {}
    for path in names:
        if (match := FILE_NAME.match(path.name)) and path.is_file() and not path.is_symlink():
            team = match.group(1)
            if team in found or len(found) >= MOST_ENTRIES:
                raise PackageError(f"チーム {team} が 2かい あるか、チームが おおすぎます")
            found[team] = TeamProgram(team, clean((match.group(2) or "").replace("_", " "), 80), _source(path))
    packages = [path for path in names if path.suffix == ".zip" and path.is_file() and not path.is_symlink()]
    if not found and len(packages) == 1:
        return load_programs(packages[0])
    if not found:
        raise PackageError(f"{clean(place.name, 60)} に プログラム（12-なまえ.py）も パッケージ（.zip ひとつ）も ありません")
    return Programs(found)


def _source(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_PROGRAM + 1)
    except OSError as error:
        raise PackageError(f"{clean(path.name, 60)} が よめません（{clean(error.strerror, 80)}）") from None
    if len(content) > MOST_PROGRAM:
        raise PackageError(f"{clean(path.name, 60)} が おおきすぎます（{MOST_PROGRAM // 1024}kBまで）")
    return content


class Kitchen:
    """What each board gets, compiled once for each program and profile."""

    def __init__(self, programs: Programs, *, wipe: bool = False) -> None:
        self.programs = programs
        self._wipe = wipe
        self._made: dict[tuple[str, str], Wanted] = {}
        self._one_by_one = threading.Lock()

    def choice(self, team: str, profile: Profile) -> Choice:
        """What a board of ``team`` gets ("": a board of no team). Raises FlashError: NO_TEAM, WRONG_PROFILE, PROGRAM."""
        chosen = self.programs.find(team) if team else self.programs.common
        if team and chosen is None:
            raise FlashError(Fault.NO_TEAM, f"{clean(team, 40)} は パッケージに ありません")
        if chosen is not None and chosen.profile and chosen.profile != profile.name:
            raise FlashError(Fault.WRONG_PROFILE, f"チーム {chosen.team} は {chosen.profile}、ボードは {profile.name}")
        wanted = self._wanted(profile, chosen)
        if chosen is None:
            return Choice(wanted)
        return Choice(wanted, chosen.team, chosen.title, chosen.sha256)

    def _wanted(self, profile: Profile, chosen: TeamProgram | None) -> Wanted:
        key = (profile.name, chosen.sha256 if chosen else "")
        with self._one_by_one:
            if key not in self._made:
                try:
                    made = payload(profile, chosen.program if chosen else None)
                except CompileError as error:
                    raise FlashError(Fault.PROGRAM, error.message) from None
                self._made[key] = Wanted(made, keep_program=chosen is None, wipe=self._wipe)
            return self._made[key]

    def warm(self, profiles: Sequence[Profile]) -> None:
        """Compile ahead what boards of these kinds will ask for; mistakes are told when a board asks."""
        for profile in profiles:
            for team in self.programs.teams or [""]:
                try:
                    self.choice(team, profile)
                except FlashError:
                    continue
