"""Who gets a place. Pure: no clock, no database.

The waiting list is a row of groups. A group is what must be admitted together: the children of one application with mode ``all``, or one
child alone. A group that is larger than the places left is passed over and keeps its turn: the next one that fits goes first, because a
place that stays empty helps nobody. So a place is free only while no waiting group fits into what is free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Waiter(NamedTuple):
    """One child that waits: ``order`` is its place in the row (smaller comes first), ``together`` what it must be admitted with."""

    entry: str
    order: int
    together: str


class Group(NamedTuple):
    """Children who are admitted together, in their order."""

    entries: tuple[str, ...]


def groups(waiters: Iterable[Waiter]) -> list[Group]:
    """The waiting list as groups; a group stands where its first child stands."""
    members: dict[str, list[str]] = defaultdict(list)
    for waiter in sorted(waiters, key=lambda waiter: waiter.order):
        members[waiter.together].append(waiter.entry)
    return [Group(tuple(entries)) for entries in members.values()]


def next_groups(row: Sequence[Group], free: int) -> list[Group]:
    """Which groups get the free places: from the front, passing over those that are larger than what is left."""
    chosen = []
    for group in row:
        if len(group.entries) <= free:
            chosen.append(group)
            free -= len(group.entries)
    return chosen


def admitted(row: Sequence[Group], arriving: Sequence[Group], free: int) -> list[Group]:
    """Which of the groups that arrive now (in their order) get a place at once; the others wait behind the row.

    Nobody overtakes: while a group that waits would fit, those who arrive wait too.
    """
    return [] if next_groups(row, free) else next_groups(arriving, free)
