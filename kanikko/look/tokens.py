"""Whether our style sheet's design tokens are as published: ``python -m kanikko.look.tokens PUBLISHED.css|.json`` (a flat name → value)."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from kanikko.look import STATIC

TOKENS = ("--color-", "--font-", "--line-height-", "--border-radius-", "--elevation-")
_PROPERTY = re.compile(r"(--[a-z0-9-]+):\s*([^;]+);")


def properties(css: str) -> dict[str, str]:
    """The custom properties with a design token's name that a style sheet sets."""
    return {name: value for name, value in _PROPERTY.findall(css) if name.startswith(TOKENS)}


def differences(ours: dict[str, str], published: dict[str, str]) -> list[str]:
    """A line for each of our values that was published otherwise, or not at all."""
    return [
        f"{name}: {value} here, {published.get(name, 'nothing')} published"
        for name, value in ours.items()
        if _plain(published.get(name, "")) != _plain(value)
    ]


def _plain(value: str) -> str:
    return re.sub(r"\s+", "", value).lower()


def main(published: Path) -> int:
    text = published.read_text(encoding="utf-8")
    theirs: dict[str, str] = json.loads(text) if published.suffix == ".json" else properties(text)
    found = differences(properties((STATIC / "tokens.css").read_text(encoding="utf-8")), theirs)
    print("\n".join(found) or "as published")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
