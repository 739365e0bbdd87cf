"""``make bench``: every measurement on both sides, one after the other, as a table of ratios and in ``bench/results.json``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from bench import dispatch, robots
from bench.dispatch import DISPATCH
from bench.memory import MemoryReader, leave_reader
from bench.report import read, show, write
from bench.result import UNITS, Result
from bench.robots import ROBOTS
from bench.sides import measure
from bench.site import prepare_process
from kanikko.unroot import give_up_root

RESULTS = Path(__file__).with_name("results.json")
SIZES = (40, 10, 120)
"""Pupils in a class: the usual one first, then how it grows."""
QUICK = (4,)


def _sizes(context: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise click.BadParameter("numbers with commas between, e.g. 40,10") from None
    if any(size < 1 for size in sizes):
        raise click.BadParameter("a class has at least one pupil")
    return sizes


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", "names", multiple=True, type=click.Choice(list(UNITS)), help="Only this measurement; may be given again.")
@click.option("--pupils", "sizes", default="", callback=_sizes, help=f"Class sizes, e.g. 40,10 (default {','.join(map(str, SIZES))}).")
@click.option("--quick", is_flag=True, help=f"One class of {QUICK[0]}: does everything work?")
@click.option("--full", is_flag=True, help="Let nbgrader autograde a class of more than 40, too (minutes).")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help=f"Where results go (default {RESULTS.name}). A partial run writes only with it, and leaves other lines of that file as they are.",
)
def main(names: tuple[str, ...], sizes: tuple[int, ...], quick: bool, full: bool, out: Path | None) -> None:
    """Measure Kanikko side by side with stock JupyterHub, nbgrader and mpremote. Started by root it also tells memory (a look into rooms).

    Takes about 20 minutes. Ctrl-C ends it, and all it started.
    """
    whole = not (names or sizes or quick)
    out = out or (RESULTS if whole else None)
    if out is not None:
        out.touch()
    kept = [] if whole or out is None else read(out)
    leave_reader()
    give_up_root([sys.executable, "-m", "bench", *sys.argv[1:]], owned=[out] if out else [])
    reader = MemoryReader.from_environment()
    prepare_process()
    console = Console()
    results: list[Result] = []
    asked = set(names or UNITS)
    with _telling(console):
        for size in (sizes or (QUICK if quick else SIZES)) if asked - ROBOTS - DISPATCH else ():
            _add(results, measure(size, _of_a_class(asked, alone=not results), full, reader, console), out, kept)
        if asked & ROBOTS:
            _add(results, robots.measure(asked & ROBOTS, console), out, kept)
        if asked & DISPATCH:
            _add(results, dispatch.measure(asked & DISPATCH, console), out, kept)
    show(console, results)
    console.print(f"written to {out}" if out else json.dumps({"results": "not written: a partial run (--out PATH writes it)"}))


def _of_a_class(asked: set[str], *, alone: bool) -> set[str]:
    """What is measured with a class of one more size; a server alone does not depend on it and is measured once."""
    return asked - ROBOTS - DISPATCH - (set() if alone else {"server_start_s"})


def _add(results: list[Result], more: list[Result], out: Path | None, kept: Sequence[Result]) -> None:
    """Write what has been measured so far: a bench that is ended has not been for nothing. ``kept`` are lines of earlier runs."""
    results += more
    results.sort(key=_place)  # stable: the usual class stays first
    if out is not None:
        measured = {(result.name, result.n) for result in results}
        write(out, sorted([*results, *(line for line in kept if (line.name, line.n) not in measured)], key=_place))


def _place(result: Result) -> int:
    return list(UNITS).index(result.name)


@contextmanager
def _telling(console: Console) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        console.print("[red]Ended before it was done.[/] Everything that was started has been ended.")
        sys.exit(130)


if __name__ == "__main__":
    main()
