"""One run from its setup to its result, whoever runs the program: CPython here, or real MicroPython on a virtual board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from robots.simulator.hardware import Decision, Hardware
from robots.simulator.recording import Recorder, Recording
from robots.simulator.rules import Score
from robots.simulator.setup import Setup
from robots.simulator.world import World

Ended = Literal["end", "error", "button", "battery", "time", "endless", "off-field", "stuck"]

ENDINGS: dict[str, str] = {
    "end": "プログラムの さいごまで うごいた",
    "error": "プログラムに まちがいが あって とまった",
    "button": "ボタンが おされて とまった",
    "battery": "でんちが へって とまった",
    "time": "じかんが きて おわった",
    "endless": "プログラムが カニに なにも いわないまま、おわらなかった",
    "off-field": "フィールドから でてしまった",
    "stuck": "モーターは まわったのに、すすめなかった",
}
"""How a run can end (:data:`Ended`), in words for a child."""


@dataclass(frozen=True)
class Run:
    """What came of a program. ``error``: the traceback, the program's lines only (empty without one); ``printed``: as printed, raw."""

    ended: Ended
    error: str
    printed: str
    decisions: tuple[Decision, ...]
    score: Score
    seconds: float
    recording: Recording


class Trial:
    """A run under way: ``hardware`` for the program's operations, then :meth:`finish`."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.world = World(setup)
        self.hardware = Hardware(setup.profile, self.world)
        self._recorder = Recorder(self.world)

    def finish(self, ended: Ended, *, error: str = "", printed: str = "") -> Run:
        """The result. The crab comes to rest first, if the program let it."""
        self.hardware.settle()
        self.world.tell("stopped", ENDINGS[ended])
        recording = self._recorder.finish(ended)
        return Run(ended, error, printed, tuple(self.hardware.decisions), recording.score, recording.seconds, recording)
