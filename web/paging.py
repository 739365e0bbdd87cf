"""Long lists in pages: which page was asked for (``?page=2``), and where it begins."""

from __future__ import annotations

from typing import NamedTuple

from flask import request


class Paging(NamedTuple):
    """``page`` of ``pages``, both from 1; ``skip``: rows before it."""

    page: int
    pages: int
    skip: int


def paging(total: int, size: int) -> Paging:
    """The page that the address names, or the nearest that there is."""
    asked, pages = request.args.get("page", ""), max(1, -(-total // size))
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    page = min(max(number, 1), pages)
    return Paging(page, pages, (page - 1) * size)
