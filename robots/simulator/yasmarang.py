"""MicroPython's module ``random`` in Python: after the same ``seed``, the same numbers as on the robot.

Its generator is Ilya Levin's Yasmarang (public domain): four words of state, one number of 32 bits a turn.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

_WORD = 0xFFFFFFFF


class Yasmarang:
    """One generator; its methods are the module's functions. ``seed()`` without a number gives ``first`` again: runs repeat."""

    def __init__(self, first: int = 0) -> None:
        self._first = first
        self.seed(first)

    def seed(self, number: int | None = None) -> None:
        """Begin anew from ``number``."""
        self._pad = (self._first if number is None else int(number)) & _WORD
        self._n, self._d, self._dat = 69, 233, 0

    def _next(self) -> int:
        pad = (self._pad + self._dat + self._d * self._n) & _WORD
        pad = ((pad << 3) + (pad >> 29)) & _WORD
        self._pad, self._n = pad, pad | 2
        self._d ^= ((pad << 31) + (pad >> 1)) & _WORD
        self._dat = (self._dat ^ pad ^ (self._d >> 8) ^ 1) & 0xFF
        return (pad ^ (self._d << 5) ^ (pad >> 18) ^ (self._dat << 1)) & _WORD

    def _below(self, most: int) -> int:
        """0 … ``most`` - 1: bits enough for it, drawn until they are below."""
        most &= _WORD
        mask = 1
        while (most & mask) < most:
            mask = mask << 1 | 1
        while True:
            found = self._next() & mask
            if found < most:
                return found

    def getrandbits(self, bits: int) -> int:
        """A number of 0 … 32 random bits."""
        if not 0 <= bits <= 32:
            raise ValueError("bits must be 32 or less")
        return self._next() & (_WORD >> (32 - bits)) if bits else 0

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """One of ``range(start, stop, step)``."""
        choices = range(start) if stop is None else range(start, stop, step)
        if not choices:
            raise ValueError("an empty range")
        return choices[0] + step * self._below(len(choices))

    def randint(self, least: int, most: int) -> int:
        """``least`` … ``most``, both included."""
        if least > most:
            raise ValueError("an empty range")
        return least + self._below(most - least + 1)

    def choice(self, among: Sequence[Any]) -> Any:
        """One of ``among``."""
        if not among:
            raise IndexError("nothing to choose from")
        return among[self._below(len(among))]

    def random(self) -> float:
        """0 ≤ number < 1, as a board with double floats draws it: 52 bits from two turns."""
        bits = self._next() << 32 | self._next()
        (number,) = struct.unpack("<d", struct.pack("<Q", 1023 << 52 | bits & ((1 << 52) - 1)))
        return float(number) - 1.0

    def uniform(self, least: float, most: float) -> float:
        """From ``least`` to ``most``."""
        return least + (most - least) * self.random()


NAMES = ("seed", "getrandbits", "randrange", "randint", "choice", "random", "uniform")
"""What the module has."""
