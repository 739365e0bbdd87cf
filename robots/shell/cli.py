"""``kanikko board``: one board at a time. Each command is imported only when called."""

from __future__ import annotations

import click

from kanikko.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "ls": ("robots.shell.ports_cli:ls", "Boards that are plugged in, virtual ones too."),
    "shell": ("robots.shell.ports_cli:shell", "Type to a board: mpremote's own REPL."),
    "run": ("robots.shell.run_cli:run", "Run a program on a board once, and watch what it prints."),
    "logs": ("robots.shell.keep_cli:logs", "What the last program complained about (kani.log)."),
    "restore": ("robots.shell.keep_cli:restore", "Remove the team's program; put the library back as it was."),
    "virtual": ("robots.virtual.cli:virtual", "Start virtual boards: real MicroPython, no hardware."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
def board() -> None:
    """One crab robot's board: find it, talk to it, run a program on it, put it back as it was.

    To flash many at once, use `kanikko flash`.
    """
