"""Units that go out and come back: one by one, with their condition; who had which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, every, one, value, writing
from web.ids import new_id
from web.kits.booking import conflict, reservation
from web.staff.audit import audit

Condition = Literal["ok", "damaged", "lost"]
CONDITIONS: dict[Condition, str] = {"ok": "問題なし", "damaged": "こわれている", "lost": "なくなった"}
UNIT_STATES: dict[str, str] = {"ok": "使える", "damaged": "こわれている", "lost": "なくなった", "retired": "使うのをやめた"}


def free_units(db: Database, kind: str) -> list[Row]:
    """Usable units that are on the shelf now."""
    return every(
        db,
        "select * from kit_units where kind = ? and state = 'ok'"
        " and id not in (select unit from loans where out_at is not null and returned_at is null) order by label",
        (kind,),
    )


def loans_of(db: Database, reservation_id: str) -> list[Row]:
    """The units of a reservation, with their labels."""
    return every(
        db,
        "select loans.*, kit_units.label from loans join kit_units on kit_units.id = loans.unit where reservation = ? order by label",
        (reservation_id,),
    )


def history(db: Database, unit: str) -> list[Row]:
    """Who had a unit, the newest first."""
    return every(
        db,
        "select loans.*, reservations.borrower_name, reservations.session, reservations.until, classes.title as class_title,"
        " sessions.number as session_number from loans join reservations on reservations.id = loans.reservation"
        " left join sessions on sessions.id = reservations.session left join classes on classes.id = sessions.class"
        " where unit = ? order by out_at desc",
        (unit,),
    )


def check_out(db: Database, reservation_id: str, units: Sequence[str], actor: str) -> list[str]:
    """Hand out these units for a reservation. What could not be: words for staff, and then nothing has gone out."""
    with writing(db):
        row = reservation(db, reservation_id)
        if row is None or row["state"] not in ("reserved", "out"):
            return ["この予約には、いま貸し出せません。"]
        already = {loan["unit"] for loan in loans_of(db, reservation_id)}
        wanted = [unit for unit in dict.fromkeys(units) if unit not in already]
        there = {unit["id"]: unit["label"] for unit in free_units(db, row["kind"])}
        problems = [_why_not(db, unit, row) for unit in wanted if unit not in there]
        if len(already) + len(wanted) > row["count"]:
            problems.append(f"予約は{row['count']}台です。{len(already) + len(wanted)}台は貸し出せません。")
        problems += _too_early(db, row)
        if problems or not wanted:
            return problems or ([] if already else ["貸し出すものを選んでください。"])
        for unit in wanted:
            db.table("loans").insert(
                {"id": new_id("loan"), "reservation": reservation_id, "unit": unit, "out_at": stamp(), "out_by": actor}
            )
        db.table("reservations").update(reservation_id, {"state": "out", "from_at": min(row["from_at"], stamp())})
        audit(db, actor, "kit.out", "reservation", reservation_id, units=wanted)
        return []


def _too_early(db: Database, row: Row) -> list[str]:
    """Fetched before its time, a kit may be missing to somebody else."""
    if row["from_at"] <= stamp():
        return []
    found = conflict(db, row["kind"], row["held"], stamp(), row["until"], but=row["id"])
    return [found.words] if found else []


def _why_not(db: Database, unit: str, row: Row) -> str:
    found = one(db, "select * from kit_units where id = ?", (unit,))
    if found is None or found["kind"] != row["kind"]:
        return "この予約の機材ではないものが入っています。"
    if found["state"] != "ok":
        return f"{found['label']} は「{UNIT_STATES[found['state']]}」です。"
    return f"{found['label']} は、もう貸し出しています。"


def give_back(
    db: Database, reservation_id: str, conditions: Mapping[str, Condition], actor: str, notes: Mapping[str, str] | None = None
) -> int:
    """Take these units back, each in its condition; how many. The last one back ends the loan. Given back twice is given back once."""
    with writing(db):
        back = 0
        for loan in loans_of(db, reservation_id):
            if loan["unit"] not in conditions or loan["returned_at"]:
                continue
            condition = conditions[loan["unit"]]
            note = (notes or {}).get(loan["unit"], "")
            db.table("loans").update(loan["id"], {"returned_at": stamp(), "returned_by": actor, "condition": condition, "note": note})
            if condition != "ok":
                db.table("kit_units").update(loan["unit"], {"state": condition, "note": note})
            audit(db, actor, "kit.back", "unit", loan["unit"], reservation=reservation_id, condition=condition)
            back += 1
        _end_when_all_back(db, reservation_id)
        return back


def end_short(db: Database, reservation_id: str, actor: str) -> None:
    """The borrower took fewer units than were reserved: the others are free again."""
    with writing(db):
        taken = len(loans_of(db, reservation_id))
        row = reservation(db, reservation_id)
        if row and row["state"] == "out" and 0 < taken < row["count"]:
            db.table("reservations").update(reservation_id, {"count": taken})
            audit(db, actor, "kit.change", "reservation", reservation_id, count=taken)
            _end_when_all_back(db, reservation_id)


def _end_when_all_back(db: Database, reservation_id: str) -> None:
    """All that went out is back: what was not fetched until then is not fetched any more."""
    out = value(db, "select count(*) from loans where reservation = ? and returned_at is null", (reservation_id,))
    any_loan = value(db, "select count(*) from loans where reservation = ?", (reservation_id,))
    if any_loan and not out:
        db.execute("update reservations set state = 'returned' where id = ? and state = 'out'", (reservation_id,))


def set_unit(db: Database, unit: Row, state: str, note: str, actor: str) -> None:
    """Staff says how a unit is. One that is out and damaged or lost is no longer expected back."""
    with writing(db):
        out = one(db, "select * from loans where unit = ? and returned_at is null", (unit["id"],))
        if out and state != "ok":
            condition: Condition = "lost" if state == "lost" else "damaged"
            give_back(db, out["reservation"], {unit["id"]: condition}, actor, {unit["id"]: note})
        db.table("kit_units").update(unit["id"], {"state": state, "note": note})
        audit(db, actor, "unit.change", "unit", unit["id"], state=state)
