"""Text for tables that are opened in a spreadsheet."""

from __future__ import annotations

DANGEROUS_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for a formula, also in full width (OWASP, CSV injection)."""


def safe(text: str) -> str:
    """``text`` that no spreadsheet runs as a formula: an apostrophe goes before a dangerous first character."""
    return f"'{text}" if text.lstrip().startswith(DANGEROUS_STARTS) or text.startswith(DANGEROUS_STARTS) else text
