"""Which board a command is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from kanikko.errors import KanikkoError
from robots.board.profile import profiles
from robots.shell.find import Port, find_ports

VIRTUAL = "KANIKKO_VIRTUAL_BOARDS"
"""Environment variable: the folder of virtual boards."""

NO_BOARD = "USB ケーブルを たしかめてね（じゅうでん せんようの ケーブルでは つながりません）。「kanikko board ls」で みられます。"


class NoBoardError(KanikkoError):
    """No board, not the one that was named, or more than one to choose from."""


def virtual_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--virtual``: also virtual boards."""
    return click.option(
        "--virtual",
        envvar=VIRTUAL,
        show_envvar=True,
        type=click.Path(path_type=Path),
        help="Also the virtual boards that this folder lists (`kanikko board virtual --folder`).",
    )(command)


def port_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--port`` and ``--virtual``, for commands on one board."""
    port = click.option("-p", "--port", default="", help="The board's port, or its serial number. Not needed when there is only one.")
    return port(virtual_option(command))


def choose(found: Sequence[Port], named: str) -> Port:
    """The board that is meant. Raises NoBoardError, with what there is."""
    if named:
        for port in found:
            if named in (port.device, port.serial):
                return port
        if Path(named).exists():  # a port that does not tell its USB ids
            return Port(named, 0, 0, "", "")
        raise NoBoardError(f"「{named}」と いう ボードは つながって いません", remedy=NO_BOARD)
    known = [port for port in found if names(port)]
    if not known:
        raise NoBoardError("ロボットの ボードが みつかりません", remedy=NO_BOARD)
    if len(known) > 1:
        listed = "、".join(port.device for port in known[:10])
        raise NoBoardError(f"ボードが {len(known)}まい つながって います: {listed}", remedy="「--port」で 1まい えらんでね。")
    return known[0]


def chosen(named: str, virtual: Path | None) -> Port:
    """Look around and choose. Raises NoBoardError, PortsError."""
    return choose(find_ports(virtual), named)


def names(port: Port) -> list[str]:
    """Profiles whose boards have these USB ids. Serial chips are used by several."""
    return [profile.name for profile in profiles().values() if (port.vid, port.pid) in profile.usb]
