"""Erasing a person: names, contacts and free text go, the rows stay, so that every count stays as it was.

A birth date becomes July 1 of the school year's first calendar year: band and school year are the same, the birthday is gone. What still
runs (a place in a class to come, an accepted dispatch) is given back first, so that somebody else can have it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlite_utils import Database

from web.apply import places
from web.clock import fiscal_year, stamp
from web.data import Row, every, one, writing
from web.mentors.assignments import cancel_ahead
from web.school_years import FIRST_AT, school_year
from web.staff.audit import audit

ABOUT_NOBODY = "mentors/declined"
"""The desk's mail that a session needs somebody else: it names no person, and whoever is erased must not take it along."""
ERASED_MAIL = "recipient = '', subject = '', body = '', attachments_json = '[]', last_error = ''"


def reduced(birth: date) -> date:
    """The day that stands for everybody of this school year. Pure."""
    return date(fiscal_year(birth) - FIRST_AT - school_year(birth, birth), 7, 1)


def erase_family(db: Database, family: str, actor: str) -> bool:
    """Erase a family and its children. False when there is none, or it was erased before."""
    with writing(db):
        row = one(db, "select * from families where id = ? and erased_at is null", (family,))
        if row is None:
            return False
        given_back = _give_places_back(db, family, actor)
        applications = [each["id"] for each in every(db, "select id from applications where family = ?", (family,))]
        entries = [
            each["id"]
            for each in every(
                db, "select entries.id from entries join applications on applications.id = application where family = ?", (family,)
            )
        ]
        children = every(db, "select * from participants where family = ?", (family,))
        for child in children:
            _erase_participant(db, child)
        db.execute(
            "update families set guardian_name = '', guardian_kana = '', email = null, phone = '', emergency_name = '',"
            " emergency_phone = '', link_version = link_version + 1, erased_at = ? where id = ?",
            (stamp(), family),
        )
        erase_entries_texts(db, entries)
        _erase_address(db, row["email"])
        _erase_mails(db, [("family", family), *(("application", each) for each in applications), *(("entry", each) for each in entries)])
        audit(db, actor, "family.erase", "family", family, children=len(children), given_back=given_back)
        return True


def _give_places_back(db: Database, family: str, actor: str) -> int:
    """Withdraw what a class to come still counts on."""
    live = every(
        db,
        "select entries.id from entries join applications on applications.id = application where family = ?"
        " and entries.state in ('applied', 'accepted', 'waiting', 'offered')"
        " and (not exists (select 1 from sessions where sessions.class = entries.class)"
        " or exists (select 1 from sessions where sessions.class = entries.class and state = 'planned' and ends_at > ?))",
        (family, stamp()),
    )
    return sum(places.withdraw(db, entry["id"], actor) for entry in live)


def _erase_participant(db: Database, child: Row) -> None:
    birth = reduced(date.fromisoformat(child["birth_date"])).isoformat() if child["birth_date"] else None
    db.execute(
        "update participants set name = '', kana = '', birth_date = ?, care_note = '', erased_at = ? where id = ?",
        (birth, stamp(), child["id"]),
    )


def erase_care(db: Database, family: str) -> None:
    """Care notes and emergency contacts only: the family goes on."""
    with writing(db):
        db.execute("update participants set care_note = '' where family = ?", (family,))
        db.execute("update families set emergency_name = '', emergency_phone = '' where id = ?", (family,))
        audit(db, "system", "family.erase_care", "family", family)


def erase_entries_texts(db: Database, entries: Iterable[str]) -> None:
    """Answers to questions and reviewers' comments; their points stay."""
    with writing(db):
        for entry in entries:
            db.execute("update answers set text = '' where entry = ?", (entry,))
            db.execute("update reviews set comment = '' where entry = ?", (entry,))


def erase_mentor(db: Database, mentor: str, actor: str) -> bool:
    """Erase a mentor; lessons given stay counted. False when there is none, or it was erased before."""
    with writing(db):
        row = one(db, "select * from mentors where id = ? and erased_at is null", (mentor,))
        if row is None:
            return False
        given_back = cancel_ahead(db, mentor, actor)
        db.execute(
            "update mentors set name = '', kana = '', email = null, phone = '', area = '', latitude = null, longitude = null, notes = '',"
            " state = 'left', link_version = link_version + 1, erased_at = ? where id = ?",
            (stamp(), mentor),
        )
        db.execute("update qualifications set note = '' where mentor = ?", (mentor,))
        for table in ("availability", "mentor_wishes", "fares"):
            db.execute(f"delete from {table} where mentor = ?", (mentor,))  # noqa: S608 (ours)
        db.execute("delete from mentor_wishes where kind = 'mentor' and target = ?", (mentor,))
        assignments = every(db, "select id from assignments where mentor = ?", (mentor,))
        _erase_address(db, row["email"])
        _erase_mails(db, [("mentor", mentor), *(("assignment", each["id"]) for each in assignments)], but=ABOUT_NOBODY)
        audit(db, actor, "mentor.erase", "mentor", mentor, given_back=given_back)
        return True


def erase_borrower(db: Database, reservation: str, actor: str) -> bool:
    """Erase who borrowed; what was lent, when and how it came back stays. False when there is nobody to erase."""
    with writing(db):
        row = one(db, "select * from reservations where id = ? and erased_at is null", (reservation,))
        if row is None:
            return False
        db.execute(
            "update reservations set borrower_name = '', borrower_contact = '', borrower_email = '', purpose = '', erased_at = ?,"
            " state = case when state in ('asked', 'reserved') and until > ? then 'cancelled' else state end where id = ?",
            (stamp(), stamp(), reservation),
        )
        _erase_mails(db, [("reservation", reservation)])
        if row["borrower_email"] and not one(db, "select 1 from reservations where borrower_email = ?", (row["borrower_email"],)):
            _erase_address(db, row["borrower_email"])
        audit(db, actor, "reservation.erase", "reservation", reservation)
        return True


def erase_outreach(db: Database, request: str, actor: str) -> bool:
    """Erase who asked for an outreach lesson; organisation, topic and number of people stay. False when there is nobody to erase."""
    with writing(db):
        row = one(db, "select * from outreach_requests where id = ? and erased_at is null", (request,))
        if row is None:
            return False
        db.execute(
            "update outreach_requests set contact_name = '', email = '', phone = '', address = '', wishes = '', notes = '', answer = '',"
            " erased_at = ?, state = case when state in ('new', 'talking') then 'withdrawn' else state end where id = ?",
            (stamp(), request),
        )
        _erase_mails(db, [("outreach", request)])
        if row["email"] and not one(db, "select 1 from outreach_requests where email = ?", (row["email"],)):
            _erase_address(db, row["email"])
        audit(db, actor, "outreach.erase", "outreach", request)
        return True


ERASERS = {"family": erase_family, "mentor": erase_mentor, "reservation": erase_borrower, "outreach": erase_outreach}
"""By kind of record."""


def _erase_address(db: Database, email: str | None) -> None:
    """What was sent to an address that is nobody's any more. One that somebody else here uses (a guardian who is a mentor) stays."""
    others = ("families", "mentors")
    if not email or any(one(db, f"select 1 from {table} where email = ?", (email,)) for table in others):  # noqa: S608 (ours)
        return
    db.execute(f"update mails set {ERASED_MAIL}, state = {_UNSENT} where recipient = ?", (email,))  # noqa: S608 (ours)
    db.execute("delete from bounces where address = ?", (email,))
    db.execute("delete from email_confirmations where email = ?", (email,))


def _erase_mails(db: Database, about: Iterable[tuple[str, str]], but: str = "") -> None:
    """``but``: the template of mails that stay."""
    for kind, id_ in about:
        db.execute(
            f"update mails set {ERASED_MAIL}, state = {_UNSENT} where about_kind = ? and about = ? and template <> ?",  # noqa: S608 (ours)
            (kind, id_, but),
        )


_UNSENT = "case when state in ('queued', 'sending') then 'failed' else state end"
"""A mail without an address goes nowhere."""


def erase_old_mails(db: Database, before: date) -> int:
    """Words and addresses of mails queued before that day; how many."""
    with writing(db):
        return int(
            db.execute(
                f"update mails set {ERASED_MAIL}, state = {_UNSENT} where queued_at < ? and recipient <> ''",  # noqa: S608 (ours)
                (before.isoformat(),),
            ).rowcount
        )


def open_requests(db: Database) -> list[Row]:
    """Families that asked to be erased and are still here: ``id, at`` (the last time they asked)."""
    return every(
        db,
        "select families.id, max(audit.at) as at from audit join families on families.id = audit.subject"
        " where audit.kind = 'family' and audit.action = 'family.ask_erasure' and families.erased_at is null"
        " group by families.id order by at",
    )
