"""「ロボットに おくる」: mark a program for the robot; it goes with the hand-in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from robots.notebook import words
from robots.notebook.answer import Answer
from robots.notebook.marked import MarkError, mark
from robots.notebook.program import DEFAULT, ProgramFault, checked_name


def sent(name: str, folder: Path) -> Answer:
    """Mark the kept program ``name`` in ``folder`` for the robot, and say so."""
    try:
        mark(folder, f"{checked_name(name, folder)}.py", datetime.now(UTC))
    except ProgramFault as error:
        return Answer(False, (words.SEND_FAILED, error.message, error.remedy))
    except MarkError:
        return Answer(False, (words.SEND_FAILED, words.NOT_RUN.format(name=name), words.NOT_RUN_HELP.format(name=name)))
    return Answer(True, (words.SENT.format(name=name), words.SENT_HELP))


def send_to_robot(name: str = DEFAULT) -> None:
    """Mark a program for the robot (``おくる("crab")``)."""
    print(sent(name, Path.cwd()))
