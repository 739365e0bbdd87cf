"""The demo year's families: who applied, who was admitted, who came."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlite_utils import Database

from web.clock import moment, now, stamp
from web.data import Row
from web.demo.people import FAMILY_NAMES, child, grown_up
from web.ids import new_code, new_id
from web.school_years import school_year

CAME = 0.92
RETURNING = 0.35
"""Share of applications by families that were there before."""


def _fits(of_class: Row, child: Row, on: date) -> bool:
    return bool(of_class["grade_from"] <= school_year(date.fromisoformat(child["birth_date"]), on) <= of_class["grade_to"])


class Crowd:
    """Makes families as they are needed; some come again."""

    def __init__(self, db: Database, dice: Random) -> None:
        self._db, self._dice = db, dice
        self._arrival = 0
        self._known: list[tuple[Row, list[Row]]] = []

    def apply(self, of_class: Row, sessions: list[Row], about: dict[str, Any]) -> None:
        """Applications for a class, decided where the class is past or first come; attendance of sessions in the past."""
        decided = moment(of_class["apply_to"]) < now() or of_class["admission"] == "first_come"
        wanted, taken, waiting = about.get("applied", 0) + about.get("waiting", 0), 0, 0
        came: list[str] = []
        begin, end = moment(of_class["apply_from"]), min(moment(of_class["apply_to"]), now())
        while wanted > 0:
            family, children = self._family(of_class, date.fromisoformat(sessions[0]["starts_at"][:10]))
            children = children[:wanted]
            wanted -= len(children)
            arrived = begin + (end - begin) * self._dice.random() if end > begin else begin
            application = self._application(of_class, family, arrived, len(children))
            for one in children:
                state, order = "applied", None
                if decided and taken < of_class["capacity"]:
                    state, taken = "accepted", taken + 1
                    came.append(one["id"])
                elif decided:
                    waiting += 1
                    state, order = "waiting", waiting
                self._entry(application, of_class["id"], one["id"], state, order, arrived)
        for session in sessions:
            if session["state"] == "held":
                self._attend(session, came, about.get("heads", 0))

    def _family(self, of_class: Row, on: date) -> tuple[Row, list[Row]]:
        if of_class["audience"] == "children" and self._known and self._dice.random() < RETURNING:
            family, children = self._dice.choice(self._known)
            if _fits(of_class, children[0], on) and not self._has_entry(of_class["id"], children[0]["id"]):
                return family, children[:1]
        return self._new_family(of_class, on)

    def _has_entry(self, of_class: str, participant: str) -> bool:
        return bool(self._db.execute("select 1 from entries where class = ? and participant = ?", (of_class, participant)).fetchone())

    def _new_family(self, of_class: Row, on: date) -> tuple[Row, list[Row]]:
        surname = self._dice.choice(FAMILY_NAMES)
        name, kana = grown_up(self._dice, surname)
        number = len(self._known) + self._arrival
        family = {
            "id": new_id("family"),
            "guardian_name": name,
            "guardian_kana": kana,
            "email": f"family{number}@example.jp",
            "phone": f"0760{number:06}",
            "resident": int(self._dice.random() < 0.9),
            "language": self._dice.choices(["ja", "easy", "en"], [92, 5, 3])[0],
            "emergency_name": name,
            "emergency_phone": f"0900{number:07}",
            "consent_version": "1",
            "consent_at": stamp(),
            "via": "web",
            "created_at": stamp(),
        }
        self._db.table("families").insert(family)
        children = [self._participant(family, surname, of_class, on) for _ in range(2 if self._dice.random() < 0.15 else 1)]
        if of_class["audience"] == "children":
            self._known.append((family, children))
        return family, children

    def _participant(self, family: Row, surname: tuple[str, str], of_class: Row, on: date) -> Row:
        if of_class["grade_from"] is not None:
            school_year = on.year if on.month >= 4 else on.year - 1
            youngest, oldest = date(school_year - 6 - of_class["grade_from"] + 1, 4, 1), date(school_year - 6 - of_class["grade_to"], 4, 2)
            one = child(self._dice, surname, youngest, oldest)
            name, kana, birth, gender = one.name, one.kana, one.birth, one.gender
        else:
            name, kana, gender = family["guardian_name"], family["guardian_kana"], None
            birth = date(on.year - (of_class["age_from"] or 20) - self._dice.randrange(1, 20), 6, 1)
        row = {
            "id": new_id("participant"),
            "family": family["id"],
            "name": name,
            "kana": kana,
            "birth_date": birth.isoformat(),
            "gender": gender,
            "created_at": stamp(),
        }
        self._db.table("participants").insert(row)
        return row

    def _application(self, of_class: Row, family: Row, arrived: datetime, children: int) -> str:
        self._arrival += 1
        key = new_id("application")
        self._db.table("applications").insert(
            {
                "id": key,
                "arrival": self._arrival,
                "class": of_class["id"],
                "family": family["id"],
                "mode": "all" if children > 1 and self._dice.random() < 0.6 else "any",
                "via": "web",
                "key": key,
                "language": family["language"],
                "consent_version": "1",
                "arrived_at": stamp(arrived),
            }
        )
        return key

    def _entry(self, application: str, of_class: str, participant: str, state: str, order: int | None, at: datetime) -> None:
        self._db.table("entries").insert(
            {
                "id": new_id("entry"),
                "application": application,
                "class": of_class,
                "participant": participant,
                "state": state,
                "waiting_order": order,
                "not_drawn_before": int(self._dice.random() < 0.2),
                "checkin_code": new_code(),
                "state_at": stamp(at),
            }
        )

    def _attend(self, session: Row, admitted: list[str], heads: int) -> None:
        for participant in admitted:
            present = self._dice.random() < CAME
            row = {
                "session": session["id"],
                "participant": participant,
                "state": "present" if present else "absent",
                "via": "qr",
                "by": "system",
            }
            at = moment(session["starts_at"]) - timedelta(minutes=self._dice.randrange(1, 15))
            self._db.table("attendances").insert({**row, "at": stamp(at), "key": f"demo:{session['id']}:{participant}"})
        if heads:
            band = "adult" if heads > 25 else "preschool"
            row = {
                "id": new_id("headcount"),
                "session": session["id"],
                "age_band": band,
                "count": heads - self._dice.randrange(4),
                "source": "担当者が数えた人数",
            }
            self._db.table("headcounts").insert({**row, "key": f"demo:{session['id']}", "by": "system", "at": session["ends_at"]})
