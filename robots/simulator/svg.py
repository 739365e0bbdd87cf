"""A run as a picture: a still one, or one that moves by itself (SMIL). Self-contained, without scripts; every text is escaped.

Lengths in the picture are centimetres; y points down there and up in a recording.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Protocol

from robots.simulator.outcome import ENDINGS

KEYFRAMES = 400
"""So many moments make a moving picture smooth, and no file large."""

COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]")
LONGEST = 200
CAPTION = 14.0
"""Height of the line of words below a moving picture's field, in a field of 100 cm."""

FILLS = {"egg": "#fff6dc", "ball": "#c9d3dc", "rare": "#ffd23f", "pin": "#ff5c5c", "opponent": "#8fa3b5"}

Place = tuple[float, float]


class Recorded(Protocol):
    """What a picture is drawn of: a recording (docs/robots.md, "A recording")."""

    def as_json(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class _Run:
    """A recording's numbers, in centimetres and with y downwards."""

    facts: Mapping[str, Any]
    width: float
    height: float
    step: float
    count: int

    @classmethod
    def of(cls, recording: Recorded) -> _Run:
        facts = recording.as_json()
        width, height = (float(size) * 100 for size in facts["field"]["size"])
        return cls(facts, width, height, float(facts["step"]), max(len(facts["frames"]["x"]), 1))

    @property
    def seconds(self) -> float:
        return (self.count - 1) * self.step

    def place(self, x: float, y: float) -> Place:
        return float(x) * 100, self.height - float(y) * 100

    def way(self) -> list[Place]:
        frames = self.facts["frames"]
        return [self.place(x, y) for x, y in zip(frames["x"], frames["y"], strict=True)]

    def headings(self) -> list[float]:
        """Degrees, clockwise as SVG turns; without jumps, so that a crab never spins back."""
        found: list[float] = []
        for radians in self.facts["frames"]["heading"]:
            degrees = -math.degrees(float(radians))
            found.append(degrees if not found else found[-1] + (degrees - found[-1] + 180) % 360 - 180)
        return found

    def thing_way(self, thing: Mapping[str, Any]) -> list[Place]:
        """Where it was at each step; one place if it never moved."""
        xs, ys = thing["x"], thing["y"]
        return [self.place(_one(xs, index), _one(ys, index)) for index in range(max(len(xs), len(ys)))]

    def moments(self) -> list[int]:
        """The steps a moving picture is made of; the last is always one of them."""
        apart = max(1, -(-self.count // KEYFRAMES))
        found = list(range(0, self.count, apart))
        return found if found[-1] == self.count - 1 else [*found, self.count - 1]


def description(recording: Recorded) -> str:
    """The run in words, for whoever cannot see it: a sentence, then a line for each event."""
    facts = recording.as_json()
    title = _clean(facts["field"].get("title", "")) or "コース"
    total = facts.get("score", {}).get("total", 0)
    ended = dict[str, str](ENDINGS).get(str(facts.get("ended")), "とまった")
    lines = [f"{title}: {float(facts['seconds']):.1f}びょう、{total:g}てん。{ended}。"]
    for event in facts.get("events", ()):
        points = float(event.get("points") or 0)
        made = f" ({points:+g}てん)" if points else ""
        lines.append(f"{float(event['t']):.1f}びょう {_clean(event.get('text') or event['kind'])}{made}")
    return "\n".join(lines)


def still_svg(recording: Recorded, at: float | None = None) -> str:
    """The field at ``at`` seconds, with the way driven until then; without ``at`` at the run's end."""
    run = _Run.of(recording)
    index = run.count - 1 if at is None else min(max(round(at / run.step), 0), run.count - 1)
    way = run.way()
    parts = [*_ground(run), *_trail(way[: index + 1])]
    for thing in run.facts.get("things", ()):
        places = run.thing_way(thing)
        parts.append(_moved(places[min(index, len(places) - 1)], _thing(thing)))
    parts.append(_moved(way[index], f'<g transform="rotate({_n(run.headings()[index])})">{_crab(run.facts["crab"])}</g>'))
    return _whole(run, run.height, recording, parts)


def animated_svg(recording: Recorded) -> str:
    """The run as it went, in its own time, once. Words below the field say what happens."""
    run = _Run.of(recording)
    if run.count < 2:
        return still_svg(recording)
    moments = run.moments()
    way, headings = run.way(), run.headings()
    moved = _glide("translate", [f"{_n(way[i][0])} {_n(way[i][1])}" for i in moments], run)
    turned = _glide("rotate", [_n(headings[i]) for i in moments], run)
    parts = [*_ground(run), *_growing_trail(run, [way[i] for i in moments])]
    for thing in run.facts.get("things", ()):
        places = run.thing_way(thing)
        if len(places) == 1:
            parts.append(_moved(places[0], _thing(thing)))
        else:
            glide = _glide("translate", [f"{_n(places[i][0])} {_n(places[i][1])}" for i in moments], run)
            parts.append(f"<g>{_thing(thing)}{glide}</g>")
    parts.append(f"<g><g>{_crab(run.facts['crab'])}{turned}</g>{moved}</g>")
    size = CAPTION * max(run.width, run.height) / 100
    parts += _captions(run, size)
    return _whole(run, run.height + size, recording, parts)


# ------------------------------------------------------------------ parts
def _ground(run: _Run) -> Iterator[str]:
    field = run.facts["field"]
    yield f'<rect width="{_n(run.width)}" height="{_n(run.height)}" fill="{_colour(field.get("paper"), "#202020")}"/>'
    for area in field.get("areas", ()):
        yield f'<polygon points="{_points(run, area["points"])}" fill="{_colour(area.get("colour"), "#3a4a5a")}" fill-opacity="0.55"/>'
    for line in field.get("lines", ()):
        yield (
            f'<polyline points="{_points(run, line["points"])}" fill="none" stroke="{_colour(line.get("colour"), "#ffffff")}" '
            f'stroke-width="{_n(float(line["width"]) * 100)}" stroke-linecap="round" stroke-linejoin="round"/>'
        )
    for block in field.get("blocks", ()):
        (left, right), (low, high) = sorted(block["x"]), sorted(block["y"])
        x, y = run.place(left, high)
        size = f'width="{_n((right - left) * 100)}" height="{_n((high - low) * 100)}"'
        yield f'<rect x="{_n(x)}" y="{_n(y)}" {size} fill="#a1887f" stroke="#000" stroke-width="0.6"/>'


def _points(run: _Run, points: Sequence[Sequence[float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in (run.place(*point) for point in points))


def _trail(way: Sequence[Place], extra: str = "", inside: str = "") -> Iterator[str]:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in way)
    for colour, width in (("#000", "2.4"), ("#ffb020", "1.2")):
        look = f'fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"'
        yield f'<polyline points="{points}" {look}{extra}>{inside}</polyline>'


def _growing_trail(run: _Run, way: Sequence[Place]) -> Iterator[str]:
    lengths = [0.0]
    for before, after in pairwise(way):
        lengths.append(lengths[-1] + math.dist(before, after))
    whole = max(lengths[-1], 0.01)
    values = ";".join(_n(whole - length) for length in lengths)
    grow = f'<animate attributeName="stroke-dashoffset" values="{values}" {_timing(run)}/>'
    yield from _trail(way, f' stroke-dasharray="{_n(whole)}" stroke-dashoffset="{_n(whole)}"', grow)


def _thing(thing: Mapping[str, Any]) -> str:
    kind = str(thing["kind"])
    look = f'fill="{FILLS.get(kind, "#ffffff")}" stroke="#000" stroke-width="0.6"'
    match kind:
        case "opponent":
            return f'<rect x="-9" y="-9" width="18" height="18" {look}/>'
        case "pin":
            return f'<path d="M0-3 3 3H-3z" {look}/>'
        case "egg":
            return f'<ellipse rx="1.8" ry="2.4" {look}/>'
        case _:
            return f'<circle r="2" {look}/>'


def _crab(crab: Mapping[str, Any]) -> str:
    """The crab as it looks to the right, in its own middle."""
    length, width = float(crab["length"]) * 100, float(crab["width"]) * 100
    claws = "".join(
        f'<path d="M{_n(length * 0.3)} {_n(side * width * 0.3)}L{_n(length * 0.5)} {_n(side * width * 0.4)}'
        f'L{_n(length * 0.62)} {_n(side * width * 0.2)}" fill="none" stroke="#c8442b" stroke-width="{_n(width * 0.1)}"/>'
        for side in (-1, 1)
    )
    eyes = "".join(
        f'<circle cx="{_n(float(x) * 100)}" cy="{_n(-float(y) * 100)}" r="{_n(width * 0.09)}" '
        'fill="#fff" stroke="#3b0d04" stroke-width="0.5"/>'
        for x, y in crab["eyes"]
    )
    body = f'<ellipse rx="{_n(length * 0.42)}" ry="{_n(width / 2)}" fill="#e2583c" stroke="#3b0d04" stroke-width="0.6"/>'
    return claws + body + eyes


def _moved(place: Place, inside: str) -> str:
    return f'<g transform="translate({_n(place[0])} {_n(place[1])})">{inside}</g>'


def _glide(kind: str, values: Sequence[str], run: _Run) -> str:
    return f'<animateTransform attributeName="transform" type="{kind}" values="{";".join(values)}" {_timing(run)}/>'


def _timing(run: _Run) -> str:
    moments = run.moments()
    times = ";".join(_n(index / (run.count - 1), 5) for index in moments)
    return f'keyTimes="{times}" dur="{_n(run.seconds)}s" fill="freeze"'


def _captions(run: _Run, height: float) -> Iterator[str]:
    """What happened last, each until the next."""
    yield f'<rect y="{_n(run.height)}" width="{_n(run.width)}" height="{_n(height)}" fill="#fff"/>'
    events = list(run.facts.get("events", ()))[:300]
    for event, following in zip(events, [*events[1:], None], strict=True):
        until = f' end="{_n(float(following["t"]))}s"' if following else ""
        yield (
            f'<text x="{_n(height / 4)}" y="{_n(run.height + height * 0.65)}" font-family="sans-serif" font-size="{_n(height * 0.4)}" '
            f'fill="#1f2d3d" visibility="hidden">{_text(event.get("text") or event["kind"])}'
            f'<set attributeName="visibility" to="visible" begin="{_n(float(event["t"]))}s"{until}/></text>'
        )


def _whole(run: _Run, height: float, recording: Recorded, parts: Sequence[str]) -> str:
    title = _text(run.facts["field"].get("title") or "カニの はしった ようす")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(run.width)} {_n(height)}" '
        f'width="{_n(run.width * 2)}" height="{_n(height * 2)}" role="img" aria-labelledby="t d" lang="ja"><title id="t">{title}</title>'
        f'<desc id="d">{escape(description(recording))}</desc>{"".join(parts)}</svg>\n'
    )


# ------------------------------------------------------------------ small
def _one(values: Sequence[Any], index: int) -> float:
    return float(values[min(index, len(values) - 1)])


def _n(value: float, digits: int = 2) -> str:
    """A number as XML takes it. Raises ValueError for what is none, so that nothing else can get between the marks."""
    if not math.isfinite(value):
        raise ValueError(f"not a number for a picture: {value}")
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") or "0"


def _colour(value: object, instead: str) -> str:
    return value if isinstance(value, str) and COLOUR.fullmatch(value) else instead


def _clean(text: object) -> str:
    return INVISIBLE.sub(" ", str(text))[:LONGEST]


def _text(text: object) -> str:
    return escape(_clean(text))
