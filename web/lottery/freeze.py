"""From applications to the numbers that are published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from web.lottery.findings import Finding, LotteryError
from web.lottery.records import MOST_ENTRIES, DrawList, Entry, Mode, Rules


@dataclass(frozen=True, slots=True)
class Applicant:
    """One child of one application. ``child`` and ``application`` are opaque ids; neither is ever published."""

    child: str
    application: str
    mode: Mode
    resident: bool
    not_drawn: bool


@dataclass(frozen=True, slots=True)
class Frozen:
    list: DrawList
    numbers: dict[str, int]
    """child → its public number"""


def freeze(class_id: str, capacity: int, rules: Rules, applicants: Iterable[Applicant]) -> Frozen:
    """Number the applicants 1, 2, 3, … in the order given (that of arrival) and leave out what the rules do not ask for.

    Raises LotteryError: ``child-twice`` names the numbers that one child would get; ``too-many``.
    """
    everybody = list(applicants)
    if len(everybody) > MOST_ENTRIES:
        raise LotteryError(Finding("too-many", "wrong", {"count": len(everybody), "most": MOST_ENTRIES}))
    _one_entry_a_child(everybody)
    groups: dict[str, int] = {}
    entries = [
        Entry(
            number=number,
            group=groups.setdefault(one.application, len(groups) + 1),
            mode=one.mode,
            resident=rules.residents_first and one.resident,
            not_drawn=rules.not_drawn_first and one.not_drawn,
        )
        for number, one in enumerate(everybody, 1)
    ]
    frozen = DrawList(class_id=class_id, capacity=capacity, entries=tuple(entries))
    return Frozen(frozen, {one.child: number for number, one in enumerate(everybody, 1)})


def never_fitting(entries: DrawList) -> list[int]:
    """All-or-none groups with more children than there are seats: they can only wait, and should hear so before the draw."""
    sizes: dict[int, int] = defaultdict(int)
    for entry in entries.entries:
        sizes[entry.group] += entry.mode == "all"
    return [group for group, size in sizes.items() if size > entries.capacity]


def _one_entry_a_child(everybody: list[Applicant]) -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(everybody, 1):
        numbers[one.child].append(number)
    twice = [" = ".join(map(str, found)) for found in numbers.values() if len(found) > 1]
    if twice:
        raise LotteryError(Finding("child-twice", "wrong", {"numbers": "; ".join(twice[:20])}))
