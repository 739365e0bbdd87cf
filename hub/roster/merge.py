"""What a roster file changes: a pure function of the roster as it stands, the file's content and the day.

The rules, in the words of a school's office:

- The file's sourcedId says who is who. Who comes back gets the same account.
- Nothing is deleted. Who leaves (``tobedeleted``, ``enabledUser`` false, missing from a complete file) becomes inactive.
- A file that its manifest calls ``bulk`` is complete for the schools that have a class in it, since one school's
  office can only speak for its own school. With ``full`` it is complete for the whole city.
- A pupil who moves to another class is in the new one only.
- Administrators become operators only if the one who imports says so.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from hub.roster.model import Role
from hub.roster.records import (
    ClassRecord,
    Content,
    EnrollmentKey,
    EnrollmentRecord,
    FilePerson,
    PersonRecord,
    Record,
    RosterState,
    SchoolRecord,
)
from hub.roster.tables import CLASSES, ENROLLMENTS, ORGS, USERS

Kind = Literal["add", "update", "leave", "return"]
K = TypeVar("K", bound=Hashable)
R = TypeVar("R", SchoolRecord, PersonRecord, ClassRecord, EnrollmentRecord)


@dataclass(frozen=True, slots=True)
class Change:
    """One record before and after. ``before`` is None for what is new."""

    kind: Kind
    before: Record | None
    after: Record


def merge(state: RosterState, content: Content, *, today: datetime.date, full: bool = False, administrators: bool = False) -> list[Change]:
    """The changes that bring ``state`` in line with ``content``, in an order in which they can be applied; empty if none.

    ``full``: whoever and whatever the content does not name has left. ``administrators``: make them operators.
    """
    merging = _Merging(state, content, today, full)
    schools = merging.schools()
    classes = merging.classes()
    people = merging.people(state.classes | classes, administrators)
    places = merging.places(state.classes | classes, state.people | people)
    return [
        *_changes(state.schools, schools),
        *_changes(state.classes, classes),
        *_changes(state.people, people),
        *_changes(state.enrollments, places),
    ]


class _Merging:
    """Each method says how the records that the file speaks of ought to be; who is not spoken of stays as is."""

    def __init__(self, state: RosterState, content: Content, today: datetime.date, full: bool) -> None:
        self.state, self.content, self.full = state, content, full
        self.wanted_places = _by_key(content.enrollments, today)
        self.complete_schools = {record.school for record in content.classes.values() if record.active}

    def schools(self) -> dict[str, SchoolRecord]:
        wanted = dict(self.content.schools)
        if self._complete(ORGS.file, set()):
            wanted |= {key: replace(old, active=False) for key, old in self.state.schools.items() if key not in wanted}
        return _settled(self.state.schools, wanted)

    def classes(self) -> dict[str, ClassRecord]:
        wanted = dict(self.content.classes)
        for key, old in self.state.classes.items():
            if key not in wanted and self._complete(CLASSES.file, {old.school}):
                wanted[key] = replace(old, active=False)
        return _settled(self.state.classes, wanted)

    def people(self, classes: Mapping[str, ClassRecord], administrators: bool) -> dict[str, PersonRecord]:
        teaching = {key.user_id for key, record in self.wanted_places.items() if key.role == "teacher" and record.active}
        wanted: dict[str, PersonRecord] = {}
        for key, person in self.content.people.items():
            role = _role(person, self.state.people.get(key), key in teaching, administrators)
            if role:
                wanted[key] = replace(person.record, role=role)
        schools = self._schools_by_person(classes)
        for key, old in self.state.people.items():
            if key not in self.content.people and self._complete(USERS.file, schools.get(key, set()) | ({old.school} - {""})):
                wanted[key] = replace(old, active=False)
        return _settled(self.state.people, wanted)

    def places(self, classes: Mapping[str, ClassRecord], people: Mapping[str, PersonRecord]) -> dict[EnrollmentKey, EnrollmentRecord]:
        # Guardians and the like have no account here, and so no place in a class.
        wanted = {key: new for key, new in self.wanted_places.items() if key.user_id in people and key.class_id in classes}
        for key in self._vacated(classes):
            # Those who have left keep their places, so that a return brings them back to their class.
            if people[key.user_id].active:
                wanted[key] = replace(self.state.enrollments[key], active=False)
        return _settled(self.state.enrollments, wanted)

    def _vacated(self, classes: Mapping[str, ClassRecord]) -> set[EnrollmentKey]:
        """Places of which the file shows, without naming them, that nobody has them any more."""
        # Some offices keep the enrollment's id when they write another class into it.
        named = {record.sourced_id for record in self.wanted_places.values()}
        return {
            key
            for key, old in self.state.enrollments.items()
            if old.active
            and key not in self.wanted_places
            and (
                old.sourced_id in named
                or (classes[key.class_id].active and self._complete(ENROLLMENTS.file, {classes[key.class_id].school}))
            )
        }

    def _schools_by_person(self, classes: Mapping[str, ClassRecord]) -> dict[str, set[str]]:
        """The schools at which each person keeps a place: one school's file cannot send away another's teacher."""
        kept = {key for key, old in self.state.enrollments.items() if old.active} - self._vacated(classes) - self.wanted_places.keys()
        kept |= {key for key, record in self.wanted_places.items() if record.active}
        schools: dict[str, set[str]] = {}
        for key in kept:
            if key.class_id in classes and classes[key.class_id].active:
                schools.setdefault(key.user_id, set()).add(classes[key.class_id].school)
        return schools

    def _complete(self, file: str, schools: set[str]) -> bool:
        """Whether what this file does not say about these schools is not so."""
        if self.full and file in self.content.delivered:
            return True
        return file in self.content.bulk and bool(schools) and schools <= self.complete_schools


def _role(person: FilePerson, old: PersonRecord | None, teaches: bool, administrators: bool) -> Role | None:
    """What someone is here; None for those who get no account."""
    if person.role in ("student", "teacher"):
        return person.role
    if person.role == "administrator" and (administrators or (old and old.role == "operator")):
        return "operator"
    if person.role is None:
        return old.role if old else None
    return "teacher" if teaches or old else None


def _by_key(enrollments: list[EnrollmentRecord], today: datetime.date) -> dict[EnrollmentKey, EnrollmentRecord]:
    """One record for each place in a class; of several (left and came back) the one in force, else the last."""
    wanted: dict[EnrollmentKey, EnrollmentRecord] = {}
    for record in enrollments:
        if record.ends is not None and record.ends < today:
            record = replace(record, active=False)
        if record.active or record.key not in wanted or not wanted[record.key].active:
            wanted[record.key] = record
    return wanted


def _settled(state: Mapping[K, R], wanted: Mapping[K, R]) -> dict[K, R]:
    """What is wanted, except that leaving changes nothing else about a record and never makes one."""
    settled: dict[K, R] = {}
    for key, new in wanted.items():
        old = state.get(key)
        if new.active:
            settled[key] = new
        elif old is not None:
            settled[key] = replace(old, active=False)
    return settled


def _changes(state: Mapping[K, R], settled: Mapping[K, R]) -> Iterator[Change]:
    for key, after in settled.items():
        before = state.get(key)
        if after != before:
            yield Change(_kind(before, after), before, after)


def _kind(before: R | None, after: R) -> Kind:
    if before is None:
        return "add"
    if before.active == after.active:
        return "update"
    return "return" if after.active else "leave"
