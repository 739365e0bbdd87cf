"""The ``kanikko`` command. Each sub-command lives in its room and is imported only when called."""

from __future__ import annotations

import sys

import click

from kanikko.errors import KanikkoError
from kanikko.lazy import LazyGroup

# name -> (module:attribute, one line of help). The help stands here so that `kanikko --help` imports no room.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("kanikko.run:run", "Start the whole house and keep it running until Ctrl-C."),
    "doctor": ("kanikko.doctor:doctor", "Say what this machine lacks, and the exact remedy."),
    "demo": ("kanikko.demo:demo", "Make the demo city, or print its sign-in sheet."),
    "roster": ("hub.roster.cli:roster", "Import, export and look up schools, classes and people."),
    "staff": ("hub.signin.cli:staff", "Invite teachers and operators, renew passwords and TOTP."),
    "badges": ("hub.signin.cli:badges", "Print a class's QR cards; reissue PINs and badges."),
    "lesson": ("grading.release.cli:lesson", "List, release and withdraw lessons."),
    "exchange": ("grading.exchange.cli:exchange", "Run the hand-in service (kanikko run does it for you)."),
    "grade": ("grading.worker.grade_cli:grade", "Grade every hand-in of a lesson now, for a class or for the whole city."),
    "grader": ("grading.worker.cli:grader", "Run the grading worker (kanikko run does it for you)."),
    "culler": ("hub.classstart.culler:culler", "End servers that nobody uses (kanikko run does it for you)."),
    "warm": ("hub.warm.cli:warm", "Run a warm process that forks pupils' servers or graders (kanikko run does it for you)."),
    "site": ("web.cli:site", "The community site: run it alone, back it up, restore, look it over."),
    "crab": ("robots.simulator.cli:crab", "Run a crab's program in the simulator; list fields, rules and examples."),
    "board": ("robots.shell.cli:board", "Look at a crab's board, run a program on it, or make virtual boards."),
    "flash": ("robots.flash.cli:flash", "The mentor's station: flash and verify every robot that is plugged in."),
    "proxy": ("hub.proxy.cli:proxy", "Run the proxy that reaches rooms by Unix sockets."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kanikko")
def kanikko() -> None:
    """Kanikko (かにっこ): a city's programming classroom for children."""


def main() -> None:
    try:
        kanikko()
    except KanikkoError as error:
        click.secho(f"kanikko: {error}", fg="red", err=True)
        sys.exit(1)
