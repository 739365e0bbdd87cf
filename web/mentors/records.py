"""Reading and writing mentors with what belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, every, one, value, writing
from web.ids import new_id
from web.mentors import assignments, letters
from web.mentors.consent import VERSION
from web.mentors.rules import DAY_BEGINS, DAY_ENDS, DESK_AFTER, OWN_AFTER, Kind, MentorState, Qualification, qualification_of
from web.staff.audit import audit

Values = Mapping[str, Any]


# ---------------------------------------------------------------------- joining
def join(db: Database, values: Values, skills: Iterable[str], email: str) -> None:
    """The form: a new mentor who applied; whoever is known already gets the link instead. Both hear by mail only."""
    with writing(db):
        known = by_email(db, email)
        if known:
            letters.link(db, known, key=f"mentor-link:{known['id']}:{stamp()[:15]}")  # one in ten minutes
            return
        made = make(db, {**values, "email": email, "consent_version": VERSION}, "public")
        keep_skills(db, made["id"], skills)
        letters.joined(db, made)


def make(db: Database, values: Values, actor: str) -> Row:
    """A new row of ``mentors``."""
    with writing(db):
        row = {"id": new_id("mentor"), "joined_at": stamp(), **values}
        db.table("mentors").insert(row)
        audit(db, actor, "mentor.join", "mentor", row["id"])
        return found(db, str(row["id"]))


def by_email(db: Database, email: str) -> Row | None:
    return one(db, "select * from mentors where email = ? and erased_at is null", (email,))


def found(db: Database, mentor: str) -> Row:
    """The mentor; whoever asks knows that there is one."""
    row = one(db, "select * from mentors where id = ?", (mentor,))
    assert row is not None  # noqa: S101 (see above)
    return row


def change(db: Database, mentor: str, values: Values, actor: str) -> list[str]:
    """Change columns of a mentor; the names of those that differ."""
    with writing(db):
        before = found(db, mentor)
        changed = {name: given for name, given in values.items() if before[name] != given}
        if changed:
            db.table("mentors").update(mentor, changed)
            audit(db, actor, "mentor.change", "mentor", mentor, fields=sorted(changed))
        return sorted(changed)


def venues(db: Database) -> list[Row]:
    """Places on the map, of which a mentor names the nearest: nobody is asked for an address."""
    return every(db, "select * from places where active and latitude is not null and longitude is not null order by name_kana, name")


def near(db: Database, mentor: Row) -> str:
    """The venue that stands for where the mentor lives; ``keep`` for a point that staff entered, empty for none."""
    if mentor["latitude"] is None:
        return ""
    at = (mentor["latitude"], mentor["longitude"])
    return next((str(row["id"]) for row in venues(db) if (row["latitude"], row["longitude"]) == at), "keep")


def point_near(db: Database, venue: str | None) -> Values:
    """The columns to write when a mentor chose this venue; none for ``keep``."""
    if venue == "keep":
        return {}
    row = one(db, "select latitude, longitude from places where id = ?", (venue or "",))
    return row or {"latitude": None, "longitude": None}


def email_taken(db: Database, email: str | None, but: str = "") -> bool:
    return bool(email and value(db, "select 1 from mentors where email = ? and id <> ?", (email, but)))


def new_link(db: Database, mentor: Row, actor: str) -> None:
    """End all links sent before and mail a new one. Asked twice with the same link, it happens once."""
    with writing(db):
        raised = db.execute(
            "update mentors set link_version = link_version + 1 where id = ? and link_version = ?", (mentor["id"], mentor["link_version"])
        )
        if raised.rowcount:
            renewed = found(db, mentor["id"])
            letters.link(db, renewed, key=f"mentor-new-link:{mentor['id']}:{renewed['link_version']}")
            audit(db, actor, "mentor.new_link", "mentor", mentor["id"])


# ---------------------------------------------------------------------- states
def set_state(db: Database, mentor: str, state: MentorState, actor: str, *, own: bool = False) -> bool:
    """Change how a mentor stands, if that may follow. Whoever leaves is taken out of what is to come; staff's change is mailed."""
    with writing(db):
        before = found(db, mentor)
        if state not in (OWN_AFTER if own else DESK_AFTER)[before["state"]]:
            return False
        db.table("mentors").update(mentor, {"state": state})
        audit(db, actor, "mentor.state", "mentor", mentor, before=before["state"], after=state)
        if state == "left":
            assignments.cancel_ahead(db, mentor, actor)
        if not own:
            letters.state_changed(db, found(db, mentor))
        return True


def ask_erasure(db: Database, mentor: str, actor: str) -> None:
    """The directors are asked to erase a mentor; they do it, since lessons given hang on the row."""
    with writing(db):
        audit(db, actor, "mentor.ask_erasure", "mentor", mentor)
        letters.erasure_asked(db, mentor)


# ---------------------------------------------------------------------- skills, qualifications
def skills(db: Database) -> list[Row]:
    return every(db, "select * from skills order by position, name")


def skills_of(db: Database, mentor: str) -> list[str]:
    return [row["skill"] for row in every(db, "select skill from mentor_skills where mentor = ? order by skill", (mentor,))]


def keep_skills(db: Database, mentor: str, chosen: Iterable[str]) -> None:
    with writing(db):
        known = {row["id"] for row in skills(db)}
        db.execute("delete from mentor_skills where mentor = ?", (mentor,))
        db.table("mentor_skills").insert_all([{"mentor": mentor, "skill": one} for one in sorted(set(chosen) & known)])


def qualification_rows(db: Database, mentor: str) -> list[Row]:
    return every(db, "select * from qualifications where mentor = ? order by from_day desc, rowid desc", (mentor,))


def qualifications_of(db: Database, mentor: str) -> list[Qualification]:
    return [qualification_of(row) for row in qualification_rows(db, mentor)]


def grant(db: Database, mentor: str, kind: Kind, from_day: date, until_day: date | None, actor: str, **more: Any) -> None:
    """Add a qualification; the mentor is told. ``more``: ``class``, ``note``."""
    with writing(db):
        until = until_day.isoformat() if until_day else None
        row = {"id": new_id("qualification"), "mentor": mentor, "kind": kind, "from_day": from_day.isoformat(), "until_day": until}
        db.table("qualifications").insert({**row, "entered_by": actor, **more})
        audit(db, actor, "qualification.grant", "qualification", row["id"] or "", mentor=mentor, what=kind, until=until)
        letters.qualified(db, found(db, mentor), row)


def end(db: Database, qualification: str, last_day: date, actor: str) -> None:
    """A qualification holds until that day only."""
    with writing(db):
        db.table("qualifications").update(qualification, {"until_day": last_day.isoformat()})
        audit(db, actor, "qualification.end", "qualification", qualification, until=last_day.isoformat())


# ---------------------------------------------------------------------- having time
def availability_rows(db: Database, mentor: str, since: str = "") -> list[Row]:
    """The week's hours, and what differs on single days (from ``since`` on), in order."""
    return every(
        db, "select * from availability where mentor = ? and (day is null or day >= ?) order by weekday, day, from_time", (mentor, since)
    )


def keep_week(db: Database, mentor: str, hours: Sequence[tuple[int, str, str]], actor: str) -> None:
    """Replace the week's hours: (weekday, from, to)."""
    with writing(db):
        db.execute("delete from availability where mentor = ? and weekday is not null", (mentor,))
        for weekday, from_time, to_time in sorted(set(hours)):
            _time_row(db, mentor, {"weekday": weekday, "from_time": from_time, "to_time": to_time, "available": 1})
        audit(db, actor, "mentor.availability", "mentor", mentor, week=len(hours))


def add_days(db: Database, mentor: str, first: date, last: date, span: tuple[str, str] | None, actor: str, *, available: bool) -> int:
    """What differs on these days; ``span`` None: the whole day. What is there already is not added again. How many days were new."""
    from_time, to_time = span or (DAY_BEGINS, DAY_ENDS)
    with writing(db):
        there = {(row["day"], row["from_time"], row["to_time"], row["available"]) for row in availability_rows(db, mentor)}
        days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
        new = [day for day in days if (day, from_time, to_time, int(available)) not in there]
        for day in new:
            _time_row(db, mentor, {"day": day, "from_time": from_time, "to_time": to_time, "available": int(available)})
        audit(db, actor, "mentor.availability", "mentor", mentor, days=len(new))
        return len(new)


def remove_days(db: Database, mentor: str, ids: Iterable[str], actor: str) -> int:
    with writing(db):
        removed = sum(
            db.execute("delete from availability where id = ? and mentor = ? and day is not null", (one, mentor)).rowcount for one in ids
        )
        if removed:
            audit(db, actor, "mentor.availability", "mentor", mentor, removed=removed)
        return removed


def _time_row(db: Database, mentor: str, row: Values) -> None:
    db.table("availability").insert({"id": new_id("availability"), "mentor": mentor, **row})


# ---------------------------------------------------------------------- wishes
def wishes_of(db: Database, mentor: str) -> dict[tuple[str, str], int]:
    """By kind and target: the weight."""
    rows = every(db, "select * from mentor_wishes where mentor = ?", (mentor,))
    return {(row["kind"], row["target"]): int(row["weight"]) for row in rows}


def keep_wishes(db: Database, mentor: str, wishes: Mapping[tuple[str, str], int], actor: str) -> None:
    """Set the weights of these wishes, and leave others as they are; 0 is no wish."""
    with writing(db):
        for (kind, target), weight in wishes.items():
            key = {"mentor": mentor, "kind": kind, "target": target}
            db.execute("delete from mentor_wishes where mentor = :mentor and kind = :kind and target = :target", key)
            if weight:
                db.table("mentor_wishes").insert({**key, "weight": weight})
        audit(db, actor, "mentor.wishes", "mentor", mentor, count=len(wishes))


def wished(db: Database, mentor: str) -> dict[str, list[Row]]:
    """What can be wished for: places, programmes with sessions to come or lately, and colleagues met at a session (nobody else's name)."""
    return {
        "place": every(db, "select id, name, name_easy, name_en from places where active order by area, name"),
        "programme": every(
            db,
            "select id, name, name_easy, name_en from programmes where exists (select 1 from classes"
            " join class_mentors on class = classes.id where programme = programmes.id) order by position",
        ),
        "mentor": every(
            db,
            "select distinct mentors.id, mentors.name from assignments as mine join assignments as other on other.session = mine.session"
            " join mentors on mentors.id = other.mentor where mine.mentor = :mentor and other.mentor <> :mentor"
            " and mentors.erased_at is null and mine.state in ('accepted', 'done') and other.state in ('accepted', 'done')"
            " order by mentors.kana, mentors.name",
            {"mentor": mentor},
        ),
    }
