"""Reserving kits: what is booked, booking without conflict, for classes by itself.

Every decision is made inside the ``writing`` block that stores it, so two who reserve at the same moment never get the same unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from web.clock import moment, now, stamp
from web.data import Row, every, one, value, writing
from web.ids import new_id
from web.kits.availability import Booking, conflicts, fits, free
from web.language import moment_words
from web.staff.audit import audit

BEFORE = timedelta(hours=3)
"""How long before a session its kits are taken from the shelf: packing and driving."""
AFTER = timedelta(hours=3)
LATE = timedelta(days=7)
"""Units that should be back and are not are reckoned to come back so much later than now."""

_HOLDING = """select reservations.*, classes.title as class_title, sessions.number as session_number,
    count - (select count(*) from loans where reservation = reservations.id and returned_at is not null) as held
    from reservations left join sessions on sessions.id = reservations.session left join classes on classes.id = sessions.class"""


@dataclass(frozen=True)
class Conflict:
    """There are too few units. ``others``: the bookings that hold them, each saying who, when and which."""

    kind: str
    kind_name: str
    wanted: int
    free: int
    from_at: str
    until: str
    others: tuple[Booking, ...] = ()
    session: str | None = None

    @property
    def words(self) -> str:
        """For staff: it names borrowers."""
        there = f"{moment_words(self.from_at)} から {moment_words(self.until)} まで、「{self.kind_name}」は{self.wanted}台いりますが、"
        return f"{there}空きは{self.free}台です。" + "".join(f"／{other.words}" for other in self.others)


def usable_units(db: Database, kind: str) -> int:
    return int(value(db, "select count(*) from kit_units where kind = ? and state = 'ok'", (kind,)))


def bookings(db: Database, kind: str, at: datetime | None = None) -> list[Booking]:
    """What holds units of a kind: reserved and out, from now on and before. One that is late holds its units for another LATE."""
    rows = every(db, f"{_HOLDING} where kind = ? and reservations.state in ('reserved', 'out')", (kind,))
    return [booking for booking in (_booking(row, at or now()) for row in rows) if booking.count > 0]


def _booking(row: Row, at: datetime) -> Booking:
    late = row["state"] == "out" and row["until"] <= stamp(at)
    until = stamp(at + LATE) if late else row["until"]
    return Booking(row["id"], row["held"], row["from_at"], until, booking_words(row))


def booking_words(row: Row) -> str:
    """Who has what when, for staff."""
    return f"{borrower(row)}（{moment_words(row['from_at'])} から {moment_words(row['until'])} まで {row['held']}台）"


def borrower(row: Mapping[str, Any]) -> str:
    """Whom a reservation is for: a class's session or the name that was given."""
    if row["session"]:
        return f"{row['class_title']} 第{row['session_number']}回"
    return row["borrower_name"] or "名前なし"


def reservation(db: Database, reservation_id: str) -> Row | None:
    """One reservation, with ``held`` (units not returned) and its class's title."""
    return one(db, f"{_HOLDING} where reservations.id = ?", (reservation_id,))


def reservations(db: Database, where: str, values: tuple[Any, ...] = ()) -> list[Row]:
    """Reservations as :func:`reservation` gives them, with ``kind_name``; ``where`` is SQL of ours."""
    sql = _HOLDING.replace("select reservations.*,", "select reservations.*, kit_kinds.name as kind_name,")
    return every(db, f"{sql} join kit_kinds on kit_kinds.id = reservations.kind where {where} order by from_at, reservations.id", values)


def conflict(
    db: Database, kind: str, count: int, from_at: str, until: str, *, but: str = "", session: str | None = None
) -> Conflict | None:
    """What stands in the way of so many units in that time, or None. ``but``: a reservation that is left out (its own old time)."""
    units, held = usable_units(db, kind), bookings(db, kind)
    wanted = Booking(but or "new", count, from_at, until)
    if fits(units, held, wanted):
        return None
    others = [booking for booking in held if booking.id != but]
    name = str(value(db, "select name from kit_kinds where id = ?", (kind,)))
    left = free(units, others, from_at, until)
    return Conflict(kind, name, count, left, from_at, until, tuple(conflicts(units, held, wanted)), session)


def reserve(db: Database, kind: str, count: int, from_at: str, until: str, made_by: str, **more: Any) -> str | Conflict:
    """Store a reservation and give its id, or the conflict. ``more``: further columns (``session``, ``borrower_name``, …)."""
    with writing(db):
        found = conflict(db, kind, count, from_at, until, session=more.get("session"))
        return found or _insert(db, kind, count, from_at, until, made_by, state="reserved", **more)


def ask(db: Database, kind: str, count: int, from_at: str, until: str, reservation_id: str, **more: Any) -> bool:
    """Somebody asks for kits; staff decides. Holds nothing yet. False when it had been stored before."""
    with writing(db):
        if reservation(db, reservation_id):
            return False
        _insert(db, kind, count, from_at, until, "public", state="asked", id=reservation_id, **more)
        return True


def _insert(db: Database, kind: str, count: int, from_at: str, until: str, made_by: str, *, state: str, **more: Any) -> str:
    row = {
        "id": new_id("reservation"),
        "kind": kind,
        "count": count,
        "from_at": from_at,
        "until": until,
        "state": state,
        "made_by": made_by,
        "created_at": stamp(),
        **more,
    }
    db.table("reservations").insert(row)
    audit(db, made_by, "kit.reserve" if state == "reserved" else "kit.ask", "reservation", str(row["id"]), kit=kind, count=count)
    return str(row["id"])


def change(db: Database, reservation_id: str, count: int, from_at: str, until: str, actor: str) -> Conflict | None:
    """Another number or time for one that is asked, reserved or out; None when it is done."""
    with writing(db):
        row = reservation(db, reservation_id)
        if row is None or row["state"] not in ("asked", "reserved", "out"):
            return None
        extra = row["count"] - row["held"]  # units already back are not needed again
        found = None if row["state"] == "asked" else conflict(db, row["kind"], max(1, count - extra), from_at, until, but=reservation_id)
        if found is None:
            db.table("reservations").update(reservation_id, {"count": count, "from_at": from_at, "until": until, "reminded_at": None})
            audit(db, actor, "kit.change", "reservation", reservation_id, count=count, from_at=from_at, until=until)
        return found


def confirm(db: Database, reservation_id: str, actor: str) -> Conflict | None:
    """Staff agrees to one that was asked for; None when it is reserved."""
    with writing(db):
        row = reservation(db, reservation_id)
        if row is None or row["state"] != "asked":
            return None
        found = conflict(db, row["kind"], row["count"], row["from_at"], row["until"])
        if found is None:
            db.table("reservations").update(reservation_id, {"state": "reserved"})
            audit(db, actor, "kit.confirm", "reservation", reservation_id)
        return found


def cancel(db: Database, reservation_id: str, actor: str) -> bool:
    """Give up one that is asked or reserved. False for one whose units are out or back."""
    with writing(db):
        row = reservation(db, reservation_id)
        if row is None or row["state"] not in ("asked", "reserved"):
            return False
        db.table("reservations").update(reservation_id, {"state": "cancelled"})
        audit(db, actor, "kit.cancel", "reservation", reservation_id)
        return True


# ---------------------------------------------------------------------- for classes
def reserve_for_class(db: Database, class_id: str, actor: str) -> list[Conflict]:
    """Make the reservations of a class what its sessions and needs ask for; what could not be had.

    Call it when a class is published and whenever its sessions or needs have changed: what is right stays, what moved is moved, what is
    no longer needed is given back. A reservation whose units are out is left alone.
    """
    with writing(db):
        found = [_settle_session(db, session, actor) for session in every(db, "select * from sessions where class = ?", (class_id,))]
        return [one for of_session in found for one in of_session]


def unmet(db: Database) -> list[tuple[Row, Conflict | None]]:
    """Coming sessions of published classes that lack kits they need, with what is in the way (None: there would be enough now)."""
    rows = every(
        db,
        "select sessions.*, classes.title, kit_kinds.name as kind_name, class_kits.kind, class_kits.count from class_kits"
        " join classes on classes.id = class_kits.class join sessions on sessions.class = classes.id"
        " join kit_kinds on kit_kinds.id = class_kits.kind"
        " where classes.state = 'published' and sessions.state = 'planned' and ends_at > ? and not exists (select 1 from reservations"
        " where session = sessions.id and kind = class_kits.kind and reservations.state in ('reserved', 'out')) order by starts_at",
        (stamp(),),
    )
    return [(row, conflict(db, row["kind"], row["count"], *_time_around(row), session=row["id"])) for row in rows]


def _time_around(session: Row) -> tuple[str, str]:
    return stamp(moment(session["starts_at"]) - BEFORE), stamp(moment(session["ends_at"]) + AFTER)


def release_session(db: Database, session_id: str, actor: str) -> int:
    """Give back what is reserved for a session that does not take place; how many reservations."""
    with writing(db):
        rows = every(db, "select id from reservations where session = ? and state = 'reserved'", (session_id,))
        return sum(cancel(db, row["id"], actor) for row in rows)


def _settle_session(db: Database, session: Row, actor: str) -> list[Conflict]:
    state = value(db, "select state from classes where id = ?", (session["class"],))
    if session["state"] == "cancelled" or state == "cancelled":
        release_session(db, session["id"], actor)
        return []
    if state != "published" or session["ends_at"] < stamp():
        return []
    needs = {row["kind"]: row["count"] for row in every(db, "select kind, count from class_kits where class = ?", (session["class"],))}
    from_at, until = _time_around(session)
    missing = []
    for kept in every(db, "select * from reservations where session = ? and state in ('reserved', 'out')", (session["id"],)):
        wanted = needs.pop(kept["kind"], None) if kept["state"] == "reserved" else needs.pop(kept["kind"], kept["count"])
        if kept["state"] == "out" or (kept["count"], kept["from_at"], kept["until"]) == (wanted, from_at, until):
            continue
        if wanted is None:
            cancel(db, kept["id"], actor)
            continue
        found = change(db, kept["id"], wanted, from_at, until, actor)
        if found:  # the old time is of no use to anybody
            cancel(db, kept["id"], actor)
            missing.append(found)
    for kind, count in needs.items():
        made = reserve(db, kind, count, from_at, until, actor, session=session["id"])
        if isinstance(made, Conflict):
            missing.append(made)
    return missing
