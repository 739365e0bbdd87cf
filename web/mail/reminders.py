"""Reminders the day before, to families with a place and mentors who accepted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlite_utils import Database

from kanikko.settings import Settings
from web.access import ACCESS
from web.data import Row, every, writing
from web.language import Language, Text, span_words, text_of
from web.links import address, family_token, mentor_token
from web.mail.outbox import post

HOUR = 17
"""From this hour on, the day before. Who gets a place later in the evening is reminded then."""

ROLES = {
    "lead": Text("リーダー", "リーダー", "lead"),
    "assistant": Text("アシスタント", "アシスタント", "assistant"),
    "trainee": Text("研修", "{練習|れんしゅう}", "trainee"),
}

_TOMORROW = (
    " from sessions join classes on classes.id = sessions.class join places on places.id = sessions.place"
    " {joins} where substr(sessions.starts_at, 1, 10) = :day and sessions.state = 'planned' and classes.state = 'published' and {who}"
    " and not exists (select 1 from mails where key = {key})"
)
_SESSION = (
    "sessions.id as session, starts_at, ends_at, title, title_easy, title_en, places.name as place, places.name_easy as place_easy,"
    " places.name_en as place_en, places.address, places.access, places.access_en, contact_name, contact_phone, contact_extension"
)
_FAMILIES = (
    f"select {_SESSION}, families.id, families.link_version, families.email, families.language, families.guardian_name,"
    " json_group_array(participants.name) as children"
    + _TOMORROW.format(
        joins="join entries on entries.class = classes.id and entries.state = 'accepted' join participants on participants.id = participant"
        " join families on families.id = participants.family",
        who="families.email <> '' and families.erased_at is null",
        key="'reminder:' || sessions.id || ':' || families.id",
    )
    + " group by sessions.id, families.id"
)
_MENTORS = (
    f"select {_SESSION}, mentors.id, mentors.link_version, mentors.email, mentors.language, mentors.name, assignments.role,"
    " assignments.id as assignment"
    + _TOMORROW.format(
        joins="join assignments on assignments.session = sessions.id and assignments.state = 'accepted'"
        " join mentors on mentors.id = assignments.mentor",
        who="mentors.email <> '' and mentors.erased_at is null",
        key="'reminder-mentor:' || assignments.id",
    )
)


def day_before(db: Database, settings: Settings, moment: datetime) -> None:
    """Queue the reminders of tomorrow's sessions, each once."""
    if moment.hour < HOUR:
        return
    day = {"day": (moment + timedelta(days=1)).date().isoformat()}
    for row in every(db, _FAMILIES, day):
        values = {**_session_values(row), "guardian": row["guardian_name"], "children": json.loads(row["children"])}
        link = _link("apply.my", row["language"], family_token(row))
        with writing(db):
            post(
                db, "mail/reminder-family", row["email"], row["language"], key=f"reminder:{row['session']}:{row['id']}",
                values={**values, "own_link": link}, about=("session", row["session"]),
            )  # fmt: skip
    for row in every(db, _MENTORS, day):
        values = {**_session_values(row), "mentor": row["name"], "role": ROLES[row["role"]]}
        link = _link("mentors.own", row["language"], mentor_token(row))
        with writing(db):
            post(
                db, "mail/reminder-mentor", row["email"], row["language"], key=f"reminder-mentor:{row['assignment']}",
                values={**values, "own_link": link}, about=("assignment", row["assignment"]),
            )  # fmt: skip


def _session_values(row: Row) -> dict[str, object]:
    return {
        "title": text_of(row, "title"),
        "when": span_words(row["starts_at"], row["ends_at"]),
        "place": text_of(row, "place"),
        "place_address": row["address"],
        "way": text_of(row, "access"),
        "class_contact": " ".join(filter(None, (row["contact_name"], row["contact_phone"], row["contact_extension"]))),
    }


def _link(endpoint: str, language: Language, token: str) -> str:
    """The page of whoever gets the mail; empty while the site has none."""
    return address(endpoint, language, token=token) if endpoint in ACCESS else ""
