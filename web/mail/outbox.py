"""Putting a mail into the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from web.language import Language


class Attachment(NamedTuple):
    """A file that goes along: an iCalendar file, a QR code."""

    name: str
    media_type: str
    content: bytes


def post(
    db: Database, template: str, to: str, language: Language, *, key: str, values: Mapping[str, object], about: tuple[str, str] = ("", ""),
    attachments: Sequence[Attachment] = (),
) -> None:  # fmt: skip
    """Queue a mail in the transaction under way: it is sent if and only if that commits.

    ``template``: ``room/name``, for ``web/<room>/mail/<name>.<language>.txt`` (first line ``Subject: …``, then an empty line and the body,
    Jinja without autoescape). ``key``: the same mail is queued once, however often it is asked for (e.g. ``won:<entry>``).
    ``about``: kind and id of what it tells of.
    Nothing happens for an empty address (families without e-mail).
    """
    raise NotImplementedError
