"""Rows for tests: each function writes one thing with sensible values and gives the row back; say only what the test is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlite_utils import Database

from web.clock import fiscal_year, now, stamp
from web.data import Row, one, value
from web.ids import Kind, new_code, new_id

_numbers = count(1)


def _insert(db: Database, table: str, row: dict[str, Any]) -> Row:
    db[table].insert(row)
    made = one(db, f"select * from {table} where rowid = last_insert_rowid()")
    assert made is not None
    return made


def _id(kind: Kind, given: dict[str, Any]) -> str:
    return str(given.pop("id", None) or new_id(kind))


def make_staff(db: Database, role: str = "clerk", **more: Any) -> Row:
    number = next(_numbers)
    return _insert(
        db,
        "staff",
        {
            "id": _id("staff", more),
            "login": f"{role}{number}@city.example.jp",
            "name": f"職員{number}",
            "role": role,
            "created_at": stamp(),
            **more,
        },
    )


def make_programme(db: Database, id: str = "7-6", **more: Any) -> Row:
    """A programme of the plan (they are all there), with what is said changed."""
    if more:
        db.table("programmes").update(id, more)
    found = one(db, "select * from programmes where id = ?", (id,))
    assert found is not None
    return found


def make_place(db: Database, **more: Any) -> Row:
    return _insert(
        db,
        "places",
        {
            "id": _id("place", more),
            "name": "ITビジネスプラザ武蔵",
            "name_en": "IT Business Plaza Musashi",
            "name_kana": "アイティービジネスプラザムサシ",
            "address": "金沢市武蔵町14番31号",
            "area": "中央",
            "latitude": 36.5716,
            "longitude": 136.6567,
            **more,
        },
    )


def make_class(db: Database, *, sessions: int = 1, starts: datetime | None = None, place: Row | None = None, **more: Any) -> Row:
    """A published first-come class for 20, open now; weekly sessions of two hours from ``starts`` (in three weeks, 10:00)."""
    starts = starts or (now() + timedelta(days=21)).replace(hour=10, minute=0, second=0)
    row = {
        "id": _id("class", more),
        "programme": make_programme(db)["id"],
        "fiscal_year": fiscal_year(starts.date()),
        "title": "はじめての かにロボット",
        "title_en": "First crab robot",
        "title_kana": "ハジメテノカニロボット",
        "description": "かにロボットを うごかします。",
        "level": "first",
        "grade_from": 3,
        "grade_to": 6,
        "capacity": 20,
        "admission": "first_come",
        "state": "published",
        "apply_from": stamp(now() - timedelta(days=1)),
        "apply_to": stamp(now() + timedelta(days=14)),
        "created_at": stamp(),
        "updated_at": stamp(),
        **more,
    }
    made = _insert(db, "classes", row)
    where = place or make_place(db)
    for number in range(sessions):
        begin = starts + timedelta(days=7 * number)
        make_session(db, made, where, begin, number=number + 1)
    return made


def make_session(db: Database, of_class: Row, place: Row, starts: datetime, *, hours: float = 2, **more: Any) -> Row:
    return _insert(
        db,
        "sessions",
        {
            "id": _id("session", more),
            "class": of_class["id"],
            "place": place["id"],
            "number": 1,
            "starts_at": stamp(starts),
            "ends_at": stamp(starts + timedelta(hours=hours)),
            **more,
        },
    )


def make_family(db: Database, **more: Any) -> Row:
    number = next(_numbers)
    return _insert(
        db,
        "families",
        {
            "id": _id("family", more),
            "guardian_name": f"加賀 花子{number}",
            "guardian_kana": "カガ ハナコ",
            "email": f"family{number}@example.jp",
            "phone": "0762200000",
            "resident": 1,
            "via": "web",
            "consent_version": "1",
            "consent_at": stamp(),
            "created_at": stamp(),
            **more,
        },
    )


def make_participant(db: Database, family: Row, **more: Any) -> Row:
    number = next(_numbers)
    return _insert(
        db,
        "participants",
        {
            "id": _id("participant", more),
            "family": family["id"],
            "name": f"加賀 太郎{number}",
            "kana": f"カガ タロウ{number}",
            "birth_date": "2017-06-15",
            "gender": None,
            "created_at": stamp(),
            **more,
        },
    )


def make_application(
    db: Database, of_class: Row, family: Row, children: list[Row], *, state: str = "accepted", mode: str = "any", **more: Any
) -> tuple[Row, list[Row]]:
    """An application and its entries, one a child, written as they are (without the rules of admission)."""
    made = _insert(
        db,
        "applications",
        {
            "id": _id("application", more),
            "arrival": (value(db, "select max(arrival) from applications") or 0) + 1,
            "class": of_class["id"],
            "family": family["id"],
            "mode": mode,
            "via": "web",
            "key": new_id("application"),
            "arrived_at": stamp(),
            **more,
        },
    )
    entries = [
        _insert(
            db,
            "entries",
            {
                "id": new_id("entry"),
                "application": made["id"],
                "class": of_class["id"],
                "participant": child["id"],
                "state": state,
                "checkin_code": new_code(),
                "state_at": stamp(),
            },
        )
        for child in children
    ]
    return made, entries


def make_skill(db: Database, id: str = "scratch", **more: Any) -> Row:
    return one(db, "select * from skills where id = ?", (id,)) or _insert(db, "skills", {"id": id, "name": id, **more})


def make_mentor(db: Database, *, skills: tuple[str, ...] = (), kind: str = "lead", **more: Any) -> Row:
    """An active mentor with a qualification of that kind, available on every day from 9 to 17."""
    number = next(_numbers)
    made = _insert(
        db,
        "mentors",
        {
            "id": _id("mentor", more),
            "name": f"能登 一郎{number}",
            "kana": "ノト イチロウ",
            "email": f"mentor{number}@example.jp",
            "state": "active",
            "latitude": 36.56,
            "longitude": 136.65,
            "joined_at": stamp(),
            **more,
        },
    )
    for skill in skills:
        db["mentor_skills"].insert({"mentor": made["id"], "skill": make_skill(db, skill)["id"]})
    db["qualifications"].insert(
        {"id": new_id("qualification"), "mentor": made["id"], "kind": kind, "from_day": "2025-04-01", "entered_by": "system"}
    )
    for weekday in range(7):
        db["availability"].insert(
            {
                "id": new_id("availability"),
                "mentor": made["id"],
                "weekday": weekday,
                "from_time": "09:00",
                "to_time": "17:00",
                "available": 1,
            }
        )
    return made


def make_kit(db: Database, *, units: int = 3, **more: Any) -> Row:
    """A kind of kit with so many units."""
    made = _insert(db, "kit_kinds", {"id": _id("kit", more), "name": "かにロボット キット", **more})
    for number in range(units):
        db["kit_units"].insert(
            {"id": new_id("unit"), "kind": made["id"], "label": f"{made['id'][1:5].upper()}-{number + 1:03}", "added_at": stamp()}
        )
    return made
