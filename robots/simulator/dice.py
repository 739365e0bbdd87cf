"""The simulator's own random numbers: what differs from robot to robot and from reading to reading, from one seed."""

from __future__ import annotations

_WORD = 0xFFFFFFFF


class Dice:
    """Marsaglia's xorshift of 32 bits: x ^= x << 13; x ^= x >> 17; x ^= x << 5. Integers only, so alike on every machine.

    ``name`` gives each use (each eye, each wheel) its own row of numbers, so that reading one eye more often leaves the other as it was.
    """

    def __init__(self, seed: int, name: str) -> None:
        state = 2166136261
        for byte in f"{name}:{seed}".encode():  # FNV-1a
            state = ((state ^ byte) * 16777619) & _WORD
        self._state = state or 1
        for _ in range(4):
            self.word()

    def word(self) -> int:
        """The next number, 1 … 2³² - 1."""
        state = self._state
        state ^= (state << 13) & _WORD
        state ^= state >> 17
        state ^= (state << 5) & _WORD
        self._state = state
        return state

    def between(self, least: float, most: float) -> float:
        """A number from ``least`` to ``most``, evenly."""
        return least + (most - least) * (self.word() / 4294967296.0)

    def bell(self, width: float) -> float:
        """A number around 0, within ± ``width``, more often near 0: the mean of three even ones."""
        return width * ((self.word() + self.word() + self.word()) / 6442450944.0 - 1.0)
