"""A class's marks as a table that opens in Excel. Pure: names and points in, bytes out."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.screens.states import Pupil, Standing, points, standing
from kanikko.exchange_client import Progress
from kanikko.spreadsheet import safe


@dataclass(frozen=True)
class Column:
    """One lesson of the table."""

    title: str
    progress: Mapping[str, Progress]

    @property
    def max_score(self) -> float | None:
        return next((entry.max_score for entry in self.progress.values() if entry.max_score is not None), None)


def marks_csv(pupils: Sequence[Pupil], columns: Sequence[Column]) -> bytes:
    """UTF-8 with a byte order mark (Excel needs it), CRLF. Empty: not handed in; 「採点中」: no points yet."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["番号", "名前", "ふりがな", *(safe(_heading(column)) for column in columns)])
    for pupil in pupils:
        cells = [_points(column.progress.get(pupil.account)) for column in columns]
        table.writerow([safe(pupil.number), safe(pupil.name), safe(pupil.kana), *cells])
    return out.getvalue().encode("utf-8-sig")


def _heading(column: Column) -> str:
    return column.title if column.max_score is None else f"{column.title}({points(column.max_score)}点満点)"


def _points(entry: Progress | None) -> str:
    if entry is None:
        return ""
    return points(entry.score) if standing(entry.state, False) is Standing.GRADED else "採点中"
