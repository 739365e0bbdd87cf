"""Cells of our CSV files: harmless in a spreadsheet, and read back exactly as they were. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from kanikko.spreadsheet import safe

BOM = "\ufeff"
LONGEST_CELL = 4 * 1024 * 1024
"""A large lottery's list is one cell."""


def _marked(text: str) -> bool:
    """Does it need (or, behind the first apostrophe, did it need) an apostrophe? Also what is one apostrophe short of looking marked."""
    bare = text.lstrip("'")
    return safe(bare) != bare


def outward(value: object) -> str:
    """A value as a cell. None becomes empty; numbers stay numbers; text that a spreadsheet would run gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    return f"'{text}" if _marked(text) else text


def inward(cell: str) -> str:
    """The text that :func:`outward` wrote."""
    return cell[1:] if cell.startswith("'") and _marked(cell[1:]) else cell


def write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file (RFC 4180, UTF-8 with a mark so that spreadsheets read Japanese)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([outward(value) for value in row] for row in rows)
    return (BOM + out.getvalue()).encode()


def read(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Lines of a CSV file with the number at which each ends, as they stand (apostrophes too). Raises UnicodeDecodeError, csv.Error."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    for row in reader:
        if row:
            yield reader.line_num, row
