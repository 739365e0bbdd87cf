"""From checked rows to records; finds what only several rows together can show to be wrong."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from hub.roster.checks import GRADES, is_date
from hub.roster.errors import Problem
from hub.roster.model import tidy_email
from hub.roster.reading import Problems, Row, Rows
from hub.roster.records import ClassRecord, Content, EnrollmentRecord, EnrollmentRole, FilePerson, FileRole, PersonRecord, SchoolRecord
from hub.roster.tables import ADMINISTRATORS, CLASSES, ENROLLMENTS, ORGS, ROLES, USERS, Table

IN_CLASS: dict[str, EnrollmentRole] = {"student": "student", "teacher": "teacher"}


class Building:
    """Builds the content of one delivery; unsound rows are left out, since their problems are noted."""

    def __init__(self, read: dict[Table, Rows], known_people: Collection[str], problems: Problems) -> None:
        self.rows = {table: rows.by_id for table, rows in read.items()}
        self.problems = problems
        self.known_people = known_people
        self.roles_are_known = read[ROLES].whole and read[USERS].whole
        self.roles, self.orgs = self._roles_by_user("role" in read[USERS].columns)

    def content(self) -> Content:
        return Content(
            schools={key: self._school(key, row) for key, row in self.rows[ORGS].items()},
            people={key: self._person(key, row) for key, row in self.rows[USERS].items()},
            classes={key: self._class(key, row) for key, row in self.rows[CLASSES].items()},
            enrollments=[built for key, row in self.rows[ENROLLMENTS].items() if (built := self._enrollment(key, row))],
        )

    def _roles_by_user(self, in_users: bool) -> tuple[dict[str, FileRole], dict[str, str]]:
        """What each user is, and at which school: from users.csv (1.1) or roles.csv (1.2), the primary role first."""
        roles: dict[str, FileRole] = {}
        orgs: dict[str, str] = {}
        if in_users and not self.rows[ROLES]:
            for key, row in self.rows[USERS].items():
                if row["role"]:
                    roles[key] = _file_role(row["role"])
            return roles, orgs
        rows = [row for row in self.rows[ROLES].values() if not row.deleted]
        for row in sorted(rows, key=lambda row: row["roleType"] != "primary"):
            role, user = _file_role(row["role"]), row["userSourcedId"]
            orgs.setdefault(user, row["orgSourcedId"])
            if roles.setdefault(user, role) != role and "student" in (roles[user], role):
                self._problem(ROLES, row, "role", "児童生徒と大人の両方の役割があります。", "どちらか 1 つにしてください。")
        return roles, orgs

    def _school(self, key: str, row: Row) -> SchoolRecord:
        return SchoolRecord(key, row["name"], row["type"], row["identifier"], row["parentSourcedId"], not row.deleted)

    def _person(self, key: str, row: Row) -> FilePerson:
        role = self.roles.get(key)
        stays = not row.deleted and row["enabledUser"].casefold() != "false"
        if role is None and stays and self.roles_are_known and key not in self.known_people:
            where = ROLES.file if self.rows[ROLES] else "role の列"
            self._problem(USERS, row, "sourcedId", f"この人の役割が {where} にありません。", f"{where}に役割を加えてください。")
        grades = _grades(row)
        if role == "student" and len(grades) > 1:
            self._problem(USERS, row, "grades", f"児童生徒の学年が {len(grades)} つあります。", "学年は 1 つにしてください。")
        school = row["primaryOrgSourcedId"] or self.orgs.get(key, "") or next(iter(row.many("orgSourcedIds")), "")
        record = PersonRecord(
            sourced_id=key,
            role="student" if role == "student" else "teacher",
            family_name=row["familyName"],
            given_name=row["givenName"],
            family_kana=row["metadata.jp.kanaFamilyName"],
            given_kana=row["metadata.jp.kanaGivenName"],
            grade=grades[0] if role == "student" and grades else None,
            email=tidy_email(row["email"]),
            school=school,
            active=stays,
        )
        return FilePerson(record, role)

    def _class(self, key: str, row: Row) -> ClassRecord:
        return ClassRecord(
            sourced_id=key,
            title=row["title"],
            grades=_grades(row),
            school=row["schoolSourcedId"],
            class_code=row["classCode"],
            class_type=row["classType"],
            course_ref=row["courseSourcedId"],
            terms=row["termSourcedIds"],
            active=not row.deleted,
        )

    def _enrollment(self, key: str, row: Row) -> EnrollmentRecord | None:
        self._check_enrollment(row)
        role = IN_CLASS.get(row["role"])
        if role is None:
            return None
        number = row["metadata.jp.ShussekiNo"]
        return EnrollmentRecord(
            sourced_id=key,
            class_id=row["classSourcedId"],
            user_id=row["userSourcedId"],
            role=role,
            number=int(number) if number.isascii() and number.isdigit() else None,
            primary=row["primary"].casefold() == "true",
            begins=_date(row["beginDate"]),
            ends=_date(row["endDate"]),
            active=not row.deleted,
        )

    def _check_enrollment(self, row: Row) -> None:
        is_pupil = self.roles.get(row["userSourcedId"], "") == "student"
        if row["userSourcedId"] in self.roles and row["role"] in IN_CLASS and is_pupil != (row["role"] == "student"):
            remedy = "児童生徒は student、先生は teacher にしてください。"
            self._problem(ENROLLMENTS, row, "role", "クラスでの役割が、この人の役割と合いません。", remedy)
        its_class = self.rows[CLASSES].get(row["classSourcedId"])
        if its_class and row["schoolSourcedId"] and row["schoolSourcedId"] != its_class["schoolSourcedId"]:
            remedy = f"{CLASSES.file} の学校と合わせてください。"
            self._problem(ENROLLMENTS, row, "schoolSourcedId", "クラスの学校とちがう学校です。", remedy)

    def _problem(self, table: Table, row: Row, column: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(table.file, row.line, column, message, remedy))


def _file_role(word: str) -> FileRole:
    if word in ADMINISTRATORS:
        return "administrator"
    if word == "student":
        return "student"
    return "teacher" if word == "teacher" else "other"


def _grades(row: Row) -> tuple[int, ...]:
    return tuple(sorted({GRADES[grade] for grade in row.many("grades") if grade in GRADES}))


def _date(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if is_date(text) else None
