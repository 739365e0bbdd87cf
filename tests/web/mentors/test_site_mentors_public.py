"""Joining, the link, and a mentor's own pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlite_utils import Database

from tests.web.make import make_class, make_mentor, make_place, make_skill, make_staff
from tests.web.mentors.mentor_rows import mails, make_assignment, mentor_row, sessions_of, state_of
from web.clock import now
from web.data import Row, every, one, value
from web.links import mentor_token
from web.mentors import records
from web.mentors.own import feed_token

FORM = {
    "name": "白山 文子", "kana": "はくさん ふみこ", "email": "fumiko@example.jp", "phone": "076-220-1111", "area": "長町",
    "skills": ["scratch"], "spoken": ["ja", "en"], "why": "まごと いっしょに", "consent": "y",
}  # fmt: skip


@pytest.fixture
def mentor(db: Database) -> Row:
    return make_mentor(db, skills=("scratch",))


@pytest.fixture
def own(mentor: Row) -> str:
    return f"/mentor/{mentor_token(mentor)}"


def test_joining_makes_an_applicant_and_mails_the_link(client: FlaskClient, db: Database) -> None:
    make_skill(db)
    answer = client.post("/easy/mentors/join", data=FORM)
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/easy/mentors/thanks")
    made = mentor_row(db, email="fumiko@example.jp")
    assert (made["state"], made["language"], made["phone"], made["area"]) == ("applied", "easy", "0762201111", "長町")
    assert made["consent_version"] and "英語" in made["notes"] and "まごと" in made["notes"]
    assert records.skills_of(db, made["id"]) == ["scratch"]
    link = re.search(r"http\S+/easy(/mentor/\S+/)", mails(db, "joined")[0]["body"])
    assert link and "白山 文子" in client.get(link[1]).text


def test_the_nearest_venue_stands_for_where_a_mentor_lives(client: FlaskClient, db: Database) -> None:
    make_skill(db)
    near, far = make_place(db, latitude=36.56, longitude=136.65), make_place(db, latitude=36.63, longitude=136.68)
    make_place(db, latitude=None, longitude=None, name="地図にない会場")
    assert "地図にない会場" not in client.get("/mentors/join").text
    client.post("/mentors/join", data={**FORM, "near": near["id"]})
    made = mentor_row(db, email="fumiko@example.jp")
    assert (made["latitude"], made["longitude"]) == (36.56, 136.65)
    page = f"/mentor/{mentor_token(made)}/details"
    details = {name: FORM[name] for name in ("name", "kana", "email", "phone", "area")} | {"language": "ja"}
    assert f'<option value="{near["id"]}" selected>' in client.get(page).text
    client.post(page, data={**details, "near": far["id"]})
    assert mentor_row(db, id=made["id"])["latitude"] == 36.63
    assert client.post(page, data={**details, "near": "nowhere"}).status_code == 422
    db.execute("update mentors set latitude = 36.5, longitude = 136.6")  # staff knows it better
    assert '<option value="keep" selected>' in client.get(page).text
    client.post(page, data={**details, "near": "keep"})
    assert mentor_row(db, id=made["id"])["latitude"] == 36.5
    client.post(page, data={**details, "near": ""})
    assert mentor_row(db, id=made["id"])["latitude"] is None


def test_a_known_address_gets_the_same_answer_and_no_second_row(client: FlaskClient, db: Database, mentor: Row) -> None:
    make_skill(db)
    new, known = (client.post("/mentors/join", data={**FORM, "email": email}) for email in ("new@example.jp", mentor["email"].upper()))
    assert (new.status_code, new.headers["Location"]) == (known.status_code, known.headers["Location"])
    assert value(db, "select count(*) from mentors") == 2 and mentor_row(db, id=mentor["id"])["name"] == mentor["name"]
    assert len(mails(db, "link")) == 1 and len(mails(db, "joined")) == 1
    asked = [client.post("/mentors/link", data={"email": email}) for email in (mentor["email"], "nobody@example.jp")]
    assert {answer.headers["Location"] for answer in asked} == {"/mentors/link?sent=1"} and len(
        mails(db, "link")
    ) == 1  # one in ten minutes


def test_what_is_wrong_in_the_form_is_said_beside_it_and_nothing_is_lost(client: FlaskClient, db: Database) -> None:
    make_skill(db)
    answer = client.post(
        "/en/mentors/join", data={**FORM, "email": "x", "consent": "", "skills": ["nothing"], "name": "<b>&\x00" + "あ" * 200}
    )
    assert answer.status_code == 422 and "This is not an e-mail address" in answer.text and "&lt;b&gt;" in answer.text
    assert "Please choose from these" in answer.text and "まごと" in answer.text and value(db, "select count(*) from mentors") == 0


def test_the_page_shows_offers_and_its_buttons_answer_them(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    place = make_place(db, access="武蔵ヶ辻バス停から3分", building="3階")
    first, second = sessions_of(db, make_class(db, sessions=2, place=place))
    offer, other = (make_assignment(db, row["id"], mentor, "offered", role="lead") for row in (first, second))
    page = client.get(f"/en{own}/").text
    assert "First crab robot" in page and "武蔵ヶ辻バス停から3分" in page and "3階" in page and "lead" in page
    assert state_of(db, offer) == "offered"  # looking answers nothing
    assert client.get(f"{own}/sessions/{offer}/answer").status_code == 405
    assert client.post(f"{own}/sessions/{offer}/answer", data={"answer": "maybe"}).status_code == 400
    assert client.post(f"{own}/sessions/{offer}/answer", data={"answer": "accept"}).status_code == 303
    assert client.post(f"{own}/sessions/{other}/answer", data={"answer": "decline"}).status_code == 303
    assert [state_of(db, each) for each in (offer, other)] == ["accepted", "declined"]
    again = client.post(f"{own}/sessions/{other}/answer", data={"answer": "accept"}, follow_redirects=True)
    assert "お返事はいただいています" in again.text and state_of(db, other) == "declined"


def test_a_link_opens_its_owners_page_only(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    stranger = make_mentor(db)
    offer = make_assignment(db, sessions_of(db, make_class(db))[0]["id"], stranger, "offered")
    assert client.post(f"{own}/sessions/{offer}/answer", data={"answer": "accept"}).status_code == 404 and state_of(db, offer) == "offered"
    records.add_days(db, stranger["id"], now().date(), now().date(), None, "system", available=False)
    strangers = [row["id"] for row in every(db, "select id from availability where mentor = ?", (stranger["id"],))]
    client.post(f"{own}/availability/remove", data={"days": strangers})
    assert len(every(db, "select 1 from availability where mentor = ?", (stranger["id"],))) == len(strangers)
    for path in ("", "past", "leave", "details", "availability", "wishes", "email"):
        assert client.get(f"/mentor/x{own[9:]}/{path}").status_code == 404
    db.execute("update mentors set link_version = 2 where id = ?", (mentor["id"],))
    assert client.get(f"{own}/").status_code == 404


def test_the_weeks_hours_are_replaced_and_faults_are_kept_to_correct(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    good = {"from_0_a": "09:00", "to_0_a": "12:00", "from_0_b": "13:30", "to_0_b": "17:00", "from_5_a": "10:00", "to_5_a": "16:00"}
    assert client.post(f"{own}/availability", data=good).status_code == 303
    week = [(row["weekday"], row["from_time"], row["to_time"]) for row in records.availability_rows(db, mentor["id"])]
    assert week == [(0, "09:00", "12:00"), (0, "13:30", "17:00"), (5, "10:00", "16:00")]
    assert 'value="13:30"' in client.get(f"{own}/availability").text
    for wrong in ({"to_0_a": "08:00"}, {"to_0_a": ""}, {"from_0_a": "25:99"}, {"from_0_a": "' or 1=1"}):
        answer = client.post(f"{own}/availability", data={**good, **wrong})
        assert answer.status_code == 422 and 'value="13:30"' in answer.text
    assert len(records.availability_rows(db, mentor["id"])) == 3


def test_days_that_differ_are_added_once_and_removed(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    day = now().date() + timedelta(days=10)
    holiday = {"kind": "cannot", "first": day.isoformat(), "last": (day + timedelta(days=2)).isoformat()}
    for _ in range(2):
        assert client.post(f"{own}/availability/days", data=holiday).status_code == 303
    extra = {"kind": "can", "first": day.isoformat(), "from_time": "18:00", "to_time": "20:00"}
    assert client.post(f"{own}/availability/days", data=extra).status_code == 303
    rows = [row for row in records.availability_rows(db, mentor["id"]) if row["day"]]
    assert len(rows) == 4 and sum(row["available"] for row in rows) == 1
    client.post(f"{own}/availability/remove", data={"days": [row["id"] for row in rows[:2]]})
    assert len([row for row in records.availability_rows(db, mentor["id"]) if row["day"]]) == 2
    for wrong in (
        {"first": "2020-01-01"},
        {"last": "2999-01-01"},
        {"last": "2026-01-01"},
        {"from_time": "10:00"},
        {"kind": "x"},
        {"first": ""},
    ):
        assert client.post(f"{own}/availability/days", data={**holiday, **wrong}).status_code == 422


def test_wishes_are_about_places_programmes_and_people_one_has_met(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    met, unmet = make_mentor(db, name="出会った人"), make_mentor(db, name="知らない人")
    session, place = sessions_of(db, make_class(db))[0], value(db, "select id from places")
    for who in (mentor, met):
        make_assignment(db, session["id"], who, "accepted")
    page = client.get(f"{own}/wishes").text
    assert "出会った人" in page and "知らない人" not in page
    data = {f"place-{place}": "2", f"mentor-{met['id']}": "-2", f"mentor-{unmet['id']}": "-2"}
    assert client.post(f"{own}/wishes", data=data).status_code == 303
    assert records.wishes_of(db, mentor["id"]) == {("place", place): 2, ("mentor", met["id"]): -2}
    assert client.post(f"{own}/wishes", data={**data, f"place-{place}": "9"}).status_code == 422
    client.post(f"{own}/wishes", data={**data, f"place-{place}": "0"})
    assert ("place", place) not in records.wishes_of(db, mentor["id"])


def test_details_limits_and_skills_are_changed(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    make_skill(db, "python")
    data = {"name": "新しい名前", "kana": "", "email": mentor["email"], "phone": "0761234567", "area": "寺町", "language": "en"}
    assert client.post(f"{own}/details", data=data).status_code == 303
    assert client.post(f"{own}/limits", data={"most_a_day": "2", "most_a_week": "3", "most_a_month": "5"}).status_code == 303
    assert client.post(f"{own}/limits", data={"most_a_day": "99", "most_a_week": "3", "most_a_month": "-1"}).status_code == 422
    assert client.post(f"{own}/skills", data={"skills": ["python"]}).status_code == 303
    assert client.post(f"{own}/skills", data={"skills": ["none"]}).status_code == 422
    row = mentor_row(db, id=mentor["id"])
    assert (row["name"], row["language"], row["most_a_week"]) == ("新しい名前", "en", 3) and records.skills_of(db, row["id"]) == ["python"]


def test_a_new_address_holds_once_its_own_link_was_opened(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    other = make_mentor(db)
    data = {"name": mentor["name"], "phone": "0761234567", "area": "寺町", "language": "ja"}
    answers = [client.post(f"{own}/details", data={**data, "email": email}) for email in (other["email"], "new@example.jp")]
    assert {answer.headers["Location"] for answer in answers} == {f"{own}/"} and mentor_row(db, id=mentor["id"])["email"] == mentor["email"]
    (mail,) = mails(db, "email")  # none to somebody else's address
    link = re.search(r"http://[^/]+(\S+)", mail["body"])
    assert mail["recipient"] == "new@example.jp" and link
    assert "new@example.jp" in client.get(link[1]).text and mentor_row(db, id=mentor["id"])["email"] == mentor["email"]
    assert client.post(f"{own}/email?new=forged").status_code == 303
    assert client.post(link[1]).status_code == 303 and mentor_row(db, id=mentor["id"])["email"] == "new@example.jp"


def test_the_calendar_holds_what_was_promised_and_its_address_opens_nothing_else(client: FlaskClient, db: Database, mentor: Row) -> None:
    first, second = sessions_of(db, make_class(db, sessions=2))
    make_assignment(db, first["id"], mentor, "accepted", role="lead")
    make_assignment(db, second["id"], mentor, "offered")
    feed = feed_token(mentor)
    answer = client.get(f"/en/mentor/{feed}/calendar.ics")
    events = Calendar.from_ical(answer.text).walk("VEVENT")
    assert answer.mimetype == "text/calendar" and [str(event["summary"]) for event in events] == ["First crab robot (lead)"]
    assert (
        client.get(f"/mentor/{feed}/").status_code == 404 and client.get(f"/mentor/{mentor_token(mentor)}/calendar.ics").status_code == 404
    )
    db.execute("update mentors set link_version = 2")
    assert client.get(f"/mentor/{feed}/calendar.ics").status_code == 404


def test_resting_and_leaving(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    make_staff(db, role="director")
    promised = make_assignment(db, sessions_of(db, make_class(db))[0]["id"], mentor, "accepted")
    for state in ("resting", "active"):
        assert client.post(f"{own}/state", data={"state": state}).status_code == 303
        assert mentor_row(db, id=mentor["id"])["state"] == state and state_of(db, promised) == "accepted"
    assert client.post(f"{own}/state", data={"state": "lead"}).status_code == 400
    assert client.get(f"{own}/leave").status_code == 200 and mentor_row(db, id=mentor["id"])["state"] == "active"
    assert client.post(f"{own}/leave", data={"erase": "y"}).status_code == 303
    assert mentor_row(db, id=mentor["id"])["state"] == "left" and state_of(db, promised) == "cancelled"
    assert len(mails(db, "declined")) == 1 and mentor["id"] in mails(db, "erasure-asked")[0]["body"]
    assert client.post(f"{own}/state", data={"state": "active"}).status_code == 303 and mentor_row(db, id=mentor["id"])["state"] == "left"
    client.post(f"{own}/state", data={"state": "applied"})
    assert mentor_row(db, id=mentor["id"])["state"] == "applied"


def test_a_new_link_ends_the_one_before_and_goes_to_the_owner_only(client: FlaskClient, db: Database, mentor: Row, own: str) -> None:
    assert client.post(f"{own}/new-link").status_code == 303
    assert client.get(f"{own}/").status_code == 404
    (mail,) = mails(db, "link")
    link = re.search(r"http://[^/]+(\S+)", mail["body"])
    assert mail["recipient"] == mentor["email"] and link and client.get(link[1]).status_code == 200


def test_forms_need_their_token(site: Flask, db: Database, mentor: Row, own: str) -> None:
    site.config["WTF_CSRF_ENABLED"] = True
    offer = make_assignment(db, sessions_of(db, make_class(db))[0]["id"], mentor, "offered")
    client = site.test_client()
    for path in (f"{own}/sessions/{offer}/answer", f"{own}/leave", f"{own}/new-link", f"{own}/state", "/mentors/join"):
        assert client.post(path, data={"answer": "accept", "state": "resting"}).status_code in (400, 422)
    assert state_of(db, offer) == "offered" and (row := one(db, "select state from mentors")) and row["state"] == "active"
