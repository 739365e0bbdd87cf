"""The last look before a lesson leaves the house: no solution, no hidden test, nothing that was not meant to go. Pure.

nbgrader has cleared all of it by now. This stands behind it because one slip would spoil a lesson for a whole city.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grading.release.errors import LeakError
from lessons.regions import MARKS, Region, inside, outside

REMEDY = "何も配っていません。教材の作者か係の人に、この文をそのまま知らせてください。"


def check_release(sources: Mapping[str, bytes], released: Mapping[str, bytes]) -> None:
    """Raise LeakError unless ``released`` (file name → bytes) holds exactly the notebooks of ``sources``, without secrets."""
    if set(released) != set(sources):
        raise LeakError(f"配るファイルが教材と合いません: {sorted(set(released) ^ set(sources))}", remedy=REMEDY)
    secret, shown = _lines(sources.values())
    for name, content in released.items():
        text = content.decode()
        mark = next((mark for mark in MARKS if mark in text), None)
        if mark:
            raise LeakError(f"{name} に「{mark}」の しるしが残っています", remedy=REMEDY)
        for cell in _cells(content):
            if {line.strip() for line in _source(cell).split("\n")} & (secret - shown):
                raise LeakError(f"{name} のセル {cell.get('id')} に、答えか隠しテストの行が残っています", remedy=REMEDY)
            if cell.get("outputs") or cell.get("attachments"):
                raise LeakError(f"{name} のセル {cell.get('id')} に、実行した結果が残っています", remedy=REMEDY)


def _lines(sources: Any) -> tuple[set[str], set[str]]:
    """Every line within a solution or a hidden test, and every line a pupil is meant to see."""
    secret: set[str] = {""}
    shown: set[str] = {""}
    for cell in (cell for content in sources for cell in _cells(content)):
        source = _source(cell)
        secret |= {line.strip() for region in Region for line in inside(source, region)}
        shown |= {line.strip() for line in outside(source)}
    return secret, shown


def _cells(content: bytes) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(content)["cells"]
    return cells


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])
