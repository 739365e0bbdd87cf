"""Booths: small rooms for one short call each, inside a common room that a warm process keeps.

bubblewrap builds the common room once: its view of the files, its host name, its cgroup namespace. A booth adds what must be its own
– users, processes, mounts, System V IPC and network – and costs a quarter of a room. Nothing but the doorkeeper ever runs in the
common room itself, so no two booths have anything writable in common.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
from typing import Any, NoReturn

from hub.room import Limits, Room, Tmpfs, etc, inside, privileges
from hub.room import limits as rlimits
from hub.room.bwrap import MIB, TMP_MB
from hub.room.launch import GO, common_room
from hub.room.spec import HOME

NEW_USER, NEW_NS, NEW_PID, NEW_IPC, NEW_NET = 0x10000000, 0x00020000, 0x20000000, 0x08000000, 0x40000000
NEW_UTS, NEW_CGROUP = 0x04000000, 0x02000000
COMMON = NEW_USER | NEW_NS | NEW_UTS | NEW_IPC | NEW_NET | NEW_CGROUP
"""What a booth takes over from the common room, before it replaces the most of it."""

OWN = NEW_USER | NEW_NS | NEW_PID | NEW_IPC | NEW_NET
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PR_SET_CHILD_SUBREAPER = 36
ALL_PROCESSES = 1 << 20

_libc = ctypes.CDLL(None, use_errno=True)


class CommonRoom:
    """The common room of a warm process, built with bubblewrap; it ends with this process."""

    def __init__(self) -> None:
        # Linux counts the processes of all booths against the common room too; each booth has its own limit besides.
        room = Room("booths", Limits(64, ALL_PROCESSES, 64, 1), tmpfs=(Tmpfs(HOME, 1),), dies_with_parent=True, nested=True)
        self._process = common_room(room)
        self.pidfd = os.pidfd_open(self._process.pid)
        # Booths outlive the child that makes them: they become ours, and SIGCHLD is ignored, so that the kernel reaps them.
        privileges.prctl(PR_SET_CHILD_SUBREAPER, 1)


def enter(common: int, header: dict[str, Any], leash: int, handed: inside.Handed, seccomp: bytes) -> NoReturn:
    """Build a booth around this process and make the call in it. Never returns."""
    own = os.open("/proc/self", os.O_PATH | os.O_DIRECTORY)  # the common room has another /proc
    _check(_libc.setns(common, COMMON), "setns")
    _check(_libc.unshare(OWN), "unshare")
    _be_nobody_else(own)
    privileges.hide()
    if os.fork():
        os._exit(0)
    _first_process(header, leash, handed, seccomp)


def _be_nobody_else(own: int) -> None:
    """Map our user to the same number inside."""
    privileges.show()
    for name, text in (("setgroups", "deny"), ("uid_map", f"{etc.UID} {etc.UID} 1"), ("gid_map", f"{etc.UID} {etc.UID} 1")):
        file = os.open(name, os.O_WRONLY, dir_fd=own)
        os.write(file, text.encode())
        os.close(file)
    os.close(own)


def _first_process(header: dict[str, Any], leash: int, handed: inside.Handed, seccomp: bytes) -> NoReturn:
    """The booth's process 1: mounts, gives up everything, begins the call, and ends with it or when the leash is let go."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever is left behind in the booth is reaped by the kernel
    os.setsid()
    for target, size in header["booth"]:
        _mount(b"tmpfs", target, f"size={size},mode=0755".encode())
    for target in ("/tmp", "/dev/shm"):  # noqa: S108  (the booth's own)
        _mount(b"tmpfs", target, f"size={TMP_MB * MIB},mode=0755".encode())
    _mount(b"devpts", "/dev/pts", b"newinstance,ptmxmode=0666,mode=0620", MS_NOSUID | MS_NOEXEC)
    _mount(b"proc", "/proc", b"", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _loopback_up()
    os.chdir(HOME)
    rlimits.apply(0, **header["limits"])
    privileges.give_up(seccomp)
    with socket.socket(fileno=os.dup(handed.report)) as report:
        report.send(inside.BUILT)
    if os.read(leash, 1) != GO:  # whoever wants the booth has gone, or could not limit it
        os._exit(0)
    if (call := os.fork()) == 0:
        os.close(leash)
        _make_the_call(handed, header["limits"])
    held = os.pidfd_open(call)
    inside.close_all_but({leash, held})
    select.select([leash, held], [], [])
    os._exit(0)  # and with us all that is in the booth


def _make_the_call(handed: inside.Handed, limits: dict[str, Any]) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    with inside.ending() as end:
        inside.enter(handed, limits)
    os._exit(end.code)


def _mount(kind: bytes, target: str, options: bytes, flags: int = MS_NOSUID | MS_NODEV) -> None:
    _check(_libc.mount(kind, target.encode(), kind, ctypes.c_ulong(flags), options), f"mount {target}")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP) + bytes(22))


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
