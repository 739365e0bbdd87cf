"""What a person's room holds and what its server is told: plain values from the settings and the roster."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.proxy import outward
from hub.room import Bind, Limits, Room
from hub.room.spec import HOME
from hub.roster import Person, Roster
from hub.spawner import relay
from kanikko.errors import KanikkoError
from kanikko.settings import PROJECT, Settings

DOORS = "/run/kanikko"
HUB_URL = "http+unix://%2Frun%2Fkanikko%2Fhub.sock"
COURSES = "/courses"
SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
"""Accounts and courses become paths: nothing else is let near one."""

TEACHER_MEMORY = 2
"""A teacher's room holds nbgrader too: twice a pupil's memory, processes and file size."""


PROVISIONER = "kanikko-nursery"
"""The entry point of :mod:`hub.warm.provisioner`."""

KERNEL_CONFIG = Bind(PROJECT / "hub" / "page" / "config" / "ipython", "/etc/ipython")
"""Where IPython looks for the settings of all kernels of a machine."""

WAY_OUT = {"HTTPS_PROXY": relay.PROXY_URL, "https_proxy": relay.PROXY_URL}


class NoRoomError(KanikkoError):
    """This person may not have this server."""


@dataclass(frozen=True)
class Plan:
    """One person's room, ready to be built."""

    room: Room
    role: str
    course: str
    home: Path
    quota_mb: int
    root: str
    """The folder inside that the server shows."""

    way_out: bool
    """The class's lessons need some hosts outside (``KANIKKO_OPEN_NETWORK_…``)."""

    environment: dict[str, str]


def room_name(account: str, server: str) -> str:
    """The name of the room of a person's server (``server`` is empty for the usual one). Raises NoRoomError for an odd name."""
    for name in filter(None, (account, server)):
        if not SAFE_NAME.fullmatch(name):
            raise NoRoomError(f"no room for a name like {name!r}")
    if not account:
        raise NoRoomError("no room without an account")
    return f"{account}-{server}" if server else account


def make_plan(settings: Settings, account: str, server: str) -> Plan:
    """Decide what the room of ``account``'s server holds. Makes the home. Raises NoRoomError if the roster does not allow it."""
    name = room_name(account, server)
    roster = Roster(settings.roster_db)
    person = roster.person(account)
    if person is None or not person.active:
        raise NoRoomError(f"{account} is not in the roster")
    if server and not (person.role == "teacher" and server in {found.course for found in roster.classes_of(account)}):
        raise NoRoomError(f"{account} does not teach {server}")
    courses = {server} if server else {found.course for found in roster.classes_of(account)}
    way_out = not courses.isdisjoint(settings.open_network_courses)
    home = settings.homes_dir / account
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    role = "student" if person.role == "student" else "teacher"
    return Plan(
        room=Room(
            name=name,
            limits=_limits(settings, role),
            read_only=(Bind(settings.doors_dir.absolute(), DOORS), KERNEL_CONFIG, *_way_out(settings, way_out)),
            writable=(Bind(home.absolute(), HOME), *_course(settings, server)),
        ),
        role=role,
        course=server,
        home=home,
        quota_mb=settings.home_quota_mb,
        root=f"{COURSES}/{server}" if server else HOME,  # nbgrader's formgrader serves nothing outside of it
        way_out=way_out,
        environment=_environment(settings, person, role, server) | (WAY_OUT if way_out else {}),
    )


def _limits(settings: Settings, role: str) -> Limits:
    times = TEACHER_MEMORY if role == "teacher" else 1
    return Limits(
        memory_mb=settings.room_memory_mb * times,
        processes=settings.room_processes * times,
        open_files=settings.room_open_files,
        file_mb=settings.home_quota_mb * times,
    )


def _way_out(settings: Settings, wanted: bool) -> tuple[Bind, ...]:
    if not wanted:
        return ()
    folder = outward.folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return (Bind(folder.absolute(), relay.DOOR_FOLDER),)


def _course(settings: Settings, course: str) -> tuple[Bind, ...]:
    if not course:
        return ()
    ensure = optional("grading.course", "ensure_course")
    folder = ensure(settings, course) if ensure else settings.courses_dir / course
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return (Bind(folder.absolute(), f"{COURSES}/{course}"),)


def _environment(settings: Settings, person: Person, role: str, course: str) -> dict[str, str]:
    paths = optional("hub.page", "jupyter_paths")
    return {
        "HOME": HOME,
        "USER": "room",
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "Asia/Tokyo",
        "PYTHONNOUSERSITE": "1",  # a child's pip install must not change what the next lesson imports
        "OPENBLAS_NUM_THREADS": "1",  # forty rooms share few cores, and every thread counts as a process
        "OMP_NUM_THREADS": "1",
        # Whatever Jupyter reads at its start lies where no earlier start could write: in the room's own /tmp, empty each time.
        "JUPYTER_CONFIG_DIR": "/tmp/jupyter/config",  # noqa: S108
        "JUPYTER_DATA_DIR": "/tmp/jupyter/data",  # noqa: S108  (the room's own)
        "JUPYTER_RUNTIME_DIR": "/tmp/jupyter/run",  # noqa: S108
        "JUPYTER_PLATFORM_DIRS": "1",
        "IPYTHONDIR": "/tmp/ipython",  # noqa: S108
        "JUPYTER_DEFAULT_PROVISIONER_NAME": PROVISIONER,
        "KANIKKO_ROLE": role,
        "KANIKKO_GRADE": str(person.grade or "") if role == "student" else "",
        "KANIKKO_COURSE": course,
        "KANIKKO_QUOTA_MB": str(settings.home_quota_mb),
        "KANIKKO_EXCHANGE_SOCKET": f"{DOORS}/{settings.exchange_socket.name}",
        "KANIKKO_SUBMISSION_LIMIT_MB": str(settings.submission_limit_mb),
        "KANIKKO_SUBMISSION_LIMIT_FILES": str(settings.submission_limit_files),
        **(paths(role) if paths else {}),
    }


def optional(module: str, name: str) -> Callable[..., Any] | None:
    """A function of a room that the hub may not lean on: named by path, and absent where that room is not installed."""
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError):
        return None
    return found
