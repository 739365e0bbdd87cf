"""The draw: a pure function of the list, the rules, the seed and the public number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from web.lottery import seals
from web.lottery.findings import Finding, LotteryError
from web.lottery.records import DrawList, Entry, Result, Rules


@dataclass(frozen=True, slots=True)
class Unit:
    """Who is drawn together: one child, or an all-or-none sibling group."""

    numbers: tuple[int, ...]
    tier: int
    ticket: str


@dataclass(frozen=True, slots=True)
class Step:
    """One unit's turn: ``free`` seats were left, and it was drawn or has to wait."""

    unit: Unit
    free: int
    drawn: bool


def draw(entries: DrawList, rules: Rules, seed: str, public_value: str | None = None) -> tuple[Step, ...]:
    """Every unit's turn, in order. Raises LotteryError where the list contradicts itself (see :func:`list_faults`)."""
    for fault in list_faults(entries):
        raise LotteryError(fault)
    key = seals.draw_key(seed, seals.list_hash(entries), public_value)
    return tuple(_walk(sorted(_units(entries, rules, key), key=lambda unit: (unit.tier, unit.ticket)), entries.capacity))


def result_of(steps: Iterable[Step]) -> Result:
    drawn: list[int] = []
    waiting: list[int] = []
    for step in steps:
        (drawn if step.drawn else waiting).extend(step.unit.numbers)
    return Result(drawn=tuple(drawn), waiting=tuple(waiting))


def tier_of(entry: Entry, rules: Rules) -> int:
    """1 comes first, 4 last; residents before those who were not drawn last time. A rule that is off changes nothing."""
    return 1 + 2 * (rules.residents_first and not entry.resident) + (rules.not_drawn_first and not entry.not_drawn)


def list_faults(entries: DrawList) -> list[Finding]:
    """Numbers given twice, and groups whose children differ in mode."""
    faults = []
    groups = defaultdict(list)
    for before, entry in zip((None, *entries.entries), entries.entries, strict=False):
        groups[entry.group].append(entry)
        if before is not None and before.number == entry.number:
            faults.append(Finding("number-twice", "wrong", {"number": entry.number}))
    for group, children in groups.items():
        if len({child.mode for child in children}) > 1:
            numbers = ", ".join(str(child.number) for child in children[:20])
            faults.append(Finding("modes-mixed", "wrong", {"group": group, "numbers": numbers}))
    return faults


def _units(entries: DrawList, rules: Rules, key: str) -> Iterable[Unit]:
    together = defaultdict(list)
    for entry in entries.entries:
        together[("group", entry.group) if entry.mode == "all" else ("child", entry.number)].append(entry)
    for children in together.values():
        numbers = tuple(child.number for child in children)
        # A group stands where its last child would stand: nobody passes others on a brother's priority.
        yield Unit(numbers, max(tier_of(child, rules) for child in children), seals.ticket(key, numbers[0]))


def _walk(units: Iterable[Unit], free: int) -> Iterable[Step]:
    for unit in units:
        fits = len(unit.numbers) <= free
        yield Step(unit, free, fits)
        if fits:
            free -= len(unit.numbers)
