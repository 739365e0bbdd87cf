"""Rules: what counts how much, as data (``rules/*.toml``); and points from events, as one pure function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kanikko.errors import KanikkoError
from robots.shelf import Shelf
from robots.simulator.events import Event, EventKind

FOLDER = Path(__file__).resolve().parent / "rules"

Name = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class RulesError(KanikkoError):
    """Rules are not there or do not make sense."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Part):
    """Events that an item looks for: of this kind and, where said, in this area and with this kind of thing."""

    kind: EventKind
    area: str | None = None
    thing: Literal["egg", "ball", "rare", "pin"] | None = None

    def fits(self, event: Event) -> bool:
        """Whether ``event`` is one of them."""
        return event.kind == self.kind and self.area in (None, event.area, *event.around) and self.thing in (None, event.thing)


class Item(_Part):
    """One line of the points table.

    ``count`` items give ``points`` for each different thing, up to ``most``; ``undo`` takes one back. ``needs``: items without which this
    one gives nothing. ``before``: an event that must not have come first.
    """

    name: Name
    title: Title
    kind: Literal["once", "count"] = "once"
    points: int = Field(ge=-100, le=100)
    most: int = Field(1, ge=1, le=100)
    when: When
    undo: When | None = None
    needs: tuple[Name, ...] = ()
    before: When | None = None


class Retry(_Part):
    """What a retry does: whether points so far are gone, where own and rare balls go, and what it costs."""

    resets: bool = True
    own_balls: Literal["back", "stay"] = "back"
    rare_balls: Literal["lost", "back", "stay"] = "lost"
    points: int = Field(0, ge=-100, le=0)


class Rules(_Part):
    """A contest's rules. ``ties``: what decides between equal points, in this order. Seconds are those of one match."""

    name: Name
    title: Title
    about: str = ""
    seconds: float = Field(gt=0, le=3600)
    extra_seconds: float = Field(0, ge=0, le=3600)
    items: tuple[Item, ...] = Field(min_length=1, max_length=50)
    retry: Retry = Retry()
    ties: tuple[Literal["more-goals", "time", "bib", "janken"], ...] = ("time",)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = [item.name for item in self.items]
        for item in self.items:
            if names.count(item.name) > 1:
                raise ValueError(f"two items are called {item.name}")
            for need in item.needs:
                if need not in names or need == item.name:
                    raise ValueError(f"{item.name} needs {need}, which is no other item")
            if item.kind == "once" and (item.most != 1 or item.undo is not None):
                raise ValueError(f"{item.name} counts once: most and undo are for kind count")
        if len(set(self.ties)) != len(self.ties):
            raise ValueError("ties: the same twice")
        _order(self.items)
        return self


def _order(items: Iterable[Item]) -> list[Item]:
    """Items so that what one needs comes first. Raises ValueError for a ring."""
    left, done = list(items), list[Item]()
    while left:
        ready = [item for item in left if all(need in {one.name for one in done} for need in item.needs)]
        if not ready:
            raise ValueError(f"{left[0].name} needs itself, by a detour")
        done += ready
        left = [item for item in left if item not in ready]
    return done


@dataclass(frozen=True)
class ScoredItem:
    """What one line of the table gave. ``count``: how often."""

    name: str
    title: str
    count: int
    points: int


@dataclass(frozen=True)
class Score:
    """Points of a run; ``items`` holds every line of the table that gave or cost some."""

    total: int = 0
    items: tuple[ScoredItem, ...] = ()

    def as_json(self) -> dict[str, object]:
        """For a recording."""
        return {
            "total": self.total,
            "items": [{"name": item.name, "title": item.title, "count": item.count, "points": item.points} for item in self.items],
        }


class Scoring(Protocol):
    """Anything that turns events into points; a contest may bring its own."""

    @property
    def retry(self) -> Retry:
        """What a retry does."""
        ...

    def score(self, events: Sequence[Event]) -> Score:
        """The points after these events."""
        ...


class TableScoring:
    """:class:`Scoring` by a table of :class:`Rules`."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    @property
    def retry(self) -> Retry:
        """What a retry does."""
        return self._rules.retry

    def score(self, events: Sequence[Event]) -> Score:
        """The points after these events."""
        return score(self._rules, events)


RETRY, RETRY_TITLE = "retry", "リトライ"
_REMAINS: tuple[EventKind, ...] = ("walking", "opponent-goal", "taken")


def score(rules: Rules, events: Iterable[Event]) -> Score:
    """Points by the table. What comes after a finish or after the time is over does not count; a retry resets what went before."""
    counted, retries = _that_count(rules, events)
    found: dict[str, ScoredItem] = {}
    for item in _order(rules.items):
        count = _count(item, counted) if all(need in found for need in item.needs) else 0
        if count:
            found[item.name] = ScoredItem(item.name, item.title, count, count * item.points)
    items = [found[item.name] for item in rules.items if item.name in found]
    if retries and rules.retry.points:
        items.append(ScoredItem(RETRY, RETRY_TITLE, retries, retries * rules.retry.points))
    return Score(sum(item.points for item in items), tuple(items))


def _that_count(rules: Rules, events: Iterable[Event]) -> tuple[list[Event], int]:
    counted: list[Event] = []
    retries = 0
    for event in events:
        if event.t > rules.seconds + rules.extra_seconds:
            break
        if event.kind == "retry":
            retries += 1
            if rules.retry.resets:
                counted = [one for one in counted if one.kind in _REMAINS]
        elif event.kind == "finish":
            break
        else:
            counted.append(event)
    return counted, retries


def _count(item: Item, events: Iterable[Event]) -> int:
    """How often the item happened: once at most, or for so many different things."""
    things: dict[str, None] = {}
    for event in events:
        if item.before is not None and item.before.fits(event):
            break
        if item.when.fits(event):
            things[event.name] = None
        elif item.undo is not None and item.undo.fits(event):
            things.pop(event.name, None)
    return min(len(things), item.most)


_SHELF = Shelf(FOLDER, Rules, RulesError, "rules")
all_rules = _SHELF.names


def rules_from(facts: Mapping[str, object], name: str = "rules") -> Rules:
    """Rules from what a file says. Raises RulesError, with the place and what is wrong there."""
    return _SHELF.read(facts, name)


def load_rules(place: str | Path) -> Rules:
    """Rules by their name (``echizen-2022``) or file (``….toml``). Raises RulesError."""
    return _SHELF.load(place)
