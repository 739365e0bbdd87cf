"""From a CSV file's bytes to checked rows, noting every problem on the way instead of stopping at the first."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.roster.checks import CONTROL, LONGEST, kind_of
from hub.roster.errors import Problem
from hub.roster.tables import Column, Table

Problems = list[Problem]
SAVE_AS_UTF8 = "文字コードを UTF-8 にして保存し直してください(Excel では「CSV UTF-8」)。"


@dataclass(slots=True)
class Row:
    """One line of a file. ``values`` holds the declared columns, trimmed; a column the file lacks is empty."""

    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    def many(self, column: str) -> list[str]:
        return split_list(self[column])

    @property
    def deleted(self) -> bool:
        return self["status"] == "tobedeleted"


@dataclass(slots=True)
class Rows:
    """A file's rows by sourcedId. Of two rows with one id the first stays; the second is a problem anyway.

    ``whole`` is False when rows are missing because the file could not be read: nothing follows then from an id that is
    not in it.
    """

    table: Table
    columns: frozenset[str] = frozenset()
    by_id: dict[str, Row] = field(default_factory=dict)
    whole: bool = True


def split_list(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part] if text else []


def decode(name: str, data: bytes, problems: Problems) -> str | None:
    """The file as text; only UTF-8, with or without a byte-order mark."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problems.append(Problem(name, 0, "", "文字コードが UTF-16 です。", SAVE_AS_UTF8))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        looks = "Shift_JIS のようです" if _is_shift_jis(data) else "UTF-8 ではありません"
        problems.append(Problem(name, line, "", f"文字コードが {looks}。", SAVE_AS_UTF8))
        return None


def _is_shift_jis(data: bytes) -> bool:
    try:
        data.decode("cp932")
    except UnicodeDecodeError:
        return False
    return True


def read_table(table: Table, data: bytes, problems: Problems) -> Rows:
    """Every sound row of one file; what is not sound goes to ``problems``."""
    rows = Rows(table, whole=False)
    text = decode(table.file, data, problems)
    if text is None:
        return rows
    lines = _lines(text)
    header = next(lines, None)
    if header is None or not header[1]:
        problems.append(Problem(table.file, 1, "", "空のファイルです。", "1 行目に列の名前を書いてください。"))
        return rows
    places = _places(table, header[1], problems)
    rows.columns = frozenset(column.name for column, _ in places)
    rows.whole = True
    for line, cells in lines:
        if not cells:
            rows.whole = False
            message = "CSV として読めません。ここから先は調べていません。"
            problems.append(Problem(table.file, line, "", message, '引用符(")の数を確かめてください。'))
        elif len(cells) != len(header[1]):
            message = f"列の数がちがいます(見出しは {len(header[1])} 列、この行は {len(cells)} 列)。"
            problems.append(Problem(table.file, line, "", message, "カンマと引用符を確かめてください。"))
        else:
            row = Row(line, {column.name: cells[place].strip() for column, place in places})
            _check_row(table.file, row, places, problems)
            _keep(table.file, row, rows.by_id, problems)
    return rows


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on (a quoted cell may span lines), without empty lines.

    Where the text stops being CSV, that place with no cells comes last.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        yield begins, []


def _places(table: Table, header: list[str], problems: Problems) -> list[tuple[Column, int]]:
    names = [name.strip().casefold() for name in header]
    places = []
    for column in table.columns:
        wanted = column.name.casefold()
        if names.count(wanted) > 1:
            problems.append(Problem(table.file, 1, column.name, "同じ列が 2 つあります。", "どちらか 1 つにしてください。"))
        if wanted in names:
            places.append((column, names.index(wanted)))
        elif column.required:
            problems.append(Problem(table.file, 1, column.name, "この列がありません。", "見出しと列を加えてください。"))
    return places


def _check_row(file: str, row: Row, places: list[tuple[Column, int]], problems: Problems) -> None:
    for column, _ in places:
        value = row.values[column.name]
        if not value:
            if column.required:
                problems.append(Problem(file, row.line, column.name, "空です。", "値を入れてください。"))
            continue
        if len(value) > LONGEST and not column.many:
            problems.append(Problem(file, row.line, column.name, f"長すぎます({len(value)} 字)。", f"{LONGEST} 字までにしてください。"))
        if CONTROL.search(value):
            problems.append(Problem(file, row.line, column.name, f"使えない文字があります({kind_of(value)})。", "入力し直してください。"))
        elif column.check is not None:
            for part in split_list(value) if column.many else [value]:
                if not column.check.holds(part):
                    problems.append(Problem(file, row.line, column.name, column.check.complaint(part), column.check.remedy))


def _keep(file: str, row: Row, by_id: dict[str, Row], problems: Problems) -> None:
    sourced_id = row["sourcedId"]
    if not sourced_id:
        return
    first = by_id.setdefault(sourced_id, row)
    if first is not row:
        remedy = "どちらかの行を消すか、ID を直してください。"
        problems.append(Problem(file, row.line, "sourcedId", f"{first.line} 行目と同じ ID です。", remedy))
