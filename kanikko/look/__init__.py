"""The look that the site and the hub share: style sheets, one small script, pictures, and Jinja macros. Knows no web framework."""

from __future__ import annotations

import hashlib
from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static"
"""Folder of files to serve as they are."""

TEMPLATES = Path(__file__).resolve().parent / "templates"
"""Folder for a Jinja loader; its templates are named ``look/…``."""


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits that change when a file in the folder changes: for URLs that browsers may keep for ever."""
    content = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return content.hexdigest()[:12]


VERSION = fingerprint(STATIC)
"""Stands in the URLs of `STATIC`'s files."""
