"""A table for a spreadsheet: UTF-8 with its mark, which Excel asks for, and no cell that it would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from kanikko.spreadsheet import safe


def table_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """``filename``: ours, of plain letters. Numbers stay as they are."""
    text = io.StringIO()
    csv.writer(text).writerows([cell if isinstance(cell, int) else safe(str(cell)) for cell in row] for row in (header, *rows))
    headers = {"Content-Disposition": f"attachment; filename={filename}"}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=headers)
