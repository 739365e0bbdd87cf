"""The senior course gives the qualification: who was there often enough, and who of them is a mentor already.

Whoever completed it becomes an *assistant* unless staff chooses otherwise: the course is the training, and assistants stand beside a lead
as it is. "Trainee" is for those who are still to learn beside a lead, "lead" is granted by hand only, to people one has seen at work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from web.clock import now, stamp
from web.data import Row, every, one, value, writing
from web.mentors import letters, records
from web.mentors.rules import KINDS, Kind, best_kind, completed, end_of_term

PROGRAMME = "7-3"
PERCENT = 80
"""Of the sessions held, at which somebody must have been."""
YEARS = 3
"""Fiscal years for which the qualification holds, the one under way included."""

Standing = Literal["new", "has", "no_mentor", "too_few"]


@dataclass(frozen=True)
class Graduate:
    """One participant: ``present`` of ``held`` sessions. ``mentor`` where they are one. ``standing``: new: is granted; has: as much or
    more is valid already, or this course gave it; no_mentor: completed, may be invited; too_few: not completed."""

    participant: Row
    present: int
    held: int
    mentor: Row | None
    standing: Standing


def courses(db: Database) -> list[Row]:
    """Classes of the programme for seniors, newest first, with how many sessions were held."""
    return every(
        db,
        "select classes.*, (select count(*) from sessions where class = classes.id and sessions.state = 'held') as held,"
        " (select max(starts_at) from sessions where class = classes.id) as last_at,"
        " (select count(*) from qualifications where class = classes.id) as granted"
        " from classes where programme = ? and audience = 'seniors' and state = 'published' order by last_at desc",
        (PROGRAMME,),
    )


def course_of(db: Database, class_id: str) -> Row | None:
    return next((row for row in courses(db) if row["id"] == class_id), None)


def graduates(db: Database, class_id: str, kind: Kind = "assistant", percent: int = PERCENT) -> list[Graduate]:
    """Everybody who came at least once, with what would become of them."""
    held = int(value(db, "select count(*) from sessions where class = ? and state = 'held'", (class_id,)))
    rows = every(
        db,
        "select coalesce(participants.same_as, participants.id) as person, min(participants.id) as id, participants.name,"
        " participants.kana, participants.family, families.email, families.guardian_name, families.language,"
        " count(distinct attendances.session) as present"
        " from attendances join sessions on sessions.id = attendances.session"
        " join participants on participants.id = attendances.participant"
        " join families on families.id = participants.family where sessions.class = ? and sessions.state = 'held'"
        " and attendances.state = 'present' and participants.erased_at is null group by 1 order by participants.kana, participants.name",
        (class_id,),
    )
    return [_graduate(db, class_id, row, held, kind, percent) for row in rows]


def _graduate(db: Database, class_id: str, row: Row, held: int, kind: Kind, percent: int) -> Graduate:
    mentor = _mentor_of(db, row)
    standing: Standing = "new"
    if not completed(row["present"], held, percent):
        standing = "too_few"
    elif mentor is None:
        standing = "no_mentor"
    elif _has(db, mentor["id"], class_id, kind):
        standing = "has"
    return Graduate(row, row["present"], held, mentor, standing)


def _has(db: Database, mentor: str, class_id: str, kind: Kind) -> bool:
    if value(db, "select 1 from qualifications where mentor = ? and class = ?", (mentor, class_id)):
        return True
    best = best_kind(records.qualifications_of(db, mentor), now().date())
    return best is not None and KINDS.index(best) > KINDS.index(kind)


def _mentor_of(db: Database, person: Row) -> Row | None:
    """The mentor who is this participant: linked before, or with the family's address and the same name (a couple may share an address)."""
    linked = one(
        db,
        "select mentors.* from mentors join participants on participants.id = mentors.participant"
        " where coalesce(participants.same_as, participants.id) = ? and mentors.erased_at is null",
        (person["person"],),
    )
    if linked or not person["email"]:
        return linked
    mentor = records.by_email(db, person["email"])
    same = mentor and (
        _bare(mentor["name"]) == _bare(person["name"]) or (mentor["kana"] and _bare(mentor["kana"]) == _bare(person["kana"]))
    )
    return mentor if same else None


_HIRAGANA = {katakana: katakana - 0x60 for katakana in range(ord("ァ"), ord("ヶ") + 1)}


def _bare(name: str) -> str:
    """Without spaces, kana as hiragana."""
    return "".join(name.split()).translate(_HIRAGANA)


def grant_after_course(
    db: Database, class_id: str, actor: str, *, kind: Kind = "assistant", percent: int = PERCENT, invite: bool = False
) -> Sequence[Graduate]:
    """Give the qualification to all who completed the course and are mentors; with ``invite`` the others get a mail that asks them to
    become one. It may be asked again later, for those who joined meanwhile. Those to whom it was granted now."""
    with writing(db):
        course = course_of(db, class_id)
        if course is None or kind == "lead":
            return []
        found = graduates(db, class_id, kind, percent)
        new = [one for one in found if one.standing == "new"]
        for one in new:
            assert one.mentor is not None  # noqa: S101 (what "new" says)
            _grant(db, one.mentor, one.participant["id"], course, kind, actor)
        if invite:
            for one in found:
                if one.standing == "no_mentor" and one.participant["email"]:
                    letters.invited(db, {**one.participant, "id": one.participant["family"]}, course)
        return new


def _grant(db: Database, mentor: Row, participant: str, course: Row, kind: Kind, actor: str) -> None:
    today = now().date()
    if mentor["participant"] is None:
        records.change(db, mentor["id"], {"participant": participant}, actor)
    records.grant(db, mentor["id"], kind, today, end_of_term(today, YEARS), actor, **{"class": course["id"]})
    if mentor["state"] in ("applied", "training"):
        records.change(db, mentor["id"], {"state": "active"}, actor)


def is_over(course: Row) -> bool:
    """Has the last session begun?"""
    return bool(course["last_at"]) and course["last_at"] <= stamp()
