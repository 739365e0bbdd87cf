"""Files that came from, or go to, a place a stranger can write.

``unpack_tar`` and ``unpack_zip`` take an archive from a hostile sender into a fresh folder: plain files and folders
only, sane names only, every limit counted while bytes flow (headers are never believed). ``pack_tar`` is the other
direction. ``open_folder`` and ``write_tree`` let a trusted process write below a folder that a room can write too:
each step is opened relative to the one before and never follows a link, so a planted link leads nowhere.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from kanikko.errors import KanikkoError

CHUNK = 64 * 1024
NAME_BYTES = 255
"""What ext4, xfs and tmpfs hold for one name."""
PATH_BYTES = 1024
DEPTH = 8
BAD_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Control, invisible, surrogate and private characters: they make one name look like another."""
TAR_OVERHEAD = 4096
"""Bytes of headers and padding an honest tar needs for one entry (a long Japanese name takes extra blocks)."""


class UnsafeFiles(KanikkoError):
    """An archive was refused. ``code`` is stable and machine-readable; ``name`` is the entry that was refused."""

    def __init__(self, code: str, message: str, *, name: str = "") -> None:
        super().__init__(message, remedy="Nothing was kept. Send plain files and folders within the limits.")
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """``total`` bytes of all files together; ``entries`` counts files and folders; notebooks are JSON of nbformat 4."""

    total: int
    entries: int
    check_notebooks: bool = True

    @property
    def on_the_wire(self) -> int:
        """Most bytes an archive within these limits takes, headers included."""
        return self.total + (self.entries + 4) * TAR_OVERHEAD


# --------------------------------------------------------------------------------------------- names
def safe_name(name: str) -> tuple[str, ...]:
    """The parts of a relative path, in NFC. Raises UnsafeFiles for anything but an ordinary name."""
    text = unicodedata.normalize("NFC", name)
    shown = text[:80].encode("ascii", "backslashreplace").decode()
    if any(unicodedata.category(character) in BAD_CATEGORIES for character in text):
        raise UnsafeFiles("name", f"control or invisible characters in a file name: {shown!r}", name=shown)
    if text.startswith("/") or "\\" in text:
        raise UnsafeFiles("outside", f"path is not relative: {shown!r}", name=shown)
    parts = tuple(text.rstrip("/").split("/"))
    if ".." in parts:
        raise UnsafeFiles("outside", f"path leaves the folder: {shown!r}", name=shown)
    if len(parts) > DEPTH or len(text.encode()) > PATH_BYTES:
        raise UnsafeFiles("name", f"path too long or too deep: {shown!r}", name=shown)
    for part in parts:
        if part in ("", ".") or part != part.strip() or len(part.encode()) > NAME_BYTES:
            raise UnsafeFiles("name", f"bad file name {shown!r}", name=shown)
    return parts


# --------------------------------------------------------------------------------------------- unpacking
class _Intake:
    """Puts entries into a fresh folder and keeps count; one object an archive."""

    def __init__(self, target: Path, limits: ArchiveLimits) -> None:
        self.target = target
        self.limits = limits
        self.bytes = 0
        self.entries = 0
        self.files: list[str] = []
        self._kinds: dict[str, tuple[str, bool]] = {}  # folded path -> (path as first spelled, is a file)

    def _enter(self, parts: tuple[str, ...], *, is_file: bool) -> Path:
        for depth in range(1, len(parts) + 1):
            self._remember("/".join(parts[:depth]), is_file=is_file and depth == len(parts), last=depth == len(parts))
        place = self.target.joinpath(*parts)
        (place.parent if is_file else place).mkdir(mode=0o700, parents=True, exist_ok=True)
        return place

    def _remember(self, path: str, *, is_file: bool, last: bool) -> None:
        folded = unicodedata.normalize("NFC", path.casefold())
        known = self._kinds.get(folded)
        if known is None:
            self.entries += 1
            if self.entries > self.limits.entries:
                raise UnsafeFiles("too-many-files", f"more than {self.limits.entries} files and folders", name=path)
            self._kinds[folded] = (path, is_file)
        elif known != (path, False) or (is_file and last):
            raise UnsafeFiles("collision", f"two entries share the name {path!r}", name=path)

    def folder(self, name: str) -> None:
        self._enter(safe_name(name), is_file=False)

    def file(self, name: str, source: IO[bytes]) -> None:
        parts = safe_name(name)
        place = self._enter(parts, is_file=True)
        with place.open("xb") as sink:  # x: never an entry twice; the folder is fresh, so no link can stand in it
            while chunk := source.read(CHUNK):
                self.bytes += len(chunk)
                if self.bytes > self.limits.total:
                    raise UnsafeFiles("too-big", f"more than {self.limits.total} bytes", name=name)
                sink.write(chunk)
        if self.limits.check_notebooks and parts[-1].endswith(".ipynb"):
            check_notebook(place, name="/".join(parts))
        self.files.append("/".join(parts))


def _unpack(fill: Callable[[_Intake], None], target: Path, limits: ArchiveLimits) -> list[str]:
    target.mkdir(mode=0o700)
    intake = _Intake(target, limits)
    try:
        fill(intake)
    except UnsafeFiles:
        raise
    # What the standard library's parsers raise on crafted input is not a closed list; all of it means "refused".
    except (tarfile.TarError, zipfile.BadZipFile, ValueError, OverflowError, EOFError, RuntimeError, NotImplementedError) as error:
        raise UnsafeFiles("archive", f"not a readable archive: {type(error).__name__}") from error
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EINVAL, None):
            raise UnsafeFiles("archive", f"entry cannot be stored: {error.strerror}") from error
        raise
    return sorted(intake.files)


def unpack_tar(stream: IO[bytes], target: Path, limits: ArchiveLimits) -> list[str]:
    """Unpack an uncompressed tar stream into ``target``, which must not exist yet; its files' relative paths, sorted.

    Raises UnsafeFiles; the caller removes ``target`` then (the archive may be half out).
    """

    def fill(intake: _Intake) -> None:
        # "r|" neither seeks nor guesses a compression, so what is read is at most what was sent.
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as archive:
            for entry in archive:
                # type, not isreg(): that is also true of sparse files, which hold more than was sent
                if entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not entry.issparse():
                    intake.file(entry.name, archive.extractfile(entry) or io.BytesIO())
                elif entry.type == tarfile.DIRTYPE:
                    intake.folder(entry.name)
                else:
                    raise UnsafeFiles("link", "links, devices and sparse files are not taken", name=entry.name[:80])

    return _unpack(fill, target, limits)


def unpack_zip(stream: IO[bytes], target: Path, limits: ArchiveLimits) -> list[str]:
    """As ``unpack_tar``, for a ZIP file (``stream`` must seek; bound its size before)."""

    def fill(intake: _Intake) -> None:
        with zipfile.ZipFile(stream) as archive:
            for entry in archive.infolist():
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or entry.flag_bits & 0x1:
                    raise UnsafeFiles("link", "links, devices and encrypted files are not taken", name=entry.filename[:80])
                if entry.is_dir():
                    intake.folder(entry.filename)
                else:
                    with archive.open(entry) as source:
                        intake.file(entry.filename, source)

    return _unpack(fill, target, limits)


def check_notebook(place: Path, *, name: str) -> None:
    """Raise UnsafeFiles unless the file is a valid notebook of nbformat 4."""
    import nbformat  # half a second of imports that most users of this module do without

    try:
        notebook = json.loads(place.read_bytes())
        if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
            raise UnsafeFiles("not-a-notebook", f"{name} is no notebook of nbformat 4", name=name)
        nbformat.validate(notebook, relax_add_props=True)
    except (ValueError, RecursionError, nbformat.ValidationError, TypeError, AttributeError, KeyError) as error:
        raise UnsafeFiles("not-a-notebook", f"{name} is no valid notebook: {type(error).__name__}", name=name) from error


# --------------------------------------------------------------------------------------------- packing
def files_below(folder: Path, *, ignore: Callable[[str], bool] = lambda name: name.startswith(".")) -> dict[str, Path]:
    """Relative path → place of each regular file below ``folder``; links are passed over, names ``ignore`` says too."""
    found: dict[str, Path] = {}
    for here, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not ignore(name))
        for name in sorted(names):
            place = Path(here, name)
            if not ignore(name) and stat.S_ISREG(place.lstat().st_mode):
                found[str(place.relative_to(folder))] = place
    return found


def pack_tar(files: Mapping[str, Path | bytes]) -> BinaryIO:
    """A tar of the files in a temporary file, at its start. No owner, no time: the same files give the same bytes."""
    spool: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 (handed to the caller, who closes it)
    with tarfile.open(fileobj=spool, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            with _opened(content) as (source, size):
                entry = tarfile.TarInfo(name)
                entry.size = size
                archive.addfile(entry, source)
    spool.seek(0)
    return spool


@contextmanager
def _opened(content: Path | bytes) -> Iterator[tuple[BinaryIO, int]]:
    if isinstance(content, bytes):
        yield io.BytesIO(content), len(content)
        return
    descriptor = os.open(content, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as source:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise UnsafeFiles("link", "only regular files are packed", name=content.name)
        yield source, found.st_size


# --------------------------------------------------------------------------------------------- writing where rooms write
@contextmanager
def open_folder(root: Path, *parts: str, create: bool = True) -> Iterator[int]:
    """A descriptor of ``root/part/…``, each part opened without following links; ``root`` itself is trusted.

    Raises UnsafeFiles if a part is a link or no folder, FileNotFoundError if it is missing and ``create`` is false.
    """
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            if part in ("", ".", "..") or "/" in part:
                raise UnsafeFiles("outside", f"not one name: {part!r}", name=part)
            if create:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=here)
            try:
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise UnsafeFiles("link", f"a link or a file stands where a folder belongs: {part}", name=part) from error
                raise
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def write_file(folder: int, name: str, content: bytes | BinaryIO, *, mode: int = 0o644) -> None:
    """Write one file into an open folder: aside, then renamed over whatever stood there (a link is replaced, not followed)."""
    aside = f".{name[:40]}.{os.urandom(6).hex()}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as sink:
            if isinstance(content, bytes):
                sink.write(content)
            else:
                while chunk := content.read(CHUNK):
                    sink.write(chunk)
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(aside, dir_fd=folder)
        raise


def read_file(folder: int, name: str, *, most: int) -> bytes | None:
    """The content of a file in an open folder, of a larger one ``most`` + 1 bytes; None for a link and all that is no file.

    Raises FileNotFoundError.
    """
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return None
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as source:
        return source.read(most + 1)


def read_tree(root: Path, *parts: str, limits: ArchiveLimits) -> dict[str, bytes]:
    """Relative path → content of every regular file below ``root/part/…``, a place that a room may be writing at this moment.

    Hidden files, links and all that is no file are passed over. Raises UnsafeFiles for links on the way there and above the limits,
    FileNotFoundError if the folder is missing.
    """
    found: dict[str, bytes] = {}
    left = limits.total
    with open_folder(root, *parts, create=False) as top:
        for here, folders, names, folder in os.fwalk(".", dir_fd=top, follow_symlinks=False):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(name for name in names if not name.startswith(".")):
                if (content := read_file(folder, name, most=left)) is not None:
                    left -= len(content)
                    if left < 0 or len(found) >= limits.entries:
                        raise UnsafeFiles("too-big", f"more than {limits.total} bytes or {limits.entries} files", name=name[:80])
                    found[os.path.normpath(os.path.join(here, name))] = content  # noqa: PTH118 (of a descriptor's folder, not of a Path)
    return found


def remove_tree(folder: int, name: str) -> None:
    """Remove ``name`` below an open folder, whatever it is, following no link. Missing is fine."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode):
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)


def write_tree(root: Path, files: Mapping[str, Path | bytes], *parts: str, replace: bool = False) -> None:
    """Write ``files`` (relative path → content) below ``root/part/…``, a place that a room may be writing at this moment.

    ``replace`` removes the last part first, so that nothing old remains. Raises UnsafeFiles for links in the way or bad names.
    """
    if replace and parts:
        with open_folder(root, *parts[:-1]) as parent:
            remove_tree(parent, parts[-1])
    for name, content in files.items():
        *folders, leaf = safe_name(name)
        with open_folder(root, *parts, *folders) as folder, _opened(content) as (source, _):
            write_file(folder, leaf, source)


def copy_into(root: Path, source: Path, *parts: str, replace: bool = False) -> list[str]:
    """``write_tree`` of every regular file below ``source``; the relative paths written."""
    files = files_below(source, ignore=lambda name: False)
    write_tree(root, files, *parts, replace=replace)
    return list(files)
