"""Putting a mail into the queue."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import current_app, has_app_context
from sqlite_utils import Database

from kanikko.settings import Settings, get_settings
from web.clock import stamp
from web.data import writing
from web.ids import new_id
from web.language import LANGUAGES, Language
from web.links import address
from web.mail.words import letter

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\u0000-\u0020\u007f-\u009f]+@[^\s@<>,;:\"()\[\]\\\u0000-\u0020\u007f-\u009f]+")
LONGEST_ADDRESS = 254
_QUEUE = (
    "insert into mails (id, key, recipient, language, template, subject, body, attachments_json, about_kind, about,"
    " state, last_error, next_try_at, queued_at)"
    " values (:id, :key, :recipient, :language, :template, :subject, :body, :attachments_json, :about_kind, :about,"
    " :state, :last_error, :now, :now)"
    " on conflict (key) do nothing"
)


class Attachment(NamedTuple):
    """A file that goes along: an iCalendar file, a QR code."""

    name: str
    media_type: str
    content: bytes


def post(
    db: Database, template: str, to: str | None, language: Language | str, *, key: str, values: Mapping[str, object],
    about: tuple[str, str] = ("", ""), attachments: Sequence[Attachment] = (),
) -> None:  # fmt: skip
    """Queue a mail in the transaction under way: it is sent if and only if that commits.

    ``template``: ``room/name``, for ``web/<room>/mail/<name>.<language>.txt`` (first line ``Subject: …``, then an empty line and the body,
    Jinja without autoescape). In it a :class:`web.language.Text` shows in the mail's language, ``link("room.view", token=…)`` is a page's
    full address in it, and easy templates write ``{漢字|かんじ}``, which people read as 「漢字（かんじ）」.
    ``key``: the same mail is queued once, however often it is asked for (e.g. ``won:<entry>``).
    ``about``: kind and id of what it tells of.
    Nothing happens for an empty address (families without e-mail). One that no mail can reach is kept as failed, for staff to see.
    """
    if not to:
        return
    chosen = _language(language)
    settings = _settings()
    shared = {
        "site_name": settings.site_name,
        "organiser": settings.site_organiser or settings.city,
        "contact": settings.site_contact,
    }
    subject, body = letter(template, chosen, shared | dict(values), lambda endpoint, **parts: address(endpoint, chosen, **parts))
    reachable = can_receive(to)
    with writing(db):
        db.execute(
            _QUEUE,
            {
                "id": new_id("mail"),
                "key": key,
                "recipient": to if reachable else " ".join(to.split())[:LONGEST_ADDRESS],
                "language": chosen,
                "template": template,
                "subject": subject,
                "body": body,
                "attachments_json": json.dumps([_packed(one) for one in attachments]),
                "about_kind": about[0],
                "about": about[1],
                "state": "queued" if reachable else "failed",
                "last_error": "" if reachable else "not an e-mail address",
                "now": stamp(),
            },
        )


def can_receive(given: str) -> bool:
    """Is it one bare address? What a form checked is; this keeps anything else out of headers and the SMTP dialogue."""
    return len(given) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(given) is not None


def unpacked(attachments_json: str) -> list[Attachment]:
    """The attachments of a stored mail."""
    return [Attachment(one["name"], one["type"], base64.b64decode(one["base64"])) for one in json.loads(attachments_json)]


def _packed(attachment: Attachment) -> dict[str, str]:
    return {"name": attachment.name, "type": attachment.media_type, "base64": base64.b64encode(attachment.content).decode()}


def _language(given: str) -> Language:
    return next((language for language in LANGUAGES if language == given), "ja")


def _settings() -> Settings:
    """The application's, or a command's own."""
    settings: Settings = current_app.config["SITE"].settings if has_app_context() else get_settings()
    return settings
