"""What goes out and comes in as CSV: which tables, which columns stay inside, and what may stand in a cell."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from web.clock import moment, stamp
from web.data import every

INSIDE = frozenset({"staff_sessions", "staff_recovery", "sign_in_counts", "email_confirmations"})
"""Tables that never leave: they open doors, and nobody outside needs them."""
ONLY_OUT = frozenset({"audit", "mails"})
"""Tables that are written out to be read but never taken in: a log that can be imported is none, and no mail is sent twice."""
SECRET: dict[str, frozenset[str]] = {
    "staff": frozenset({"password_hash", "totp_sealed", "totp_step", "invitation_hash", "invitation_totp_sealed", "invited_until"}),
    "draws": frozenset({"seed_sealed"}),
}
"""Columns that stay inside. A new row gets ``BLANK`` there."""
BLANK: dict[tuple[str, str], str] = {("draws", "seed_sealed"): ""}
OWN_FACTS = "audit."
"""Facts whose name begins so belong to this database alone."""
LETTERS = "template like 'staff/%'"
"""Mails that hold a link to a staff account: their words stay inside."""

BIGGEST = 10**12
RANGES: dict[str, tuple[int, int]] = {
    "fiscal_year": (1990, 2200), "first_year": (1990, 2200), "last_year": (1990, 2200), "weekday": (0, 6), "loan_days": (0, 3650),
    "offer_hours": (0, 8760),
    "capacity": (0, 1_000_000), "grade_from": (-10, 30), "grade_to": (-10, 30), "age_from": (0, 150), "age_to": (0, 150),
    "latitude": (-90, 90),
    "longitude": (-180, 180), "count": (0, 1_000_000), "number": (0, 1_000_000), "most_a_day": (0, 100), "most_a_week": (0, 100),
    "most_a_month": (0, 100),
    "not_drawn_before": (0, 1000),
}  # fmt: skip
_FLAGS = frozenset(
    {"active", "residents_first", "priority_not_drawn", "sibling_modes", "auto_promote", "required", "resident", "step_free", "public",
    "fixed", "available",
     "permanent", "attended"}
)  # fmt: skip
_MOMENT = re.compile(r"(_at|^until|^at|^apply_from|^apply_to|^offered_until|^asked)$")
_DAY = re.compile(r"(_day|^day|^birth_date)$")
_TIME = re.compile(r"_time$")
_JSON = re.compile(r"_json$")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LONGEST_TEXT = 4 * 1024 * 1024


@dataclass(frozen=True)
class Column:
    """A column as SQLite knows it. ``refers``: the table whose key it names."""

    name: str
    type: str
    needed: bool
    refers: str = ""
    key: bool = False


@dataclass(frozen=True)
class Table:
    """A table that can be written out; ``columns`` without those that stay inside."""

    name: str
    columns: tuple[Column, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def tables(db: Database) -> list[Table]:
    """Every table of the site that may go out, in the order of their making."""
    names = every(
        db,
        "select name from sqlite_master where type = 'table' and substr(name, 1, 1) <> '_' and name not like 'sqlite_%' order by rowid",
    )
    return [_table(db, row["name"]) for row in names if row["name"] not in INSIDE]


def _table(db: Database, name: str) -> Table:
    refers = {row["from"]: row["table"] for row in every(db, f"pragma foreign_key_list({name})")}
    return Table(
        name,
        tuple(
            Column(
                row["name"],
                str(row["type"]).upper(),
                bool((row["notnull"] and row["dflt_value"] is None) or (row["pk"] and row["type"].upper() == "TEXT")),
                refers.get(row["name"], ""),
                bool(row["pk"]),
            )
            for row in every(db, f"pragma table_info({name})")
            if row["name"] not in SECRET.get(name, ())
        ),
    )


class BadCell(ValueError):
    """What is wrong with a cell, and what to do; in Japanese."""


def parse(column: Column, cell: str, nullable: bool) -> str | int | float | None:
    """The value that a cell holds. Raises BadCell. Pure."""
    if cell == "":
        if column.type in ("INTEGER", "REAL") and not nullable:
            raise BadCell("数字が要ります。入力してください")
        if column.key or (column.refers and not nullable):
            raise BadCell("空にできません。番号（ID）を入力してください")
        if not nullable and any(pattern.search(column.name) for pattern in (_MOMENT, _DAY, _TIME, _JSON)):
            raise BadCell("空にできません。入力してください")
        return None if nullable else ""
    if column.type == "INTEGER":
        return _whole(column.name, cell)
    if column.type == "REAL":
        return _real(column.name, cell)
    return _text(column, cell)


def _whole(name: str, cell: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,13}", cell):
        raise BadCell("半角の整数で入力してください")
    number = int(cell)
    least, most = (0, 1) if name in _FLAGS else RANGES.get(name, (-BIGGEST, BIGGEST))
    if not least <= number <= most:
        raise BadCell(f"{least} から {most} までの数字にしてください")
    return number


def _real(name: str, cell: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,20})?([eE]-?[0-9]{1,2})?", cell):
        raise BadCell("半角の数字で入力してください（例: 36.5613）")
    number, (least, most) = float(cell), RANGES.get(name, (-BIGGEST, BIGGEST))
    if not least <= number <= most:
        raise BadCell(f"{least} から {most} までの数字にしてください")
    return number


def _text(column: Column, cell: str) -> str:
    if len(cell) > LONGEST_TEXT or "\x00" in cell:
        raise BadCell("長すぎるか、使えない文字（NUL）があります。直してください")
    if (column.name == "id" or column.refers) and not _ID.fullmatch(cell):
        raise BadCell("番号（ID）は半角の英数字と _ . : - だけです（64文字まで）")
    if _MOMENT.search(column.name):
        _check_moment(cell)
    elif _DAY.search(column.name):
        _check_day(cell)
    elif _TIME.search(column.name) and not _HOUR.fullmatch(cell):
        raise BadCell("時刻は 09:30 の形にしてください")
    elif _JSON.search(column.name):
        _check_json(cell)
    return cell


def _check_moment(cell: str) -> None:
    try:
        right = stamp(moment(cell)) == cell and 1990 <= int(cell[:4]) <= 2200
    except (ValueError, OverflowError):
        right = False
    if not right:
        raise BadCell("日時は 2026-12-05T10:00:00+09:00 の形にしてください")


def _check_day(cell: str) -> None:
    try:
        right = date.fromisoformat(cell).isoformat() == cell and 1880 <= int(cell[:4]) <= 2200
    except ValueError:
        right = False
    if not right:
        raise BadCell("日付は 2026-12-05 の形にしてください")


def _check_json(cell: str) -> None:
    try:
        json.loads(cell)
    except (ValueError, RecursionError):
        raise BadCell("JSON になっていません。書き出したファイルの形のままにしてください") from None
