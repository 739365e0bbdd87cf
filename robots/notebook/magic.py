"""``%%kani``: the cell is the whole program. It is kept as a file, run from a fresh start, and its replay is shown."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from IPython.display import display

from robots.notebook import runs, trouble, words
from robots.notebook.display import Replay
from robots.notebook.program import DEFAULT, ProgramFault, checked_name, keep
from robots.simulator.field import FieldError, fields
from robots.simulator.rules import RulesError, all_rules


class _Options(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _options() -> _Options:
    options = _Options(prog="%%kani", add_help=False, allow_abbrev=False)
    options.add_argument("name", nargs="?", default=DEFAULT)
    options.add_argument("--field", default=runs.FIELD)
    options.add_argument("--rules", default=runs.RULES)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--seconds", type=float, default=runs.SECONDS)
    options.add_argument("--press", type=float, nargs="+", default=[], dest="presses")
    options.add_argument("--opponent", action="store_true")
    return options


def run_cell(line: str, cell: str) -> None:
    """Keep and run the program ``cell``. Raises ProgramError if it ended with an error, ProgramFault if it could not be run."""
    try:
        given = vars(_options().parse_args(shlex.split(line)))
    except ValueError as error:  # also a quotation mark without its other half
        raise _wrong(line) from error
    folder = Path.cwd()
    name = checked_name(given.pop("name"), folder)
    try:
        setup = runs.setup_for(**given)
    except FieldError as error:
        raise ProgramFault(
            words.NO_FIELD.format(name=given["field"][:40]), remedy=words.THERE_ARE.format(names="、".join(fields()))
        ) from error
    except RulesError as error:
        raise ProgramFault(
            words.NO_RULES.format(name=given["rules"][:40]), remedy=words.THERE_ARE.format(names="、".join(all_rules()))
        ) from error
    except ValueError as error:  # numbers that make no sense
        raise _wrong(line) from error
    keep(folder, name, cell)
    run = runs.make(name, cell, setup)
    sys.stdout.write(run.printed)
    display(Replay(run, name))
    if run.ended == "error":
        raise trouble.of_traceback(run.error or "", cell)
    if run.ended == "endless":
        raise trouble.endless()


def _wrong(line: str) -> ProgramFault:
    return ProgramFault(words.BAD_LINE.format(what=trouble.clean(line)), remedy=words.BAD_LINE_HELP)
