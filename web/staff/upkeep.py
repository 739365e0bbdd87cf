"""The daily job: whatever was kept long enough is erased, in small steps that may be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import stamp
from web.data import Row, every, value, writing
from web.staff.audit import audit, forget_before
from web.staff.erasure import erase_borrower, erase_care, erase_entries_texts, erase_family, erase_mentor, erase_old_mails, erase_outreach
from web.staff.limits import forget_old
from web.staff.retention import FamilyFacts, family_due, first_kept, is_due
from web.staff.sessions import forget_ended

DONE = "staff.upkeep"
"""The name of the fact that says on which day the job was done."""
HOUR = 3
"""Not before this hour of the night."""


def keep_house(db: Database, settings: Settings, moment: datetime) -> None:
    """Once a day."""
    day = moment.date()
    if moment.hour < HOUR or value(db, "select value from facts where name = ?", (DONE,)) == day.isoformat():
        return
    forget_ended(db, moment)
    forget_old(db, moment)
    erase_due(db, day)
    with writing(db):
        db.table("facts").upsert({"name": DONE, "value": day.isoformat()}, pk="name")


def erase_due(db: Database, day: date) -> None:
    """Everything whose time is over on that day."""
    for family, what in due_families(db, day):
        if what == "family":
            erase_family(db, family, "system")
        else:
            erase_care(db, family)
    _texts(db, day)
    for row in every(db, "select id, until from reservations where erased_at is null and borrower_name || borrower_email <> ''"):
        if is_due("borrower", _day(row["until"]), day):
            erase_borrower(db, row["id"], "system")
    for row in every(db, "select id, received_at from outreach_requests where erased_at is null"):
        if is_due("outreach", _day(row["received_at"]), day):
            erase_outreach(db, row["id"], "system")
    for row in every(db, _MENTORS_WHO_LEFT):
        if is_due("mentor", _day(row["since"]), day):
            erase_mentor(db, row["id"], "system")
    _letters(db, day)
    forget_before(db, first_kept("audit", day))


def due_families(db: Database, day: date) -> Iterator[tuple[str, str]]:
    """Family and what of it is due (``family`` or ``care``)."""
    for row in every(db, _FAMILIES, {"now": stamp(datetime(day.year, day.month, day.day))}):
        due = family_due(_facts(row), day)
        if due == "family" or (due == "care" and row["has_care"]):
            yield row["id"], due


def _facts(row: Row) -> FamilyFacts:
    placed = [_day(row[name]) for name in ("last_place", "last_attended") if row[name]]
    return FamilyFacts(
        created=_day(row["created_at"]),
        last_class=_day(row["last_class"]) if row["last_class"] else None,
        last_place=max(placed, default=None),
        open=bool(row["open"]),
    )


def _texts(db: Database, day: date) -> None:
    before = first_kept("answers", day).isoformat()
    old = "(select class from sessions group by class having max(ends_at) < ?)"
    entries = every(
        db,
        f"select id from entries where class in {old} and (exists (select 1 from answers where entry = entries.id and text <> '')"  # noqa: S608
        " or exists (select 1 from reviews where entry = entries.id and comment <> ''))",
        (before,),
    )
    erase_entries_texts(db, [row["id"] for row in entries])


def _letters(db: Database, day: date) -> None:
    before = first_kept("mail", day)
    erased = erase_old_mails(db, before)
    with writing(db):
        db.execute("delete from bounces where at < ?", (before.isoformat(),))
        db.execute("delete from email_confirmations where until < ?", (first_kept("confirmation", day).isoformat(),))
        if erased:
            audit(db, "system", "mail.erase", "mail", "old", count=erased)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


_OF_FAMILY = "from entries join applications on applications.id = entries.application where applications.family = families.id"
_LAST = "select max(ends_at) from sessions where sessions.class = entries.class and sessions.state <> 'cancelled'"
_FAMILIES = f"""
select families.id, families.created_at,
    (select max(({_LAST})) {_OF_FAMILY}) as last_class,
    (select max(({_LAST})) {_OF_FAMILY} and entries.state = 'accepted') as last_place,
    (select max(sessions.starts_at) from attendances join participants on participants.id = attendances.participant
        join sessions on sessions.id = attendances.session
        where participants.family = families.id and attendances.state = 'present') as last_attended,
    exists (select 1 {_OF_FAMILY} and entries.state in ('applied', 'accepted', 'waiting', 'offered')
        and (({_LAST}) is null or ({_LAST}) >= :now)
        and (select state from classes where classes.id = entries.class) <> 'cancelled') as open,
    emergency_name || emergency_phone <> ''
        or exists (select 1 from participants where family = families.id and care_note <> '') as has_care
from families where erased_at is null
"""  # noqa: S608 (ours)
_MENTORS_WHO_LEFT = """
select mentors.id, coalesce((select max(starts_at) from assignments join sessions on sessions.id = assignments.session
    where assignments.mentor = mentors.id and assignments.state in ('accepted', 'done')), mentors.joined_at) as since
from mentors where state = 'left' and erased_at is null
"""
