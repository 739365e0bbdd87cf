"""The example programs that come with Kanikko."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "programs"
_FIRST = re.compile(r"# (?P<about>.*?)（フィールド (?P<field>[a-z0-9-]+)(?:、ボード (?P<board>[a-z0-9-]+))?）")


@dataclass(frozen=True)
class Program:
    """One example: what it does (its first line), and the field it is made for."""

    name: str
    about: str
    field: str
    source: str


def field_of(source: str) -> str | None:
    """The field that a program's first line names, as those of the examples do; None if it names none."""
    first = _FIRST.fullmatch(source.partition("\n")[0].rstrip())
    return first["field"] if first else None


@cache
def example_programs() -> tuple[Program, ...]:
    """All of them, by name."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        first = _FIRST.fullmatch(source.splitlines()[0])
        if first is None:
            raise ValueError(f"{path.name}: its first line does not say what it does and on which field")
        found.append(Program(path.stem, first["about"], first["field"], source))
    return tuple(found)
