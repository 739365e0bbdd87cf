"""Check-in codes as people scan and type them. Pure."""

from __future__ import annotations

import re
import unicodedata

from web.ids import ALPHABET

_LETTERS = f"[{ALPHABET}]"
_CODE = re.compile(rf"(?<![a-z0-9])({_LETTERS}{{4}})-?({_LETTERS}{{4}})-?({_LETTERS}{{4}})(?![a-z0-9])")
_DASHES = re.compile("[‐-―−ーｰ－ ]")
LONGEST = 200


def code_in(text: str) -> str | None:
    """The code in what was typed or scanned, as it is stored (``k7m2-9qfd-wx3a``): any width, case, dashes or spaces; None without one."""
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text[:LONGEST]).lower().strip())
    found = _CODE.search(plain)
    return "-".join(found.groups()) if found else None
