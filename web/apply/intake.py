"""From what was typed to rows: the family, its children, the application. For the form on the web, the telephone and the door alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from web.apply import places
from web.apply.consent import VERSION
from web.apply.places import Mode, Outcome, Via
from web.clock import stamp
from web.data import Row, every, one, writing
from web.ids import new_id
from web.language import Language


@dataclass(frozen=True)
class Guardian:
    """The grown-up who applies. ``email`` is None where there is none."""

    name: str
    phone: str
    kana: str = ""
    email: str | None = None
    language: Language = "ja"
    resident: bool = False
    emergency_name: str = ""
    emergency_phone: str = ""


@dataclass(frozen=True)
class Child:
    """Who takes part. ``id``: of a child of the family that is known already; ``answers``: question id → text."""

    name: str
    kana: str
    birth: date | None = None
    gender: str | None = None
    care_note: str = ""
    id: str | None = None
    answers: dict[str, str] = field(default_factory=dict)


def apply_for(
    db: Database, of_class: Row, guardian: Guardian, children: Sequence[Child], *, family: Row | None, mode: Mode, via: Via, key: str,
    moment: datetime, entered_by: str | None = None,
) -> Outcome:  # fmt: skip
    """Store the family (or what is new about it), its children and the application; see :func:`web.apply.places.add_application`."""
    with writing(db):
        if again := places.made_before(db, of_class["id"], key):
            return again
        kept = keep_family(db, guardian, family, via, moment)
        rows = [keep_child(db, kept["id"], child, moment) for child in children]
        answers = {row["id"]: child.answers for row, child in zip(rows, children, strict=True)}
        return places.add_application(
            db, of_class, kept, rows, mode=mode, via=via, key=key, answers=answers, language=guardian.language, entered_by=entered_by,
            moment=moment,
        )  # fmt: skip


def keep_family(db: Database, guardian: Guardian, family: Row | None, via: Via, moment: datetime, *, consent: bool = True) -> Row:
    """The family's row with what is told now: the one given, the one with this e-mail address, or a new one."""
    values: dict[str, Any] = {
        "guardian_name": guardian.name,
        "guardian_kana": katakana(guardian.kana),
        "phone": guardian.phone,
        "language": guardian.language,
        "resident": int(guardian.resident),
        "emergency_name": guardian.emergency_name or guardian.name,
        "emergency_phone": guardian.emergency_phone or guardian.phone,
    }
    if consent:
        values |= {"consent_version": VERSION, "consent_at": stamp(moment)}
    if guardian.email:
        values["email"] = guardian.email
        family = family or family_by_email(db, guardian.email)
    with writing(db):
        if family is None:
            family = {"id": new_id("family"), "via": via, "created_at": stamp(moment), **values}
            db.table("families").insert(family)
        else:
            db.table("families").update(family["id"], values)
    kept = one(db, "select * from families where id = ?", (family["id"],))
    assert kept is not None  # noqa: S101 (just written)
    return kept


def keep_child(db: Database, family: str, child: Child, moment: datetime) -> Row:
    """The child's row with what is told now: the known one, one of the family with the same reading and birth date, or a new one."""
    values: dict[str, Any] = {
        "name": child.name,
        "kana": katakana(child.kana),
        "birth_date": child.birth.isoformat() if child.birth else None,
        "gender": child.gender or None,
        "care_note": child.care_note,
    }
    known = next((row for row in children_of(db, family) if is_child(row, child)), None)
    with writing(db):
        if known is None:
            known = {"id": new_id("participant"), "family": family, "created_at": stamp(moment), **values}
            db.table("participants").insert(known)
        else:
            db.table("participants").update(known["id"], values)
    return {**known, **values}


def is_child(row: Row, child: Child) -> bool:
    """Is this row the child that was typed?"""
    if child.id:
        return bool(row["id"] == child.id)
    same_day = child.birth is not None and row["birth_date"] == child.birth.isoformat()
    return same_day and sound(row["kana"]) == sound(child.kana)


def children_of(db: Database, family: str) -> list[Row]:
    return every(db, "select * from participants where family = ? and erased_at is null order by birth_date, rowid", (family,))


def family_by_email(db: Database, email: str) -> Row | None:
    return one(db, "select * from families where email = ? and erased_at is null", (email,))


def own_key(email: str, key: str) -> str:
    """A form's key as it is stored: nobody gets at another address's application with a key that was used there."""
    return hashlib.sha256(f"{email}\n{key}".encode()).hexdigest()[:40]


def katakana(reading: str) -> str:
    return "".join(chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter for letter in reading)


def sound(reading: str) -> str:
    """A reading for comparing: katakana without spaces."""
    return katakana(reading).replace(" ", "")
