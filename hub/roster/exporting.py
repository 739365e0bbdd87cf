"""The roster as a OneRoster delivery; importing it again changes nothing."""

from __future__ import annotations

from pathlib import Path

from hub.roster.applying import load_state
from hub.roster.checks import GRADES
from hub.roster.records import ClassRecord, EnrollmentRecord, PersonRecord, RosterState, SchoolRecord
from hub.roster.store import Roster
from hub.roster.writing import Line, write_delivery

GRADE_NAMES = {year: name for name, year in GRADES.items()}
ROLE_NAMES = {"student": "student", "teacher": "teacher", "operator": "siteAdministrator"}


def export_oneroster(roster: Roster, target: Path) -> dict[str, int]:
    """Write schools, classes, people and enrollments that are in force to a folder, or to a ZIP (``….zip``).

    Those who have left and those who were added by hand (they have no sourcedId) are not in it. Returns how many lines
    each file has.
    """
    state = load_state(roster.db)
    files = {
        "orgs.csv": [_org(record) for record in state.schools.values() if record.active],
        "classes.csv": [_class(record) for record in state.classes.values() if record.active],
        "users.csv": [_user(record) for record in state.people.values() if record.active],
        "roles.csv": [_role(record) for record in state.people.values() if record.active],
        "enrollments.csv": [_enrollment(record, state) for record in state.enrollments.values() if _in_force(record, state)],
    }
    write_delivery(target, files)
    return {name: len(lines) for name, lines in files.items()}


def _in_force(record: EnrollmentRecord, state: RosterState) -> bool:
    return record.active and state.people[record.user_id].active and state.classes[record.class_id].active


def _org(record: SchoolRecord) -> Line:
    return {
        "sourcedId": record.sourced_id, "name": record.name, "type": record.kind, "identifier": record.code,
        "parentSourcedId": record.parent,
    }  # fmt: skip


def _class(record: ClassRecord) -> Line:
    return {
        "sourcedId": record.sourced_id, "title": record.title, "grades": ",".join(GRADE_NAMES[year] for year in record.grades),
        "courseSourcedId": record.course_ref, "classCode": record.class_code, "classType": record.class_type,
        "schoolSourcedId": record.school, "termSourcedIds": record.terms,
    }  # fmt: skip


def _user(record: PersonRecord) -> Line:
    return {
        "sourcedId": record.sourced_id, "enabledUser": "true", "username": record.sourced_id,
        "givenName": record.given_name, "familyName": record.family_name, "email": record.email or "",
        "grades": GRADE_NAMES[record.grade] if record.grade else "", "primaryOrgSourcedId": record.school,
        "metadata.jp.kanaGivenName": record.given_kana, "metadata.jp.kanaFamilyName": record.family_kana,
    }  # fmt: skip


def _role(record: PersonRecord) -> Line:
    return {
        "sourcedId": f"role-{record.sourced_id}", "userSourcedId": record.sourced_id, "roleType": "primary",
        "role": ROLE_NAMES[record.role], "orgSourcedId": record.school,
    }  # fmt: skip


def _enrollment(record: EnrollmentRecord, state: RosterState) -> Line:
    return {
        "sourcedId": record.sourced_id, "classSourcedId": record.class_id,
        "schoolSourcedId": state.classes[record.class_id].school, "userSourcedId": record.user_id, "role": record.role,
        "primary": str(record.primary).lower(), "beginDate": record.begins or "", "endDate": record.ends or "",
        "metadata.jp.ShussekiNo": record.number or "",
    }  # fmt: skip
