"""「ほんもので ためす」: the kept program on real MicroPython, and what went another way there than in the simulator."""

from __future__ import annotations

from pathlib import Path

from kanikko.errors import KanikkoError
from robots.notebook import runs, words
from robots.notebook.answer import Answer
from robots.notebook.program import DEFAULT, checked_name


def tried(name: str, folder: Path) -> Answer:
    """Run the kept program on a virtual board, as it was run last here, and compare. Raises KanikkoError if it cannot be tried."""
    from robots.virtual.differences import differences
    from robots.virtual.program import run_on_board

    done = runs.last(checked_name(name, folder), folder)
    there = run_on_board(done.source, done.setup)
    found = differences(done.source, done.run, there)
    good = not any(one.kind == "differs" for one in found)
    return Answer(good, (*(() if good else (words.TRIED_OTHER,)), *(one.text for one in found)))


def try_on_board(name: str = DEFAULT) -> None:
    """Try a program on real MicroPython and say what differs (``ためす("crab")``)."""
    try:
        print(tried(name, Path.cwd()))
    except KanikkoError as error:
        print("\n".join(filter(None, (words.TRY_FAILED, error.message, error.remedy))))
