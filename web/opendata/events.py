"""The events file: 推奨データセット「イベント一覧」, one row a session. Pure: rows of the database in, rows of text out.

The header is the template file ``event-list.csv``: newer lists rename columns, which is then a change of that file and of `COLUMNS`' names.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from kanikko.settings import Settings
from web.clock import moment

TEMPLATE = Path(__file__).with_name("event-list.csv")
REQUIRED = ("イベント名", "開始日", "終了日", "開始時間", "終了時間", "説明", "場所名称", "住所")
ADMISSION = {"first_come": "先着順", "lottery": "抽選", "selection": "選考"}


def header() -> list[str]:
    """The template's columns, in order."""
    with TEMPLATE.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def event_row(session: Mapping[str, Any], settings: Settings) -> dict[str, str]:
    """One session as a row of the list. ``session``: a row of the query in :mod:`web.opendata.datasets`."""
    starts, ends = moment(session["starts_at"]), moment(session["ends_at"])
    closes = moment(session["apply_to"]) if session["apply_to"] else None
    series = session["sessions"] > 1
    written = {
        "都道府県コード又は市区町村コード": settings.city_code,
        "NO": session["id"],
        "都道府県名": settings.city_prefecture,
        "市区町村名": settings.city,
        "イベント名": session["title"] + (f"（第{session['number']}回）" if series else ""),
        "イベント名_カナ": session["title_kana"],
        "イベント名_英語": session["title_en"],
        "開始日": starts.date().isoformat(),
        "終了日": ends.date().isoformat(),
        "開始時間": f"{starts:%H:%M}",
        "終了時間": f"{ends:%H:%M}",
        "開始日時特記事項": f"全{session['sessions']}回の教室です" if series else "",
        "説明": " ".join((session["description"] or session["title"]).split()),
        "料金(基本)": f"{session['fee']}円" if session["fee"] else "無料",
        "料金(詳細)": session["fee_note"],
        "連絡先名称": session["contact_name"],
        "連絡先電話番号": session["contact_phone"],
        "連絡先内線番号": session["contact_extension"],
        "主催者": session["organiser"] or settings.site_organiser or settings.city,
        "場所名称": session["place_name"],
        "住所": session["address"],
        "方書": session["building"],
        "緯度": _degrees(session["latitude"]),
        "経度": _degrees(session["longitude"]),
        "アクセス方法": session["access"],
        "駐車場情報": session["parking"],
        "定員": str(session["capacity"]) if session["capacity"] else "",
        "参加申込終了日": closes.date().isoformat() if closes else "",
        "参加申込終了時間": f"{closes:%H:%M}" if closes else "",
        "参加申込方法": f"ウェブまたは電話（{ADMISSION[session['admission']]}）",
        "URL": f"{settings.site_public_url}/classes/{session['class']}",
        "備考": "",
    }
    return {column: written[column] for column in header()}


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


@dataclass(frozen=True)
class Problem:
    """A cell that may not be published: ``row`` counts from 1 without the header."""

    row: int
    no: str
    column: str
    reason: str


def problems(rows: Sequence[Mapping[str, str]]) -> list[Problem]:
    """What is wrong with these rows by the rules of the list; an empty list when they may be published."""
    found: list[Problem] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        for column, reason in _faults(row):
            found.append(Problem(number, row.get("NO", ""), column, reason))
        if row.get("NO", "") in seen:
            found.append(Problem(number, row["NO"], "NO", "同じ番号の行があります"))
        seen.add(row.get("NO", ""))
    return found


def _faults(row: Mapping[str, str]) -> list[tuple[str, str]]:
    if list(row) != header():
        return [("（見出し）", "列の名前か順番がテンプレートと違います")]
    faults = [(column, "空です（必須の列）") for column in REQUIRED if not row[column].strip()]
    for column in ("開始日", "終了日", "参加申込終了日"):
        if row[column] and not _is_day(row[column]):
            faults.append((column, "日付は YYYY-MM-DD です"))
    for column in ("開始時間", "終了時間", "参加申込終了時間"):
        if row[column] and not _is_time(row[column]):
            faults.append((column, "時刻は HH:MM です"))
    if (row["開始日"], row["開始時間"]) >= (row["終了日"], row["終了時間"]):
        faults.append(("終了時間", "終わりが始まりより前です"))
    faults += _place_faults(row)
    if row["定員"] and not re.fullmatch(r"[1-9][0-9]*", row["定員"]):
        faults.append(("定員", "1以上の半角数字です"))
    if not re.fullmatch(r"[0-9]{6}", row["都道府県コード又は市区町村コード"]):
        faults.append(("都道府県コード又は市区町村コード", "6けたの数字です"))
    faults += [(column, "改行や制御文字があります") for column, text in row.items() if re.search(r"[\x00-\x1f\x7f]", text)]
    return faults


def _place_faults(row: Mapping[str, str]) -> list[tuple[str, str]]:
    if bool(row["緯度"]) != bool(row["経度"]):
        return [("緯度", "緯度と経度は両方書くか、両方空にします")]
    faults = []
    for column, low, high in (("緯度", 20.0, 46.0), ("経度", 122.0, 154.0)):
        if row[column] and (not re.fullmatch(r"[0-9]{2,3}\.[0-9]{6}", row[column]) or not low <= float(row[column]) <= high):
            faults.append((column, "日本の中の位置を、小数点以下6けたで書きます"))
    return faults


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{2}:[0-9]{2}", text)) and time.fromisoformat(text) is not None
    except ValueError:
        return False
