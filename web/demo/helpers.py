"""The demo year's mentors and kits."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sqlite_utils import Database

from web.clock import now, stamp
from web.data import every, value
from web.demo.people import grown_up
from web.ids import new_id

SKILLS = {
    "scratch": ("ブロックのプログラミング", "ブロックの プログラミング", "Block programming"),
    "python": ("Python", "Python", "Python"),
    "rp2040": ("かにロボット（RP2040）", "かにロボット", "Crab robots (RP2040)"),
    "soldering": ("はんだづけ", "はんだづけ", "Soldering"),
    "data": ("データ活用", "データ", "Working with data"),
}
KITS = [
    ("かにロボット キット", "かにロボット キット", "crab robot kit", "かにロボット1台、電池、USBケーブル", 34),
    ("タブレット（10台箱）", "タブレット（10{台|だい}）", "box of ten tablets", "タブレット10台、充電器", 4),
    ("大型モニター", "{大|おお}きい モニター", "large screen", "55インチ、台車つき", 2),
    ("micro:bit セット", "micro:bit セット", "micro:bit set", "micro:bit 5台、電池ボックス、ケーブル", 8),
]
MENTORS = 24


def write_mentors(db: Database, dice: Random, places: list[str]) -> None:
    """Mentors who live near the places, most of them qualified, with the hours and wishes that people have."""
    for position, (skill, (name, easy, english)) in enumerate(SKILLS.items()):
        db.table("skills").insert({"id": skill, "name": name, "name_easy": easy, "name_en": english, "position": position}, ignore=True)
    areas = every(db, "select area, latitude, longitude from places")
    for number in range(MENTORS):
        name, kana = grown_up(dice)
        home, key = dice.choice(areas), new_id("mentor")
        kind = "lead" if number % 3 == 0 else "trainee" if number % 8 == 7 else "assistant"
        db.table("mentors").insert(
            {
                "id": key,
                "name": name,
                "kana": kana,
                "email": f"mentor{number}@example.jp",
                "phone": f"0761{number:06}",
                "area": home["area"],
                "latitude": home["latitude"] + dice.uniform(-0.02, 0.02),
                "longitude": home["longitude"] + dice.uniform(-0.02, 0.02),
                "state": "training" if number == MENTORS - 1 else "active",
                "most_a_month": dice.choice([3, 4, 6]),
                "joined_at": stamp(now() - timedelta(days=400)),
                "consent_version": "1",
            }
        )
        for skill in dice.sample(list(SKILLS), dice.choice([1, 2, 2, 3])):
            db.table("mentor_skills").insert({"mentor": key, "skill": skill})
        until = (date.today() + timedelta(days=20)).isoformat() if number == 3 else None
        row = {
            "id": new_id("qualification"),
            "mentor": key,
            "kind": kind,
            "from_day": "2025-04-01",
            "until_day": until,
            "entered_by": "system",
        }
        db.table("qualifications").insert(row)
        for weekday in (2, 5, 6) if number % 2 else (5,):
            hours = {"from_time": "09:00" if weekday > 4 else "13:00", "to_time": "18:00", "available": 1}
            db.table("availability").insert({"id": new_id("availability"), "mentor": key, "weekday": weekday, **hours})
        if number % 5 == 0:
            db.table("mentor_wishes").insert({"mentor": key, "kind": "place", "target": dice.choice(places), "weight": 1})


def write_kits(db: Database) -> None:
    """Kinds of kits and their labelled units."""
    for letter, (name, easy, english, contents, units) in zip("ABCD", KITS, strict=True):
        kind = new_id("kit")
        db.table("kit_kinds").insert({"id": kind, "name": name, "name_easy": easy, "name_en": english, "contents": contents})
        first = int(value(db, "select count(*) from kit_units"))
        for number in range(units):
            row = {"id": new_id("unit"), "kind": kind, "label": f"{letter}-{number + 1:03}", "added_at": stamp()}
            db.table("kit_units").insert({**row, "state": "damaged" if first + number == 5 else "ok"})
