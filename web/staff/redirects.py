"""Where a visitor may be sent on to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f-\x9f]*")


def safe_next(address: str | None, otherwise: str) -> str:
    """``address`` if it is a path of this site, else ``otherwise``: a link to sign in must not lead to somebody else's page."""
    if not address or len(address) > 1000 or not _LOCAL.fullmatch(address):
        return otherwise
    try:
        parts = urlsplit(address)
    except ValueError:
        return otherwise
    return address if not parts.scheme and not parts.netloc else otherwise
