"""Sessions as iCalendar (RFC 5545), by the icalendar library: feeds to subscribe to, and files that go along with a mail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vDuration, vText

from kanikko.settings import Settings
from web.classes.queries import ClassView, SessionView
from web.clock import moment
from web.data import Row
from web.language import Language, text_of
from web.links import address

PRODUCT = "-//Kanikko//Community site//JA"
REFRESH = timedelta(hours=6)
MEDIA_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Entry:
    """One event: a session with its class and place (rows of the tables). ``summary`` and ``more`` replace and add to the words;
    ``uid_of`` sets it apart from the public event of the same session (a mentor's own feed). ``url``: the page about it."""

    session: Row
    of_class: Row
    place: Row
    url: str = ""
    summary: str = ""
    more: str = ""
    uid_of: str = ""


def entries_of(view: ClassView, sessions: Iterable[SessionView] | None = None, language: Language = "ja") -> list[Entry]:
    """The events of a class, with the address of its page."""
    chosen = view.sessions if sessions is None else sessions
    url = address("classes.show", language, class_id=view.id)
    return [Entry(session.row, view.row, session.place, url=url) for session in chosen]


def calendar_of(
    entries: Iterable[Entry], *, settings: Settings, name: str, language: Language = "ja", own: str = "", public: bool = True
) -> bytes:
    """A calendar of these sessions. ``name``: its title; ``own``: its own address, for programmes that subscribe.

    An event keeps its UID for ever; its SEQUENCE grows with every change, so that programmes replace what they hold.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(_clean(name)))
    calendar.add("x-wr-timezone", "Asia/Tokyo")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    if own:
        calendar.add("source", own, parameters={"VALUE": "URI"})
    for entry in entries:
        calendar.add_component(_event(entry, settings, language, public))
    return bytes(calendar.to_ical())


def _event(entry: Entry, settings: Settings, language: Language, public: bool) -> Event:
    session, of_class, place = entry.session, entry.of_class, entry.place
    event = Event()
    event.add("uid", f"{entry.uid_of + '-' if entry.uid_of else ''}{session['id']}@{_domain(settings)}")
    event.add("sequence", of_class["sequence"] + session["sequence"])
    event.add("dtstamp", _utc(of_class["updated_at"]))
    event.add("created", _utc(of_class["created_at"]))
    event.add("last-modified", _utc(of_class["updated_at"]))
    event.add("dtstart", _utc(session["starts_at"]))
    event.add("dtend", _utc(session["ends_at"]))
    event.add("summary", _clean(entry.summary or text_of(of_class, "title").plain(language)))
    words = (entry.more, text_of(of_class, "description").plain(language), entry.url)
    event.add("description", _clean("\n".join(part for part in words if part)))
    event.add("location", _clean(location_words(place, language)))
    if place["latitude"] is not None and place["longitude"] is not None:
        event.add("geo", (place["latitude"], place["longitude"]))
    event.add("status", "CANCELLED" if "cancelled" in (session["state"], of_class["state"]) else "CONFIRMED")
    event.add("class", "PUBLIC" if public else "PRIVATE")
    event.add("categories", [vText("programming")])
    if entry.url:
        event.add("url", entry.url)
    return event


def location_words(place: Row, language: Language = "ja") -> str:
    """「かにっこプラザ 4階 研修室（かにっこ市武蔵1番1号）」."""
    name = text_of(place, "name").plain(language)
    room = f" {place['building']}" if place["building"] else ""
    return f"{name}{room} ({place['address']})" if language == "en" else f"{name}{room}（{place['address']}）"


def _clean(text: str) -> str:
    """Lines end with LF, and there are no other control characters; the library escapes what remains."""
    return _CONTROL.sub("", "\n".join(text.splitlines()))


_CONTROL = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800-\udfff]")


def _utc(text: str) -> datetime:
    return moment(text).astimezone(UTC)


def _domain(settings: Settings) -> str:
    """Part of the UID: fixed for a site, whatever its port or language."""
    host = settings.site_public_url.split("://", 1)[-1].split("/", 1)[0]
    return host.rsplit(":", 1)[0] if host.rsplit(":", 1)[-1].isdigit() else host
