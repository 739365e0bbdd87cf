"""The desk's first page, and the audit log."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from flask import Flask
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.make import make_application, make_class, make_family, make_mentor, make_participant, make_skill, make_staff
from web.clock import now, stamp
from web.data import one, value
from web.ids import new_id
from web.staff.audit import START, audit, broken_line, forget_before, last_line
from web.staff.waiting import KINDS, waiting_for


def test_todays_sessions_are_on_the_desk(db: Database, as_role: As) -> None:
    make_class(db, title="きょうのロボット", starts=now().replace(hour=14))
    make_class(db, title="あしたのロボット", starts=now() + timedelta(days=1))
    page = as_role("reader").get("/staff/").text
    assert "きょうのロボット" in page and "14:00〜16:00" in page and "あしたのロボット" not in page


def test_what_waits_is_counted_for_those_who_can_do_something(db: Database) -> None:
    skill = make_skill(db)["id"]
    lottery = make_class(db, admission="lottery", apply_to=stamp(now() - timedelta(hours=1)), starts=now() + timedelta(days=7))
    db["class_mentors"].insert({"class": lottery["id"], "skill": skill, "role": "lead", "count": 1})
    family = make_family(db)
    make_application(db, lottery, family, [make_participant(db, family)], state="applied")
    offered = make_class(db)
    _, entries = make_application(db, offered, family, [make_participant(db, family)], state="offered")
    db.execute("update entries set offered_until = ? where id = ?", (stamp(now() + timedelta(hours=3)), entries[0]["id"]))
    db["bounces"].insert({"id": new_id("bounce"), "address": "x@example.jp", "at": stamp(), "permanent": 1, "reason": "550"})
    make_mentor(db, state="applied")
    found = {line["words"]: line["count"] for line in waiting_for(db, "clerk", now())}
    assert found == {
        "申し込みが終わった抽選": 1, "1日のうちに返事の期限が来る案内": 1, "2週間以内で、リーダーのいない回": 1,
        "メンターの新しい申し込み": 1,
        "届かなかったメールのあて先": 1,
    }  # fmt: skip
    assert waiting_for(db, "reader", now()) == [] and waiting_for(db, "duty", now()) == []


def test_each_kind_of_waiting_leads_to_a_page_when_there_is_one(site: Flask, db: Database) -> None:
    from web.access import ACCESS

    missing = {kind.endpoint for kind in KINDS} - set(ACCESS)
    assert not missing, f"no such page (yet): {missing}"


# ---------------------------------------------------------------------- the log
def test_the_log_shows_lines_by_actor_kind_subject_and_day(db: Database, as_role: As) -> None:
    director, clerk = as_role("director"), make_staff(db, name="記録する人")
    audit(db, clerk["id"], "class.publish", "class", "c1", state="published")
    audit(db, "system", "mail.erase", "mail", "old")
    page = director.get("/staff/log").text
    assert "class.publish" in page and "記録する人" in page and "2件" in page
    assert "mail.erase" not in director.get(f"/staff/log?actor={clerk['id']}").text
    assert "1件" in director.get("/staff/log?kind=mail").text and "1件" in director.get("/staff/log?subject=c1").text
    assert "0件" in director.get("/staff/log?to_day=2026-11-23").text
    assert "2件" in director.get("/staff/log?from_day=2026-11-24&to_day=2026-11-24").text


def test_a_day_that_is_none_is_said_beside_the_field(as_role: As) -> None:
    for path in ("/staff/log", "/staff/log.csv"):
        answer = as_role("director").get(f"{path}?from_day=yesterday")
        assert answer.status_code == 422 and "日付の形" in answer.text


def test_many_lines_come_in_pages(db: Database, as_role: As) -> None:
    for number in range(120):
        audit(db, "system", "class.see", "class", f"c{number}")
    director = as_role("director")
    assert ">c119<" in director.get("/staff/log").text and ">c0<" in director.get("/staff/log?page=3").text
    assert ">c0<" in director.get("/staff/log?page=99").text, "a page too far is the last one"


def test_the_logs_csv_is_harmless_and_itself_logged(db: Database, as_role: As) -> None:
    audit(db, "system", "=cmd()", "class", "c1")
    answer = as_role("director").get("/staff/log.csv?kind=class")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["action"] for row in rows] == ["'=cmd()"] and "attachment" in answer.headers["Content-Disposition"]
    assert (one(db, "select * from audit order by id desc") or {})["action"] == "log.export"


def test_a_changed_or_missing_line_is_found(db: Database, as_role: As) -> None:
    for number in range(5):
        audit(db, "system", "class.see", "class", f"c{number}")
    director = as_role("director")
    assert broken_line(db) is None and "書かれた時のまま" in director.get("/staff/log?check=1").text
    db.execute("update audit set subject = 'c9' where id = 3")
    assert broken_line(db) == 3 and "3 行目" in director.get("/staff/log?check=1").text
    db.execute("update audit set subject = 'c2' where id = 3")
    db.execute("delete from audit where id = 2")
    assert broken_line(db) == 3


def test_old_lines_are_forgotten_and_the_rest_is_still_whole(db: Database) -> None:
    for number in range(3):
        audit(db, "system", "class.see", "class", f"c{number}")
    db.execute("update audit set at = '2022-01-01T00:00:00+09:00'")
    from web.staff.audit import line_hash

    previous = START
    for line in list(db.query("select * from audit order by id")):
        fresh = line | {"previous_hash": previous}
        previous = line_hash(fresh)
        db.execute("update audit set previous_hash = ?, hash = ? where id = ?", (fresh["previous_hash"], previous, line["id"]))
    assert broken_line(db) is None
    assert forget_before(db, date(2023, 11, 24)) == 3
    assert value(db, "select count(*) from audit") == 1 and broken_line(db) is None, "the line about forgetting goes on from there"
    audit(db, "system", "class.see", "class", "c4")
    assert broken_line(db) is None and last_line(db) != START
    assert forget_before(db, date(2023, 11, 24)) == 0
