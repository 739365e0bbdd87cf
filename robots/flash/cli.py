"""``kanikko flash``: the mentor's station."""

from __future__ import annotations

import getpass
import logging
import re
import socket
import sys
import time
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from kanikko.clock import CITY_TIME
from kanikko.settings import get_settings
from robots.board import load_profile, profiles
from robots.flash.finder import Finder
from robots.flash.firmware.releases import Releases, load_releases
from robots.flash.job import Options
from robots.flash.keys import Keys
from robots.flash.log import Log, as_csv, event_db
from robots.flash.page.server import Page
from robots.flash.station import Station
from robots.flash.steps import View
from robots.flash.table import plain, screen, summary
from robots.flash.teams import Kitchen, Programs, load_programs
from robots.flash.text import clean

ONCE_SECONDS = 600.0
LOOK_FIRST_SECONDS = 3.0
COMMAND = re.compile(r"^([rt])\s*(\d+)$")


class _DefaultGroup(click.Group):
    """A group whose first word may also be an argument of the group itself: ``kanikko flash programs.zip``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not any(word in self.commands for word in args[:1]) and "--help" not in args and "-h" not in args:
            ctx.meta["station"] = True
            args = ["station", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_DefaultGroup, invoke_without_command=True)
def flash() -> None:
    """Flash every crab robot that is plugged in: firmware, library, program; verified.

    `kanikko flash [PACKAGE]` starts the station (`kanikko flash station --help` shows its options).
    """


def _default_event() -> str:
    return datetime.now(CITY_TIME).strftime("%Y-%m-%d")


@flash.command()
@click.argument("programs", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--releases", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of MicroPython releases (releases.toml)."
)
@click.option("--release", default="", help="Use the release of this name for boards of its kind.")
@click.option("--virtual", type=click.Path(path_type=Path), help="Also the virtual boards that this folder lists.")
@click.option(
    "--drives", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Look for boot drives below here."
)
@click.option(
    "--profile",
    "profile_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A board profile of your own.",
)
@click.option("--by", default="", help="Who does it (for the log). Default: the name on this computer.")
@click.option("--event", default="", help="Name of the event's log. Default: today's date.")
@click.option("--assign", is_flag=True, help="Ask for the team also where the board's team is known.")
@click.option("--self-test", is_flag=True, help="Let each robot try its parts (wheels in the air).")
@click.option("--wipe", is_flag=True, help="Remove every other file from the boards, but not their calibration.")
@click.option("--once", is_flag=True, help="Do the boards that are there, then end; exit code 1 if one is not good.")
@click.option("--page/--no-page", default=True, help="Also a page for a second screen.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the page listens.")
@click.option("--port", default=0, help="Port of the page; 0 takes any.")
def station(
    programs: Path | None, releases: Path | None, release: str, virtual: Path | None, drives: tuple[Path, ...],
    profile_files: tuple[Path, ...], by: str, event: str, assign: bool, self_test: bool, wipe: bool, once: bool, page: bool, host: str,
    port: int,
) -> None:  # fmt: skip
    """Flash every board that is plugged in, until Ctrl-C.

    PROGRAMS: a package (ZIP), a folder with 12-name.py, or one .py for every board; without it
    boards get the library alone and keep their program.
    """
    logging.basicConfig(level=logging.CRITICAL)
    chosen = load_programs(programs)
    every = [*(load_profile(place) for place in profile_files), *profiles().values()]
    who = clean(by or getpass.getuser(), 60)
    name = clean(socket.gethostname(), 60)
    options = Options(every, releases=_releases(releases), release=release, self_test=self_test, who=f"{name} {who}")
    with ExitStack() as stack:
        log = stack.enter_context(closing(Log(event_db(get_settings().var, event or _default_event()))))
        kitchen = Kitchen(chosen, wipe=wipe)
        made = Station(
            options, Finder(every, virtual=virtual, drives=list(drives) or None), kitchen, log, by=who, name=name, ask_team=assign
        )
        address = stack.enter_context(Page(made, host, port)).address if page else ""
        finished = _show(made, address, once=once, programs=chosen)
        sys.exit(finished)


def _releases(folder: Path | None) -> Releases | None:
    return load_releases(folder) if folder is not None else None


def _show(made: Station, address: str, *, once: bool, programs: Programs) -> int:
    """Until Ctrl-C (or, with ``once``, until all boards are done); the exit code."""
    console = Console()
    if not console.is_terminal and address:
        click.echo(f"page: {address}")
    made.start()
    try:
        if console.is_terminal:
            _live(made, console, address, once)
        else:
            _lines(made, once)
    except KeyboardInterrupt:
        click.echo("おわります。とちゅうの ボードを まっています…", err=True)
    finally:
        made.stop()
    views = [view for view in made.views() if view.kind != "passed"]
    if console.is_terminal:  # the table was on a screen of its own
        for view in views:
            console.print(plain(view), highlight=False, markup=False)
    console.print(summary(views))
    return 0 if not once or (views and all(view.kind == "good" for view in views)) else 1


def _is_over(made: Station, began: float) -> bool:
    """With ``--once``: every board is done, or waits for a team; or none was there."""
    views = made.views()
    if time.monotonic() - began < LOOK_FIRST_SECONDS and not views:
        return False
    return time.monotonic() - began > ONCE_SECONDS or not any(view.kind == "busy" for view in views)


def _live(made: Station, console: Console, address: str, once: bool) -> None:
    said = [""]

    def typed(text: str) -> None:
        said[0] = clean(_obey(made, text), 120)

    began = time.monotonic()
    with Keys(typed).listening() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        while not (once and _is_over(made, began)):
            width, height = console.size
            live.update(
                screen(
                    made.views(),
                    width,
                    height,
                    asked=made.asked,
                    typed=clean(keys.typed),
                    said=said[0],
                    address=address,
                    trouble=made.trouble,
                ),
                refresh=True,
            )
            made.wait_for_news(made.version, 0.25)
            time.sleep(0.05)  # many boards change at once: one picture for all of it


def _obey(made: Station, text: str) -> str:
    """A typed line: a team, or ``r 3`` (again), ``t 3`` (self-test)."""
    if match := COMMAND.match(text.strip().lower()):
        return made.retry(int(match.group(2)), self_test=match.group(1) == "t")
    return made.answer(text)


def _lines(made: Station, once: bool) -> None:
    shown: dict[int, tuple[str, str]] = {}
    began, version = time.monotonic(), -1
    while True:
        for view in made.views():
            state = (view.words, view.team)
            if shown.get(view.number) != state:
                shown[view.number] = state
                _say(view)
        if once and _is_over(made, began):
            return
        version = made.wait_for_news(version, 0.5)


def _say(view: View) -> None:
    click.echo(plain(view))
    sys.stdout.flush()


@flash.command()
@click.option("--event", default="", help="Name of the event. Default: today's date.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Also every flash as a row of this file.")
def report(event: str, csv_file: Path | None) -> None:
    """Say what an event's stations did: boards, teams, failures by step, seconds."""
    place = event_db(get_settings().var, event or _default_event())
    if not place.exists():
        raise click.ClickException(f"{place.stem}: この イベントの きろくは ありません。--event で なまえを えらんでください。")
    with closing(Log(place)) as log:
        found, rows = log.report(), log.rows()
    median = "–" if found.median_seconds is None else f"{found.median_seconds:.1f}"
    click.echo(f"{place.stem}: ボード {found.boards}（できあがり {found.good_boards}）、チーム {found.teams}")
    click.echo(
        f"かいた かいすう {found.flashes}: ○ {found.good}、✕ {sum(found.failures.values())}、"
        f"とちゅう {found.unfinished}；まんなか {median}びょう"
    )
    for step, number in sorted(found.failures.items()):
        click.echo(f"  ✕ {step}: {number}")
    if csv_file is not None:
        csv_file.write_text(as_csv(rows), encoding="utf-8", newline="")
        click.echo(f"→ {csv_file}")


@flash.group()
def releases() -> None:
    """MicroPython releases in a folder."""


@releases.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path) -> None:
    """Look that every file of FOLDER's releases.toml is there, whole, and for its chip."""
    from robots.flash.faults import FlashError

    found, bad = load_releases(folder), 0
    for release in found.all:
        try:
            size = len(found.read(release))
            click.echo(f"○ {release.name}: {release.board} {release.version}, {size // 1024} kB")
        except FlashError as error:
            bad += 1
            click.echo(f"✕ {release.name}: {error.message}")
    sys.exit(1 if bad or not found.all else 0)
