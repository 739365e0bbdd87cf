"""``kanikko board logs`` and ``kanikko board restore``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from robots.shell.choose import chosen, names, port_options

if TYPE_CHECKING:
    from robots.board.profile import Profile
    from robots.shell.find import Port
    from robots.shell.talk import Talk

LOG = "kani.log"


@click.command()
@port_options
def logs(port: str, virtual: Path | None) -> None:
    """Show why the last program on a board stopped with an error."""
    from robots.shell.screen import plain
    from robots.shell.talk import talk

    with talk(chosen(port, virtual).device) as board:
        text = plain(board.read(LOG)) if board.exists(LOG) else ""
    click.echo(text.rstrip() or "まちがいの きろくは ありません。")


@click.command()
@port_options
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(port: str, virtual: Path | None, yes: bool) -> None:
    """Remove the team's program and kani.log from a board, and write the library anew. What was measured on the robot (kani.cal) stays."""
    from robots.board.payload import PROGRAM, payload
    from robots.shell.talk import talk

    found = chosen(port, virtual)
    if not yes:
        click.confirm(f"{found.device} の プログラムと きろくを けします。いいですか", abort=True)
    with talk(found.device) as board:
        profile = _profile_of(board, found)
        for path in (PROGRAM, LOG):
            if board.exists(path):
                board.remove(path)
                click.echo(f"けしました: {path}")
        for path, content in payload(profile, None).files.items():
            if not board.exists(path) or board.read(path) != content:
                board.write(path, content)
                click.echo(f"もどしました: {path}")
    click.echo(f"{profile.title}: はじめの ように なりました。")


def _profile_of(board: Talk, port: Port) -> Profile:
    """By what the board says of itself; by its USB ids, should it say nothing that we know."""
    from robots.board.profile import profiles
    from robots.shell.screen import plain
    from robots.shell.talk import BoardError

    machine = board.run("import sys\nprint(sys.implementation._machine)").strip()
    for profile in profiles().values():
        if machine in profile.boards:
            return profile
    known = names(port)
    if len(known) == 1:
        return profiles()[known[0]]
    raise BoardError(
        f"しらない ボードです: {plain(machine.encode())[:80]}", remedy="robots/board/profiles に その ボードの なまえを かきたしてね。"
    )
