"""A class as schema.org Event, for search engines. Data only; the template writes it escaped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from kanikko.settings import Settings
from web.classes.queries import ClassView, SessionView
from web.data import Row
from web.language import HTML_LANG, current_language, text_of
from web.links import address

_STATUS = {False: "https://schema.org/EventScheduled", True: "https://schema.org/EventCancelled"}


def event_data(view: ClassView, moment: datetime) -> dict[str, Any] | None:
    """The event with its sessions as ``subEvent``; None while there is no session."""
    sessions = view.live or view.sessions
    if not sessions:
        return None
    settings: Settings = current_app.config["SITE"].settings
    row, language = view.row, current_language()
    url = address("classes.show", language, class_id=view.id)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": f"{url}#event",
        "url": url,
        "name": view.title.plain(language),
        "description": view.description.plain(language),
        "inLanguage": HTML_LANG[row["language"]],
        "startDate": sessions[0].row["starts_at"],
        "endDate": sessions[-1].row["ends_at"],
        "eventStatus": _STATUS[row["state"] == "cancelled" or not view.live],
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": _location(sessions[0].place),
        "organizer": {
            "@type": "Organization",
            "name": row["organiser"] or settings.site_organiser or settings.city,
            "url": address("front.home", language),
        },
        "isAccessibleForFree": row["fee"] == 0,
        "maximumAttendeeCapacity": row["capacity"],
        "offers": _offer(view, url, moment),
    }
    ages = _ages(row)
    if ages:
        data["typicalAgeRange"] = ages
    if len(view.sessions) > 1:
        data["subEvent"] = [_session(view, session) for session in view.sessions]
    return data


def _session(view: ClassView, session: SessionView) -> dict[str, Any]:
    return {
        "@type": "Event",
        "name": view.title.plain(current_language()),
        "startDate": session.row["starts_at"],
        "endDate": session.row["ends_at"],
        "eventStatus": _STATUS[session.cancelled or view.row["state"] == "cancelled"],
        "location": _location(session.place),
    }


def _location(place: Row) -> dict[str, Any]:
    address = {"@type": "PostalAddress", "streetAddress": place["address"], "addressCountry": "JP"}
    if place["postcode"]:
        address["postalCode"] = place["postcode"]
    location = {"@type": "Place", "name": text_of(place, "name").plain(current_language()), "address": address}
    if place["latitude"] is not None and place["longitude"] is not None:
        location["geo"] = {"@type": "GeoCoordinates", "latitude": place["latitude"], "longitude": place["longitude"]}
    return location


def _offer(view: ClassView, url: str, moment: datetime) -> dict[str, Any]:
    full = not view.room.decided_later and view.room.free == 0
    open_now = view.is_open(moment)
    availability = "InStock" if open_now and not full else "PreOrder" if view.window(moment) == "before" else "SoldOut"
    offer = {
        "@type": "Offer",
        "price": view.row["fee"],
        "priceCurrency": "JPY",
        "url": url,
        "availability": f"https://schema.org/{availability}",
    }
    if view.row["apply_from"]:
        offer["validFrom"] = view.row["apply_from"]
    return offer


def _ages(row: Row) -> str:
    """``8-12``; school years as the ages that belong to them."""
    low = row["age_from"] if row["age_from"] is not None else None if row["grade_from"] is None else row["grade_from"] + 5
    high = row["age_to"] if row["age_to"] is not None else None if row["grade_to"] is None else row["grade_to"] + 6
    return "" if low is None and high is None else f"{low or 0}-{'' if high is None else high}"
