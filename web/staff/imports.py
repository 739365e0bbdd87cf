"""Taking CSV files in: first on a copy, naming every bad row, then all or nothing."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from web.data import every, value, writing
from web.staff.audit import audit
from web.staff.cells import inward, read
from web.staff.tables import BLANK, ONLY_OUT, OWN_FACTS, BadCell, Table, parse, tables

MOST_UNPACKED = 64 * 1024 * 1024
MOST_FILES = 100
MOST_ROWS = 500_000
MOST_FAULTS = 200
"""So many are named; further ones are only counted."""
_PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class UnreadableError(KanikkoError):
    """Not a file that can be taken in."""


class Fault(NamedTuple):
    """One thing that is wrong: where, what, and what to do."""

    file: str
    line: int
    column: str
    message: str


@dataclass
class Report:
    """What an import did, or would do."""

    faults: list[Fault] = field(default_factory=list)
    more_faults: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    written: bool = False

    def add(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.more_faults += 1


class _Line(NamedTuple):
    number: int
    values: dict[str, Any]


# ---------------------------------------------------------------------- the file
def unpack(name: str, content: bytes) -> dict[str, bytes]:
    """The CSV files of a ZIP, or the one CSV, by table. Raises UnreadableError for anything else, and for what grows without end."""
    if not content.startswith(b"PK\x03\x04"):
        return {_table_of(name): content}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = [info for info in packed.infolist() if not info.is_dir()]
            if len(inside) > MOST_FILES or sum(info.file_size for info in inside) > MOST_UNPACKED:
                raise UnreadableError(
                    "ZIPの中身が大きすぎます。",
                    remedy=f"{MOST_FILES}ファイル、{MOST_UNPACKED // 2**20}MBまでにするか、表ごとに取り込んでください。",
                )
            return {_table_of(info.filename): _content(packed, info) for info in inside if info.filename != "README.txt"}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise UnreadableError("ZIPが壊れているか、暗号がかかっています。", remedy="書き出したままのZIPを選んでください。") from error


def _content(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """What the file says it holds; one that lies about its size is refused by the checksum."""
    if info.flag_bits & 1 or info.compress_type not in _PACKED:
        raise zipfile.BadZipFile("encrypted, or packed in another way")
    with packed.open(info) as inside:
        return inside.read(info.file_size + 1)


def _table_of(name: str) -> str:
    bare = name.replace("\\", "/").rpartition("/")[2]
    if not re.fullmatch(r"[a-z_]{1,40}( ?\(\d{1,3}\))?\.csv", bare):
        raise UnreadableError(
            f"「{name[:60]}」は、取り込めるファイルではありません。", remedy="書き出したZIPか、その中の「表の名前.csv」を選んでください。"
        )
    return bare.removesuffix(".csv").partition("(")[0].strip()


# ---------------------------------------------------------------------- the import
def check(db: Database, files: Mapping[str, bytes]) -> Report:
    """What taking these files in would do: tried on a copy, nothing is written."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        db.conn.backup(copy)
        copy.execute("pragma foreign_keys=on")
        copy.execute("begin")
        report = _take(Database(copy), files)
        copy.rollback()
        return report
    finally:
        copy.close()


def take(db: Database, files: Mapping[str, bytes], actor: str) -> Report:
    """Take them in, all or nothing. The report names what is wrong when nothing was written."""
    report = check(db, files)
    if report.faults:
        return report
    try:
        with writing(db):
            report = _take(db, files)
            if report.faults:  # somebody wrote since the check
                raise _NothingWrittenError
            audit(db, actor, "records.import", "records", "all", rows=report.rows)
    except _NothingWrittenError:
        return report
    report.written = True
    return report


class _NothingWrittenError(Exception):
    pass


def _take(db: Database, files: Mapping[str, bytes]) -> Report:
    """Write the rows in the transaction under way; with faults in the report the caller undoes it."""
    report, known = Report(), {table.name: table for table in tables(db)}
    order = list(known)
    directors, places = _directors(db), dict[tuple[str, int], _Line]()
    db.execute("pragma defer_foreign_keys = on")
    for name in sorted(files, key=lambda each: order.index(each) if each in known else -1):
        if name in ONLY_OUT:
            report.left_out.append(name)
        elif name not in known:
            report.add(Fault(f"{name}.csv", 1, "", "この名前の表はありません。ファイル名を、書き出した時のままにしてください"))
        else:
            _take_table(db, known[name], files[name], report, places)
    if not report.faults:
        _check_references(db, report, places)
    if directors and not _directors(db):
        report.add(Fault("staff.csv", 1, "role", "サインインできる責任者がいなくなります。責任者を1人は残してください"))
    return report


def _directors(db: Database) -> int:
    return int(
        value(db, "select count(*) from staff where active and role = 'director' and password_hash is not null and totp_sealed is not null")
    )


def _take_table(db: Database, table: Table, content: bytes, report: Report, places: dict[tuple[str, int], _Line]) -> None:
    file, seen = f"{table.name}.csv", dict[tuple[Any, ...], int]()
    report.rows[table.name] = 0
    nullable = {column.name: column.name not in _not_null(db, table.name) for column in table.columns}
    for line in _lines(table, content, nullable, report):
        key = tuple(line.values.get(name) for name in table.keys)
        if table.keys and key in seen:
            report.add(Fault(file, line.number, ", ".join(table.keys), f"{seen[key]}行目と同じ番号です。どちらかを消してください"))
            continue
        seen[key] = line.number
        if table.name == "facts" and str(line.values.get("name")).startswith(OWN_FACTS):
            continue
        try:
            rowid = _upsert(db, table, line.values)
        except sqlite3.Error as error:
            report.add(Fault(file, line.number, *_words(table, error)))
            continue
        places[(table.name, rowid)] = line
        report.rows[table.name] += 1


def _not_null(db: Database, table: str) -> set[str]:
    return {row["name"] for row in every(db, f"pragma table_info({table})") if row["notnull"] or row["pk"]}


def _lines(table: Table, content: bytes, nullable: Mapping[str, bool], report: Report) -> Iterator[_Line]:
    """The lines whose every cell is right; faults of the others go into the report."""
    file, header, last = f"{table.name}.csv", list[str](), 1
    try:
        for number, (end, cells) in enumerate(read(content)):
            begin, last = last, end + 1
            if number == 0:
                header = cells
                if not _header_is_right(table, header, report):
                    return
            elif number > MOST_ROWS:
                report.add(Fault(file, begin, "", f"{MOST_ROWS}行までです。分けて取り込んでください"))
                return
            elif len(cells) != len(header):
                report.add(Fault(file, begin, "", f"列が{len(cells)}個あります。見出しと同じ{len(header)}個にしてください"))
            else:
                values = _values(table, header, cells, nullable, begin, report)
                if values is not None:
                    yield _Line(begin, values)
        if not header:
            report.add(Fault(file, 1, "", "空のファイルです。見出しの行から入れてください"))
    except UnicodeDecodeError:
        report.add(Fault(file, last, "", "文字コードがUTF-8ではありません。「CSV UTF-8」で保存し直してください"))
    except csv.Error:
        report.add(Fault(file, last, "", 'CSVの形になっていません。引用符（"）の数を確かめてください'))


def _header_is_right(table: Table, header: list[str], report: Report) -> bool:
    file = f"{table.name}.csv"
    unknown = [name for name in header if table.column(name) is None]
    missing = [column.name for column in table.columns if column.needed and column.name not in header]
    twice = {name for name in header if header.count(name) > 1}
    for name in unknown:
        report.add(Fault(file, 1, name[:60], "この列はありません。見出しを、書き出した時のままにしてください"))
    for name in missing:
        report.add(Fault(file, 1, name, "この列がありません。見出しと列を足してください"))
    for name in sorted(twice - set(unknown)):
        report.add(Fault(file, 1, name, "同じ列が2つあります。1つにしてください"))
    return not (unknown or missing or twice)


def _values(
    table: Table, header: list[str], cells: list[str], nullable: Mapping[str, bool], line: int, report: Report
) -> dict[str, Any] | None:
    values, columns = dict[str, Any](), {column.name: column for column in table.columns}
    right = True
    for name, cell in zip(header, cells, strict=True):
        try:
            values[name] = parse(columns[name], inward(cell), nullable[name])
        except BadCell as fault:
            report.add(Fault(f"{table.name}.csv", line, name, str(fault)))
            right = False
    return values if right else None


def _upsert(db: Database, table: Table, values: Mapping[str, Any]) -> int:
    """Insert the row, or change the one with its key; the rowid. Raises sqlite3.IntegrityError, with nothing changed."""
    blanks = {name: blank for (of, name), blank in BLANK.items() if of == table.name}
    names = [*values, *(name for name in blanks if name not in values)]
    rest = [name for name in values if name not in table.keys]
    change = f"do update set {', '.join(f'{name} = excluded.{name}' for name in rest)}" if rest else "do nothing"
    db.execute(
        f"insert into {table.name} ({', '.join(names)}) values ({', '.join('?' for _ in names)})"  # noqa: S608 (names are the table's own)
        + (f" on conflict ({', '.join(table.keys)}) {change}" if table.keys else ""),
        [values.get(name, blanks.get(name)) for name in names],
    )
    same = " and ".join(f"{name} = ?" for name in table.keys)
    return int(value(db, f"select rowid from {table.name} where {same}", [values[name] for name in table.keys]))  # noqa: S608 (ours)


def _words(table: Table, error: sqlite3.Error) -> tuple[str, str]:
    """Column and message for what SQLite refused."""
    text = str(error)
    if found := re.search(r"index '(\w+)'", text):
        return "", f"ほかの行と重なっています（{found[1]}）。どちらかを直してください"
    if found := re.search(r"(UNIQUE|NOT NULL) constraint failed: (.+)", text):
        columns = ", ".join(part.rpartition(".")[2] for part in found[2].split(", "))
        return columns, "ほかの行と同じ値です。別の値にしてください" if found[1] == "UNIQUE" else "空にできません。入力してください"
    if found := re.search(r"CHECK constraint failed: (.+)", text):
        column = next((each.name for each in table.columns if re.search(rf"\b{each.name}\b", found[1])), "")
        choices = re.findall(r"'([a-z_]+)'", found[1])
        return column, f"次のどれかにしてください: {', '.join(choices)}" if choices else f"決まりに合いません（{found[1]}）。直してください"
    return "", "この行は取り込めません。書き出したファイルと比べて直してください"


def _check_references(db: Database, report: Report, places: Mapping[tuple[str, int], _Line]) -> None:
    for row in every(db, "pragma foreign_key_check"):
        line = places.get((row["table"], row["rowid"]))
        refers = {each["id"]: each["from"] for each in every(db, f"pragma foreign_key_list({row['table']})")}
        column = refers.get(row["fkid"], "")
        wanted = f"「{line.values.get(column)}」は" if line else ""
        report.add(
            Fault(
                f"{row['table']}.csv",
                line.number if line else 0,
                column,
                f"{wanted}{row['parent']}.csv にありません。番号を確かめるか、先に {row['parent']}.csv を取り込んでください",
            )
        )
