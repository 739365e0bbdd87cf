"""The one place that changes the states of entries. Lottery, selection, the door and the pages call it; it mails the families.

Every function writes in one ``writing`` block (or joins the caller's) and reads in the same block what it decides by. ``actor`` is who
does it, as in the audit log: a staff id, ``family:<id>`` or ``system``. ``moment``: the time of it, now when left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

from sqlite_utils import Database

from web import clock
from web.apply import letters
from web.apply.errors import AlreadyApplied, NoPlace, PlacesError, TooLate
from web.apply.standing import applied_already, entries_of, free, taken, waiting_row
from web.apply.states import AFTER, LIVE, State
from web.apply.storing import store_application, store_entry
from web.apply.waiting import Group, admitted, next_groups
from web.clock import stamp
from web.data import Row, every, one, value, writing
from web.language import Language
from web.staff.audit import audit

Mode = Literal["any", "all"]
Via = Literal["web", "phone", "walk_in"]
Decided = Literal["accepted", "waiting", "rejected"]


class Outcome(NamedTuple):
    """An application with its entries in the order of the children; ``repeated``: it was there already under this key."""

    application: Row
    entries: list[Row]
    repeated: bool


class Decision(NamedTuple):
    """What a lottery or a selection says of an entry. ``waiting_order`` belongs to ``waiting``; None: at the end."""

    state: Decided
    waiting_order: int | None = None


# ---------------------------------------------------------------------- applying
def add_application(
    db: Database, class_row: Row, family: Row, participants: Sequence[Row], *, mode: Mode, via: Via, key: str,
    answers: Mapping[str, Mapping[str, str]] | None = None, language: Language | None = None, entered_by: str | None = None,
    moment: datetime | None = None,
) -> Outcome:  # fmt: skip
    """Store an application and, where the class is first come (or was already decided), admit it or put it on the waiting list at once.

    The same ``key`` for the same class gives the same application back, whatever else is handed in. ``answers``: participant id → question
    id → text. Whether the window is open and the child old enough is the caller's to check, inside the same ``writing`` block.
    Raises AlreadyApplied for a child with a live entry in the class, PlacesError where the class takes none or the group cannot fit.
    """
    moment = moment or clock.now()
    with writing(db):
        if again := made_before(db, class_row["id"], key):
            return again
        of_class = _class(db, class_row["id"])
        _check_takes(db, of_class, participants, mode)
        told = {"mode": mode, "via": via, "key": key, "language": language or family["language"], "entered_by": entered_by}
        application = store_application(db, of_class["id"], family, told, moment)
        new = [store_entry(db, application, child["id"], (answers or {}).get(child["id"], {}), moment) for child in participants]
        if _decides_at_once(db, of_class):
            _admit(db, of_class, new, mode, moment)
        actor = entered_by or f"family:{family['id']}"
        stored = entries_of(db, application["id"])
        audit(db, actor, "application.make", "application", application["id"], states=[entry["state"] for entry in stored], via=via)
        if via != "walk_in":
            letters.received(db, application["id"])
        return Outcome(application, stored, repeated=False)


def made_before(db: Database, class_id: str, key: str) -> Outcome | None:
    """The application that was stored under this key, if there is one."""
    found = one(db, "select * from applications where class = ? and key = ?", (class_id, key))
    return Outcome(found, entries_of(db, found["id"]), repeated=True) if found else None


def _class(db: Database, class_id: str) -> Row:
    found = one(db, "select * from classes where id = ?", (class_id,))
    if found is None:
        raise PlacesError.no_class()
    return found


def _check_takes(db: Database, of_class: Row, participants: Sequence[Row], mode: Mode) -> None:
    if of_class["state"] != "published":
        raise PlacesError.not_open()
    if mode == "all" and len(participants) > of_class["capacity"]:
        raise PlacesError.group_too_large(of_class["capacity"])
    if of_class["admission"] == "lottery" and value(
        db, "select 1 from draws where class = ? and state in ('frozen', 'previewed')", (of_class["id"],)
    ):
        raise PlacesError.being_drawn()
    ids = [child["id"] for child in participants]
    twice = {child for child in ids if ids.count(child) > 1 or applied_already(db, of_class["id"], child)}
    if twice:
        raise AlreadyApplied.of(sorted(twice))


def _decides_at_once(db: Database, of_class: Row) -> bool:
    """Lottery and selection wait for their decision; who comes after it is treated as first come."""
    if of_class["admission"] == "lottery":
        return bool(value(db, "select 1 from draws where class = ? and state = 'confirmed'", (of_class["id"],)))
    if of_class["admission"] == "selection":
        return bool(
            value(
                db,
                "select 1 from entries where class = ? and state not in ('applied', 'withdrawn', 'cancelled') limit 1",
                (of_class["id"],),
            )
        )
    return True


def _admit(db: Database, of_class: Row, new: Sequence[str], mode: Mode, moment: datetime) -> None:
    """Places for the new entries where they fit and nobody before them would; the others join the end of the row."""
    if free(db, of_class["id"]):
        promote(db, of_class["id"], moment)
    arriving = [Group(tuple(new))] if mode == "all" else [Group((entry,)) for entry in new]
    places = free(db, of_class["id"])
    chosen = admitted(waiting_row(db, of_class["id"]), arriving, places) if places else []
    inside = {entry for group in chosen for entry in group.entries}
    for entry in new:
        _move(db, entry, "accepted" if entry in inside else "waiting", moment)


# ---------------------------------------------------------------------- places that become free
def promote(db: Database, class_id: str, moment: datetime | None = None) -> list[str]:
    """Offer the free places to those who wait, in order; the entries that got an offer. Call it whenever places may have become free.

    Groups with mode ``all`` get an offer only when the whole group fits; one that does not is passed over and keeps its turn
    (:mod:`web.apply.waiting` says why). Nothing happens where staff offers by hand, or once the first session has begun.
    """
    moment = moment or clock.now()
    with writing(db):
        of_class = _class(db, class_id)
        if not of_class["auto_promote"] or of_class["state"] != "published" or _begun(db, class_id, moment):
            return []
        places = free(db, class_id)
        chosen = next_groups(waiting_row(db, class_id), places) if places else []
        for group in chosen:
            _offer(db, of_class, group, moment, "system")
        return [entry for group in chosen for entry in group.entries]


def offer(db: Database, entry_id: str, actor: str, moment: datetime | None = None) -> list[str]:
    """Staff offers a place to this waiting entry (and its group) by hand, whoever is before it. Raises NoPlace, TooLate."""
    moment = moment or clock.now()
    with writing(db):
        entry = _entry(db, entry_id)
        group = next((group for group in waiting_row(db, entry["class"]) if entry_id in group.entries), None)
        if group is None:
            raise TooLate.moved_on()
        if len(group.entries) > free(db, entry["class"]):
            raise NoPlace.left()
        _offer(db, _class(db, entry["class"]), group, moment, actor)
        return list(group.entries)


def _begun(db: Database, class_id: str, moment: datetime) -> bool:
    first = value(db, "select min(starts_at) from sessions where class = ? and state <> 'cancelled'", (class_id,))
    return first is not None and first <= stamp(moment)


def _offer(db: Database, of_class: Row, group: Group, moment: datetime, actor: str) -> None:
    """An offer ends when the class begins, however many hours are left of it."""
    until = stamp(moment + timedelta(hours=of_class["offer_hours"]))
    next_session = value(
        db,
        "select min(starts_at) from sessions where class = ? and state <> 'cancelled' and starts_at > ?",
        (of_class["id"], stamp(moment)),
    )
    until = min(until, next_session or until)
    for entry in group.entries:
        _move(db, entry, "offered", moment, offered_until=until)
    audit(db, actor, "entry.offer", "entry", group.entries[0], entries=group.entries, until=until)
    letters.offer(db, group.entries)


def accept_offer(db: Database, entry_id: str, actor: str, moment: datetime | None = None) -> list[str]:
    """Take the place that was offered, with mode ``all`` the whole group; the entries that are in. Again: the same. Raises TooLate."""
    moment = moment or clock.now()
    with writing(db):
        entry = _entry(db, entry_id)
        if entry["state"] == "accepted":
            return [entry_id]
        together = _offered_together(db, entry)
        if not together or any(one["offered_until"] <= stamp(moment) for one in together):
            raise TooLate.offer_over()
        return _answer(db, together, "accepted", actor, moment)


def decline_offer(db: Database, entry_id: str, actor: str, moment: datetime | None = None) -> list[str]:
    """Give back the place that was offered, with mode ``all`` the whole group; the next ones get an offer. Again: the same."""
    moment = moment or clock.now()
    with writing(db):
        entry = _entry(db, entry_id)
        if entry["state"] in ("declined", "expired"):
            return [entry_id]
        together = _offered_together(db, entry)
        if not together:
            raise TooLate.offer_over()
        declined = _answer(db, together, "declined", actor, moment)
        promote(db, entry["class"], moment)
        return declined


def _offered_together(db: Database, entry: Row) -> list[Row]:
    """The entry that is offered and those that are answered with it."""
    mode = value(db, "select mode from applications where id = ?", (entry["application"],))
    those = entries_of(db, entry["application"]) if mode == "all" else [entry]
    return [one for one in those if one["state"] == "offered"] if entry["state"] == "offered" else []


def _answer(db: Database, together: Sequence[Row], state: State, actor: str, moment: datetime) -> list[str]:
    ids = [entry["id"] for entry in together]
    for entry in ids:
        _move(db, entry, state, moment)
    audit(db, actor, f"entry.{'accept' if state == 'accepted' else 'decline'}", "entry", ids[0], entries=ids)
    letters.answered(db, ids)
    return ids


def expire_offers(db: Database, moment: datetime | None = None) -> list[str]:
    """End the offers whose time is over and offer their places to the next ones; the entries that ran out."""
    moment = moment or clock.now()
    with writing(db):
        over = every(
            db, "select id, class, application from entries where state = 'offered' and offered_until <= ? order by rowid", (stamp(moment),)
        )
        for entry in over:
            _move(db, entry["id"], "expired", moment)
            audit(db, "system", "entry.expire", "entry", entry["id"])
        for application in dict.fromkeys(entry["application"] for entry in over):
            letters.offer_expired(db, [entry["id"] for entry in over if entry["application"] == application])
        for class_id in dict.fromkeys(entry["class"] for entry in over):
            promote(db, class_id, moment)
        return [entry["id"] for entry in over]


# ---------------------------------------------------------------------- leaving
def withdraw(db: Database, entry_id: str, actor: str, moment: datetime | None = None) -> bool:
    """Take one child out at the family's wish (also out of a group: it was for getting places, not for giving one back).

    The place that becomes free is offered to the next. False when nothing was left to withdraw.
    """
    moment = moment or clock.now()
    with writing(db):
        entry = _entry(db, entry_id)
        if entry["state"] not in LIVE:
            return False
        _move(db, entry_id, "withdrawn", moment)
        audit(db, actor, "entry.withdraw", "entry", entry_id, before=entry["state"])
        letters.withdrawn(db, entry_id)
        promote(db, entry["class"], moment)
        return True


def cancel_class(db: Database, class_id: str, actor: str, moment: datetime | None = None) -> list[str]:
    """The class does not take place: all live entries are cancelled and their families told. The entries that were."""
    moment = moment or clock.now()
    with writing(db):
        live = every(
            db,
            "select id, application from entries where class = ? and state in ('applied', 'accepted', 'waiting', 'offered')",
            (class_id,),
        )
        for entry in live:
            _move(db, entry["id"], "cancelled", moment)
        for application in dict.fromkeys(entry["application"] for entry in live):
            letters.cancelled(db, application)
        audit(db, actor, "entries.cancel", "class", class_id, entries=len(live))
        return [entry["id"] for entry in live]


# ---------------------------------------------------------------------- lottery and selection
def decide_all(
    db: Database, class_id: str, decisions: Mapping[str, Decision], actor: str = "system", moment: datetime | None = None
) -> list[str]:
    """Write the results of a lottery or selection and mail every family once; then offer what is still free to those who wait.

    Gives back the entries that had gone meanwhile (withdrawn) and were left alone. Raises NoPlace, writing nothing, when more are accepted
    than the class has places.
    """
    moment = moment or clock.now()
    with writing(db):
        gone = _decide(db, class_id, decisions, actor, moment)
        promote(db, class_id, moment)
        return gone


def decide(
    db: Database, entry_id: str, state: Decided, waiting_order: int | None = None, *, actor: str = "system", moment: datetime | None = None
) -> bool:
    """As :func:`decide_all` for one entry, without offering anything to anybody. False when the entry had gone meanwhile."""
    with writing(db):
        entry = _entry(db, entry_id)
        return not _decide(db, entry["class"], {entry_id: Decision(state, waiting_order)}, actor, moment or clock.now())


def _decide(db: Database, class_id: str, decisions: Mapping[str, Decision], actor: str, moment: datetime) -> list[str]:
    gone, moved = [], []
    for entry_id, decision in sorted(decisions.items(), key=lambda item: (item[1].waiting_order is None, item[1].waiting_order or 0)):
        entry = _entry(db, entry_id)
        if entry["class"] != class_id or decision.state not in (*AFTER[cast(State, entry["state"])], entry["state"]):
            gone.append(entry_id)
        elif decision.state != entry["state"]:
            _move(db, entry_id, decision.state, moment, waiting_order=decision.waiting_order)
            audit(db, actor, "entry.decide", "entry", entry_id, state=decision.state, order=decision.waiting_order)
            moved.append(entry)
    if taken(db, class_id) > int(value(db, "select capacity from classes where id = ?", (class_id,)) or 0):
        raise NoPlace.left()
    for application in dict.fromkeys(entry["application"] for entry in moved):
        letters.result(db, application, [entry["id"] for entry in moved if entry["application"] == application])
    return gone


# ---------------------------------------------------------------------- one step
def _entry(db: Database, entry_id: str) -> Row:
    found = one(db, "select * from entries where id = ?", (entry_id,))
    if found is None:
        raise PlacesError.no_entry()
    return found


def _move(
    db: Database, entry_id: str, state: State, moment: datetime, *, waiting_order: int | None = None, offered_until: str | None = None
) -> None:
    """The one step from state to state; what belongs to a state goes with it."""
    entry = _entry(db, entry_id)
    if state not in AFTER[cast(State, entry["state"])]:
        raise TooLate.moved_on()
    if state == "waiting" and waiting_order is None:
        waiting_order = int(value(db, "select max(waiting_order) from entries where class = ?", (entry["class"],)) or 0) + 1
    changed: dict[str, Any] = {
        "state": state,
        "state_at": stamp(moment),
        "waiting_order": waiting_order if state == "waiting" else None,
        "offered_until": offered_until,
    }
    db.table("entries").update(entry_id, changed)
