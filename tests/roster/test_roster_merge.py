"""The merging rules as tables of cases: the roster before, the file, what changes. No database, no clock."""

from __future__ import annotations

import datetime
import random
from dataclasses import replace

import pytest

from hub.roster.merge import Change, merge
from hub.roster.records import (
    ClassRecord,
    Content,
    EnrollmentRecord,
    FilePerson,
    FileRole,
    PersonRecord,
    RosterState,
    SchoolRecord,
)
from hub.roster.tables import CLASSES, ENROLLMENTS, ORGS, USERS

TODAY = datetime.date(2026, 9, 1)
FILES = frozenset({ORGS.file, CLASSES.file, USERS.file, ENROLLMENTS.file})


def school(key: str, **more: object) -> SchoolRecord:
    return replace(SchoolRecord(key, f"学校{key}", "school", "", ""), **more)


def klass(key: str, at: str = "S", **more: object) -> ClassRecord:
    return replace(ClassRecord(key, f"{key}組", (5,), at), **more)


def person(key: str, role: str = "student", at: str = "S", **more: object) -> PersonRecord:
    return replace(PersonRecord(key, role, key, "名", "", "", 5 if role == "student" else None, None, at), **more)


def place(user: str, its_class: str, role: str = "student", **more: object) -> EnrollmentRecord:
    return replace(EnrollmentRecord(f"{user}@{its_class}", its_class, user, role), **more)


def standing(*records: object) -> RosterState:
    state = RosterState()
    for record in records:
        if isinstance(record, SchoolRecord):
            state.schools[record.sourced_id] = record
        elif isinstance(record, ClassRecord):
            state.classes[record.sourced_id] = record
        elif isinstance(record, PersonRecord):
            state.people[record.sourced_id] = record
        elif isinstance(record, EnrollmentRecord):
            state.enrollments[record.key] = record
    return state


def file(*records: object, bulk: bool = False, says: dict[str, FileRole | None] | None = None) -> Content:
    state = standing(*(record for record in records if not isinstance(record, EnrollmentRecord)))
    people = {key: FilePerson(record, (says or {}).get(key, record.role)) for key, record in state.people.items()}
    places = [record for record in records if isinstance(record, EnrollmentRecord)]
    return Content(state.schools, people, state.classes, places, delivered=FILES, bulk=FILES if bulk else frozenset())


def after(state: RosterState, changes: list[Change]) -> RosterState:
    """The state with the changes made, as the database would have it."""
    gathered = standing(*state.schools.values(), *state.classes.values(), *state.people.values(), *state.enrollments.values())
    made = standing(*(change.after for change in changes))
    gathered.schools |= made.schools
    gathered.classes |= made.classes
    gathered.people |= made.people
    gathered.enrollments |= made.enrollments
    return gathered


S, A, B = school("S"), klass("A"), klass("B")
HANA, KEN, MORI = person("hana"), person("ken"), person("mori", "teacher")
CITY = (S, A, B, HANA, KEN, MORI, place("hana", "A"), place("ken", "B"), place("mori", "A", "teacher"))


def but(records: tuple[object, ...], *without: object, plus: tuple[object, ...] = ()) -> tuple[object, ...]:
    return (*(record for record in records if record not in without), *plus)


LEFT = replace(HANA, active=False)

# name: (before, file, keywords of merge, expected changes as (kind, record after))
CASES = {
    "a new city": (standing(), file(*CITY), {}, [("add", record) for record in (S, A, B, HANA, KEN, MORI, *CITY[6:])]),
    "the same file": (standing(*CITY), file(*CITY, bulk=True), {}, []),
    "the same file with full": (standing(*CITY), file(*CITY), {"full": True}, []),
    "a new name": (
        standing(*CITY), file(replace(HANA, family_name="森")), {}, [("update", replace(HANA, family_name="森"))],
    ),
    "leaving by status": (standing(*CITY), file(LEFT), {}, [("leave", LEFT)]),
    "leaving keeps what is known": (
        standing(*CITY), file(replace(HANA, family_name="", active=False)), {}, [("leave", LEFT)],
    ),
    "leaving twice": (standing(*but(CITY, HANA, plus=(LEFT,))), file(LEFT), {}, []),
    "one who left before we knew them": (standing(S), file(LEFT), {}, []),
    "returning": (standing(*but(CITY, HANA, plus=(LEFT,))), file(HANA), {}, [("return", HANA)]),
    "missing from a delta": (standing(*CITY), file(*but(CITY, HANA, CITY[6])), {}, []),
    "missing from a complete file": (standing(*CITY), file(*but(CITY, HANA, CITY[6]), bulk=True), {}, [("leave", LEFT)]),
    "missing with full": (standing(*CITY), file(*but(CITY, HANA, CITY[6])), {"full": True}, [("leave", LEFT)]),
    "one who left is missing again": (
        standing(*but(CITY, HANA, plus=(LEFT,))), file(*but(CITY, HANA, CITY[6]), bulk=True), {}, [],
    ),
    "someone of another school is missing": (
        standing(*CITY, person("yu", at="T")), file(*CITY, bulk=True), {}, [],
    ),
    "a teacher who also teaches elsewhere is missing here": (
        standing(*CITY, school("T"), klass("C", "T"), place("mori", "C", "teacher")),
        file(*but(CITY, MORI, CITY[8]), bulk=True), {},
        [("leave", replace(CITY[8], active=False))],
    ),
    "someone without a school is missing": (standing(*CITY, person("yu", at="")), file(*CITY, bulk=True), {}, []),
    "a class is missing": (standing(*CITY), file(*but(CITY, B, CITY[7]), bulk=True), {}, [("leave", replace(B, active=False))]),
    "a place is missing": (
        standing(*CITY), file(*but(CITY, CITY[7]), bulk=True), {}, [("leave", replace(CITY[7], active=False))],
    ),
    "a move with a new place": (
        standing(*CITY), file(*but(CITY, CITY[6], plus=(place("hana", "B"),)), bulk=True), {},
        [("add", place("hana", "B")), ("leave", replace(CITY[6], active=False))],
    ),
    "a move that keeps the place's id, by delta": (
        standing(*CITY), file(place("hana", "B", sourced_id="hana@A")), {},
        [("add", place("hana", "B", sourced_id="hana@A")), ("leave", replace(CITY[6], active=False))],
    ),
    "two pupils who swap the ids of their places": (
        standing(*CITY), file(replace(CITY[6], sourced_id="ken@B"), replace(CITY[7], sourced_id="hana@A")), {},
        [("update", replace(CITY[6], sourced_id="ken@B")), ("update", replace(CITY[7], sourced_id="hana@A"))],
    ),
    "a place that ended yesterday": (
        standing(*CITY), file(replace(CITY[6], ends=datetime.date(2026, 8, 31))), {}, [("leave", replace(CITY[6], active=False))],
    ),
    "a place that ends today": (
        standing(*CITY), file(replace(CITY[6], ends=TODAY)), {}, [("update", replace(CITY[6], ends=TODAY))],
    ),
    "an old place and a new one in the same class": (
        standing(*CITY), file(replace(CITY[6], sourced_id="old", active=False), CITY[6]), {}, [],
    ),
    "a pupil becomes a teacher": (
        standing(*CITY), file(person("hana", "teacher")), {}, [("update", person("hana", "teacher"))],
    ),
    "an administrator without the option": (standing(S), file(person("boss", "teacher"), says={"boss": "administrator"}), {}, []),
    "an administrator with the option": (
        standing(S), file(person("boss", "teacher"), says={"boss": "administrator"}), {"administrators": True},
        [("add", person("boss", "operator"))],
    ),
    "an operator stays one without the option": (
        standing(S, person("boss", "operator")), file(person("boss", "teacher"), says={"boss": "administrator"}), {}, [],
    ),
    "an operator who is only a teacher now": (
        standing(S, person("boss", "operator")), file(person("boss", "teacher")), {}, [("update", person("boss", "teacher"))],
    ),
    "an operator who is an aide now": (
        standing(S, person("boss", "operator")), file(person("boss", "teacher"), says={"boss": "other"}), {},
        [("update", person("boss", "teacher"))],
    ),
    "an administrator who teaches": (
        standing(S, A), file(person("boss", "teacher"), place("boss", "A", "teacher"), says={"boss": "administrator"}), {},
        [("add", person("boss", "teacher")), ("add", place("boss", "A", "teacher"))],
    ),
    "an aide without a class has no account": (standing(S), file(person("aide", "teacher"), says={"aide": "other"}), {}, []),
    "a delta that does not say the role": (
        standing(*CITY), file(replace(HANA, role="teacher", given_name="花"), says={"hana": None}), {},
        [("update", replace(HANA, given_name="花"))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_merging(name):
    state, content, keywords, expected = CASES[name]
    changes = merge(state, content, today=TODAY, **keywords)
    assert [(change.kind, change.after) for change in changes] == expected
    assert merge(after(state, changes), content, today=TODAY, **keywords) == [], "the same file again changes nothing"


def test_any_sequence_of_files_settles_and_deletes_nothing():
    """Random cities, four files one after the other: each settles at once, nobody is lost, and the last file holds."""
    for seed in range(1500):
        chance = random.Random(seed)
        state = standing()
        for _ in range(4):
            content, full = random_file(chance), chance.random() < 0.3
            grown = after(state, merge(state, content, today=TODAY, full=full))
            assert merge(grown, content, today=TODAY, full=full) == [], f"seed {seed}"
            assert grown.people.keys() >= state.people.keys() and grown.enrollments.keys() >= state.enrollments.keys()
            for key, file_person in content.people.items():
                assert (key in grown.people and grown.people[key].active) == file_person.record.active, f"seed {seed}"
            if full:
                assert {key for key, record in grown.people.items() if record.active} <= content.people.keys()
            state = grown


def random_file(chance: random.Random) -> Content:
    schools = [school(key, active=chance.random() < 0.9) for key in "ST"]
    classes = [klass(f"{key}{at}", at, active=chance.random() < 0.9) for at in "ST" for key in "AB" if chance.random() < 0.8]
    people = [person(f"p{number}", at=chance.choice("ST"), active=chance.random() < 0.8) for number in range(8) if chance.random() < 0.8]
    places = [
        place(
            each.sourced_id, chance.choice(classes).sourced_id, sourced_id=f"e{chance.randrange(12)}-{number}", active=chance.random() < 0.9
        )
        for number, each in enumerate(people)
        if classes
    ]
    return file(*schools, *classes, *people, *places, bulk=chance.random() < 0.6)
