"""Writing the demo year: everything in one transaction, once. The same on every machine that starts it on the same day."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlite_utils import Database

from kanikko.settings import Settings
from web.classes.followers import tell_followers
from web.clock import fiscal_year, now, stamp
from web.data import every, value, writing
from web.demo.crowd import Crowd
from web.demo.helpers import write_assignments, write_kits, write_mentors
from web.demo.sheet import keep, new_sheet, staff_rows
from web.ids import Kind, new_id

HERE = Path(__file__).parent
FIRST_YEAR = 2020
MADE = "demo"
TAKEN = (
    "programme",
    *("title", "title_easy", "title_en", "title_kana"),
    *("description", "description_easy", "description_en"),
    *("level", "capacity", "admission"),
)
"""What classes.toml says as the table does."""


def ensure_demo(db: Database, settings: Settings) -> bool:
    """Fill an empty site with the demo year; False when the site already holds classes (nothing is touched)."""
    if value(db, "select count(*) from classes"):
        return False
    sheet = new_sheet()
    staff = staff_rows(sheet, settings)
    keep(sheet, settings)  # first: a demo without its sheet would be locked
    with writing(db):
        if value(db, "select count(*) from classes"):
            return False
        dice = Random(20261123)  # noqa: S311 (not a secret: the same demo for everybody)
        places = {row["name"]: _write(db, "places", "place", row) for row in _toml("places.toml")["place"]}
        db.table("staff").insert_all(staff)
        write_mentors(db, dice, list(places.values()))
        write_kits(db, _toml("kits.toml")["kit"])
        _write_figures(db)
        crowd = Crowd(db, dice)
        for about in _toml("classes.toml")["class"]:
            _write_class(db, about, places, crowd)
        write_assignments(db)
        _write_outreach(db)
        db.table("facts").insert({"name": MADE, "value": stamp()})
    return True


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _write(db: Database, table: str, kind: Kind, row: dict[str, Any]) -> str:
    key = new_id(kind)
    db.table(table).insert({"id": key, **row})
    return key


def _write_class(db: Database, about: dict[str, Any], places: dict[str, str], crowd: Crowd) -> None:
    starts = _first_session(about)
    opens, closes = _window(about, starts)
    grades, ages = about.get("grades", [None, None]), about.get("ages", [None, None])
    of_class = {
        "id": new_id("class"),
        **{name: about[name] for name in TAKEN},
        "fiscal_year": fiscal_year(starts.date()),
        "audience": about.get("audience", "children"),
        "grade_from": grades[0],
        "grade_to": grades[1],
        "age_from": ages[0],
        "age_to": ages[1] or None,
        "language": about.get("language", "ja"),
        "state": "published",
        "apply_from": stamp(opens),
        "apply_to": stamp(closes),
        "residents_first": int(about.get("residents_first", False)),
        "priority_not_drawn": int(about.get("priority_not_drawn", False)),
        "contact_name": "プログラミング教育担当",
        "contact_phone": "076-000-0000",
        "created_at": stamp(opens - timedelta(days=14)),
        "updated_at": stamp(opens - timedelta(days=7)),
    }
    db.table("classes").insert(of_class)
    sessions = [
        _write_session(db, of_class["id"], places[about["place"]], start, number, about) for number, start in _sessions(about, starts)
    ]
    for skill, (leads, assistants) in about.get("mentors", {}).items():
        for role, count in (("lead", leads), ("assistant", assistants)):
            db.table("class_mentors").insert({"class": of_class["id"], "skill": skill, "role": role, "count": count})
    for kind, count in about.get("kits", {}).items():
        db.table("class_kits").insert({"class": of_class["id"], "kind": _kit(db, kind), "count": count})
    crowd.apply(of_class, sessions, about)
    if any(session["state"] == "planned" for session in sessions):
        tell_followers(db, of_class["id"], "system")  # the lottery is sealed, kits are reserved


def _kit(db: Database, name: str) -> str:
    return str(value(db, "select id from kit_kinds where name_en like ? order by rowid limit 1", (f"%{name}%",)))


def _first_session(about: dict[str, Any]) -> datetime:
    if about.get("today"):
        return now().replace(hour=about["hour"], minute=0, second=0)
    monday = now() - timedelta(days=now().weekday())
    saturday = monday + timedelta(days=5, weeks=about["weeks"])
    return saturday.replace(hour=about["hour"], minute=0, second=0)


def _sessions(about: dict[str, Any], starts: datetime) -> Iterator[tuple[int, datetime]]:
    for number in range(about["sessions"]):
        yield number + 1, starts + timedelta(weeks=number)


def _window(about: dict[str, Any], starts: datetime) -> tuple[datetime, datetime]:
    """When applications open and close: around now for open classes, else before the class."""
    nine = now().replace(hour=9, minute=0, second=0)
    if "opens_in" in about:
        return nine + timedelta(days=about["opens_in"]), nine + timedelta(days=about["opens_in"] + 21)
    if about.get("open"):
        return nine - timedelta(days=10), min(nine + timedelta(days=10), starts - timedelta(days=5))
    return starts - timedelta(days=42), starts - timedelta(days=21)


def _write_session(db: Database, of_class: str, place: str, start: datetime, number: int, about: dict[str, Any]) -> dict[str, Any]:
    ends = start + timedelta(hours=about.get("hours", 2))
    session = {
        "id": new_id("session"),
        "class": of_class,
        "place": place,
        "number": number,
        "starts_at": stamp(start),
        "ends_at": stamp(ends),
    }
    session["state"] = "held" if ends < now() else "planned"
    db.table("sessions").insert(session)
    return session


def _write_figures(db: Database) -> None:
    figures, this_year = _toml("figures.toml"), fiscal_year(now().date())
    known = {row["id"] for row in every(db, "select id from programmes")}
    for programme, target in figures["target"].items():
        for year in range(FIRST_YEAR, this_year + 1):
            if programme in known:
                db.table("programme_years").insert({"programme": programme, "fiscal_year": year, "target": target}, replace=True)
    for programme, values in figures["past"].items():
        for year, number in zip(range(FIRST_YEAR, this_year), values, strict=False):
            _hand_figure(db, known, programme, year, number, figures["past"]["source"])
    for programme, number in figures["this_year"].items():
        _hand_figure(db, known, programme, this_year, number, figures["this_year"]["source"])


def _hand_figure(db: Database, known: set[str], programme: str, year: int, number: int | str, source: str) -> None:
    if programme in known:
        row = {
            "programme": programme,
            "fiscal_year": year,
            "value": number,
            "source": source,
            "entered_by": "system",
            "entered_at": stamp(),
        }
        _write(db, "hand_figures", "figure", row)


def _write_outreach(db: Database) -> None:
    for kind, organisation, topic, people, state in (
        ("kindergarten", "ひまわり幼稚園", "年長組で、かにのカードを使った遊び", 24, "new"),
        ("school", "みなと小学校", "5年生の総合の時間。機材も借りたい", 34, "talking"),
        ("neighbourhood", "泉町町会", "高齢者のスマートフォン相談の日", 15, "accepted"),
    ):
        wishes = "来月の平日 午前"
        row = {
            "kind": kind,
            "organisation": organisation,
            "contact_name": "担当者（デモ）",
            "email": "demo@example.jp",
            "phone": "0760000009",
            "address": "かにっこ市内",
            "topic": topic,
            "wishes": wishes,
            "people": people,
            "state": state,
            "received_at": stamp(now() - timedelta(days=3)),
        }
        _write(db, "outreach_requests", "outreach", row)
