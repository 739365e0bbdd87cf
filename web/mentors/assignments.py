"""The one place that changes what becomes of an assignment: offered, answered, cancelled, attended. Each with mails and a log line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from web.clock import now, stamp
from web.data import Row, every, one, value, writing
from web.language import Text
from web.mentors import letters
from web.mentors.rules import Refusal, Standing, may_cancel, may_confirm, may_offer, refuses
from web.mentors.words import REFUSALS
from web.staff.audit import audit

TOLD = "mentor-told:"
"""Before an assignment's id: the fact that holds the sequence of the session of which its mentor was told last."""

_ROW = (
    "select assignments.*, sessions.class, sessions.place, sessions.starts_at, sessions.ends_at, sessions.sequence as session_sequence,"
    " sessions.state <> 'cancelled' and classes.state <> 'cancelled' as session_live from assignments"
    " join sessions on sessions.id = assignments.session join classes on classes.id = sessions.class"
)


class AnswerRefused(KanikkoError):
    """Nothing can be answered, or not this. ``words`` for whoever tried, in three languages."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal, self.words = refusal, REFUSALS[refusal]
        super().__init__(self.words.ja)


class AssignmentError(KanikkoError):
    """Staff asked for what an assignment's state does not allow, in words for the desk."""


def assignment_of(db: Database, assignment: str) -> Row | None:
    """The assignment with its session's ``class, place, starts_at, ends_at, session_sequence, session_live``."""
    return one(db, f"{_ROW} where assignments.id = ?", (assignment,))


def standing(row: Row) -> Standing:
    return Standing(row["state"], row["starts_at"], bool(row["session_live"]))


# ---------------------------------------------------------------------- offering
def offer(db: Database, assignment_ids: Iterable[str], actor: str) -> list[str]:
    """Ask the mentors of planned assignments, each with one mail for all of theirs. Those that can be asked no more (begun, cancelled,
    asked already) are left as they are. The ids that were offered now."""
    with writing(db):
        at = stamp()
        rows = [row for each in dict.fromkeys(assignment_ids) if (row := assignment_of(db, each)) and may_offer(standing(row), at)]
        for row in rows:
            db.table("assignments").update(row["id"], {"state": "offered", "offered_at": at})
            _told(db, row)
            audit(db, actor, "assignment.offer", "assignment", row["id"], mentor=row["mentor"])
        by_mentor: defaultdict[str, list[str]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: str(row["starts_at"])):
            by_mentor[row["mentor"]].append(row["id"])
        for mentor, ids in by_mentor.items():
            letters.offer(db, mentor, ids)
        return [row["id"] for row in rows]


# ---------------------------------------------------------------------- answering
def answer(db: Database, assignment: str, accept: bool, actor: str) -> bool:
    """A mentor says yes or no (or staff for one who telephoned). True where it changed something; the same answer again is no fault.

    A mentor who said yes may still say no until the session begins. The desk is told of every no. Raises AnswerRefused.
    """
    with writing(db):
        row = _found(db, assignment)
        wanted = "accepted" if accept else "declined"
        if row["state"] == wanted:
            return False
        refusal = refuses(standing(row), stamp(), accept=accept) or (Refusal.BUSY if accept and _busy(db, row) else None)
        if refusal:
            raise AnswerRefused(refusal)
        db.table("assignments").update(row["id"], {"state": wanted, "answered_at": stamp()})
        audit(db, actor, f"assignment.{'accept' if accept else 'decline'}", "assignment", row["id"], before=row["state"])
        if accept:
            _told(db, row)
            letters.confirmed(db, row["id"])
        else:
            _forget_told(db, row["id"])
            letters.declined(db, row["id"], withdrew=row["state"] == "accepted")
        return True


def _busy(db: Database, row: Row) -> bool:
    """Has the mentor said yes to another session at that time?"""
    return bool(
        value(
            db,
            f"select exists ({_ROW} where assignments.mentor = :mentor and assignments.id <> :id and assignments.state = 'accepted'"
            " and session_live and sessions.starts_at < :ends_at and :starts_at < sessions.ends_at)",
            {name: row[name] for name in ("mentor", "id", "starts_at", "ends_at")},
        )
    )


# ---------------------------------------------------------------------- cancelling
def cancel(db: Database, assignment: str, actor: str, reason: Text | str = "") -> bool:
    """Take an assignment back; a mentor who was asked or had said yes is told, with the reason. False where nothing is to be taken back."""
    with writing(db):
        row = _found(db, assignment)
        if not may_cancel(standing(row)):
            return False
        db.table("assignments").update(row["id"], {"state": "cancelled"})
        _forget_told(db, row["id"])
        audit(db, actor, "assignment.cancel", "assignment", row["id"], before=row["state"])
        if row["state"] != "planned" and row["ends_at"] > stamp():
            letters.cancelled(db, row["id"], reason)
        return True


def cancel_ahead(db: Database, mentor: str, actor: str) -> int:
    """Take back all that a mentor who leaves was to do; the desk is told. How many had been promised."""
    with writing(db):
        rows = every(db, f"{_ROW} where assignments.mentor = ? and sessions.starts_at > ?", (mentor, stamp()))
        live = [row for row in rows if may_cancel(standing(row))]
        for row in live:
            db.table("assignments").update(row["id"], {"state": "cancelled", "answered_at": stamp()})
            _forget_told(db, row["id"])
            audit(db, actor, "assignment.cancel", "assignment", row["id"], before=row["state"])
            if row["state"] != "planned" and row["session_live"]:
                letters.declined(db, row["id"], withdrew=row["state"] == "accepted")
        return sum(row["state"] == "accepted" for row in live)


# ---------------------------------------------------------------------- attending
def confirm_attendance(db: Database, assignment: str, attended: bool, actor: str) -> None:
    """Staff says whether the mentor was there; it can be corrected until the fare is settled. Raises AssignmentError."""
    with writing(db):
        row = _found(db, assignment)
        if row["state"] == "done" and row["attended"] == int(attended):
            return
        if not may_confirm(standing(row), stamp()):
            raise AssignmentError("始まっていない回や取り消した回は、出席を確かめられません。")
        if row["fare"] is not None:
            raise AssignmentError("交通費を精算した回です。先に精算を取り消してください。")
        db.table("assignments").update(row["id"], {"state": "done", "attended": int(attended)})
        _forget_told(db, row["id"])
        audit(db, actor, "assignment.attended", "assignment", row["id"], attended=attended)


# ---------------------------------------------------------------------- following a class
def follow_class(db: Database, class_id: str, actor: str) -> None:
    """A class changed (see :mod:`web.classes.followers`): assignments of sessions that do not take place are taken back, and whoever was
    asked or said yes hears of a session's new time or place."""
    with writing(db):
        reason = str(value(db, "select cancelled_reason from classes where id = ?", (class_id,)) or "")
        live = f"{_ROW} where sessions.class = ? and assignments.state in ('planned', 'offered', 'accepted') and sessions.ends_at > ?"
        for row in every(db, live, (class_id, stamp())):
            if not row["session_live"]:
                cancel(db, row["id"], actor, reason)
            elif row["state"] != "planned" and row["session_sequence"] > _last_told(db, row["id"]):
                _told(db, row)
                letters.moved(db, row["id"], row["session_sequence"])


def _told(db: Database, row: Row) -> None:
    db.table("facts").upsert({"name": TOLD + row["id"], "value": str(row["session_sequence"])}, pk="name")


def _forget_told(db: Database, assignment: str) -> None:
    db.execute("delete from facts where name = ?", (TOLD + assignment,))


def _last_told(db: Database, assignment: str) -> int:
    return int(value(db, "select value from facts where name = ?", (TOLD + assignment,)) or 0)


def _found(db: Database, assignment: str) -> Row:
    row = assignment_of(db, assignment)
    if row is None:
        raise AssignmentError("この派遣はもうありません。")
    return row


def unconfirmed(db: Database, mentor: str | None = None) -> list[Row]:
    """Sessions that have begun, of which nobody said yet whether the mentor was there: newest first, with names."""
    return every(
        db,
        "select assignments.id, assignments.role, assignments.state, mentors.id as mentor, mentors.name as mentor_name, classes.title,"
        " sessions.starts_at, sessions.ends_at, places.name as place_name from assignments join mentors on mentors.id = assignments.mentor"
        " join sessions on sessions.id = assignments.session join classes on classes.id = sessions.class"
        " join places on places.id = sessions.place where assignments.state in ('offered', 'accepted') and sessions.state <> 'cancelled'"
        " and classes.state <> 'cancelled' and sessions.starts_at <= :at and coalesce(:mentor, mentors.id) = mentors.id"
        " order by sessions.starts_at desc, mentors.kana",
        {"at": stamp(now()), "mentor": mentor},
    )
