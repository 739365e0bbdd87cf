"""``kanikko board run``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from robots.shell.choose import chosen, port_options
from robots.shell.screen import Screen

TRIAL = "trial.py"
"""The program's name on the board for the while: a team's program there stays."""

MOST_BYTES = 65_536

_ENDED = {
    "end": "さいごまで うごきました。",
    "button": "ボタンで とまりました。",
    "battery": "でんちが へって とまりました。",
    "error": "プログラムに まちがいが あって とまりました。",
}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@port_options
def run(file: Path, port: str, virtual: Path | None) -> None:
    """Run FILE on a board now, without its start button, and show what it prints. Ctrl-C stops it; motors stop in any case.

    The team's program on the board stays as it is. Exit code: 0 when FILE came to its end, 1 otherwise.
    """
    from kanikko.errors import KanikkoError
    from robots.board.payload import compile_mpy
    from robots.shell.talk import BoardError, talk

    source = file.read_bytes()
    if len(source) > MOST_BYTES:
        raise KanikkoError(f"{file.name} は おおきすぎます（{len(source)} バイト）", remedy=f"{MOST_BYTES} バイトまでに してね。")
    compile_mpy(source, file.name)
    device = chosen(port, virtual).device

    def show(text: str) -> None:
        click.echo(text, nl=False)

    with talk(device) as board:
        if board.run("try:\n import kani\n print(1)\nexcept ImportError:\n print(0)").strip() != "1":
            raise BoardError(
                "この ボードには kani が はいって いません", remedy="「kanikko board restore」か「kanikko flash」で いれてね。"
            )
        board.write(TRIAL, source)
        try:
            click.echo("うごかします。タイヤが まわります。とめるときは Ctrl-C。", err=True)
            name = TRIAL.removesuffix(".py")
            whole = board.follow(f"import kani\n_ended = None\n_ended = kani.run({name!r}, start_button=False)\n", Screen(show).write)
            ended = board.run("print(_ended)").strip() if whole else "stopped"
        finally:
            board.remove(TRIAL)
    click.echo(_ENDED.get(ended, "とめました。"), err=True)
    sys.exit(0 if ended == "end" else 1)
