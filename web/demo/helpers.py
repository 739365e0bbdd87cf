"""The demo year's mentors and kits."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from sqlite_utils import Database

from web.clock import now, stamp
from web.data import every, value
from web.demo.people import grown_up
from web.ids import new_id
from web.mentors.rules import free_on

SKILLS = {
    "scratch": ("ブロックのプログラミング", "ブロックの プログラミング", "Block programming"),
    "python": ("Python", "Python", "Python"),
    "rp2040": ("かにロボット（RP2040）", "かにロボット", "Crab robots (RP2040)"),
    "soldering": ("はんだづけ", "はんだづけ", "Soldering"),
    "data": ("データ活用", "データ", "Working with data"),
}
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
        until = (now().date() + timedelta(days=20)).isoformat() if number == 3 else None
        row = {
            "id": new_id("qualification"),
            "mentor": key,
            "kind": kind,
            "from_day": "2025-04-01",
            "until_day": until,
            "entered_by": "system",
        }
        db.table("qualifications").insert(row)
        for weekday in range(7) if number % 4 == 1 else (2, 5, 6) if number % 2 else (5,):
            hours = {"from_time": "09:00" if weekday > 4 else "13:00", "to_time": "18:00", "available": 1}
            db.table("availability").insert({"id": new_id("availability"), "mentor": key, "weekday": weekday, **hours})
        if number % 5 == 0:
            db.table("mentor_wishes").insert({"mentor": key, "kind": "place", "target": dice.choice(places), "weight": 1})


def write_assignments(db: Database) -> None:
    """Who was where so far, and who said yes to the next two weeks; what comes later is left for the plan that a visitor makes."""
    can = {(row["mentor"], row["skill"]) for row in every(db, "select * from mentor_skills")}
    kinds = {row["mentor"]: row["kind"] for row in every(db, "select * from qualifications where kind <> 'trainee'")}
    hours = {mentor: every(db, "select * from availability where mentor = ?", (mentor,)) for mentor in kinds}
    busy: set[tuple[str, str]] = set()
    asked = {"created_at": stamp(now() - timedelta(days=9)), "offered_at": stamp(now() - timedelta(days=9))}
    for seat in every(db, _SEATS, (stamp(now() + timedelta(days=14)),)):
        day, start, end = seat["starts_at"][:10], seat["starts_at"][11:16], seat["ends_at"][11:16]
        fit = [
            mentor
            for mentor in kinds
            if (mentor, day) not in busy and (mentor, seat["skill"]) in can and seat["role"] in ("assistant", kinds[mentor])
            and any(span.start <= start and end <= span.end for span in free_on(date.fromisoformat(day), hours[mentor]))
        ]  # fmt: skip
        for mentor in sorted(fit, key=lambda one: (kinds[one] != seat["role"], sum(one == who for who, _ in busy)))[: seat["count"]]:
            busy.add((mentor, day))
            over = seat["state"] == "held"
            row = {"id": new_id("assignment"), "session": seat["session"], "mentor": mentor, "skill": seat["skill"], "role": seat["role"]}
            told = {"state": "done" if over else "accepted", "attended": 1 if over else None, "answered_at": asked["offered_at"]}
            db.table("assignments").insert({**row, **told, **asked})


_SEATS = (
    "select sessions.id as session, sessions.state, starts_at, ends_at, skill, role, count from sessions"
    " join class_mentors on class_mentors.class = sessions.class where starts_at < ? order by starts_at, sessions.id, role desc"
)


def write_kits(db: Database, kits: list[dict[str, Any]]) -> None:
    """Kinds of kits (``kits.toml``) and their labelled units."""
    for kit in kits:
        kind, letter, units = new_id("kit"), kit["letter"], kit["units"]
        db.table("kit_kinds").insert({"id": kind, **{name: told for name, told in kit.items() if name not in ("letter", "units")}})
        first = int(value(db, "select count(*) from kit_units"))
        for number in range(units):
            row = {"id": new_id("unit"), "kind": kind, "label": f"{letter}-{number + 1:03}", "added_at": stamp()}
            db.table("kit_units").insert({**row, "state": "damaged" if first + number == 5 else "ok"})
