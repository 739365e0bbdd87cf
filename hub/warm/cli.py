"""``kanikko warm KIND``."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

from kanikko.settings import get_settings

ENVIRONMENT = {"LANG": "C.UTF-8"}
"""All that stands in /proc/self/environ of every child."""

BACKLOG = 256


@click.command()
@click.argument("kind", type=click.Choice(["server", "kernel", "grader"]))
def warm(kind: str) -> None:
    """Run a warm process in the foreground (kanikko run does it for you).

    It imports once what every pupil's server (or kernel, or grading room) needs, and forks them.
    """
    settings = get_settings()
    settings.make_dirs()
    begin(kind, settings.warm_socket(kind), settings.var)


def begin(kind: str, place: Path, var: Path) -> None:
    """Become the warm process that listens at ``place``. Never returns.

    A new program, with no environment and two descriptors: its command line and environment are readable in every room.
    """
    listener = listen(place).detach()
    state = os.open(var, os.O_PATH | os.O_DIRECTORY)
    for descriptor in (listener, state):
        os.set_inheritable(descriptor, True)
    command = [sys.executable, "-I", "-m", "hub.warm", kind, str(listener), str(state)]
    os.execve(sys.executable, command, ENVIRONMENT)  # noqa: S606  (our own program, by its path)


def listen(place: Path) -> socket.socket:
    """A socket only for our own user. It is there before anything is imported: who knocks meanwhile waits instead of being refused."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    aside = place.with_name(f".{place.name}")
    aside.unlink(missing_ok=True)
    before = os.umask(0o077)
    listener.bind(str(aside))
    os.umask(before)
    listener.listen(BACKLOG)
    aside.replace(place)  # in one step: there is no moment without a socket
    return listener
