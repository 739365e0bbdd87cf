"""A recording written by hand: it follows the format, and needs no simulator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Written:
    """Stands for a Recording."""

    facts: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return self.facts


def a_run(steps: int = 121) -> dict[str, Any]:
    """Six seconds along a bow, past an egg and a ball, to two points."""
    part = [index / (steps - 1) for index in range(steps)]
    return {
        "version": 1,
        "field": {
            "name": "test",
            "title": "れんしゅう コース",
            "size": [1.8, 1.2],
            "paper": "#202020",
            "lines": [{"points": [[0.2, 0.2], [0.9, 0.3], [1.5, 0.9]], "width": 0.1, "colour": "#ffffff"}],
            "areas": [{"name": "home", "title": "スタート", "points": [[0, 0], [0.4, 0], [0.4, 0.4], [0, 0.4]], "colour": "#2e7d32"}],
        },
        "crab": {"length": 0.2, "width": 0.18, "eyes": [[0.08, 0.03], [0.08, -0.03]], "arm": [0.12, 0]},
        "step": 0.05,
        "frames": {
            "x": [0.2 + 1.2 * p for p in part],
            "y": [0.2 + 0.7 * p * p for p in part],
            "heading": [math.atan2(1.4 * p, 1.2) for p in part],
            "left": [60 - 10 * p for p in part],
            "right": [60 + 10 * p for p in part],
            "arm": [90 if 0.4 < p < 0.8 else 0 for p in part],
            "left_eye": [int(4095 * abs(math.sin(9 * p))) for p in part],
            "right_eye": [int(4095 * abs(math.cos(7 * p))) for p in part],
            "volts": [5.9],
        },
        "things": [
            {
                "kind": "egg",
                "name": "egg",
                "x": [0.2 + p for p in part],
                "y": [0.25 + 0.5 * p for p in part],
                "held": [int(p < 0.7) for p in part],
            },
            {"kind": "rare", "name": "gold", "x": [1.4], "y": [0.9], "held": [0]},
            {"kind": "opponent", "name": "other", "x": [1.6], "y": [0.3], "held": [0]},
        ],
        "events": [
            {"t": 1.0, "kind": "left", "text": "スタートを でた", "points": 1},
            {"t": 4.2, "kind": "placed", "text": "たまごを おいた", "points": 1},
            {"t": 6.0, "kind": "stopped", "text": "とまった", "points": 0},
        ],
        "ended": "end",
        "seconds": 6.0,
        "score": {"total": 2, "items": [{"name": "left", "points": 1}, {"name": "egg", "points": 1}]},
    }
