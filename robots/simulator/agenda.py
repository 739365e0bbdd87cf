"""What is due on a board, and when: presses of its button, and its timers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

PRESS_US = 300_000
"""How long the button stays down."""

PRESS, RELEASE = "press", "release"


@dataclass
class _Alarm:
    """A timer of the board: ``period`` µs; ``due`` its next time; off once ``due`` is None."""

    period: int
    again: bool
    due: int | None


class Agenda:
    """Times in µs since the start. What is due at the same time comes in the order in which it was asked for.

    ``next``: when something is due next (far away if nothing is).
    """

    NEVER = 1 << 62

    def __init__(self, presses: Iterable[int]) -> None:
        self._alarms: dict[int, _Alarm] = {}
        self._due: list[tuple[int, int, str]] = []
        self._asked = 0
        self.next = self.NEVER
        for press in sorted(presses):
            self._at(press, PRESS)
            self._at(press + PRESS_US, RELEASE)

    def timer(self, now: int, number: int, period: int, *, again: bool) -> None:
        """Set timer ``number`` anew; a ``period`` of 0 or less: off."""
        if period <= 0:
            self._alarms.pop(number, None)
            return
        self._alarms[number] = _Alarm(period, again, now + period)
        self._at(now + period, f"timer:{number}")

    def clear(self) -> None:
        """No timer runs; people still press."""
        self._alarms.clear()
        self._due = [one for one in self._due if one[2] in (PRESS, RELEASE)]
        heapify(self._due)
        self.next = self._due[0][0] if self._due else self.NEVER

    def take(self, until: int) -> list[str]:
        """What is due until then: ``"press"``, ``"release"``, ``"timer:<number>"``. A timer that missed several turns comes once."""
        taken = []
        while self._due and self._due[0][0] <= until:
            us, _, key = heappop(self._due)
            if key in (PRESS, RELEASE):
                taken.append(key)
                continue
            alarm = self._alarms.get(int(key.partition(":")[2]))
            if alarm is None or alarm.due != us:
                continue  # it was set anew since
            taken.append(key)
            alarm.due = None
            if alarm.again:
                alarm.due = us + alarm.period * max((until - us) // alarm.period + 1, 1)
                self._at(alarm.due, key)
        self.next = self._due[0][0] if self._due else self.NEVER
        return taken

    def _at(self, us: int, key: str) -> None:
        self._asked += 1
        heappush(self._due, (us, self._asked, key))
        self.next = self._due[0][0]
