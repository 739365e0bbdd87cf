"""``kanikko culler``: servers that nobody uses end by themselves, those too that were started ahead for children who never came.

The deciding is jupyterhub-idle-culler's, in a program of its own: it asks the hub for the running servers and when each was last in
use, with a token that can list and stop servers and nothing else. A hub that restarts meanwhile is asked again at the next look.
"""

from __future__ import annotations

import os

import click
from jupyterhub_idle_culler import IdleCuller  # type: ignore[import-untyped]
from tornado.netutil import Resolver

from hub.proxy.address import hub_socket
from hub.proxy.unix import dialable, url_of
from kanikko.settings import Settings, get_settings

SERVICE = "idle-culler"
SCOPES = ["list:users", "read:servers", "delete:servers"]
LOOKS = 10
"""Looks in the time a server may stay unused."""
LONGEST_LOOK = 300
"""Seconds between two looks at most."""


def token(settings: Settings) -> str:
    """The culler's token at the hub."""
    return settings.secret("idle-culler-token")


def culler_arguments(settings: Settings) -> list[str]:
    """The idle culler's own command line."""
    seconds = max(1, round(settings.idle_minutes * 60))
    return [
        f"--url={dialable(url_of(hub_socket(settings)))}/hub/api",
        f"--timeout={seconds}",
        f"--cull-every={max(1, min(LONGEST_LOOK, seconds // LOOKS))}",
        "--config=",  # no file of settings is read from the folder we stand in
    ]


@click.command()
def culler() -> None:
    """End servers that nobody has used for KANIKKO_IDLE_MINUTES (kanikko run does it for you)."""
    settings = get_settings()
    os.environ["JUPYTERHUB_API_TOKEN"] = token(settings)  # where the idle culler looks for it
    Resolver.configure("hub.proxy.unix.SocketResolver")  # the hub listens on a Unix socket
    IdleCuller.launch_instance(culler_arguments(settings))
