"""Giving up every privilege for good, and looking whether it is gone. Runs inside, before the call."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import ClassVar

PR_SET_DUMPABLE = 4
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
PR_SET_SECCOMP = 22
PR_SET_SECUREBITS = 28
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

SECUREBITS = 0xEF
"""noroot, no_setuid_fixup, keep_caps off and no ambient set, each locked."""

CAPABILITY_HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
OOM_SCORE = 500
"""When the machine runs out of memory, rooms end before the house does (0 is usual, 1000 is first)."""

NOTHING = "0000000000000000"
EXPECTED = {
    "CapInh": NOTHING, "CapPrm": NOTHING, "CapEff": NOTHING, "CapBnd": NOTHING, "CapAmb": NOTHING,
    "NoNewPrivs": "1", "Seccomp": "2",
}  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


def give_up(seccomp: bytes | None = None) -> None:
    """Drop all capabilities from all five sets; refuse new ones; hide from ptrace. Raises PermissionError if any is left.

    In a cold room bwrap has done most of it; each step is done again so that no room rests on how it was started.
    ``seccomp`` is the filter for a process that bwrap has not put it on.
    """
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _empty_bounding_set()
    prctl(PR_SET_SECUREBITS, SECUREBITS, may_fail=True)  # needs CAP_SETPCAP; without it there is nothing left to secure
    if _libc.capset(CAPABILITY_HEADER, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if seccomp is not None:
        _filter(seccomp)
    # Last: it makes our /proc entries root's. What we run (kernels) is dumpable again after its exec.
    hide()
    check_powerless()


def end_first() -> None:
    """Let the kernel end this process before the house's own when memory is short. Not possible any more once hidden."""
    Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))


def hide() -> None:
    """Close this process's memory, environment and descriptors to all others of its user."""
    prctl(PR_SET_DUMPABLE, 0)


def show() -> None:
    """The contrary of :func:`hide`, for what an unhidden program would be."""
    prctl(PR_SET_DUMPABLE, 1)


def check_powerless() -> None:
    """Raise PermissionError unless the kernel itself says that nothing is left and the filter is on."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    for key, wanted in EXPECTED.items():
        if status[key].strip() != wanted:
            raise PermissionError(f"{key} is {status[key].strip()}, not {wanted}")
    if os.geteuid() == 0:
        raise PermissionError("the room must not run as root")


class _FilterProgram(ctypes.Structure):
    """struct sock_fprog"""

    _fields_: ClassVar = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def _filter(program: bytes) -> None:
    """Put a seccomp filter (struct sock_filter, eight bytes each) on this process and all that come from it."""
    described = _FilterProgram(len(program) // 8, program)
    prctl(PR_SET_SECCOMP, 2, ctypes.addressof(described))


def _empty_bounding_set() -> None:
    capability = 0
    while (held := _libc.prctl(PR_CAPBSET_READ, capability, 0, 0, 0)) >= 0:  # EINVAL past the last one
        if held:
            prctl(PR_CAPBSET_DROP, capability)
        capability += 1


def prctl(option: int, *values: int, may_fail: bool = False) -> None:
    """prctl(2). Raises OSError."""
    full = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *full) < 0 and not may_fail:
        raise OSError(ctypes.get_errno(), f"prctl({option})")
