"""Run a pupil's program in the simulator, here in CPython."""

from __future__ import annotations

import traceback
from types import FrameType, TracebackType
from typing import cast

from kanikko.errors import KanikkoError
from robots.simulator.deadline import Deadline
from robots.simulator.hardware import Hardware, RunOver
from robots.simulator.modules import FILE, PROGRAM, Board, Output
from robots.simulator.outcome import Ended, Run, Trial
from robots.simulator.setup import Setup

MOST_ERROR = 4_000
"""Letters of a traceback that are kept."""

MOST_FRAMES = 12

__all__ = ["Run", "simulate"]


def simulate(source: str, setup: Setup, *, wall_seconds: float = 10) -> Run:
    """What comes of the program ``source`` on ``setup``. Equal arguments give equal runs.

    Whatever the program does becomes a result; a real Ctrl-C passes. ``wall_seconds``: so long may it take in real time.
    """
    trial = Trial(setup)
    output = Output()
    ended: Ended = "endless"
    error = ""
    try:
        with Deadline(wall_seconds, lambda: _late(trial.hardware)):
            ended, error = _try(source, trial, output)
            while trial.hardware.restart():
                ended, error = _try(source, trial, output)
    except RunOver as over:  # it came between two tries
        ended, error = cast(Ended, over.reason), ""
    return trial.finish(ended, error=error, printed=output.text())


def _try(source: str, trial: Trial, output: Output) -> tuple[Ended, str]:
    """Run the program from its beginning to its end, or to the run's."""
    hardware, setup = trial.hardware, trial.setup
    try:
        board = Board(source, setup.profile, hardware.op, lambda: _alive(hardware), seed=setup.seed, output=output)
        ended: Ended
        try:
            ended, error = board.load("kani").run(PROGRAM, start_button=False), ""
        except (RunOver, KeyboardInterrupt):
            raise
        except BaseException as raised:  # noqa: BLE001  # a program may raise anything
            ended, error = "error", explain(raised, source)
        _alive(hardware)  # a program may also swallow anything
        return ended, error
    except RunOver as over:
        return cast(Ended, over.reason), ""


def _alive(hardware: Hardware) -> None:
    if hardware.over:
        raise RunOver(hardware.over)


def _late(hardware: Hardware) -> bool:
    """The time is over; whether the program (and not the hardware, which stops by itself) is at work."""
    hardware.stop("endless")
    return not hardware.busy


def explain(error: BaseException, source: str) -> str:
    """The traceback of ``error`` as a child can use it: the program's own lines only."""
    lines = source.splitlines()
    frames = [
        traceback.FrameSummary(
            FILE, number, frame.f_code.co_name, lookup_line=False, line=lines[number - 1] if number <= len(lines) else ""
        )
        for frame, number in _frames(error.__traceback__)
        if frame.f_code.co_filename == FILE
    ]
    if len(frames) > MOST_FRAMES:
        frames = frames[: MOST_FRAMES // 2] + frames[-MOST_FRAMES // 2 :]
    if isinstance(error, KanikkoError):  # the hardware refused: on a board that is a plain ValueError
        error = ValueError(error.message)
    said = traceback.TracebackException(type(error), error, None)
    text = "Traceback (most recent call last):\n" + "".join(traceback.StackSummary.from_list(frames).format()) if frames else ""
    return (text + "".join(said.format_exception_only()))[-MOST_ERROR:]


def _frames(trace: TracebackType | None) -> list[tuple[FrameType, int]]:
    found = []
    while trace is not None:
        found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return found
