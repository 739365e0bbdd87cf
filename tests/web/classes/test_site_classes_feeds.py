"""Calendars to subscribe to, read back with a parser, and schema.org data."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from icalendar import Calendar
from icalendar.cal import Event
from sqlite_utils import Database

from tests.web.conftest import TODAY
from tests.web.make import make_class, make_place, make_session
from web.clock import stamp
from web.data import one

HOSTILE = "</script><script>alert(1)</script>]]>&\r\nATTENDEE:mailto:x@example.jp\nEND:VEVENT;,\\"


def events(client: FlaskClient, path: str) -> list[Event]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    calendar = Calendar.from_ical(answer.data)
    assert not calendar.errors
    assert str(calendar["version"]) == "2.0" and calendar["prodid"]
    found = calendar.walk("VEVENT")
    for event in found:
        assert not event.errors
        assert all(name in event for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS", "LAST-MODIFIED", "SUMMARY"))
    return found


def event_data(client: FlaskClient, path: str) -> dict[str, object]:
    page = client.get(path).text
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    data = json.loads(found[0])
    assert isinstance(data, dict)
    return data


def test_a_family_s_calendar_gets_each_session_in_its_own_time_and_place(client: FlaskClient, db: Database) -> None:
    made = make_class(db, sessions=2)
    first, second = events(client, f"/classes/{made['id']}.ics")
    assert first["DTSTART"].dt == datetime(2026, 12, 15, 10, tzinfo=TODAY.tzinfo)
    assert second["DTEND"].dt - first["DTSTART"].dt == timedelta(days=7, hours=2)
    assert str(first["LOCATION"]) == "ITビジネスプラザ武蔵（金沢市武蔵町14番31号）"
    assert (first["GEO"].latitude, first["GEO"].longitude) == (36.5716, 136.6567)
    assert str(first["URL"]).endswith(f"/classes/{made['id']}")
    assert first["UID"] != second["UID"]


def test_the_feed_speaks_the_visitor_s_language(client: FlaskClient, db: Database) -> None:
    made = make_class(db)
    (event,) = events(client, f"/en/classes/{made['id']}.ics")
    assert str(event["SUMMARY"]) == "First crab robot"
    assert "/en/classes/" in str(event["URL"])
    assert str(events(client, "/easy/calendar.ics")[0]["SUMMARY"]) == "はじめての かにロボット"


def test_a_moved_session_keeps_its_uid_and_raises_its_sequence(client: FlaskClient, db: Database) -> None:
    made = make_class(db)
    (before,) = events(client, "/calendar.ics")
    session = one(db, "select * from sessions")
    assert session
    db["sessions"].update(session["id"], {"sequence": 1, "starts_at": session["starts_at"].replace("T10", "T09")})
    (after,) = events(client, f"/classes/{made['id']}.ics")
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


def test_what_was_cancelled_stays_in_the_feed_as_cancelled(client: FlaskClient, db: Database) -> None:
    place = make_place(db)
    one_off = make_class(db, place=place)
    make_session(db, one_off, place, TODAY + timedelta(days=30), state="cancelled", number=2)
    make_class(db, state="cancelled")
    states = [str(event["STATUS"]) for event in events(client, "/calendar.ics")]
    assert sorted(states) == ["CANCELLED", "CANCELLED", "CONFIRMED"]


def test_feeds_tell_nothing_of_drafts_and_of_lessons_where_we_are_invited(client: FlaskClient, db: Database) -> None:
    for hidden in ({"state": "draft"}, {"admission": "invited"}, {"audience": "staff"}):
        made = make_class(db, **hidden)
        assert client.get(f"/classes/{made['id']}.ics").status_code == 404
        assert client.get(f"/classes/{made['id']}").status_code == 404
    assert events(client, "/calendar.ics") == []
    assert "はじめての" not in client.get("/classes/").text + client.get("/calendar/2026-12").text


def test_old_sessions_leave_the_whole_feed_but_not_their_class_s(client: FlaskClient, db: Database) -> None:
    made = make_class(db, starts=TODAY - timedelta(days=500))
    assert events(client, "/calendar.ics") == []
    assert len(events(client, f"/classes/{made['id']}.ics")) == 1


def test_hostile_words_break_out_of_neither_calendar_nor_page_data(client: FlaskClient, db: Database) -> None:
    place = make_place(db, name=HOSTILE, address=HOSTILE)
    made = make_class(db, place=place, title=HOSTILE, title_en="", description=HOSTILE)
    (event,) = events(client, f"/classes/{made['id']}.ics")
    assert "ATTENDEE" not in event
    assert str(event["SUMMARY"]).replace("\r", "").replace("\n", "") == HOSTILE.replace("\r", "").replace("\n", "")
    data = event_data(client, f"/classes/{made['id']}")
    assert data["name"] == HOSTILE
    page = client.get(f"/classes/{made['id']}").text
    assert "<script>alert" not in page


def test_search_engines_learn_when_where_and_for_how_much(client: FlaskClient, db: Database) -> None:
    made = make_class(db, sessions=2, fee=500)
    data = event_data(client, f"/classes/{made['id']}")
    assert data["@type"] == "Event" and data["startDate"] == "2026-12-15T10:00:00+09:00" and data["endDate"] == "2026-12-22T12:00:00+09:00"
    assert data["location"]["geo"]["latitude"] == 36.5716  # type: ignore[index]
    assert data["offers"]["price"] == 500 and data["offers"]["availability"] == "https://schema.org/InStock"  # type: ignore[index]
    assert data["typicalAgeRange"] == "8-12"
    assert len(data["subEvent"]) == 2  # type: ignore[arg-type]
    db["classes"].update(made["id"], {"state": "cancelled", "updated_at": stamp()})
    assert event_data(client, f"/classes/{made['id']}")["eventStatus"] == "https://schema.org/EventCancelled"
