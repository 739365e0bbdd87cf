"""From a room's description to bubblewrap's arguments. Each flag stands beside its reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.room import etc
from hub.room.seccomp import memory_file, program
from hub.room.spec import Room

PROJECT = Path(__file__).resolve().parents[2]

TMP_MB = 64
"""Size of ``/tmp`` and of ``/dev/shm``: they are memory that no rlimit counts."""

OUR_CODE = ("kanikko", "hub", "grading", "robots")
NOT_FOR_ROOMS = ("lessons", "tests", "web", "var", "bench", ".git")
"""Beside our code, never inside: hidden tests, state, history."""

MIB = 1 << 20


@dataclass(frozen=True)
class Pipes:
    """Descriptors bwrap itself uses; all others in ``kept`` are for the call inside."""

    status: int
    block: int


def arguments(room: Room, pipes: Pipes, opened: list[int]) -> list[str]:
    """bwrap's arguments, without the command. Descriptors it must inherit are opened and added to ``opened``."""
    return [
        *_namespaces(room),
        *_system(),
        *_etc(opened),
        *_python(),
        *_places(room),
        *_privileges(opened),
        *("--json-status-fd", str(pipes.status)),  # tells the process that is the room
        *("--block-fd", str(pipes.block)),  # waits until that process sits in its cgroup
        *("--chdir", room.workdir),
    ]


def _namespaces(room: Room) -> Iterator[str]:
    yield "--unshare-user"  # --disable-userns insists that it is named; so does a refusal instead of "try"
    yield "--unshare-ipc"
    yield "--unshare-pid"  # the room's first process ends: everything in it ends
    yield "--unshare-net"  # only a loopback of its own: nothing outside can be reached by any address
    yield "--unshare-uts"
    yield "--unshare-cgroup"
    yield from ("--uid", str(etc.UID), "--gid", str(etc.UID), "--hostname", etc.HOSTNAME)
    if not room.nested:
        yield "--disable-userns"  # no namespaces within: most kernel bugs of the last years began with one
    yield "--new-session"  # no terminal to type into
    if room.dies_with_parent:
        yield "--die-with-parent"


def _system() -> Iterator[str]:
    """The system, read-only. ``/tmp`` comes first: what is bound below it must not be hidden by it."""
    yield from ("--size", str(TMP_MB * MIB), "--tmpfs", "/tmp")  # noqa: S108  (the room's own)
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        place = Path("/") / name
        if place.is_symlink():  # merged /usr: say so again
            yield from ("--symlink", f"usr/{name}", str(place))
        elif place.is_dir():
            yield from ("--ro-bind", str(place), str(place))
    yield from ("--proc", "/proc")  # of its own process namespace
    yield from ("--dev", "/dev")  # null, zero, full, random, urandom, tty and a private pts: no disk, no memory, no bus
    yield from ("--size", str(TMP_MB * MIB), "--tmpfs", "/dev/shm")  # noqa: S108
    yield from ("--remount-ro", "/dev")  # itself a tmpfs without a size


def _etc(opened: list[int]) -> Iterator[str]:
    for name, text in etc.FILES.items():
        opened.append(memory_file(text.encode(), name))
        yield from ("--ro-bind-data", str(opened[-1]), f"/etc/{name}")
    for path in etc.FROM_HOST:
        yield from ("--ro-bind-try", path, path)
    if zone := etc.time_zone():
        yield from ("--symlink", str(zone), "/etc/localtime")


def _python() -> Iterator[str]:
    """Python, its packages and our code at their own paths, so that nothing needs to know it is in a room."""
    from kanikko.settings import default_var  # here: this package is also imported inside, where settings would cost time

    shown = python_folders() + [PROJECT / name for name in OUR_CODE]
    for folder in shown:
        yield from ("--ro-bind", str(folder), str(folder))
    for hidden in (*(PROJECT / name for name in NOT_FOR_ROOMS), default_var().absolute()):
        if hidden.is_dir() and any(hidden.is_relative_to(folder) for folder in (*shown, Path("/usr"))):
            yield from ("--tmpfs", str(hidden), "--remount-ro", str(hidden))  # installed as a package: our code lies side by side


def python_folders() -> list[Path]:
    """The environment we run in and the Python it was made from, where ``/usr`` does not show them already."""
    found: list[Path] = []
    for prefix in (sys.base_prefix, sys.prefix):
        for folder in (Path(prefix).absolute(), Path(prefix).resolve()):
            if not folder.is_relative_to("/usr") and folder not in found:
                found.append(folder)
    return found


def _places(room: Room) -> Iterator[str]:
    for space in room.tmpfs:
        yield from ("--size", str(space.size_mb * MIB), "--tmpfs", space.target)
    for bind in room.read_only:
        yield from ("--ro-bind", str(bind.source), bind.target)
    for bind in room.writable:
        yield from ("--bind", str(bind.source), bind.target)
    yield from ("--remount-ro", "/")  # the root is a tmpfs without a size: nothing may be written on it


def _privileges(opened: list[int]) -> Iterator[str]:
    yield from ("--cap-drop", "ALL")
    yield "--clearenv"  # bwrap is started with an empty environment too: its own is readable as /proc/1/environ
    opened.append(memory_file(program(), "seccomp"))
    yield from ("--seccomp", str(opened[-1]))  # bwrap puts it on the room's first process as well
