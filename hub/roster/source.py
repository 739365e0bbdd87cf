"""Opening a OneRoster delivery, folder or ZIP, without trusting it: nothing is unpacked to disk, sizes are bounded."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from hub.roster.errors import RosterError

T = TypeVar("T")

MAX_FILE_BYTES = 100 * 1024 * 1024
"""One CSV file, or the ZIP itself. A city of 36,000 pupils needs some 10 MB."""
MAX_ZIP_ENTRIES = 200

# What zipfile and zlib raise on archives that are broken, encrypted or of an unknown kind.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)


class Source(Protocol):
    """The CSV files of one delivery, by lower-case name."""

    def names(self) -> frozenset[str]: ...

    def read(self, name: str) -> bytes: ...


def open_source(path: Path) -> Source:
    """The delivery at ``path``. Raises RosterError if it is neither a readable folder nor a sound ZIP."""
    if path.is_dir():
        return FolderSource(path)
    if path.is_file() and zipfile.is_zipfile(path):
        return ZipSource(path)
    what = "見つかりません。" if not path.exists() else "フォルダーでも ZIP ファイルでもありません。"
    raise RosterError.about(path.name, what, "OneRoster の CSV が入ったフォルダーか ZIP ファイルを指定してください。")


class FolderSource:
    def __init__(self, folder: Path) -> None:
        self.files = _unique((entry.name, entry) for entry in folder.iterdir() if _is_csv(entry.name))

    def names(self) -> frozenset[str]:
        return frozenset(self.files)

    def read(self, name: str) -> bytes:
        place = self.files[name]
        # A link could lead to any file of the machine, a device could be read without end.
        if not stat.S_ISREG(place.lstat().st_mode):
            raise RosterError.about(name, "ふつうのファイルではありません(リンクなど)。", "ファイルそのものを置いてください。")
        with place.open("rb") as file:
            return _bounded(name, file.read(MAX_FILE_BYTES + 1))


class ZipSource:
    def __init__(self, path: Path) -> None:
        self.path = path
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _too_large(path.name)
        with _reading(path.name), zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > MAX_ZIP_ENTRIES:
            message = f"ZIP の中のファイルが多すぎます({len(entries):,} 個)。"
            raise RosterError.about(path.name, message, "OneRoster の CSV だけを入れてください。")
        self.files = _unique((_name_inside(path.name, entry), entry) for entry in entries if _wanted(entry.filename))

    def names(self) -> frozenset[str]:
        return frozenset(self.files)

    def read(self, name: str) -> bytes:
        entry = self.files[name]
        if entry.flag_bits & 0x1:
            raise RosterError.about(name, "パスワードがかかっています。", "パスワードなしの ZIP を作ってください。")
        # The size an archive declares may be a lie, so that we count what really comes out.
        with _reading(name), zipfile.ZipFile(self.path) as archive, archive.open(entry) as file:
            return _bounded(name, file.read(MAX_FILE_BYTES + 1))


class _reading:
    """Turns what zipfile may raise on a damaged or strange archive into our words."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if kind and issubclass(kind, DAMAGE):
            message = "ZIP がこわれているか、使えない形式です。"
            raise RosterError.about(self.name, message, "もういちど ZIP を作り直してください。") from error


def _wanted(inside: str) -> bool:
    return _is_csv(_slashes(inside).rpartition("/")[2]) and not inside.startswith("__MACOSX/")


def _is_csv(name: str) -> bool:
    return name.casefold().endswith(".csv") and not name.startswith(".")


def _slashes(inside: str) -> str:
    return inside.replace("\\", "/")


def _name_inside(archive: str, entry: zipfile.ZipInfo) -> str:
    """The file's own name; it may stand in one folder, as when somebody zips a folder."""
    path = PurePosixPath(_slashes(entry.filename))
    if path.is_absolute() or ".." in path.parts or len(path.parts) > 2 or ":" in path.parts[0]:
        message = "ZIP の中に、外や深い場所を指すファイル名があります。"
        raise RosterError.about(archive, message, "CSV を ZIP のいちばん上に置いてください。")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RosterError.about(archive, "ZIP の中にリンクがあります。", "ファイルそのものを入れてください。")
    return path.name


def _unique(named: Iterable[tuple[str, T]]) -> dict[str, T]:
    files: dict[str, T] = {}
    for name, file in named:
        if files.setdefault(name.casefold(), file) is not file:
            raise RosterError.about(name, "同じ名前のファイルが 2 つあります。", "どちらか 1 つにしてください。")
    return files


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise _too_large(name)
    return data


def _too_large(name: str) -> RosterError:
    limit = MAX_FILE_BYTES // 1024 // 1024
    return RosterError.about(name, f"ファイルが大きすぎます({limit} MB まで)。", "正しいファイルか確かめてください。")
