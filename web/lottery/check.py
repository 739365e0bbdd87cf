"""Re-do a draw from its published file alone, and say what holds and what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from web.lottery import seals
from web.lottery.draw import Step, draw, list_faults, result_of
from web.lottery.findings import Finding
from web.lottery.records import DrawList, Publication, Result

MOST_BYTES = 8_000_000
MOST_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Noted:
    """What a family wrote down or kept from earlier; None: did not."""

    commitment: str | None = None
    list_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]
    publication: Publication | None = None
    """None where the file cannot be read."""
    steps: tuple[Step, ...] = ()
    """The draw as it was repeated; empty where it was not."""

    @property
    def ok(self) -> bool:
        return all(finding.state != "wrong" for finding in self.findings)

    @property
    def is_complete(self) -> bool:
        """Nothing is left open: the whole draw was repeated."""
        return all(finding.state != "open" for finding in self.findings)


class Unreadable(Exception):
    """The file is no publication; ``findings`` say where."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__()
        self.findings = findings


def check(file: bytes, *noted: Noted) -> Report:
    """Never raises: whatever the bytes are, the report says it in words."""
    try:
        publication = read(file)
    except Unreadable as error:
        return Report(error.findings)
    findings = [finding for one in noted for finding in _noted(publication, one)]
    findings += _seals(publication)
    stage = _stage(publication)
    if stage is not None:
        return Report((*findings, stage), publication)
    if any(finding.state == "wrong" and finding.code not in STILL_DRAWABLE for finding in findings):
        return Report((*findings, Finding("not-redone", "open")), publication)
    return _redone(publication, findings)


STILL_DRAWABLE = frozenset({"noted-commitment-differs", "noted-list-differs", "commitment-differs"})
"""Wrong, but the draw can be repeated with what the file says."""


def _redone(publication: Publication, findings: list[Finding]) -> Report:
    entries, seed, published = publication.list, publication.seed, publication.result
    assert entries is not None and seed is not None and published is not None  # noqa: S101 (the stage said so)
    steps = draw(entries, publication.promise.rules, seed, publication.public_value)
    return Report((*findings, *_compare(entries, result_of(steps), published)), publication, steps)


def read(file: bytes) -> Publication:
    """Raises Unreadable."""
    if len(file) > MOST_BYTES:
        raise Unreadable(Finding("too-big", "wrong", {"most": MOST_BYTES // 1_000_000}))
    try:
        text = file.decode("utf-8-sig")
        json.loads(text, object_pairs_hook=_once)  # pydantic would take the last of two equal keys
    except (ValueError, RecursionError) as error:
        raise Unreadable(Finding("not-json", "wrong", {"why": _printable(str(error))})) from None
    try:
        return Publication.model_validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_DIFFERENCES]
        raise Unreadable(*(_field_fault(fault["loc"], fault["msg"]) for fault in faults)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _field_fault(place: Iterable[str | int], why: str) -> Finding:
    return Finding("wrong-field", "wrong", {"place": _printable(".".join(map(str, place))) or "{}", "why": _printable(why)})


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:120])


def _noted(publication: Publication, noted: Noted) -> Iterator[Finding]:
    pairs = (("commitment", noted.commitment, publication.commitment), ("list", noted.list_hash, publication.list_hash or ""))
    for what, before, now in pairs:
        if before is None:
            continue
        if before.strip().lower() == now:
            yield Finding(f"noted-{what}-holds", "holds")
        else:
            yield Finding(f"noted-{what}-differs", "wrong", {"noted": _printable(before)[:12], "found": now[:12]})


def _seals(publication: Publication) -> Iterator[Finding]:
    promise = publication.promise
    if publication.seed is not None:
        fits = seals.commitment(promise, publication.seed) == publication.commitment
        yield Finding("commitment-holds", "holds") if fits else Finding("commitment-differs", "wrong")
    if publication.list is not None:
        yield from _list(publication, publication.list)
    yield from _public_number(publication)


def _list(publication: Publication, entries: DrawList) -> Iterator[Finding]:
    if publication.promise.class_id != entries.class_id:
        yield Finding("class-differs", "wrong", {"promised": publication.promise.class_id, "found": entries.class_id})
    yield from list_faults(entries)[:MOST_DIFFERENCES]
    found, published = seals.list_hash(entries), publication.list_hash
    if published == found:
        yield Finding("list-holds", "holds", {"count": len(entries.entries), "capacity": entries.capacity})
    elif published is not None:
        yield Finding("list-differs", "wrong", {"published": published[:12], "found": found[:12]})


def _public_number(publication: Publication) -> Iterator[Finding]:
    promised, value = publication.promise.public_number, publication.public_value
    if promised is None:
        if value is not None:
            yield Finding("public-unpromised", "wrong")
    elif value is None:
        if publication.seed is not None:
            yield Finding("public-missing", "wrong", {"name": promised.name})
    elif len(value) != promised.digits:
        yield Finding("public-digits", "wrong", {"promised": promised.digits, "found": len(value)})
    else:
        yield Finding("public-holds", "holds", {"name": promised.name, "value": value})


def _stage(publication: Publication) -> Finding | None:
    """How far a draw has come: the promise, then the list, then all (None). Anything between is a fault."""
    there = {name: getattr(publication, name) is not None for name in ("list", "list_hash", "seed", "result")}
    match tuple(there.values()):
        case (True, True, True, True):
            return None
        case (False, False, False, False):
            return Finding("not-frozen", "open")
        case (True, True, False, False):
            return Finding("not-drawn", "open")
        case _:
            return Finding("incomplete", "wrong", {"missing": ", ".join(name for name, is_there in there.items() if not is_there)})


def _compare(entries: DrawList, expected: Result, published: Result) -> Iterator[Finding]:
    if expected == published:
        yield Finding("result-holds", "holds", {"drawn": len(expected.drawn), "waiting": len(expected.waiting)})
        return
    found = list(_differences(entries, expected, published))
    yield from found[:MOST_DIFFERENCES]
    if len(found) > MOST_DIFFERENCES:
        yield Finding("result-more", "wrong", {"count": len(found) - MOST_DIFFERENCES})


def _differences(entries: DrawList, expected: Result, published: Result) -> Iterator[Finding]:
    known = {entry.number for entry in entries.entries}
    said = Counter((*published.drawn, *published.waiting))
    for code, numbers in (
        ("result-unknown", sorted(said.keys() - known)),
        ("result-twice", sorted(number for number, times in said.items() if times > 1)),
        ("result-drawn", sorted({*expected.drawn} - {*published.drawn})),
        ("result-waiting", sorted({*expected.waiting} - {*published.waiting})),
    ):
        yield from (Finding(code, "wrong", {"number": number}) for number in numbers)
    for where, right, given in (("drawn", expected.drawn, published.drawn), ("waiting", expected.waiting, published.waiting)):
        if sorted(right) == sorted(given) and right != given:
            place = next(place for place, pair in enumerate(zip(right, given, strict=True)) if pair[0] != pair[1])
            yield Finding(f"{where}-order", "wrong", {"place": place + 1, "expected": right[place], "found": given[place]})
