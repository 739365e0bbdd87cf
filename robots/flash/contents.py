"""What lies on a board, what is to lie there, and what has to be done about the difference. Pure functions over plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from robots.flash.faults import Fault, FlashError
from robots.flash.text import clean

KEPT = frozenset({"kani.cal"})
"""What was measured on this one robot: it outlives teams."""
OLD_LOGS = frozenset({"kani.log"})
"""What the last team's program complained of."""
CODE = (".py", ".mpy")
BUILT_IN = frozenset({"machine", "time", "sys", "microbit", "music", "os", "json"})
"""What kani and programs import from MicroPython itself: a file or folder of that name would come first."""
PROGRAM = "program.py"
START = "main.py"
"""What a board starts with."""
ASIDE = ".kanikko~"
"""Suffix of a file that is being written."""


@dataclass(frozen=True)
class Stored:
    """A file on a board: bytes, and SHA-256 in hexadecimal digits ("" where it could not be made)."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """Everything in a board's flash: path without leading slash → file; folders; and space in bytes (None: this board cannot say)."""

    files: Mapping[str, Stored]
    folders: frozenset[str]
    block: int = 0
    free: int | None = None


def parse_listing(text: str) -> Contents:
    """What a board with SHA-256 shows of itself. Raises FlashError (GARBLED) for anything else."""
    files: dict[str, Stored] = {}
    folders: set[str] = set()
    space: tuple[int, ...] = ()
    lines = text.splitlines()
    try:
        if lines[-1] != "end":
            raise ValueError("the list breaks off")
        for line in lines[:-1]:
            kind, *words = line.split(" ")
            if kind == "file":
                size, digest, name = words
                if digest != "-" and len(digest) != 64:
                    raise ValueError("no SHA-256")
                files[_name(name)] = Stored(int(size), digest.strip("-"))
            elif kind == "folder":
                folders.add(_name(words[0]))
            elif kind == "free":
                space = tuple(int(word) for word in words)
            else:
                raise ValueError(kind)
        block, free, _ = space
    except (ValueError, IndexError) as error:
        raise FlashError(Fault.GARBLED, error) from None
    return Contents(files, frozenset(folders), block, block * free)


def parse_bytes(text: str) -> Contents:
    """What a board shows that has no SHA-256: each file's name, and its bytes in pieces. Raises FlashError (GARBLED) for anything else."""
    contents: dict[str, bytearray] = {}
    lines = text.splitlines()
    try:
        if lines[-1] != "end":
            raise ValueError("the list breaks off")
        for line in lines[:-1]:
            kind, digits = line.split(" ")
            if kind == "file":
                name = _name(digits)
                if name in contents:
                    raise ValueError("twice the same file")
                contents[name] = bytearray()
            elif kind == "data":
                contents[name] += bytes.fromhex(digits)
            else:
                raise ValueError(kind)
    except (ValueError, IndexError, UnboundLocalError) as error:
        raise FlashError(Fault.GARBLED, error) from None
    files = {name: Stored(len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()}
    return Contents(files, frozenset())


def _name(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Plan:
    """What to do, in this order: ``remove`` (files, or folders with all in them), make ``folders``, ``write`` files."""

    remove: tuple[str, ...]
    folders: tuple[str, ...]
    write: tuple[str, ...]
    others: tuple[str, ...]
    """Files that are none of ours and harm nothing: a mentor's notes, a program's measurements. They stay."""

    @property
    def is_empty(self) -> bool:
        return not (self.remove or self.folders or self.write)


def plan(found: Contents, wanted: Mapping[str, str], *, keep_program: bool = False, wipe: bool = False) -> Plan:
    """How a board comes from ``found`` to ``wanted`` (path → SHA-256).

    Code that is not ours goes wherever it lies, since MicroPython might import it instead of ours; so do logs and half-written
    files. Calibration stays. Other files stay unless ``wipe``. ``keep_program``: the team's program on the board is left alone.
    """
    kept = KEPT | ({PROGRAM} if keep_program else set())
    needed = {parent for path in wanted for parent in _parents(path)}
    shadows = {path.rsplit("/", 1)[-1].rsplit(".", 1)[0] for path in wanted} | BUILT_IN | ({"program"} if keep_program else set())
    remove: list[str] = []
    for folder in sorted(found.folders, key=lambda path: path.count("/")):
        inside = [path for path in found.files if path.startswith(folder + "/")]
        name = folder.rsplit("/", 1)[-1]
        on_path = folder.rpartition("/")[0] in ("", "lib")
        is_empty = not any(path for path in inside if not _is_stale(path))
        if folder in wanted or (folder not in needed and (wipe or is_empty or (on_path and name in shadows))):
            remove.append(folder)
    gone = tuple(folder + "/" for folder in remove)
    remove = [path for path in remove if not path.startswith(gone)]
    others = []
    for path in sorted(found.files):
        if path.startswith(gone) or path in wanted or path in kept:
            continue
        if path in needed or wipe or _is_stale(path):
            remove.append(path)
        else:
            others.append(path)
    existing = {folder for folder in found.folders if not (folder + "/").startswith(gone)}
    write = tuple(path for path, digest in wanted.items() if path not in found.files or found.files[path].sha256 != digest)
    return Plan(tuple(remove), tuple(sorted(needed - existing)), write, tuple(others))


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _is_stale(path: str) -> bool:
    return path.lower().endswith(CODE) or path.endswith(ASIDE) or path in OLD_LOGS


def check(found: Contents, wanted: Mapping[str, str], *, keep_program: bool = False) -> None:
    """Raise FlashError unless the board holds exactly what it should: every byte of ours (CORRUPT), and nothing in its way (FOREIGN)."""
    wrong = [path for path, digest in wanted.items() if path not in found.files or found.files[path].sha256 != digest]
    if wrong:
        raise FlashError(Fault.CORRUPT, ", ".join(wrong))
    if left := plan(found, wanted, keep_program=keep_program).remove:
        raise FlashError(Fault.FOREIGN, ", ".join(clean(path, 40) for path in left[:5]))


def room_needed(found: Contents, todo: Plan, sizes: Mapping[str, int]) -> int:
    """Bytes that have to become free (0: there is room enough): files take whole blocks, and the largest lies there twice meanwhile.

    0 too for a board that does not know its room: it says so when it is full.
    """
    if found.free is None:
        return 0

    def whole(size: int) -> int:  # one more block for its entry in the folder
        return (size // found.block + 2) * found.block

    freed = sum(
        whole(stored.size)
        for path, stored in found.files.items()
        if path in todo.remove or path.startswith(tuple(f"{one}/" for one in todo.remove))
    )
    replaced = sum(whole(found.files[path].size) for path in todo.write if path in found.files)
    new = sum(whole(sizes[path]) for path in todo.write)
    aside = max((whole(found.files[path].size) for path in todo.write if path in found.files), default=0)
    return max(0, new + aside - replaced - freed - found.free)


def to_delete(found: Contents, others: tuple[str, ...]) -> str:
    """The files to get rid of on a full board, largest first, in words."""
    largest = sorted(others, key=lambda path: -found.files[path].size)[:4]
    return "、".join(f"{clean(path, 40)} {found.files[path].size // 1024 + 1}kB" for path in largest)
