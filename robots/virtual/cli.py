"""``kanikko board virtual``."""

from __future__ import annotations

import signal
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from robots.virtual.faults import NO_FAULTS, Faults

if TYPE_CHECKING:
    from robots.virtual.board import VirtualBoard
    from robots.virtual.boards import VirtualBoards

BOOTLOADER_SECONDS = 3.0

MISHAPS: tuple[tuple[str, Faults], ...] = (
    ("おそい ケーブル", Faults(bytes_per_second=2000)),
    ("とちゅうで ぬける", Faults(unplug_after_bytes=5000)),
    ("へんじを しない", Faults(silent=True)),
    ("1バイト まちがえる", Faults(corrupt_after_writes=12)),
    ("ディスクが いっぱい", Faults(full_disk=True)),
    ("さいきどうを くりかえす", Faults(restart_every=2.0)),
    ("かきこみちゅうに でんげんが おちる", Faults(power_lost_after_writes=12)),
)
"""What goes wrong with ``--faulty``, board by board; between them boards that are all right."""


@click.command()
@click.option("-n", "--count", default=1, show_default=True, type=click.IntRange(1, 200), help="How many.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where their flash is kept. Default: a temporary folder.")
@click.option("--profile", default="pico", show_default=True, help="The kind of board.")
@click.option("--firmware", default="", help="The version that they claim. Default: a usual one of their kind.")
@click.option("--slow", type=click.IntRange(10), help="Bytes per second on the cable, each way.")
@click.option("--faulty", is_flag=True, help="Every other board has something wrong with it, for practice.")
def virtual(count: int, folder: Path | None, profile: str, firmware: str, slow: int | None, faulty: bool) -> None:
    """Start virtual boards and keep them until Ctrl-C.

    Their ports are listed here and in ports.json of the folder, where `kanikko flash --virtual FOLDER` and
    `kanikko board ls --virtual FOLDER` find them. They run programs with your rights, as real MicroPython does: give them no program
    that you would not run yourself.
    """
    from robots.virtual.boards import VirtualBoards

    faults = _faults(count, slow, faulty)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: over.set())
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kanikko-boards-")))
        boards = stack.enter_context(VirtualBoards(folder, count, profile, firmware=firmware, faults=faults, on_bootloader=_comes_back))
        _show(boards)
        over.wait()
    click.echo("かたづけました。", err=True)


def _faults(count: int, slow: int | None, faulty: bool) -> dict[int, Faults]:
    faults = {number: Faults(bytes_per_second=slow) for number in range(count) if slow is not None}
    if faulty:
        faults |= {number: MISHAPS[number // 2 % len(MISHAPS)][1] for number in range(1, count, 2)}
    return faults


def _comes_back(board: VirtualBoard) -> None:
    """No boot drive is played here: the board comes back as it was."""

    def back() -> None:
        if board.state == "bootloader":
            board.plug_in(wait=False)

    timer = threading.Timer(BOOTLOADER_SECONDS, back)
    timer.daemon = True
    timer.start()


def _show(boards: VirtualBoards) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    names = {faults: name for name, faults in MISHAPS} | {NO_FAULTS: ""}
    table = Table("", "ポート", "シリアルばんごう", "こまったこと", title=f"{boards[0].profile.title} {len(boards)}まい")
    for number, board in enumerate(boards, 1):
        trouble = names.get(board.faults, f"{board.faults.bytes_per_second} バイト／びょう")
        table.add_row(str(number), Text(board.port, overflow="fold"), board.serial, trouble)
    Console(highlight=False).print(table)
    click.echo(f"いちらん: {boards.list}\nおわるときは Ctrl-C", err=True)
