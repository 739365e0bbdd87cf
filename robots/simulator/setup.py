"""What a run depends on."""

from __future__ import annotations

from dataclasses import dataclass

from kanikko.errors import KanikkoError
from robots.board.profile import Profile
from robots.simulator.field import Field
from robots.simulator.rules import Rules, Scoring, TableScoring

MOST_SECONDS = 3600.0
MOST_MOMENTS = 100


class SetupError(KanikkoError, ValueError):
    """A setup that makes no sense: says which value."""


@dataclass(frozen=True)
class Setup:
    """Equal setups and programs give equal runs.

    ``seconds``: simulated; then the run is over. ``presses``: when the button is pressed (for a third of a second each).
    ``retries``: when a child calls retry: the crab is carried to its start, and the program begins again.
    ``charge``: how full the battery is, 0 … 1. ``opponent``: whether the field's other robot drives too. ``walking``: this robot walks (it
    moves as it always does; rules may give points). ``scoring``: a contest's own, in place of the rules' table.
    """

    field: Field
    profile: Profile
    seed: int = 0
    rules: Rules | None = None
    seconds: float = 180
    presses: tuple[float, ...] = ()
    retries: tuple[float, ...] = ()
    charge: float = 1.0
    opponent: bool = False
    walking: bool = False
    scoring: Scoring | None = None

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= MOST_SECONDS:
            raise SetupError(f"seconds: {self.seconds}", remedy=f"More than 0 and at most {MOST_SECONDS:.0f}.")
        if not 0 <= self.charge <= 1:
            raise SetupError(f"charge: {self.charge}", remedy="0 (empty) to 1 (full).")
        for name, moments in (("presses", self.presses), ("retries", self.retries)):
            if len(moments) > MOST_MOMENTS or any(not 0 <= moment <= MOST_SECONDS for moment in moments):
                raise SetupError(f"{name}: {moments!r:.80}", remedy=f"At most {MOST_MOMENTS} times, in seconds since the start.")

    @property
    def judge(self) -> Scoring | None:
        """Who turns events into points; None when nobody does."""
        return self.scoring or (TableScoring(self.rules) if self.rules else None)
