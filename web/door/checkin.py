"""Writing events of the door: in batches from the pages' queues, one by one from plain forms, and the end of a session."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlite_utils import Database

from web.clock import now, stamp
from web.data import Row, every, one, writing
from web.door.codes import LONGEST, code_in
from web.door.rules import CLOSING, NOT_ACCEPTED, Mark, State, Via, mark_key, stands
from web.door.sessions import entry_by, next_of_class
from web.language import moment_words, time_words
from web.staff.audit import audit

MOST = 200
"""Events in one batch; a page sends fewer."""

Result = Literal["in", "already", "undone", "other", "not_accepted", "unknown", "unclear"]


class Event(BaseModel):
    """One scan or press, as a page sends it. ``at``: milliseconds of the site's clock, as the page reckons it."""

    model_config = ConfigDict(extra="ignore", strict=True)

    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{8,64}$")]
    at: Annotated[int, Field(ge=0, le=253402300799000)]
    state: State
    code: Annotated[str, StringConstraints(max_length=LONGEST)] | None = None
    entry: Annotated[str, StringConstraints(max_length=40)] | None = None
    via: Via = "list"
    anyway: bool = False
    """Staff lets a child in for today that has no place."""


@dataclass(frozen=True)
class Answer:
    """What became of one event. ``detail``: words for staff, without a child's name."""

    key: str
    result: Result
    detail: str = ""
    entry: str = ""

    @property
    def counted(self) -> bool:
        return self.result in ("in", "already", "undone")


def take(db: Database, session: Row, events: Iterable[Any], by: str) -> list[Answer]:
    """Write a batch; an answer for each event, in order. What makes no sense is answered so and keeps nothing back."""
    with writing(db):
        answers = [_take_one(db, session, event, by) for event in events]
        changed = {answer.entry: answer.result for answer in answers if answer.result in ("in", "undone")}
        if changed:
            audit(db, by, "door.mark", "session", session["id"], **changed)
    return answers


def _take_one(db: Database, session: Row, given: Any, by: str) -> Answer:
    try:
        event = given if isinstance(given, Event) else Event.model_validate(given)
    except ValidationError:
        key = given.get("key") if isinstance(given, dict) else None
        return Answer(key if isinstance(key, str) else "", "unclear")
    code = code_in(event.code) if event.code else None
    if not code and not event.entry:
        return Answer(event.key, "unclear")
    entry = entry_by(db, code=code, entry=event.entry)
    if entry is None:
        return Answer(event.key, "unknown")
    if entry["class"] != session["class"]:
        return Answer(event.key, "other", _other_class(db, entry, session))
    return _mark(db, session, entry, event, by)


def _mark(db: Database, session: Row, entry: Row, event: Event, by: str) -> Answer:
    kept = _kept(db, session["id"], entry["participant"])
    if entry["state"] != "accepted" and kept is None and not event.anyway:
        return Answer(event.key, "not_accepted", NOT_ACCEPTED[entry["state"]], entry["id"])
    if one(
        db,
        "select 1 from attendances where key = ? and (session <> ? or participant <> ?)",
        (event.key, session["id"], entry["participant"]),
    ):
        return Answer(event.key, "unclear", "同じ番号の記録が、ほかのお子さんにあります。")
    mark = Mark(event.state, stamp(_moment(event.at)), event.key)
    if stands(mark, kept):
        _write(db, session["id"], entry["participant"], mark, event.via, by)
    if event.state == "absent":
        return Answer(event.key, "undone", entry=entry["id"])
    if kept and kept.state == "present" and kept.key != mark.key:
        return Answer(event.key, "already", f"{time_words(kept.at)}に受け付けています。", entry["id"])
    return Answer(event.key, "in", entry=entry["id"])


def _moment(milliseconds: int) -> datetime:
    """When the event happened; a tablet's clock that runs ahead must not outrun what comes after it."""
    return min(datetime.fromtimestamp(milliseconds / 1000, tz=UTC), now())


def _kept(db: Database, session: str, participant: str) -> Mark | None:
    row = one(db, "select state, at, key from attendances where session = ? and participant = ?", (session, participant))
    return Mark(**row) if row else None


def _write(db: Database, session: str, participant: str, mark: Mark, via: Via, by: str) -> None:
    db.table("attendances").upsert(
        {"session": session, "participant": participant, "state": mark.state, "at": mark.at, "via": via, "by": by, "key": mark.key},
        pk=("session", "participant"),
    )


def _other_class(db: Database, entry: Row, session: Row) -> str:
    found = next_of_class(db, entry["class"], date.fromisoformat(session["starts_at"][:10]))
    if found is None:
        return ""
    if found["starts_at"][:10] == session["starts_at"][:10]:
        return f"きょう {time_words(found['starts_at'])} から {found['place_name']} である「{found['title']}」のコードです。"
    return f"{moment_words(found['starts_at'])} の「{found['title']}」（{found['place_name']}）のコードです。"


def mark_now(
    db: Database, session: Row, state: State, by: str, *, code: str | None = None, entry: str | None = None, via: Via = "list",
    anyway: bool = False,
) -> Answer:  # fmt: skip
    """One event that happens now, from a plain form. Always later than what is kept: who presses sees what it says."""
    at = int(now().timestamp() * 1000)
    key = mark_key(at + 999, time.time_ns())  # the clock knows seconds; this puts presses of one second in order
    event = Event(key=key, at=at, state=state, code=code, entry=entry, via=via, anyway=anyway)
    return take(db, session, [event], by)[0]


def close_session(db: Database, session: Row, by: str) -> int:
    """The session was held; who was not marked is absent. How many are absent."""
    with writing(db):
        missing = every(
            db,
            "select distinct participant from entries where class = ? and state = 'accepted'"
            " and participant not in (select participant from attendances where session = ?)",
            (session["class"], session["id"]),
        )
        for row in missing:
            mark = Mark("absent", stamp(), f"{CLOSING}{session['id']}.{row['participant']}")
            _write(db, session["id"], row["participant"], mark, "list", by)
        db.execute("update sessions set state = 'held' where id = ? and state = 'planned'", (session["id"],))
        absent = every(db, "select 1 from attendances where session = ? and state = 'absent'", (session["id"],))
        audit(db, by, "door.close", "session", session["id"], absent=len(absent))
    return len(absent)


def reopen_session(db: Database, session: Row, by: str) -> None:
    """Closed too early: the absences that closing wrote are taken back."""
    with writing(db):
        db.execute("delete from attendances where session = ? and key like ?", (session["id"], f"{CLOSING}%"))
        db.execute("update sessions set state = 'planned' where id = ? and state = 'held'", (session["id"],))
        audit(db, by, "door.reopen", "session", session["id"])
