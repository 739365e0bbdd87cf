"""Writing classes and sessions: every change leaves an audit line; one after publication raises the sequence (calendars fetch it anew) and
is told to the families. Each function writes in one block or joins the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from web.apply import letters, places, standing
from web.classes.followers import tell_followers
from web.classes.telling import about_class, about_new_sessions, about_session, session_off
from web.clock import stamp
from web.data import Row, every, one, value, writing
from web.ids import new_id
from web.language import Text
from web.staff.audit import audit

Values = Mapping[str, Any]


class ClassError(KanikkoError):
    """This cannot be done with this class; the message is for staff."""


def class_row(db: Database, class_id: str) -> Row:
    """The class. Raises ClassError when there is none."""
    found = one(db, "select * from classes where id = ?", (class_id,))
    if found is None:
        raise ClassError("この教室はもうありません。")
    return found


# ---------------------------------------------------------------------- classes
def make_class(db: Database, class_id: str, values: Values, actor: str) -> None:
    """A draft under an id that the form carried: sent twice, it is made once."""
    with writing(db):
        if value(db, "select 1 from classes where id = ?", (class_id,)):
            return
        row = {**values, "id": class_id, "state": "draft", "created_at": stamp(), "updated_at": stamp()}
        db.table("classes").insert(row)
        audit(db, actor, "class.make", "class", class_id)


def change_class(db: Database, class_id: str, values: Values, actor: str, *, seen: str, tell: bool) -> list[str]:
    """Write what differs; the names of those columns. ``seen``: the ``updated_at`` that the form was filled from; raises ClassError where
    somebody else changed the class meanwhile, or where places were given by the old rules."""
    with writing(db):
        before = class_row(db, class_id)
        changed = {name: given for name, given in values.items() if before[name] != given}
        if not changed:
            return []
        if before["updated_at"] != seen:
            raise ClassError("開いている間に、ほかの人がこの教室を変更しました。ページを開き直して、もう一度直してください。")
        _check_entries(db, before, changed)
        db.table("classes").update(class_id, changed)
        audit(db, actor, "class.change", "class", class_id, fields=sorted(changed))
        _changed(db, class_id, actor, about_class(before, values) if tell else None)
        if "capacity" in changed:
            places.promote(db, class_id)
        return sorted(changed)


def _check_entries(db: Database, before: Row, changed: Values) -> None:
    live = int(
        value(
            db, "select count(*) from entries where class = ? and state in ('applied', 'accepted', 'waiting', 'offered')", (before["id"],)
        )
    )
    if live and "admission" in changed:
        raise ClassError(f"申し込みが{live}人あるので、決め方は変えられません。")
    begun = before["apply_from"] and before["apply_from"] <= stamp() and value(db, "select 1 from draws where class = ?", (before["id"],))
    if begun and {"residents_first", "priority_not_drawn"} & changed.keys():
        raise ClassError("受付が始まったので、抽選の優先のしかたは変えられません。家族に約束した決まりで引きます。")
    if "capacity" in changed:
        taken = standing.taken(db, before["id"])
        if changed["capacity"] < taken:
            raise ClassError(f"もう{taken}人が決まっています。定員を{taken}人より少なくできません。")
        if value(db, "select 1 from draws where class = ? and state in ('frozen', 'previewed')", (before["id"],)):
            raise ClassError("抽選の名簿が確定しているので、抽選が終わるまで定員は変えられません。")


def copy_class(db: Database, class_id: str, copy_id: str, actor: str) -> None:
    """A draft with the same words, questions and needs, without dates."""
    with writing(db):
        row = class_row(db, class_id)
        fresh = {
            "apply_from": None, "apply_to": None, "sequence": 0, "outreach": None, "cancelled_reason": "", "note": "",
        }  # fmt: skip
        make_class(db, copy_id, {**row, **fresh}, actor)
        for question in every(db, "select * from class_questions where class = ?", (class_id,)):
            db.table("class_questions").insert({**question, "id": new_id("question"), "class": copy_id})
        for table in ("class_mentors", "class_kits"):
            for need in every(db, f"select * from {table} where class = ?", (class_id,)):  # noqa: S608 (ours)
                db.table(table).insert({**need, "class": copy_id})


def publish(db: Database, class_id: str, actor: str) -> None:
    """Show a draft to everybody. Whether it is complete is the caller's to check in the same block."""
    with writing(db):
        if class_row(db, class_id)["state"] != "draft":
            raise ClassError("この教室は下書きではありません。")
        db.table("classes").update(class_id, {"state": "published", "updated_at": stamp()})
        audit(db, actor, "class.publish", "class", class_id)
        tell_followers(db, class_id, actor)


def cancel(db: Database, class_id: str, reason: str, actor: str) -> int:
    """The class does not take place: sessions to come and all entries are cancelled, families told. How many entries there were."""
    with writing(db):
        if class_row(db, class_id)["state"] != "published":
            raise ClassError("公開中の教室だけを中止にできます。")
        db.execute(
            "update sessions set state = 'cancelled', sequence = sequence + 1 where class = ? and state = 'planned' and starts_at > ?",
            (class_id, stamp()),
        )
        db.execute(
            "update classes set state = 'cancelled', cancelled_reason = ?, sequence = sequence + 1, updated_at = ? where id = ?",
            (reason, stamp(), class_id),
        )
        cancelled = places.cancel_class(db, class_id, actor)
        audit(db, actor, "class.cancel", "class", class_id, entries=len(cancelled))
        tell_followers(db, class_id, actor)
        return len(cancelled)


def discard(db: Database, class_id: str, actor: str) -> None:
    """Throw a draft away for good."""
    with writing(db):
        if class_row(db, class_id)["state"] != "draft" or value(db, "select 1 from applications where class = ?", (class_id,)):
            raise ClassError("捨てられるのは、申し込みのない下書きだけです。")
        for session in every(db, "select id from sessions where class = ?", (class_id,)):
            remove_session(db, session["id"], actor)
        for table in ("class_questions", "class_mentors", "class_kits", "criteria", "reviewers", "draws"):
            db.execute(f"delete from {table} where class = ?", (class_id,))  # noqa: S608 (ours)
        db.table("classes").delete(class_id)
        audit(db, actor, "class.discard", "class", class_id)


def _changed(db: Database, class_id: str, actor: str, what: Text | None = None) -> None:
    """After a change: of a published class the sequence rises and families are told ``what`` is new."""
    db.execute("update classes set updated_at = ?, sequence = sequence + (state <> 'draft') where id = ?", (stamp(), class_id))
    row = class_row(db, class_id)
    if row["state"] == "published":
        tell_followers(db, class_id, actor)
        if what is not None:
            letters.class_changed(db, class_id, str(row["sequence"]), what)


# ---------------------------------------------------------------------- sessions
def add_sessions(db: Database, class_id: str, planned: Iterable[tuple[datetime, datetime, str]], note: str, actor: str) -> int:
    """Add sessions (start, end, place); one that is there at the same time already is not added again. How many were new."""
    with writing(db):
        class_row(db, class_id)
        new: list[str] = []
        for starts, ends, place in planned:
            if value(db, "select 1 from sessions where class = ? and starts_at = ? and state <> 'cancelled'", (class_id, stamp(starts))):
                continue
            new.append(new_id("session"))
            times = {"starts_at": stamp(starts), "ends_at": stamp(ends)}
            db.table("sessions").insert({"id": new[-1], "class": class_id, "place": place, "number": 0, **times, "note": note})
        if new:
            _number(db, class_id)
            audit(db, actor, "session.make", "class", class_id, sessions=new)
            rows = [_session(db, session) for session in new]
            _changed(db, class_id, actor, about_new_sessions([row for row in rows if row["starts_at"] > stamp()]))
        return len(new)


def change_session(db: Database, session_id: str, values: Values, actor: str) -> list[str]:
    """Move a session, or change its words; the columns that differ. Families are told of a new time or place of a session to come."""
    with writing(db):
        before = _session(db, session_id)
        changed = {name: given for name, given in values.items() if before[name] != given}
        if not changed:
            return []
        db.table("sessions").update(session_id, {**changed, "sequence": before["sequence"] + 1})
        _number(db, before["class"])
        audit(db, actor, "session.change", "session", session_id, fields=sorted(changed))
        after = _session(db, session_id)
        what = about_session(before, after) if max(before["ends_at"], after["ends_at"]) > stamp() else None
        _changed(db, before["class"], actor, what)
        return sorted(changed)


def cancel_session(db: Database, session_id: str, note: str, actor: str) -> None:
    """One session does not take place; the class goes on."""
    with writing(db):
        session = _session(db, session_id)
        if session["state"] != "planned" or _anybody(db, session_id):
            raise ClassError("参加の記録がある回や、終わった回は中止にできません。")
        db.table("sessions").update(session_id, {"state": "cancelled", "note": note, "sequence": session["sequence"] + 1})
        audit(db, actor, "session.cancel", "session", session_id)
        _changed(db, session["class"], actor, session_off(session, note))


def remove_session(db: Database, session_id: str, actor: str) -> None:
    """Take out a session of a draft, which nobody has seen."""
    with writing(db):
        session = _session(db, session_id)
        if class_row(db, session["class"])["state"] != "draft" or _anybody(db, session_id):
            raise ClassError("公開した教室の回は消せません。中止にしてください。")
        db.execute("delete from assignments where session = ?", (session_id,))
        db.execute("update reservations set session = null, state = 'cancelled' where session = ?", (session_id,))
        db.table("sessions").delete(session_id)
        _number(db, session["class"])
        audit(db, actor, "session.remove", "session", session_id)
        _changed(db, session["class"], actor)


def _session(db: Database, session_id: str) -> Row:
    """With its place's names (``name``, …) and its ``title``."""
    found = one(
        db,
        "select sessions.*, places.name, places.name_easy, places.name_en from sessions join places on places.id = place"
        " where sessions.id = ?",
        (session_id,),
    )
    if found is None:
        raise ClassError("この回はもうありません。")
    return found


def _anybody(db: Database, session_id: str) -> bool:
    return bool(
        value(
            db,
            "select exists (select 1 from attendances where session = :id) or exists (select 1 from headcounts where session = :id)",
            {"id": session_id},
        )
    )


def _number(db: Database, class_id: str) -> None:
    """Sessions are numbered in order of time."""
    for number, row in enumerate(every(db, "select id from sessions where class = ? order by starts_at, id", (class_id,)), start=1):
        db.execute("update sessions set number = ? where id = ? and number <> ?", (number, row["id"], number))


def clashes(db: Database, class_id: str) -> list[str]:
    """Other classes that are at the same place at the same time, in words for staff. Nothing forbids it: a place may have two rooms."""
    rows = every(
        db,
        "select distinct mine.starts_at, other_class.title, places.name from sessions as mine"
        " join sessions as other on other.place = mine.place and other.class <> mine.class and other.starts_at < mine.ends_at"
        " and mine.starts_at < other.ends_at"
        " join classes as other_class on other_class.id = other.class join places on places.id = mine.place"
        " where mine.class = ? and mine.state = 'planned' and other.state = 'planned' and mine.ends_at > ? order by 1",
        (class_id, stamp()),
    )
    return [f"{_short(row['starts_at'])} {row['name']}：「{row['title']}」と重なっています" for row in rows]


def without_kits(db: Database, class_id: str) -> list[str]:
    """Sessions to come of a published class for which fewer kits are reserved than it needs, in words for staff."""
    rows = every(
        db,
        "select sessions.starts_at, kit_kinds.name, class_kits.count as needed, coalesce((select sum(reservations.count) from reservations"
        " where session = sessions.id and reservations.kind = class_kits.kind and reservations.state in ('reserved', 'out')), 0) as had"
        " from classes join sessions on sessions.class = classes.id join class_kits on class_kits.class = classes.id"
        " join kit_kinds on kit_kinds.id = class_kits.kind"
        " where classes.id = ? and classes.state = 'published' and sessions.state = 'planned' and sessions.starts_at > ? order by 1, 2",
        (class_id, stamp()),
    )
    short = [row for row in rows if row["had"] < row["needed"]]
    return [f"{_short(row['starts_at'])} {row['name']}：{row['needed']}組のうち{row['had']}組しか予約できていません" for row in short]


def _short(at: str) -> str:
    day = date.fromisoformat(at[:10])
    return f"{day.month}/{day.day} {at[11:16]}"
