"""Text that came from a board, a drive or a stranger's file, made fit to be shown: no control characters, not too long."""

from __future__ import annotations

import unicodedata

BAD = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, invisible, surrogate, private and unassigned characters: a terminal obeys some of them."""


def clean(text: object, most: int = 200) -> str:
    """One line of ``text`` without anything that a terminal or a reader could be tricked by; at most ``most`` characters."""
    shown = "".join(" " if unicodedata.category(letter) in BAD else letter for letter in str(text)[: most * 4])
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def csv_cell(value: object) -> str:
    """A cell that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it."""
    text = "" if value is None else clean(value, 2000)
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
