"""A row of everything, every personal column marked: what the public must never see stands in it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web import make
from web.access import ROLES, Role
from web.clock import now, stamp
from web.data import Row, every
from web.ids import new_id
from web.lottery import book
from web.staff.audit import audit

NAME, KANA, ADDRESS, PHONE, BIRTH = "ひみつ花子", "ヒミツハナコ", "himitsu", "0769998888", "2016-11-17"
MARKS = (NAME, KANA, ADDRESS, PHONE, BIRTH)
"""What stands in the personal columns of this world and must never be seen by the public."""

PERSONAL: dict[str, dict[str, str]] = {
    "families": {
        "guardian_name": NAME, "guardian_kana": KANA, "email": "{a}f", "phone": PHONE, "emergency_name": NAME, "emergency_phone": PHONE,
    },
    "participants": {"name": NAME, "kana": KANA, "birth_date": BIRTH, "care_note": NAME},
    "answers": {"text": NAME},
    "reviews": {"comment": NAME},
    "mentors": {"name": NAME, "kana": KANA, "email": "{a}m", "phone": PHONE, "notes": NAME},
    "qualifications": {"note": NAME},
    "staff": {"login": "{a}s", "name": NAME},
    "outreach_requests": {"contact_name": NAME, "email": "{a}o", "phone": PHONE, "notes": NAME},
    "reservations": {"borrower_name": NAME, "borrower_contact": PHONE, "borrower_email": "{a}r", "purpose": NAME},
    "mails": {"recipient": "{a}l", "subject": NAME, "body": NAME},
    "bounces": {"address": "{a}b", "reason": NAME},
}  # fmt: skip
"""Table → column → mark; ``{a}``: a mail address of its own a row."""

PEOPLE = ("families", "participants", "mentors", "staff", "applications", "entries")
"""Tables whose ids the public never sees either."""


def ids(db: Database, table: str) -> list[str]:
    return [str(row["id"]) for row in every(db, f"select id from {table} order by rowid")]


def make_rows(db: Database, settings: Settings) -> None:
    """One row at least of everything; then the personal columns are marked."""
    soon, ago = now() + timedelta(days=14), now() - timedelta(days=40)
    staff = {role: make.make_staff(db, role=role) for role in ROLES}
    place, skill = make.make_place(db), make.make_skill(db)
    mentors = [make.make_mentor(db, skills=(skill["id"],)) for _ in range(3)]
    db.execute("update staff set mentor = ? where id = ?", (mentors[0]["id"], staff["mentor"]["id"]))
    kit = make.make_kit(db)
    classes = {
        admission: make.make_class(db, admission=admission, sessions=2, place=place, capacity=3)
        for admission in ("first_come", "lottery", "selection")
    }
    past = make.make_class(db, starts=ago, place=place)
    make.make_class(db, programme=make.make_programme(db, "7-3")["id"], starts=ago, place=place, audience="seniors")
    make.make_session(db, past, place, now().replace(hour=8, minute=30), number=2)
    make.make_class(db, state="draft", title="したがき")
    question = {
        "id": new_id("question"),
        "class": classes["first_come"]["id"],
        "position": 1,
        "kind": "text",
        "text": "すきな色",
        "reason": "色を決めます",
    }
    db["class_questions"].insert(question)
    for made in classes.values():
        db["class_mentors"].insert({"class": made["id"], "skill": skill["id"], "role": "lead", "count": 1})
        db["class_kits"].insert({"class": made["id"], "kind": kit["id"], "count": 1})
    for number, state in enumerate(("accepted", "waiting", "offered")):
        family = make.make_family(db)
        children = [make.make_participant(db, family, gender="female", birth_date=BIRTH) for _ in range(2)]
        _, entries = make.make_application(db, classes["first_come"], family, children, state=state)
        for each in entries:
            db["answers"].insert({"entry": each["id"], "question": question["id"], "text": NAME})
            if state == "offered":
                db.execute("update entries set offered_until = ? where id = ?", (stamp(soon), each["id"]))
            if state == "waiting":
                db.execute("update entries set waiting_order = ? where id = ?", (number, each["id"]))
        make.make_application(db, classes["lottery"], family, children, state="applied")
        _, selected = make.make_application(db, classes["selection"], family, children[:1], state="applied")
        make.make_application(db, past, family, children)
        if number == 0:
            criterion = {"id": new_id("criterion"), "class": classes["selection"]["id"], "position": 1, "name": "やる気", "most": 5}
            db["criteria"].insert(criterion)
            db["reviewers"].insert({"class": classes["selection"]["id"], "staff": staff["reviewer"]["id"]})
            review = {
                "entry": selected[0]["id"],
                "reviewer": staff["reviewer"]["id"],
                "criterion": criterion["id"],
                "points": 3,
                "at": stamp(),
            }
            db["reviews"].insert({**review, "comment": NAME})
        for session in every(db, "select id from sessions where class = ?", (past["id"],)):
            for child in children:
                db["attendances"].insert(
                    {"session": session["id"], "participant": child["id"], "state": "present", "at": stamp(), "via": "qr",
                     "by": staff["duty"]["id"], "key": new_id("entry")}
                )  # fmt: skip
            db["headcounts"].insert(
                {"id": new_id("headcount"), "session": session["id"], "age_band": "preschool", "count": 4, "key": new_id("entry"),
                 "by": staff["duty"]["id"], "at": stamp()}
            )  # fmt: skip
    make.make_family(db, email=None, via="phone")
    db["reviewers"].insert({"class": classes["selection"]["id"], "staff": staff["director"]["id"]})
    audit(db, "public", "family.ask_erasure", "family", ids(db, "families")[0])
    _draws(db, settings, classes["lottery"], place)
    _work(db, classes, mentors, kit, staff)
    _mark(db)


def _draws(db: Database, settings: Settings, open_class: Row, place: Row) -> None:
    """A lottery that families can still enter, and one that was drawn."""
    over = make.make_class(db, admission="lottery", place=place, capacity=1, apply_to=stamp(now() - timedelta(hours=1)))
    for _ in range(2):
        family = make.make_family(db)
        make.make_application(db, over, family, [make.make_participant(db, family)], state="applied")
    for of_class in (open_class, over):
        book.commit(db, settings, of_class["id"], "system")
    book.freeze(db, over["id"], "system")
    book.preview(db, settings, over["id"], "system")
    book.confirm(db, settings, over["id"], "system")


def _work(db: Database, classes: dict[str, Any], mentors: list[Any], kit: Any, staff: dict[Role, Any]) -> None:
    soon = now() + timedelta(days=14)
    plan = {
        "id": new_id("plan"),
        "made_at": stamp(),
        "made_by": staff["director"]["id"],
        "from_day": "2026-12-01",
        "to_day": "2027-01-31",
        "status": "OPTIMAL",
        "state": "adopted",
    }
    db["plans"].insert(plan)
    for session, mentor, state in zip(
        ids(db, "sessions"), itertools.cycle(mentors), itertools.cycle(("offered", "accepted")), strict=False
    ):
        db["assignments"].insert(
            {"id": new_id("assignment"), "session": session, "mentor": mentor["id"], "skill": "scratch", "role": "lead", "state": state,
             "plan": plan["id"], "offered_at": stamp(), "created_at": stamp()}
        )  # fmt: skip
    for state in ("new", "accepted"):
        db["outreach_requests"].insert(
            {"id": new_id("outreach"), "kind": "kindergarten", "organisation": "さくら幼稚園", "contact_name": NAME,
            "email": "x@example.jp",
             "address": "広坂1-1-1", "topic": "ロボット", "wishes": "12月の午前", "people": 20, "state": state, "received_at": stamp()}
        )  # fmt: skip
    reservation = {
        "id": new_id("reservation"), "kind": kit["id"], "count": 1, "from_at": stamp(), "until": stamp(soon), "borrower_name": NAME,
        "borrower_contact": PHONE, "borrower_email": "y@example.jp", "state": "reserved", "made_by": "public", "created_at": stamp(),
    }  # fmt: skip
    db["reservations"].insert(reservation)
    db["reservations"].insert(reservation | {"id": new_id("reservation"), "state": "asked"})
    out = reservation | {
        "id": new_id("reservation"),
        "state": "out",
        "from_at": stamp(now() - timedelta(days=9)),
        "until": stamp(now() - timedelta(days=1)),
    }
    db["reservations"].insert(out)
    db["loans"].insert(
        {
            "id": new_id("loan"),
            "reservation": out["id"],
            "unit": ids(db, "kit_units")[0],
            "out_at": stamp(),
            "out_by": staff["clerk"]["id"],
        }
    )
    for number, state in enumerate(("queued", "sent", "failed")):
        db["mails"].insert(
            {"id": new_id("mail"), "key": f"k{number}", "recipient": "z@example.jp", "language": "ja", "template": "apply/received",
            "subject": NAME,
             "body": NAME, "state": state, "next_try_at": stamp(), "queued_at": stamp()}
        )  # fmt: skip
    db["bounces"].insert({"id": new_id("bounce"), "address": "b@example.jp", "at": stamp(), "permanent": 1, "reason": "550"})
    db["hand_figures"].insert(
        {
            "id": new_id("figure"),
            "programme": "7-6",
            "fiscal_year": 2026,
            "value": 12,
            "source": "学校の報告",
            "entered_by": "system",
            "entered_at": stamp(),
        }
    )
    db["programme_years"].insert({"programme": "7-6", "fiscal_year": 2026, "target": 300})


def _mark(db: Database) -> None:
    for table, columns in PERSONAL.items():
        for column, mark in columns.items():
            given = f"'{ADDRESS}{mark[-1]}' || rowid || '@example.jp'" if mark.startswith("{a}") else f"'{mark}'"
            db.execute(f"update {table} set {column} = {given} where {column} is not null")
