"""``kanikko board ls`` and ``kanikko board shell``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from robots.shell.choose import NO_BOARD, chosen, names, port_options, virtual_option
from robots.shell.find import find_ports
from robots.shell.screen import plain


@click.command()
@virtual_option
def ls(virtual: Path | None) -> None:
    """List boards that are plugged in: port, kind, serial number. Other serial devices stand at the end."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = sorted(find_ports(virtual), key=lambda port: not names(port))
    if not found:
        click.echo(f"ボードは つながって いません。\n  → {NO_BOARD}")
        return
    table = Table("ポート", "しゅるい", "シリアルばんごう", "せつめい")
    for port in found:
        kind = " / ".join(names(port)) or "（ロボットの ボードでは ないみたい）"
        table.add_row(*(Text(plain(cell.encode()), overflow="fold") for cell in (port.device, kind, port.serial, port.description)))
    Console(highlight=False).print(table)


@click.command()
@port_options
def shell(port: str, virtual: Path | None) -> None:
    """Type to a board (mpremote's REPL). Ctrl-] or Ctrl-X ends it, Ctrl-C stops a program, Ctrl-D restarts the board."""
    device = chosen(port, virtual).device
    sys.exit(subprocess.run([sys.executable, "-m", "mpremote", "connect", device, "repl"], check=False).returncode)
