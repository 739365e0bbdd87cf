"""The mails to families. Each is put into the queue in the transaction of what it tells of; who has no e-mail gets none."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import segno
from flask import current_app
from sqlite_utils import Database

from web.apply.states import WORDS
from web.classes.feeds import calendar_of, entries_of
from web.classes.queries import ClassView, load_class
from web.clock import stamp
from web.data import Row, every, one, value
from web.language import Language, Text, moment_words, span_words, text_of
from web.links import address, family_token
from web.mail.outbox import Attachment, post


def received(db: Database, application_id: str) -> None:
    """An application came in: what became of each child, with the QR codes of those who are in."""
    _tell(db, "received", application_id, key=f"received:{application_id}")


def result(db: Database, application_id: str, entries: Sequence[str]) -> None:
    """The lottery or the selection decided about these entries of the application."""
    _tell(db, "result", application_id, entries, key="result:" + _tag(db, entries))


def offer(db: Database, entries: Sequence[str]) -> None:
    """A place became free for these entries, which are answered together."""
    _tell(db, "offer", _application_of(db, entries[0]), entries, key=f"offer:{entries[0]}")


def answered(db: Database, entries: Sequence[str]) -> None:
    """The offer was accepted (with the QR codes) or declined."""
    _tell(db, "answered", _application_of(db, entries[0]), entries, key="answered:" + _tag(db, entries))


def offer_expired(db: Database, entries: Sequence[str]) -> None:
    _tell(db, "offer-expired", _application_of(db, entries[0]), entries, key=f"expired:{entries[0]}")


def withdrawn(db: Database, entry: str) -> None:
    _tell(db, "withdrawn", _application_of(db, entry), [entry], key=f"withdrawn:{entry}")


def cancelled(db: Database, application_id: str) -> None:
    """The class does not take place."""
    _tell(db, "cancelled", application_id, key=f"cancelled:{application_id}")


def changed(db: Database, application_id: str, key: str) -> None:
    """The family changed what it had told us; ``key``: of this change."""
    _tell(db, "changed", application_id, key=f"changed:{key}")


def class_changed(db: Database, class_id: str, key: str, what: Text) -> None:
    """Time or place of the class changed: every family with a live entry is told once per ``key``. ``what``: what is new, in words."""
    for application in _live_applications(db, class_id):
        _tell(db, "class-changed", application, key=f"class-changed:{application}:{key}", what=what)


def confirm_address(db: Database, of_class: Row, email: str, language: Language, token: str, until: str) -> None:
    """The link to the form, to whoever asked for it."""
    opens = of_class["apply_from"]
    values = {
        **_class_values(_view(db, of_class["id"])),
        "form_link": address("apply.form", language, class_id=of_class["id"], token=token),
        "until": moment_words(until),
        "opens": moment_words(opens) if opens and opens > stamp() else "",
    }
    post(db, "apply/confirm-address", email, language, key=f"confirm:{token[:12]}", values=values, about=("class", of_class["id"]))


def own_page(db: Database, family: Row, key: str) -> None:
    """The link to the family's own page, because it was asked for."""
    values = {"guardian": family["guardian_name"], "own_link": _own_link(family)}
    post(db, "apply/own-page", family["email"] or "", family["language"], key=key, values=values, about=("family", family["id"]))


def erasure_asked(db: Database, family_id: str, at: str) -> None:
    """Tell the directors that a family wants its data erased; the mail names the family's id only."""
    for director in every(db, "select id, login from staff where role = 'director' and active and login like '%@%'"):
        post(db, "apply/erasure-asked", director["login"], "ja", key=f"erase:{family_id}:{director['id']}:{at}",
             values={"family": family_id, "at": moment_words(at)}, about=("family", family_id))  # fmt: skip


def qr_png(code: str) -> bytes:
    """The check-in code as a picture, large enough for a phone's screen and for paper."""
    picture = io.BytesIO()
    segno.make(code, error="m", micro=False).save(picture, kind="png", scale=8, border=4)
    return picture.getvalue()


# ---------------------------------------------------------------------- what they are made of
def _tell(db: Database, name: str, application_id: str, entries: Sequence[str] | None = None, *, key: str, **more: object) -> None:
    family = _family(db, application_id)
    if not family["email"]:
        return
    language: Language = family["language"]
    rows = _entries(db, application_id, entries)
    view = _view(db, value(db, "select class from applications where id = ?", (application_id,)))
    states = {row["state"] for row in rows}
    values: dict[str, Any] = {
        **_class_values(view),
        "guardian": family["guardian_name"],
        "children": [_child_values(row) for row in rows],
        "states": states,
        "admission": view.row["admission"],
        "until": moment_words(max(row["offered_until"] or "" for row in rows)) if "offered" in states else "",
        "reason": view.row["cancelled_reason"],
        "own_link": _own_link(family),
        **more,
    }
    attached = _attached(name, view, rows, language)
    about = ("application", application_id)
    post(db, f"apply/{name}", family["email"], language, key=key, values=values, about=about, attachments=attached)


def _class_values(view: ClassView) -> dict[str, object]:
    return {
        "title": view.title,
        "days": [span_words(session.row["starts_at"], session.row["ends_at"]) for session in view.live],
        "place": text_of(view.first.place, "name") if view.first else "",
        "place_address": view.first.place["address"] if view.first else "",
        "class_contact": view.row["contact_name"],
        "class_phone": view.row["contact_phone"],
    }


def _attached(name: str, view: ClassView, rows: Sequence[Row], language: Language) -> list[Attachment]:
    """For those who have just got a place: a QR code each, and the sessions for their calendar."""
    codes = [row["checkin_code"] for row in rows if row["state"] == "accepted"]
    if name not in ("received", "result", "answered") or not codes:
        return []
    settings = current_app.config["SITE"].settings
    sessions = entries_of(view, view.live, language)
    calendar = calendar_of(sessions, settings=settings, name=view.title.plain(language), language=language)
    pictures = [Attachment(f"qr-{number}.png", "image/png", qr_png(code)) for number, code in enumerate(codes, 1)]
    return [*pictures, Attachment("calendar.ics", "text/calendar", calendar)]


def _view(db: Database, class_id: str) -> ClassView:
    view = load_class(db, class_id)
    assert view is not None  # noqa: S101 (a foreign key)
    return view


def _child_values(row: Row) -> dict[str, object]:
    return {
        "name": row["name"],
        "state": row["state"],
        "words": WORDS[row["state"]],
        "position": row["position"],
        "code": row["checkin_code"],
    }


def _entries(db: Database, application_id: str, only: Sequence[str] | None) -> list[Row]:
    rows = every(
        db,
        "select entries.*, name, (select count(*) from entries as others where others.class = entries.class and others.state = 'waiting'"
        " and others.waiting_order <= entries.waiting_order) as position"
        " from entries join participants on participants.id = participant where application = ? order by entries.rowid",
        (application_id,),
    )
    return [row for row in rows if only is None or row["id"] in only]


def _family(db: Database, application_id: str) -> Row:
    found = one(
        db, "select families.* from families join applications on family = families.id where applications.id = ?", (application_id,)
    )
    assert found is not None  # noqa: S101 (a foreign key)
    return found


def _own_link(family: Row) -> str:
    return address("apply.my", family["language"], token=family_token(family))


def _application_of(db: Database, entry: str) -> str:
    return str(value(db, "select application from entries where id = ?", (entry,)))


def _tag(db: Database, entries: Sequence[str]) -> str:
    """Names these entries in the states they are in: the same news is told once, a later change again."""
    states = {entry: value(db, "select state from entries where id = ?", (entry,)) for entry in sorted(entries)}
    return ",".join(f"{entry}={state}" for entry, state in states.items())


def _live_applications(db: Database, class_id: str) -> list[str]:
    rows = every(
        db,
        "select distinct application from entries where class = ? and state in ('applied', 'accepted', 'waiting', 'offered')",
        (class_id,),
    )
    return [row["application"] for row in rows]
