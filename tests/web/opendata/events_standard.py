"""A validator of 推奨データセット「イベント一覧」, written from the standard's words and not from our code."""

from __future__ import annotations

import csv
import io
from datetime import datetime

COLUMNS = [
    "都道府県コード又は市区町村コード",
    "NO",
    "都道府県名",
    "市区町村名",
    "イベント名",
    "イベント名_カナ",
    "イベント名_英語",
    "開始日",
    "終了日",
    "開始時間",
    "終了時間",
    "開始日時特記事項",
    "説明",
    "料金(基本)",
    "料金(詳細)",
    "連絡先名称",
    "連絡先電話番号",
    "連絡先内線番号",
    "主催者",
    "場所名称",
    "住所",
    "方書",
    "緯度",
    "経度",
    "アクセス方法",
    "駐車場情報",
    "定員",
    "参加申込終了日",
    "参加申込終了時間",
    "参加申込方法",
    "URL",
    "備考",
]
NEEDED = {"イベント名", "開始日", "終了日", "開始時間", "終了時間", "説明", "場所名称", "住所"}


def faults(content: bytes) -> list[str]:
    """What is wrong with a published file; nothing when it keeps to the standard."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"not UTF-8: {error}"]
    table = list(csv.reader(io.StringIO(text, newline="")))
    if not table or table[0] != COLUMNS:
        return ["the first line is not the 32 columns"]
    found: list[str] = []
    for number, cells in enumerate(table[1:], start=2):
        if len(cells) != len(COLUMNS):
            found.append(f"line {number}: {len(cells)} cells")
            continue
        found += [f"line {number}: {fault}" for fault in _row_faults(dict(zip(COLUMNS, cells, strict=True)))]
    names = [cells[1] for cells in table[1:]]
    if len(set(names)) != len(names):
        found.append("NO is not unique")
    return found


def _row_faults(row: dict[str, str]) -> list[str]:
    found = [f"{column} is empty" for column in NEEDED if not row[column].strip()]
    for column, form in (
        ("開始日", "%Y-%m-%d"),
        ("終了日", "%Y-%m-%d"),
        ("参加申込終了日", "%Y-%m-%d"),
        ("開始時間", "%H:%M"),
        ("終了時間", "%H:%M"),
        ("参加申込終了時間", "%H:%M"),
    ):
        if row[column] and not _is(row[column], form):
            found.append(f"{column} is {row[column]!r}")
    if not found and f"{row['開始日']} {row['開始時間']}" >= f"{row['終了日']} {row['終了時間']}":
        found.append("it ends before it starts")
    for column, digits in (("緯度", 2), ("経度", 3)):
        whole, _, part = row[column].partition(".")
        if row[column] and not (
            whole.isascii() and whole.isdigit() and len(whole) == digits and part.isascii() and part.isdigit() and len(part) == 6
        ):
            found.append(f"{column} is {row[column]!r}: six decimals")
    code = row["都道府県コード又は市区町村コード"]
    if not (len(code) == 6 and code.isdigit()):
        found.append("the municipality's code has six digits")
    if row["定員"] and not (row["定員"].isascii() and row["定員"].isdigit()):
        found.append(f"定員 is {row['定員']!r}")
    return found


def _is(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).strftime(form) == text
    except ValueError:
        return False
