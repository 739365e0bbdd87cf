"""A run told in plain words, for those who cannot see the replay, and for the command line."""

from __future__ import annotations

import unicodedata
from math import sqrt

from robots.simulator.exact import PI
from robots.simulator.outcome import ENDINGS
from robots.simulator.recording import STEP, Recording
from robots.simulator.shapes import is_inside

_DIRECTIONS = ("右", "右上", "上", "左上", "左", "左下", "下", "右下")
_QUIET = ("beep", "light", "pressed", "walking")
MOST_LINES = 200


def describe(recording: Recording) -> str:
    """The whole run: where it started, each way between two events, the events with their points, the end and the score."""
    lines = [_beginning(recording)]
    before, carried = 0.0, False
    for event in recording.events:
        if event.kind not in _QUIET and event.t > before:
            lines += _way(recording, before + STEP * carried, event.t)
            before, carried = event.t, event.kind == "retry"
        if event.kind not in ("start", "stopped") and event.text:
            lines.append(f"{event.t:.1f}びょう: {event.text}。{_points(event.points)}")
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], "（とちゅうを はぶきました）", *lines[-MOST_LINES // 2 :]]
    return "\n".join([*lines, _end(recording), *score_lines(recording)])


def score_lines(recording: Recording) -> list[str]:
    """The points table of the run; empty where nothing was scored."""
    score = recording.score
    if not score.items:
        return []
    each = [f"  {item.title}{f' × {item.count}' if item.count > 1 else ''}: {item.points}点" for item in score.items]
    return [f"ごうけい {score.total}点", *each]


def safe(text: str) -> str:
    """``text`` without anything that a terminal would obey: what a program printed is not to be trusted."""
    return "".join(
        letter if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else "�" for letter in text
    )


def _points(points: int) -> str:
    return f"（{points:+d}点）" if points else ""


def _beginning(recording: Recording) -> str:
    width, height = recording.field.size
    where = _where(recording, 0)
    facing = _direction_of(recording.field.start.heading)
    return f"{recording.field.title}（よこ {width:g}メートル、たて {height:g}メートル）。カニは {where}、{facing}むきで スタート。"


def _end(recording: Recording) -> str:
    ended = ENDINGS.get(recording.ended, recording.ended)
    return f"{recording.seconds:.1f}びょうで おわり: {ended}。カニは {_where(recording, -1)}に いる。"


def _where(recording: Recording, step: int) -> str:
    x, y = recording.frames["x"][step], recording.frames["y"][step]
    areas = [area.title for area in recording.field.areas if is_inside(x, y, area.points)]
    return f"{areas[-1] + 'の ' if areas else ''}左から {x:.2f}メートル、下から {y:.2f}メートルの ところ"


def _way(recording: Recording, since: float, until: float) -> list[str]:
    """How the crab got from one moment to another, if it moved."""
    xs, ys, headings = (recording.frames[name] for name in ("x", "y", "heading"))
    first = min(int(since / STEP + 0.5), len(xs) - 1)
    last = min(int(until / STEP + 0.5), len(xs) - 1)
    driven = sum(_distance(xs[i], ys[i], xs[i + 1], ys[i + 1]) for i in range(first, last))
    turned = round((headings[last] - headings[first]) * 180 / PI)
    parts = []
    if driven >= 0.02:
        net = _distance(xs[first], ys[first], xs[last], ys[last])
        to = f"{_direction(xs[last] - xs[first], ys[last] - ys[first])}の ほうへ " if net >= 0.02 else ""
        parts.append(f"{to}{driven:.2f}メートル うごいた")
    if abs(turned) >= 10:
        parts.append(f"{'左' if turned > 0 else '右'}へ {abs(turned)}ど むきを かえた")
    return [f"{since:.1f}〜{until:.1f}びょう: {'。'.join(parts)}。"] if parts else []


def _distance(x: float, y: float, to_x: float, to_y: float) -> float:
    return sqrt((to_x - x) * (to_x - x) + (to_y - y) * (to_y - y))


def _direction_of(degrees: float) -> str:
    return _DIRECTIONS[round(degrees / 45) % 8]


def _direction(dx: float, dy: float) -> str:
    """The nearest of eight directions; 0.414 is the tangent of 22.5 degrees."""
    across = 0 if abs(dx) < 0.414 * abs(dy) else 1 if dx > 0 else -1
    along = 0 if abs(dy) < 0.414 * abs(dx) else 1 if dy > 0 else -1
    return {1: "右", -1: "左", 0: ""}[across] + {1: "上", -1: "下", 0: ""}[along]
