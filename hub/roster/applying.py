"""From a roster file to the roster: read, merge, and write all changes in one transaction or none."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from hub.roster import ids
from hub.roster.merge import Change, merge
from hub.roster.oneroster import KnownIds, read_oneroster
from hub.roster.records import ClassRecord, EnrollmentRecord, PersonRecord, Record, RosterState, SchoolRecord
from hub.roster.store import Roster, bump_version, last_is_bool

Progress = Callable[[str, int, int], None]
"""Called with a stage ("read", "merge", "write"), how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did (or would do). ``version`` is the roster's afterwards."""

    changes: list[Change] = field(repr=False)
    version: int
    applied: bool

    def counts(self) -> Counter[tuple[str, str]]:
        """How many of each: (what, kind), e.g. ``("student", "leave")``."""
        return Counter((what(change), change.kind) for change in self.changes)


def what(change: Change) -> str:
    """What a change is about: a person's role, "class", "school" or "enrollment"."""
    match change.after:
        case PersonRecord(role=role):
            return role
        case ClassRecord():
            return "class"
        case SchoolRecord():
            return "school"
    return "enrollment"


def apply_oneroster(
    roster: Roster,
    folder_or_zip: Path,
    *,
    full: bool = False,
    administrators: bool = False,
    dry_run: bool = False,
    today: datetime.date | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Report:
    """Bring the roster in line with a OneRoster delivery.

    ``full``: the delivery is the whole city; who is missing has left. ``administrators``: they become operators.
    ``today``: enrollments that ended before it no longer count. Raises RosterError, with every bad row, and changes
    nothing; a crash at any moment changes nothing either.
    """
    progress("read", 0, 1)
    content = read_oneroster(Path(folder_or_zip), known_ids(roster.db))
    progress("merge", 0, 1)
    day = today or datetime.date.today()
    if dry_run:
        changes = merge(load_state(roster.db), content, today=day, full=full, administrators=administrators)
        return Report(changes, roster.version(), applied=False)
    with roster.write() as db:
        changes = merge(load_state(db), content, today=day, full=full, administrators=administrators)
        if changes:
            _Writing(db).write(changes, progress)
            bump_version(db)
    return Report(changes, roster.version(), applied=True)


# ---------------------------------------------------------------------- reading the state
def known_ids(db: Database) -> KnownIds:
    def first(select: str) -> frozenset[str]:
        return frozenset(key for (key,) in db.execute(select))

    return KnownIds(
        schools=first("select sourced_id from schools"),
        classes=first("select sourced_id from classes"),
        people=first("select sourced_id from people where sourced_id is not null"),
    )


def load_state(db: Database) -> RosterState:
    """Everything that came from files, as records."""
    state = RosterState()
    for row in db.execute("select sourced_id, name, kind, code, parent, active from schools"):
        state.schools[row[0]] = SchoolRecord(*last_is_bool(row))
    for row in db.execute(
        "select sourced_id, role, family_name, given_name, family_kana, given_kana, grade, email, school, active"
        " from people where sourced_id is not null"
    ):
        state.people[row[0]] = PersonRecord(*last_is_bool(row))
    for key, title, grades, *rest in db.execute(
        "select sourced_id, title, grades, school, class_code, class_type, course_ref, terms, active from classes"
    ):
        years = tuple(int(grade) for grade in grades.split(",") if grade)
        state.classes[key] = ClassRecord(key, title, years, *last_is_bool(tuple(rest)))
    for row in db.execute(
        "select e.sourced_id, c.sourced_id, p.sourced_id, e.role, e.number, e.is_primary, e.begins, e.ends, e.active"
        " from enrollments e join classes c using (course) join people p using (account) where p.sourced_id is not null"
    ):
        *who, primary, begins, ends, active = row
        record = EnrollmentRecord(*(*who, bool(primary), _date(begins), _date(ends), bool(active)))
        state.enrollments[record.key] = record
    return state


def _date(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


# ---------------------------------------------------------------------- writing the changes
class _Table(NamedTuple):
    name: str
    key: str | tuple[str, ...]


TABLES: dict[type[Record], _Table] = {
    SchoolRecord: _Table("schools", "sourced_id"),
    ClassRecord: _Table("classes", "course"),
    PersonRecord: _Table("people", "account"),
    EnrollmentRecord: _Table("enrollments", ("course", "account", "role")),
}


class _Writing:
    """Turns records into rows, and gives what is new its opaque id. Runs inside the caller's transaction."""

    CHUNK = 500

    def __init__(self, db: Database) -> None:
        self.db = db
        self.accounts: dict[str, str] = dict(db.execute("select sourced_id, account from people where sourced_id is not null"))
        self.courses: dict[str, str] = dict(db.execute("select sourced_id, course from classes"))
        self.codes: dict[str, str] = dict(db.execute("select course, signin_code from classes"))
        self.taken_accounts = {account for (account,) in db.execute("select account from people")}
        self.taken_courses = set(self.codes)
        self.taken_codes = set(self.codes.values())

    def write(self, changes: list[Change], progress: Progress) -> None:
        # In merge's order, for what is pointed at comes before what points at it.
        done = 0
        for table, group in groupby(changes, key=lambda change: TABLES[type(change.after)]):
            rows = [self._row(change.after) for change in group]
            for start in range(0, len(rows), self.CHUNK):
                chunk = rows[start : start + self.CHUNK]
                self.db.table(table.name).upsert_all(chunk, pk=table.key)
                done += len(chunk)
                progress("write", done, len(changes))

    def _row(self, record: Record) -> dict[str, Any]:
        match record:
            case SchoolRecord():
                return self._school(record)
            case ClassRecord():
                return self._class(record)
            case PersonRecord():
                return self._person(record)
            case EnrollmentRecord():
                return self._enrollment(record)

    def _school(self, record: SchoolRecord) -> dict[str, Any]:
        return {
            "sourced_id": record.sourced_id, "name": record.name, "kind": record.kind, "code": record.code,
            "parent": record.parent, "active": int(record.active),
        }  # fmt: skip

    def _class(self, record: ClassRecord) -> dict[str, Any]:
        course = self.courses.get(record.sourced_id)
        if course is None:
            course = self.courses[record.sourced_id] = ids.new_course(self.taken_courses)
            self.taken_courses.add(course)
            self.codes[course] = ids.new_signin_code(self.taken_codes)
            self.taken_codes.add(self.codes[course])
        return {
            "course": course, "sourced_id": record.sourced_id, "title": record.title,
            "grades": ",".join(str(grade) for grade in record.grades), "school": record.school,
            "class_code": record.class_code, "class_type": record.class_type, "course_ref": record.course_ref,
            "terms": record.terms, "signin_code": self.codes[course], "active": int(record.active),
        }  # fmt: skip

    def _person(self, record: PersonRecord) -> dict[str, Any]:
        account = self.accounts.get(record.sourced_id)
        if account is None:
            account = self.accounts[record.sourced_id] = ids.new_account(self.taken_accounts)
            self.taken_accounts.add(account)
        return {
            "account": account, "sourced_id": record.sourced_id, "role": record.role,
            "family_name": record.family_name, "given_name": record.given_name,
            "family_kana": record.family_kana, "given_kana": record.given_kana,
            "grade": record.grade, "email": record.email, "school": record.school, "active": int(record.active),
        }  # fmt: skip

    def _enrollment(self, record: EnrollmentRecord) -> dict[str, Any]:
        return {
            "course": self.courses[record.class_id], "account": self.accounts[record.user_id], "role": record.role,
            "sourced_id": record.sourced_id, "number": record.number, "is_primary": int(record.primary),
            "begins": record.begins and record.begins.isoformat(), "ends": record.ends and record.ends.isoformat(),
            "active": int(record.active),
        }  # fmt: skip
