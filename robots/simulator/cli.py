"""``kanikko crab``: run a crab's program in the simulator and say what came of it."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from kanikko.errors import KanikkoError
from robots.board.profile import load_profile, profiles
from robots.simulator.examples import example_programs, field_of
from robots.simulator.field import fields, load_field
from robots.simulator.outcome import Run
from robots.simulator.rules import all_rules, load_rules
from robots.simulator.run import simulate
from robots.simulator.setup import MOST_SECONDS, Setup
from robots.simulator.words import describe, safe

MOST_PROGRAM = 1 << 20
DEFAULT_FIELD = "kanazawa"


class CrabError(KanikkoError):
    """The command cannot be done as asked."""


@click.group()
def crab() -> None:
    """Run the crab's programs in the simulator."""


def _with_setup(command: Callable[..., None]) -> Callable[..., None]:
    """FILE and the options of a run, for each command that runs a program: it is called with ``source`` and ``setup`` instead."""

    @click.argument("file", type=click.Path(path_type=Path))
    @click.option(
        "--field",
        default=None,
        help="A field's name (kanikko crab fields) or .toml file. Default: what the program's first line names, or kanazawa.",
    )
    @click.option("--rules", default="practice", show_default=True, help="Rules' name or .toml file; '-' for none.")
    @click.option("--board", default="pico", show_default=True, help=f"The kind of board: {', '.join(sorted(profiles()))}.")
    @click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Which crab: each differs a little.")
    @click.option(
        "--seconds", type=click.FloatRange(0.1, MOST_SECONDS), default=180, show_default=True, help="The longest run, in simulated time."
    )
    @click.option("--press", "presses", type=click.FloatRange(0, MOST_SECONDS), multiple=True, help="Press the button at this second.")
    @click.option("--charge", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="How full the battery is.")
    @click.option("--opponent", is_flag=True, help="The other robot drives too (fields that have one).")
    @click.option("--walking", is_flag=True, help="Count as a walking robot.")
    @wraps(command)
    def asked(
        file: Path, field: str | None, rules: str, board: str, seed: int, seconds: float, presses: tuple[float, ...], charge: float,
        opponent: bool, walking: bool, **others: object,
    ) -> None:  # fmt: skip
        source, own_field = _program(file)
        setup = Setup(
            field=load_field(field or own_field),
            profile=load_profile(board),
            seed=seed,
            rules=None if rules == "-" else load_rules(rules),
            seconds=seconds,
            presses=presses,
            charge=charge,
            opponent=opponent,
            walking=walking,
        )
        command(source=source, setup=setup, **others)

    return asked


@crab.command()
@_with_setup
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the recording, as JSON.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write the replay, as one SVG.")
@click.option("--png", type=click.Path(file_okay=False, path_type=Path), help="Write the replay, as pictures in this folder.")
def run(source: str, setup: Setup, out: Path | None, svg: Path | None, png: Path | None) -> None:
    """Run the program FILE (or an example by its name) and tell what happened. Exit code 1: the program has a mistake."""
    result = simulate(source, setup)
    _tell(result)
    _write(result, out, svg, png)
    sys.exit(1 if result.error else 0)


@crab.command("try")
@_with_setup
def try_command(source: str, setup: Setup) -> None:
    """Run the program FILE (or an example by its name) here and on real MicroPython, and tell what differs. Exit code 1: something does."""
    # Boards are made of the simulator, not the other way round: only this command needs them.
    from robots.virtual.differences import differences
    from robots.virtual.program import run_on_board

    found = differences(source, simulate(source, setup), run_on_board(source, setup))
    for words in found:
        click.echo(safe(words.text))
    sys.exit(1 if any(words.kind == "differs" for words in found) else 0)


@crab.command("fields")
def fields_command() -> None:
    """List the fields."""
    for name in fields():
        field = load_field(name)
        click.echo(f"{_wide(name, 12)}{_wide(field.title, 28)}{field.size[0]:g} × {field.size[1]:g} m  {field.about}")


@crab.command("programs")
def programs_command() -> None:
    """List the example programs; `kanikko crab run NAME` runs one."""
    for program in example_programs():
        click.echo(f"{_wide(program.name, 12)}{_wide(program.field, 10)}{program.about}")


@crab.command("rules")
def rules_command() -> None:
    """List the rules."""
    for name in all_rules():
        rules = load_rules(name)
        click.echo(f"{_wide(name, 16)}{_wide(rules.title, 28)}{rules.about}")


def _program(file: Path) -> tuple[str, str]:
    """The program's text, and the field it is for."""
    example = next((one for one in example_programs() if one.name == str(file)), None)
    if example is not None and not file.exists():
        return example.source, example.field
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_PROGRAM + 1)
        if len(content) > MOST_PROGRAM:
            raise CrabError(f"{file} is too long for a program", remedy=f"A program has at most {MOST_PROGRAM // 1024} kB.")
        source = content.decode("utf-8-sig")
        return source, field_of(source) or DEFAULT_FIELD
    except UnicodeDecodeError:
        raise CrabError(f"{file} is no text in UTF-8", remedy="Save it as UTF-8.") from None
    except OSError as error:
        raise CrabError(
            f"{file}: {error.strerror}", remedy="Give a program's file, or an example's name (kanikko crab programs)."
        ) from None


def _tell(result: Run) -> None:
    click.echo(safe(describe(result.recording)))
    if result.printed:
        click.echo("── print ──")
        click.echo(safe(result.printed).rstrip("\n"))
    if result.error:
        click.echo("── エラー ──", err=True)
        click.secho(safe(result.error).rstrip("\n"), fg="red", err=True)


def _write(result: Run, out: Path | None, svg: Path | None, png: Path | None) -> None:
    """The files that were asked for. Pictures are drawn by modules that only they need."""
    try:
        if out is not None:
            _put(out, result.recording.dumps() + "\n")
        if svg is not None:
            from robots.simulator.svg import animated_svg

            _put(svg, animated_svg(result.recording))
        if png is not None:
            from robots.simulator.png import frames

            png.mkdir(parents=True, exist_ok=True)
            frames(result.recording, png)
    except OSError as error:
        raise CrabError(f"{error.filename}: {error.strerror}", remedy="Choose a place where files may be written.") from None


def _put(path: Path, text: str) -> None:
    """All of it or nothing."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _wide(text: str, columns: int) -> str:
    """Filled up with blanks; Japanese letters take two columns."""
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(columns - taken, 1)
