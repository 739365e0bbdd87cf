"""A table for a spreadsheet: UTF-8 with its mark, which Excel asks for, and no cell that it would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from kanikko.spreadsheet import safe


def table_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """``filename``: ours, of plain letters. Numbers stay as they are, None is an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(cell) for cell in row] for row in (header, *rows))
    headers = {"Content-Disposition": f"attachment; filename={filename}"}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=headers)


def _cell(cell: object) -> object:
    return cell if isinstance(cell, int) else safe("" if cell is None else str(cell))
