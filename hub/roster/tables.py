"""The OneRoster files we read: which columns matter, which must be there, what they point at.

Column names are compared without regard to case (the Japan profile itself has been published with both
``metadata.jp.ShussekiNo`` and ``metadata.jp.shussekiNo``). Columns not named here are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.roster.checks import BOOLEAN, DATE, EMAIL, GRADE, NUMBER, STATUS, TIMESTAMP, Check, one_of


@dataclass(frozen=True, slots=True)
class Column:
    """``many``: a comma-separated list. ``refers``: the file whose sourcedId the value names."""

    name: str
    required: bool = False
    check: Check | None = None
    refers: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    file: str
    columns: tuple[Column, ...]

    @property
    def manifest_name(self) -> str:
        """The manifest's property that says how this file is delivered, e.g. ``file.users``."""
        return f"file.{self.file.removesuffix('.csv')}"


COMMON = (Column("sourcedId", required=True), Column("status", check=STATUS), Column("dateLastModified", check=TIMESTAMP))

USER_ROLES = (
    "administrator", "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor",
    "relative", "siteAdministrator", "student", "systemAdministrator", "teacher",
)  # fmt: skip
ADMINISTRATORS = frozenset({"administrator", "districtAdministrator", "principal", "siteAdministrator", "systemAdministrator"})
ROLE = one_of("役割(role)", *USER_ROLES)
ROLE_TYPE = one_of("役割の種類(roleType)", "primary", "secondary")
ENROLLMENT_ROLE = one_of("クラスでの役割(role)", "administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher")
ORG_TYPE = one_of("組織の種類(type)", "department", "district", "local", "national", "school", "state")
CLASS_TYPE = one_of("クラスの種類(classType)", "homeroom", "scheduled")

ORGS = Table(
    "orgs.csv",
    (
        *COMMON,
        Column("name", required=True),
        Column("type", required=True, check=ORG_TYPE),
        Column("identifier"),
        Column("parentSourcedId", refers="orgs.csv"),
    ),
)
SESSIONS = Table("academicsessions.csv", (*COMMON, Column("startDate", check=DATE), Column("endDate", check=DATE)))
COURSES = Table("courses.csv", COMMON)
CLASSES = Table(
    "classes.csv",
    (
        *COMMON,
        Column("title", required=True),
        Column("grades", check=GRADE, many=True),
        Column("courseSourcedId", refers="courses.csv"),
        Column("classCode"),
        Column("classType", check=CLASS_TYPE),
        Column("schoolSourcedId", required=True, refers="orgs.csv"),
        Column("termSourcedIds", refers="academicsessions.csv", many=True),
    ),
)
USERS = Table(
    "users.csv",
    (
        *COMMON,
        Column("enabledUser", check=BOOLEAN),
        Column("givenName", required=True),
        Column("familyName", required=True),
        Column("email", check=EMAIL),
        Column("grades", check=GRADE, many=True),
        Column("role", check=ROLE),  # 1.1 only; 1.2 has roles.csv
        Column("orgSourcedIds", refers="orgs.csv", many=True),  # 1.1 only
        Column("primaryOrgSourcedId", refers="orgs.csv"),
        Column("metadata.jp.kanaGivenName"),
        Column("metadata.jp.kanaFamilyName"),
        Column("metadata.jp.homeClass", refers="classes.csv"),
    ),
)
ROLES = Table(
    "roles.csv",
    (
        *COMMON,
        Column("userSourcedId", required=True, refers="users.csv"),
        Column("roleType", check=ROLE_TYPE),
        Column("role", required=True, check=ROLE),
        Column("beginDate", check=DATE),
        Column("endDate", check=DATE),
        Column("orgSourcedId", refers="orgs.csv"),
    ),
)
ENROLLMENTS = Table(
    "enrollments.csv",
    (
        *COMMON,
        Column("classSourcedId", required=True, refers="classes.csv"),
        Column("schoolSourcedId", refers="orgs.csv"),
        Column("userSourcedId", required=True, refers="users.csv"),
        Column("role", required=True, check=ENROLLMENT_ROLE),
        Column("primary", check=BOOLEAN),
        Column("beginDate", check=DATE),
        Column("endDate", check=DATE),
        Column("metadata.jp.ShussekiNo", check=NUMBER),
    ),
)

TABLES = (ORGS, SESSIONS, COURSES, CLASSES, USERS, ROLES, ENROLLMENTS)
NEEDED = (ORGS, CLASSES, USERS, ENROLLMENTS)
"""What a delivery without a manifest must hold. With one, the manifest says what is absent."""
