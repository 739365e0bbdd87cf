"""Reading a OneRoster CSV delivery (1.1 and 1.2, Japan profile): all rows are checked before anything is believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hub.roster import tables
from hub.roster.building import Building
from hub.roster.checks import SCHOOL_CODE
from hub.roster.errors import Problem, RosterError
from hub.roster.reading import Problems, Row, Rows, decode, read_table
from hub.roster.records import Content
from hub.roster.source import Source, open_source
from hub.roster.tables import CLASSES, ENROLLMENTS, ORGS, ROLES, USERS, Table

MANIFEST = "manifest.csv"
DELIVERIES = ("absent", "bulk", "delta")


@dataclass(frozen=True, slots=True)
class KnownIds:
    """sourcedIds that the roster already has: a delta may point at them without repeating them."""

    schools: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def of(self, table: Table) -> frozenset[str]:
        return {ORGS: self.schools, CLASSES: self.classes, USERS: self.people}.get(table, frozenset())


NOTHING_KNOWN = KnownIds()


def read_oneroster(path: Path, known: KnownIds = NOTHING_KNOWN) -> Content:
    """The content of the folder or ZIP at ``path``.

    Raises RosterError with every problem of every row if there is any; there is no half-read content.
    """
    source = open_source(path)
    problems: Problems = []
    delivery = _read_manifest(source, problems)
    read = {table: _read(table, source, delivery, problems) for table in tables.TABLES}
    if not problems and not any(rows.by_id for rows in read.values()):
        problems.append(Problem(path.name, 0, "", "名簿の行が 1 つもありません。", "OneRoster の CSV が入っているか確かめてください。"))
    for rows in read.values():
        _check_references(rows, read, known, problems)
    _check_schools(read[ORGS], problems)
    _check_dates(read[ROLES], problems)
    _check_dates(read[ENROLLMENTS], problems)
    content = Building(read, known.people, problems).content()
    if problems:
        raise RosterError.of(problems)
    content.delivered = frozenset(table.file for table, rows in read.items() if rows.columns)
    content.bulk = frozenset(table.file for table in tables.TABLES if delivery.get(table.file) == "bulk")
    return content


def _read_manifest(source: Source, problems: Problems) -> dict[str, str]:
    """How each file is delivered, by file name. A delivery without a manifest is taken for additions only."""
    if MANIFEST not in source.names():
        return {}
    text = decode(MANIFEST, source.read(MANIFEST), problems) or ""
    said: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, value = line.partition(",")
        said[name.strip(' "').casefold()] = (number, value.strip(' "').casefold())
    delivery = {}
    for table in tables.TABLES:
        number, value = said.get(table.manifest_name, (0, "absent"))
        if value not in DELIVERIES:
            remedy = f"{'、'.join(DELIVERIES)} のどれかにしてください。"
            problems.append(Problem(MANIFEST, number, table.manifest_name, "書き方が正しくありません。", remedy))
        delivery[table.file] = value
    return delivery


def _read(table: Table, source: Source, delivery: dict[str, str], problems: Problems) -> Rows:
    here = table.file in source.names()
    wanted = delivery[table.file] != "absent" if delivery else here or table in tables.NEEDED
    if wanted and here:
        return read_table(table, source.read(table.file), problems)
    if wanted:
        said = "manifest.csv にはありますが、" if delivery else ""
        problems.append(Problem(table.file, 0, "", f"{said}ファイルがありません。", "ファイルを加えてください。"))
        return Rows(table, whole=False)
    if here:
        remedy = "manifest.csv を bulk か delta に直すか、ファイルを除いてください。"
        problems.append(Problem(table.file, 0, "", "manifest.csv では absent(なし)です。", remedy))
    return Rows(table)


def _check_references(rows: Rows, read: dict[Table, Rows], known: KnownIds, problems: Problems) -> None:
    by_file = {table.file: table for table in tables.TABLES}
    for column in rows.table.columns:
        if not column.refers or column.name not in rows.columns:
            continue
        target = by_file[column.refers]
        # courses and sessions are only checked when they are part of the delivery: we do not keep them.
        if not read[target].whole or (target not in tables.NEEDED and not read[target].columns):
            continue
        there = read[target].by_id.keys() | known.of(target)
        for row in rows.by_id.values():
            named = row.many(column.name) if column.many else [row[column.name]]
            if any(reference and reference not in there for reference in named):
                message, remedy = f"この ID は {column.refers} にありません。", f"ID を直すか、{column.refers} に行を加えてください。"
                problems.append(Problem(rows.table.file, row.line, column.name, message, remedy))


def _check_schools(orgs: Rows, problems: Problems) -> None:
    for row in orgs.by_id.values():
        code = row["identifier"]
        if row["type"] == "school" and code and not SCHOOL_CODE.holds(code):
            problems.append(Problem(ORGS.file, row.line, "identifier", SCHOOL_CODE.complaint(code), SCHOOL_CODE.remedy))


def _check_dates(rows: Rows, problems: Problems) -> None:
    for row in rows.by_id.values():
        if _backwards(row):
            message, remedy = "終わりの日が、始まりの日より前です。", "beginDate と endDate を確かめてください。"
            problems.append(Problem(rows.table.file, row.line, "endDate", message, remedy))


def _backwards(row: Row) -> bool:
    # Both are YYYY-MM-DD (or a problem already), so that text order is the order of days.
    return bool(row["beginDate"] and row["endDate"] and row["endDate"] < row["beginDate"])
