"""The mails to mentors, and the few about them to the desk. Each is queued in the transaction of what it tells of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlite_utils import Database

from web.classes.feeds import Entry, calendar_of
from web.clock import stamp
from web.data import Row, every, one
from web.language import Language, Text, day_words, moment_words, span_words, text_of
from web.links import address, mentor_token, sign
from web.mail import Attachment, post
from web.mentors.words import KIND_WORDS, ROLES
from web.mentors.words import STATES as STATE_WORDS


def joined(db: Database, mentor: Row) -> None:
    """The form arrived: thanks, and the link to the mentor's own page."""
    _to(db, "joined", mentor, f"mentor-joined:{mentor['id']}:{mentor['joined_at']}")


def link(db: Database, mentor: Row, key: str) -> None:
    """The link, because somebody asked for it with this address."""
    _to(db, "link", mentor, key)


def confirm_email(db: Database, mentor: Row, email: str) -> None:
    """The link with which a new address takes the place of the one before."""
    new = sign(NEW_ADDRESS, json.dumps([mentor["id"], mentor["email"], email]))
    confirm_link = address("mentors.email", mentor["language"], token=mentor_token(mentor), new=new)
    post(
        db, "mentors/email", email, mentor["language"], key=f"mentor-email:{mentor['id']}:{email}:{stamp()[:15]}",
        values={"mentor": mentor["name"], "confirm_link": confirm_link}, about=("mentor", mentor["id"]),
    )  # fmt: skip


NEW_ADDRESS = "mentor-email"
"""The purpose of the signed [mentor, address before, new address] in that link."""


def state_changed(db: Database, mentor: Row) -> None:
    """Staff took somebody on, or changed how they stand."""
    _to(db, "state", mentor, f"mentor-state:{mentor['id']}:{mentor['state']}:{stamp()}", state=STATE_WORDS[mentor["state"]])


def qualified(db: Database, mentor: Row, qualification: Row) -> None:
    """A qualification was granted."""
    kind, until = KIND_WORDS[qualification["kind"]], qualification["until_day"]
    _to(db, "qualified", mentor, f"mentor-qualified:{qualification['id']}", kind=kind, until=day_words(until) if until else "")


def expiring(db: Database, mentor: Row, kind: Text, last_day: str, key: str) -> None:
    """A qualification ends soon."""
    _to(db, "expiring", mentor, key, kind=kind, last_day=day_words(last_day))


def offer(db: Database, mentor_id: str, assignments: Sequence[str]) -> None:
    """Would you? One mail for all that is asked at once; the link opens the page, only its buttons answer."""
    tag = hashlib.sha256(":".join(sorted(assignments)).encode()).hexdigest()[:20]
    _offers(db, "offer", mentor_id, assignments, f"mentor-offer:{tag}")


def offer_again(db: Database, mentor_id: str, offered_at: str, assignments: Sequence[str]) -> None:
    """What was asked then is still unanswered; said once."""
    _offers(db, "offer-again", mentor_id, assignments, f"mentor-offer-again:{mentor_id}:{offered_at}")


def _offers(db: Database, name: str, mentor_id: str, assignments: Sequence[str], key: str) -> None:
    mentor = one(db, "select * from mentors where id = ?", (mentor_id,))
    if mentor:
        _to(db, name, mentor, key, offers=[_session_values(_assignment(db, each)) for each in assignments])


def confirmed(db: Database, assignment: str) -> None:
    """Yes arrived; with the session for the mentor's calendar."""
    row = _assignment(db, assignment)
    file = Attachment("session.ics", "text/calendar; charset=utf-8; method=PUBLISH", calendar([row], row["language"]))
    _about(db, "confirmed", row, f"mentor-confirmed:{assignment}", attachments=[file])


def cancelled(db: Database, assignment: str, reason: Text | str) -> None:
    """You need not come."""
    _about(db, "cancelled", _assignment(db, assignment), f"mentor-cancelled:{assignment}", reason=reason)


def moved(db: Database, assignment: str, sequence: int) -> None:
    """Time or place of a session changed."""
    row = _assignment(db, assignment)
    _about(db, "moved", row, f"mentor-moved:{assignment}:{sequence}", accepted=row["assignment_state"] == "accepted")


def declined(db: Database, assignment: str, *, withdrew: bool) -> None:
    """The desk: somebody else is needed. The mail names no person, only the session."""
    row = _assignment(db, assignment)
    _desk(db, "declined", f"mentor-declined:{assignment}", ("assignment", assignment), withdrew=withdrew, **_session_values(row))


def erasure_asked(db: Database, mentor: str) -> None:
    """The directors: a mentor wants to be erased."""
    at = stamp()
    _desk(db, "erasure-asked", f"mentor-erase:{mentor}:{at}", ("mentor", mentor), ("director",), mentor=mentor, at=moment_words(at))


def invited(db: Database, family: Row, of_class: Row) -> None:
    """Somebody completed the course and is no mentor yet."""
    post(
        db, "mentors/invited", family["email"], family["language"], key=f"mentor-invited:{of_class['id']}:{family['id']}",
        values={"name": family["guardian_name"], "title": text_of(of_class, "title")}, about=("family", family["id"]),
    )  # fmt: skip


# ---------------------------------------------------------------------- what they are made of
def calendar(rows: Sequence[Row], language: Language, own: str = "") -> bytes:
    """Sessions of assignments (as :func:`sessions_of` reads them) as a calendar; each event names the role."""
    entries = [
        Entry(
            {
                "id": row["session"],
                "sequence": row["session_sequence"],
                "starts_at": row["starts_at"],
                "ends_at": row["ends_at"],
                "state": row["session_state"],
            },
            {**row, "id": row["class"], "sequence": row["class_sequence"], "state": row["class_state"]},
            {**row, "name": row["place_name"], "name_easy": row["place_name_easy"], "name_en": row["place_name_en"]},
            summary=f"{text_of(row, 'title').plain(language)} ({ROLES[row['role']].plain(language)})",
            more=text_of({**row, "way": row["access"], "way_en": row["access_en"]}, "way").plain(language),
            uid_of=row["mentor"],
        )
        for row in rows
    ]
    name = Text("メンターの予定", "メンターの {予定|よてい}", "Mentor sessions").plain(language)
    return calendar_of(entries, settings=current_app.config["SITE"].settings, name=name, language=language, own=own, public=False)


SESSIONS = (
    "select assignments.id as assignment, assignments.session, assignments.mentor, assignments.role, assignments.skill,"
    " assignments.state as assignment_state, assignments.offered_at, assignments.attended, assignments.fare,"
    " sessions.class, sessions.starts_at, sessions.ends_at, sessions.state as session_state, sessions.sequence as session_sequence,"
    " sessions.number, sessions.note as session_note, classes.title, classes.title_easy, classes.title_en, classes.description,"
    " classes.description_easy, classes.description_en, classes.state as class_state, classes.sequence as class_sequence,"
    " classes.created_at, classes.updated_at, classes.programme, classes.contact_name, classes.contact_phone, classes.contact_extension,"
    " places.id as place, places.name as place_name, places.name_easy as place_name_easy, places.name_en as place_name_en,"
    " places.address, places.building, places.access, places.access_en, places.latitude, places.longitude,"
    " mentors.language, mentors.email, mentors.name as mentor_name, mentors.link_version, mentors.erased_at"
    " from assignments join sessions on sessions.id = assignments.session join classes on classes.id = sessions.class"
    " join places on places.id = sessions.place join mentors on mentors.id = assignments.mentor"
)
"""Assignments with their session, class, place and mentor. Add a ``where``."""


def sessions_of(db: Database, mentor: str, *, states: Sequence[str]) -> list[Row]:
    """A mentor's assignments in these states, by time."""
    marks = ", ".join("?" * len(states))
    return every(db, f"{SESSIONS} where assignments.mentor = ? and assignments.state in ({marks}) order by starts_at", (mentor, *states))


def own_link(mentor: Row) -> str:
    """The address of a mentor's own page, for a mail."""
    return address("mentors.own", mentor["language"], token=mentor_token(mentor))


def _assignment(db: Database, assignment: str) -> Row:
    row = one(db, f"{SESSIONS} where assignments.id = ?", (assignment,))
    assert row is not None  # noqa: S101 (the caller has just written it)
    return row


def _session_values(row: Row) -> dict[str, Any]:
    return {
        "title": text_of(row, "title"),
        "when": span_words(row["starts_at"], row["ends_at"]),
        "place": text_of(row, "place_name"),
        "place_address": " ".join(filter(None, (row["address"], row["building"]))),
        "way": text_of({"way": row["access"], "way_en": row["access_en"]}, "way"),
        "role": ROLES[row["role"]],
        "class_contact": " ".join(filter(None, (row["contact_name"], row["contact_phone"], row["contact_extension"]))),
    }


def _to(db: Database, name: str, mentor: Row, key: str, attachments: Sequence[Attachment] = (), **more: object) -> None:
    values = {"mentor": mentor["name"], "own_link": own_link(mentor), **more}
    about = ("mentor", mentor["id"])
    post(db, f"mentors/{name}", mentor["email"], mentor["language"], key=key, values=values, about=about, attachments=attachments)


def _about(db: Database, name: str, row: Row, key: str, attachments: Sequence[Attachment] = (), **more: object) -> None:
    if row["erased_at"]:
        return
    mentor = {"id": row["mentor"], "link_version": row["link_version"], "language": row["language"]}
    values = {"mentor": row["mentor_name"], "own_link": own_link(mentor), **_session_values(row), **more}
    about = ("assignment", row["assignment"])
    post(db, f"mentors/{name}", row["email"], row["language"], key=key, values=values, about=about, attachments=attachments)


def _desk(
    db: Database, name: str, key: str, about: tuple[str, str], roles: Sequence[str] = ("director", "clerk"), **values: object
) -> None:
    marks = ", ".join("?" * len(roles))
    for staff in every(db, f"select id, login from staff where role in ({marks}) and active and login like '%@%'", tuple(roles)):  # noqa: S608
        post(db, f"mentors/{name}", staff["login"], "ja", key=f"{key}:{staff['id']}", values=values, about=about)
