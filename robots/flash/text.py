"""Text that came from a board, a drive or a stranger's file, made fit to be shown: no control characters, not too long."""

from __future__ import annotations

import unicodedata

from kanikko.spreadsheet import safe
from robots.unseen import UNSEEN


def clean(text: object, most: int = 200) -> str:
    """One line of ``text`` without anything that a terminal or a reader could be tricked by; at most ``most`` characters."""
    shown = "".join(" " if unicodedata.category(letter) in UNSEEN else letter for letter in str(text)[: most * 4])
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def csv_cell(value: object) -> str:
    """A cell that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it."""
    return "" if value is None else safe(clean(value, 2000))
