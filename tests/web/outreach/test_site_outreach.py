"""Requests to come: the public form, the desk's answer, and the class that becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from web.access import Role
from web.data import every, one, value
from web.ids import new_id
from web.programmes.plan import ensure_programmes

HOSTILE = "=1+1<script>alert(1)</script>"


@pytest.fixture
def clerk(as_role: Callable[[Role], FlaskClient], db: Database) -> FlaskClient:
    ensure_programmes(db)
    return as_role("clerk")


def request_form(**more: str) -> dict[str, str]:
    return {
        "key": new_id("outreach"), "kind": "kindergarten", "organisation": "ひまわり幼稚園", "contact_name": "園長 花子",
        "email": "En@Example.jp", "phone": "", "address": "かにっこ市本町1番1号", "people": "24", "topic": "かにのカードで遊ぶ",
        "wishes": "12月の平日 午前", "notes": "", **more,
    }  # fmt: skip


def asked(client: FlaskClient, db: Database, **more: str) -> dict[str, Any]:
    form = request_form(**more)
    assert client.post("/outreach/", data=form).status_code == 303
    row = one(db, "select * from outreach_requests where id = ?", (form["key"],))
    assert row
    return row


def test_a_kindergarten_asks_and_gets_a_mail_in_its_language(client: FlaskClient, db: Database) -> None:
    for path, words in (
        ("/outreach/", "ありがとうございます"),
        ("/easy/outreach/", "返事（へんじ）"),
        ("/en/outreach/", "Thank you for asking"),
    ):
        answer = client.post(path, data=request_form())
        assert answer.headers["Location"].endswith("/outreach/thanks")
        newest = one(db, "select * from mails order by rowid desc")
        assert newest and newest["recipient"] == "en@example.jp" and words in newest["body"]
    assert [row["language"] for row in every(db, "select language from outreach_requests order by rowid")] == ["ja", "easy", "en"]
    assert client.get("/outreach/thanks").status_code == 200


def test_the_mail_carries_nobody_s_words_to_a_stranger(client: FlaskClient, db: Database) -> None:
    asked(
        client,
        db,
        organisation="BUY NOW",
        contact_name="http://evil.example",
        topic="http://evil.example",
        wishes="x",
        notes="http://evil.example",
    )
    body = value(db, "select subject || body from mails")
    assert "evil" not in body and "BUY" not in body


def test_a_form_sent_twice_is_one_request_with_one_mail(client: FlaskClient, db: Database) -> None:
    form = request_form()
    answers = {client.post("/outreach/", data=form).headers["Location"] for _ in range(2)}
    assert answers == {"/outreach/thanks"}
    assert value(db, "select count(*) from outreach_requests") == value(db, "select count(*) from mails") == 1


def test_a_telephone_is_enough(client: FlaskClient, db: Database) -> None:
    row = asked(client, db, email="", phone="076-220-0000")
    assert row["phone"] == "0762200000" and value(db, "select count(*) from mails") == 0


def test_what_is_missing_is_said_beside_the_field_in_three_languages(client: FlaskClient, db: Database) -> None:
    wrong: list[tuple[dict[str, str], str]] = [
        ({"email": "", "phone": ""}, "どちらかを入れてください"),
        ({"email": "not an address"}, "メールアドレスの形"),
        ({"kind": "prison"}, "一覧から"),
        ({"people": "0"}, "1から2000まで"),
        ({"people": "1e3"}, "数字で"),
        ({"topic": ""}, "ここを入力してください"),
        ({"topic": "あ" * 2001}, "2000文字まで"),
        ({"phone": "119番"}, "電話番号は"),
    ]
    for more, said in wrong:
        answer = client.post("/outreach/", data=request_form(**more))
        assert answer.status_code == 422 and said in answer.text, more
    assert "telephone number" in client.post("/en/outreach/", data=request_form(email="")).text
    assert client.post("/outreach/", data={}).status_code == 422
    assert value(db, "select count(*) from outreach_requests") == 0


def test_staff_reads_a_request_and_that_is_written_down(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    row = asked(client, db, organisation=HOSTILE, topic=HOSTILE)
    listing, page = clerk.get("/staff/outreach/").text, clerk.get(f"/staff/outreach/{row['id']}").text
    assert "<script>alert" not in listing + page and "園長 花子" in page and "園長 花子" not in listing
    line = one(db, "select * from audit where action = 'outreach.see'")
    assert line and line["subject"] == row["id"] and "花子" not in line["detail_json"]


def test_staff_answers_by_mail_once(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    row = asked(client, db)
    path = f"/staff/outreach/{row['id']}/answer"
    assert clerk.post(path, data={"answer": "", "state": "talking"}).status_code == 422
    data = {"key": new_id("mail"), "answer": "12月8日はいかがですか。", "state": "talking"}
    for _ in range(2):
        clerk.post(path, data=data)
    (mail,) = every(db, "select * from mails where template = 'outreach/answer'")
    assert "12月8日はいかがですか。" in mail["body"] and "園長 花子 様" in mail["body"]
    assert value(db, "select state from outreach_requests") == "talking"
    by_phone = asked(client, db, email="", phone="0762200000")
    assert "電話でお返事" in clerk.post(f"/staff/outreach/{by_phone['id']}/answer", data=data, follow_redirects=True).text


@pytest.mark.parametrize(
    ("kind", "programme", "audience"),
    [
        ("kindergarten", "7-5", "preschool"),
        ("library", "7-5", "preschool"),
        ("school", "7-6", "children"),
        ("neighbourhood", "7-4", "citizens"),
    ],
)
def test_a_request_becomes_a_class_of_its_programme(
    clerk: FlaskClient, client: FlaskClient, db: Database, kind: str, programme: str, audience: str
) -> None:
    row, key = asked(client, db, kind=kind), new_id("class")
    for _ in range(2):
        made = clerk.post(f"/staff/outreach/{row['id']}/class", data={"key": key})
    place = one(db, "select * from places")
    assert place and (place["name"], place["address"]) == ("ひまわり幼稚園", "かにっこ市本町1番1号")
    assert made.headers["Location"] == f"/staff/classes/{key}/sessions/new?place={place['id']}"
    assert (
        f'selected value="{place["id"]}"' in clerk.get(made.headers["Location"]).text
        or f'value="{place["id"]}" selected' in clerk.get(made.headers["Location"]).text
    )
    (of_class,) = every(db, "select * from classes")
    assert (of_class["programme"], of_class["audience"], of_class["admission"], of_class["state"]) == (
        programme,
        audience,
        "invited",
        "draft",
    )
    assert of_class["outreach"] == row["id"] and of_class["capacity"] == 24
    assert value(db, "select state from outreach_requests") == "accepted"
    assert "花子" not in str(of_class)


def test_such_a_class_is_published_for_the_desk_only(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    row, key = asked(client, db), new_id("class")
    clerk.post(f"/staff/outreach/{row['id']}/class", data={"key": key})
    place = value(db, "select id from places")
    clerk.post(f"/staff/classes/{key}/sessions/new", data={"day": "2026-12-08", "starts": "10:00", "ends": "11:00", "place": place})
    clerk.post(f"/staff/classes/{key}/publish")
    assert value(db, "select state from classes") == "published"
    assert client.get(f"/classes/{key}").status_code == 404
    assert "ひまわり" not in client.get("/calendar/2026-12").text + client.get("/calendar.ics").text


def test_the_state_can_be_put_right_and_only_the_desk_may(
    clerk: FlaskClient, client: FlaskClient, as_role: Callable[[Role], FlaskClient], db: Database
) -> None:
    row = asked(client, db)
    assert clerk.post(f"/staff/outreach/{row['id']}/state", data={"new_state": "withdrawn"}).status_code == 303
    assert clerk.post(f"/staff/outreach/{row['id']}/state", data={"new_state": "x"}).status_code == 422
    assert value(db, "select state from outreach_requests") == "withdrawn"
    assert "0件" in clerk.get("/staff/outreach/?state=new").text
    assert as_role("reader").get(f"/staff/outreach/{row['id']}").status_code == 403
    assert clerk.get("/staff/outreach/o1").status_code == 404
