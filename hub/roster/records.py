"""The roster as plain values, in the roster file's own terms (its sourcedIds): what merging compares."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from hub.roster.model import Role

EnrollmentRole = Literal["student", "teacher"]
FileRole = Literal["student", "teacher", "administrator", "other"]
"""What a file says someone is; "other" is an adult with no say in a class (aide, guardian, …)."""


class EnrollmentKey(NamedTuple):
    """Who is what in which class. The file's own id of an enrollment may change from year to year; this does not."""

    class_id: str
    user_id: str
    role: EnrollmentRole


@dataclass(frozen=True, slots=True)
class SchoolRecord:
    sourced_id: str
    name: str
    kind: str
    code: str
    parent: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class PersonRecord:
    sourced_id: str
    role: Role
    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    family_kana: str = field(repr=False)
    given_kana: str = field(repr=False)
    grade: int | None
    email: str | None = field(repr=False)
    school: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class ClassRecord:
    sourced_id: str
    title: str
    grades: tuple[int, ...]
    school: str
    class_code: str = ""
    class_type: str = ""
    course_ref: str = ""
    terms: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class EnrollmentRecord:
    sourced_id: str
    class_id: str
    user_id: str
    role: EnrollmentRole
    number: int | None = None
    """Attendance number (出席番号)."""
    primary: bool = False
    begins: datetime.date | None = None
    ends: datetime.date | None = None
    active: bool = True

    @property
    def key(self) -> EnrollmentKey:
        return EnrollmentKey(self.class_id, self.user_id, self.role)


Record = SchoolRecord | PersonRecord | ClassRecord | EnrollmentRecord


@dataclass(frozen=True, slots=True)
class FilePerson:
    """A person as a file has them; what role they get here is merging's decision. None: the file does not say."""

    record: PersonRecord
    role: FileRole | None


@dataclass(slots=True)
class Content:
    """A checked delivery. ``delivered`` names its files, ``bulk`` those that list everything of their schools."""

    schools: dict[str, SchoolRecord] = field(default_factory=dict)
    people: dict[str, FilePerson] = field(default_factory=dict)
    classes: dict[str, ClassRecord] = field(default_factory=dict)
    enrollments: list[EnrollmentRecord] = field(default_factory=list)
    delivered: frozenset[str] = frozenset()
    bulk: frozenset[str] = frozenset()


@dataclass(slots=True)
class RosterState:
    """Everything that came from roster files, as it stands. People added by hand are not in it."""

    schools: dict[str, SchoolRecord] = field(default_factory=dict)
    people: dict[str, PersonRecord] = field(default_factory=dict)
    classes: dict[str, ClassRecord] = field(default_factory=dict)
    enrollments: dict[EnrollmentKey, EnrollmentRecord] = field(default_factory=dict)
