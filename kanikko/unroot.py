"""Giving up root: the service and the tests run as an ordinary user, whoever starts them.

Rooms rely on it (the kernel does not count root's processes against a limit), and a mistake of ours must not be root's mistake.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from kanikko.errors import MachineError
from kanikko.settings import PROJECT


def service_user() -> pwd.struct_passwd:
    """The ordinary user for the service, ``KANIKKO_USER`` or ``kanikko``; made when root asks and it is not there."""
    name = os.environ.get("KANIKKO_USER", "kanikko")
    try:
        return pwd.getpwnam(name)
    except KeyError:
        pass
    if not shutil.which("useradd"):
        raise MachineError(
            f"There is no user {name!r} to run as, and no useradd to make one.",
            remedy="Start as an ordinary user, or set KANIKKO_USER to one.",
        )
    subprocess.run(
        ["useradd", "--system", "--create-home", "--home-dir", f"/var/lib/{name}", "--shell", "/usr/sbin/nologin", name],
        check=True,
    )
    return pwd.getpwnam(name)


def _can(user: pwd.struct_passwd, flag: str, path: Path) -> bool:
    """Whether that user passes ``test FLAG PATH``: asked of the kernel, since ACLs and parents count too."""
    result = subprocess.run(["test", flag, str(path)], user=user.pw_uid, group=user.pw_gid, extra_groups=[], check=False)
    return result.returncode == 0


def give_up_root(argv: Sequence[str], *, owned: Iterable[Path] = ()) -> None:
    """Return at once for an ordinary user; as root, become the service's user and start ``argv`` anew.

    ``owned`` are the places that user must be able to write: handed over, and made as folders where nothing is yet. Raises `MachineError`
    where the user cannot read the project or its Python.
    """
    if os.geteuid() != 0:
        return
    user = service_user()
    for what in (PROJECT / "pyproject.toml", Path(sys.executable), Path(os.__file__)):
        if not _can(user, "-r", what):
            raise MachineError(
                f"The user {user.pw_name!r} may not read {what}, so the service cannot give up root.",
                remedy="Put the project (and its Python) where everybody may read it, e.g. /opt/kanikko, or start as an ordinary user.",
            )
    for place in owned:
        if not place.exists():
            place.mkdir(parents=True)
        if not _can(user, "-w", place) or place.stat().st_uid == 0:
            subprocess.run(["chown", "-R", "-h", f"{user.pw_uid}:{user.pw_gid}", str(place)], check=True)
    _become(user, argv)


def _become(user: pwd.struct_passwd, argv: Sequence[str]) -> NoReturn:
    os.initgroups(user.pw_name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    home = user.pw_dir if os.access(user.pw_dir, os.W_OK) else "/tmp"  # noqa: S108
    os.environ.update(HOME=home, USER=user.pw_name, LOGNAME=user.pw_name, PYTHONDONTWRITEBYTECODE="1")
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "SUDO_USER", "SUDO_UID", "SUDO_GID"):
        os.environ.pop(name, None)
    os.execv(argv[0], list(argv))  # noqa: S606
