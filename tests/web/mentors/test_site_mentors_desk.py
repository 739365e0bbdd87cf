"""The desk's mentors: list, one mentor, the course, attendance, travel allowance, what runs out."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.conftest import As
from tests.web.make import make_application, make_class, make_family, make_mentor, make_participant, make_place, make_session, make_skill
from tests.web.mentors.mentor_rows import mails, make_assignment, mentor_row, sessions_of, state_of
from web.clock import now, stamp
from web.data import Row, every, one, value
from web.ids import new_id
from web.mentors import course, jobs, records, sheets
from web.mentors.sheets import sheet


@pytest.fixture
def clerk(as_role: As) -> FlaskClient:
    return as_role("clerk")


def _table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


# ---------------------------------------------------------------------- list and mentor
def test_the_list_is_narrowed_by_what_is_asked(clerk: FlaskClient, db: Database) -> None:
    make_mentor(db, name="甲", area="長町", skills=("scratch",), kind="lead")
    applied = make_mentor(db, name="乙", state="applied", skills=("python",), kind="assistant")
    left = make_mentor(db, name="丙", state="left")
    soon = (now() + timedelta(days=20)).date().isoformat()
    db.execute("update qualifications set until_day = ? where mentor = ?", (soon, applied["id"]))
    shown = {
        "": {"甲", "乙"}, "state=left": {"丙"}, "state=applied": {"乙"}, "skill=scratch": {"甲"}, "area=長町": {"甲"}, "kind=lead": {"甲"},
        "ending=1": {"乙"}, "words=" + applied["email"]: {"乙"}, "kind=none": set(), "state=x&skill=' or 1=1": set(),
    }  # fmt: skip
    for query, names in shown.items():
        rows = _table(clerk.get(f"/staff/mentors/list.csv?{query}").text)[1:]
        assert {row[1] for row in rows} == names, query
        assert clerk.get(f"/staff/mentors/?{query}").status_code == 200
    assert f"/staff/mentors/{left['id']}" not in clerk.get("/staff/mentors/").text
    assert value(db, "select count(*) from audit where action in ('mentor.list', 'mentor.export')") == 2 * len(shown) + 1


def test_no_cell_is_run_by_a_spreadsheet(clerk: FlaskClient, db: Database) -> None:
    make_mentor(db, name="=HYPERLINK(1)", area="@x", kana="+1")
    cells = [cell for row in _table(clerk.get("/staff/mentors/list.csv").text) for cell in row]
    assert "'=HYPERLINK(1)" in cells and not [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))]


def test_staff_enters_corrects_and_sees_a_mentor_and_it_is_logged(clerk: FlaskClient, db: Database) -> None:
    make_skill(db)
    data = {
        "name": "電話の人", "phone": "0762200000", "area": "泉", "latitude": "36.55", "longitude": "136.65", "language": "ja",
        "most_a_day": "1", "most_a_week": "2", "most_a_month": "4", "skills": ["scratch"], "notes": "足が悪い",
    }  # fmt: skip
    answer = clerk.post("/staff/mentors/new", data=data)
    made = mentor_row(db, name="電話の人")
    assert answer.headers["Location"] == f"/staff/mentors/{made['id']}" and made["email"] is None and made["latitude"] == 36.55
    page = clerk.get(answer.headers["Location"]).text
    assert "足が悪い" in page and one(db, "select * from audit where action = 'mentor.see' and subject = ?", (made["id"],))
    assert clerk.post(f"/staff/mentors/{made['id']}/edit", data={**data, "name": "<i>", "longitude": ""}).status_code == 422
    other = make_mentor(db)
    assert clerk.post(f"/staff/mentors/{made['id']}/edit", data={**data, "email": other["email"]}).status_code == 422
    assert clerk.post(f"/staff/mentors/{made['id']}/edit", data={**data, "notes": "よい人"}).status_code == 303
    assert mentor_row(db, id=made["id"])["notes"] == "よい人" and "よい" not in str(every(db, "select detail_json from audit"))


def test_states_follow_each_other_and_the_mentor_is_told(clerk: FlaskClient, db: Database) -> None:
    mentor = make_mentor(db, state="applied")
    path = f"/staff/mentors/{mentor['id']}/state"
    for wanted, then in (("resting", "applied"), ("training", "training"), ("active", "active"), ("applied", "active"), ("left", "left")):
        assert clerk.post(path, data={"state": wanted}).status_code == 303
        assert mentor_row(db, id=mentor["id"])["state"] == then
    assert clerk.post(path, data={"state": "x"}).status_code == 400
    assert len(mails(db, "state")) == 3


def test_qualifications_are_granted_and_ended(clerk: FlaskClient, db: Database) -> None:
    mentor = make_mentor(db, kind="trainee")
    path = f"/staff/mentors/{mentor['id']}/qualifications"
    assert clerk.post(path, data={"kind": "lead", "from_day": "2026-11-24", "until_day": "2026-11-01"}).status_code == 422
    assert clerk.post(path, data={"kind": "boss", "from_day": "2026-11-24"}).status_code == 422
    assert (
        clerk.post(path, data={"kind": "lead", "from_day": "2026-11-24", "until_day": "2029-03-31", "note": "実技を見た"}).status_code
        == 303
    )
    made = records.qualification_rows(db, mentor["id"])[0]
    assert made["kind"] == "lead" and "2029" in mails(db, "qualified")[0]["body"]
    assert clerk.post(f"{path}/{made['id']}/end", data={"last_day": "2026-11-23"}).status_code == 303  # before it begins: refused in words
    assert records.qualification_rows(db, mentor["id"])[0]["until_day"] == "2029-03-31"
    clerk.post(f"{path}/{made['id']}/end", data={"last_day": "2026-12-31"})
    assert records.qualification_rows(db, mentor["id"])[0]["until_day"] == "2026-12-31"
    assert (
        clerk.post(f"/staff/mentors/{make_mentor(db)['id']}/qualifications/{made['id']}/end", data={"last_day": "2027-01-01"}).status_code
        == 404
    )


def test_staff_answers_and_enters_times_for_who_telephones(clerk: FlaskClient, db: Database) -> None:
    mentor = make_mentor(db, email=None)
    offered = make_assignment(db, sessions_of(db, make_class(db))[0]["id"], mentor, "offered")
    path = f"/staff/mentors/{mentor['id']}"
    assert clerk.post(f"{path}/sessions/{offered}", data={"do": "came"}, follow_redirects=True).text.count("始まっていない回") == 1
    clerk.post(f"{path}/sessions/{offered}", data={"do": "accept"})
    assert state_of(db, offered) == "accepted"
    assert clerk.post(f"{path}/sessions/{offered}", data={"do": "x"}).status_code == 400
    assert clerk.post(f"/staff/mentors/{make_mentor(db)['id']}/sessions/{offered}", data={"do": "decline"}).status_code == 404
    clerk.post(f"{path}/times", data={"from_2_a": "13:00", "to_2_a": "17:00"})
    day = (now() + timedelta(days=3)).date().isoformat()
    clerk.post(f"{path}/times/days", data={"kind": "cannot", "first": day})
    rows = records.availability_rows(db, mentor["id"])
    assert [(row["weekday"], row["day"]) for row in rows] == [(None, day), (2, None)]
    clerk.post(f"{path}/times/days", data={"do": "remove", "days": rows[0]["id"]})
    assert len(records.availability_rows(db, mentor["id"])) == 1
    assert "引き受けると電話あり" not in clerk.get(path).text


def test_skills_are_added_and_renamed(clerk: FlaskClient, db: Database) -> None:
    assert clerk.post("/staff/mentors/skills", data={"name": "はんだづけ", "name_en": "Soldering"}).status_code == 303
    made = value(db, "select id from skills")
    assert clerk.post(f"/staff/mentors/skills/{made}", data={"name": "電子工作"}).status_code == 303
    assert value(db, "select name from skills") == "電子工作" and clerk.get("/staff/mentors/skills/none").status_code == 404
    assert clerk.post("/staff/mentors/skills", data={"name": ""}).status_code == 422


# ---------------------------------------------------------------------- the course
@pytest.fixture
def seniors(db: Database) -> Row:
    """A course for seniors of five sessions, all held."""
    made = make_class(
        db, programme="7-3", audience="seniors", title="シニアプログラマー講座", sessions=5, starts=now() - timedelta(days=40)
    )
    db.execute("update sessions set state = 'held' where class = ?", (made["id"],))
    return made


def _came(db: Database, of_class: Row, person: Row, times: int) -> None:
    for session in sessions_of(db, of_class)[:times]:
        row = {
            "session": session["id"],
            "participant": person["id"],
            "state": "present",
            "at": stamp(),
            "via": "list",
            "by": "st1",
            "key": new_id("entry"),
        }
        db.table("attendances").insert(row)


def _senior(db: Database, of_class: Row, times: int, email: str, **person: str) -> Row:
    family = make_family(db, email=email)
    made = make_participant(db, family, birth_date="1955-05-05", **person)
    make_application(db, of_class, family, [made])
    _came(db, of_class, made, times)
    return made


def test_who_completed_the_course_and_is_a_mentor_becomes_an_assistant(clerk: FlaskClient, db: Database, seniors: Row) -> None:
    own: Any = {"state": "applied", "kind": "trainee"}
    linked = make_mentor(db, participant=_senior(db, seniors, 5, "a@example.jp")["id"], **own)
    by_mail = make_mentor(db, email="b@example.jp", name="鶴来 ふみ", **own)
    person = _senior(db, seniors, 4, "b@example.jp", name="鶴来ふみ")
    wife = make_mentor(db, email="c@example.jp", name="別の人", kana="ベツ", **own)  # a couple with one address
    _senior(db, seniors, 5, "c@example.jp", name="夫のほう")
    seldom = make_mentor(db, participant=_senior(db, seniors, 3, "d@example.jp")["id"], **own)
    lead = make_mentor(db, participant=_senior(db, seniors, 5, "e@example.jp")["id"], kind="lead")
    path = f"/staff/mentors/courses/{seniors['id']}"
    before = clerk.get(path).text
    assert (
        "資格を渡します：2人" in before
        and "出席が足りません：1人" in before
        and "まだです：1人" in before
        and "持っています：1人" in before
    )
    assert value(db, "select count(*) from qualifications where class is not null") == 0  # looking grants nothing
    assert clerk.post(path, data={"kind": "assistant", "percent": "80", "invite": "y"}).status_code == 303
    granted = {row["mentor"]: row for row in every(db, "select * from qualifications where class = ?", (seniors["id"],))}
    assert set(granted) == {linked["id"], by_mail["id"]}
    assert (granted[linked["id"]]["kind"], granted[linked["id"]]["until_day"]) == ("assistant", "2029-03-31")
    assert mentor_row(db, id=by_mail["id"])["state"] == "active" and mentor_row(db, id=by_mail["id"])["participant"] == person["id"]
    assert (
        [mail["recipient"] for mail in mails(db, "invited")] == ["c@example.jp"]
        and wife["id"] not in granted
        and seldom["id"] not in granted
    )
    assert lead["id"] not in granted and len(mails(db, "qualified")) == 2
    clerk.post(path, data={"kind": "assistant", "percent": "80", "invite": "y"})
    assert value(db, "select count(*) from qualifications where class is not null") == 2 and len(mails(db, "invited")) == 1


def test_the_course_never_makes_a_lead_and_percentages_are_percentages(clerk: FlaskClient, db: Database, seniors: Row) -> None:
    make_mentor(db, participant=_senior(db, seniors, 5, "a@example.jp")["id"], kind="trainee")
    path = f"/staff/mentors/courses/{seniors['id']}"
    for wrong in ({"kind": "lead", "percent": "80"}, {"kind": "assistant", "percent": "0"}, {"kind": "assistant", "percent": "x"}):
        assert clerk.post(path, data=wrong).status_code == 422
    assert clerk.get(f"{path}?kind=lead&percent=80").status_code == 422
    assert course.grant_after_course(db, seniors["id"], "system", kind="lead") == []
    assert course.grant_after_course(db, make_class(db)["id"], "system") == []  # no course for seniors
    assert clerk.get(f"/staff/mentors/courses/{make_class(db)['id']}").status_code == 404


# ---------------------------------------------------------------------- what runs out
def test_mentors_hear_sixty_and_fourteen_days_before_they_may_do_less(site: Flask, db: Database, site_settings: Settings) -> None:
    mentor, renewed = make_mentor(db), make_mentor(db)
    end = (now() + timedelta(days=90)).date()
    db.execute("update qualifications set until_day = ?", (end.isoformat(),))
    records.grant(db, renewed["id"], "lead", end + timedelta(days=1), None, "system")
    for days in (61, 60, 59, 15, 14, 3, 0, -1):
        jobs.expiring(db, site_settings, now().replace(hour=9) + timedelta(days=90 - days))
        jobs.expiring(db, site_settings, now().replace(hour=9) + timedelta(days=90 - days))
        assert len(mails(db, "expiring")) == (0 if days > 60 else 1 if days > 14 else 2), days
    assert {mail["about"] for mail in mails(db, "expiring")} == {mentor["id"]}


# ---------------------------------------------------------------------- attendance and allowance
@pytest.fixture
def november(db: Database) -> tuple[Row, Row, Row]:
    """A mentor with four sessions in November, and two places: one near, one without coordinates."""
    mentor, near, nowhere = (
        make_mentor(db, name="能登 =一郎"),
        make_place(db, name="近くの館"),
        make_place(db, name="地図にない館", latitude=None, longitude=None),
    )
    of_class = make_class(db, sessions=0, title="教室")
    for day, hour, place in ((5, 10, near), (5, 14, near), (12, 10, nowhere), (19, 10, near)):
        session = make_session(db, of_class, place, now().replace(day=day, hour=hour))
        make_assignment(db, session["id"], mentor, "accepted")
    return mentor, near, nowhere


def test_who_came_is_recorded_on_one_page_by_whoever_was_on_duty(as_role: As, db: Database, november: tuple[Row, Row, Row]) -> None:
    duty = as_role("duty")
    page = duty.get("/staff/mentors/attendance").text
    ids = [row["id"] for row in every(db, "select id from assignments order by rowid")]
    assert [each for each in ids if f"came-{each}" not in page] == [], page[-3000:]
    said = {f"came-{ids[0]}": "yes", f"came-{ids[1]}": "no", f"came-{ids[2]}": "x", "came-none": "yes"}
    assert duty.post("/staff/mentors/attendance", data=said).status_code == 303
    assert [value(db, "select attended from assignments where id = ?", (each,)) for each in ids] == [1, 0, None, None]
    assert duty.get("/staff/mentors/").status_code == 403


def test_a_months_sheet_counts_ways_not_sessions_and_lists_what_is_missing(
    clerk: FlaskClient, db: Database, november: tuple[Row, Row, Row]
) -> None:
    mentor, near, nowhere = november
    db.execute("update assignments set state = 'done', attended = 1")
    clerk.post(f"/staff/mentors/{mentor['id']}/fares", data={"place": near["id"], "yen": "420", "means": "バス"})
    found = sheet(db, mentor, "2026-11")
    assert [(line.fare.yen, line.fare.basis) for line in found.lines] == [(420, "told"), (0, "same_way"), (None, "missing"), (420, "told")]
    assert (found.total, found.missing, found.settled) == (840, 1, False)
    assert "運賃が未登録 1件" in clerk.get("/staff/mentors/allowances?month=2026-11").text
    path = f"/staff/mentors/{mentor['id']}/allowance/2026-11"
    clerk.post(path, data={"do": "settle"})
    assert value(db, "select count(*) from assignments where fare is not null") == 0
    clerk.post(f"/staff/mentors/{mentor['id']}/fares", data={"place": nowhere["id"], "yen": "300"})
    clerk.post(path, data={"do": "settle"})
    clerk.post(f"/staff/mentors/{mentor['id']}/fares", data={"place": near["id"], "yen": "999"})
    paid = sheet(db, mentor, "2026-11")
    assert (paid.total, paid.settled) == (1140, True)  # what is paid stays
    page = clerk.get(path).text
    assert "1,140" in page and "能登 =一郎" in page
    rows = _table(clerk.get("/staff/mentors/allowances.csv?month=2026-11").text)
    assert [row[9] for row in rows[1:]] == ["420", "0", "300", "420"] and sum(int(row[9]) for row in rows[1:]) == paid.total
    clerk.post(path, data={"do": "reopen"})
    assert sheet(db, mentor, "2026-11").total == 999 * 2 + 300
    assert clerk.post(f"/staff/mentors/{mentor['id']}/fares", data={"place": near["id"], "yen": "-1"}).status_code == 422
    clerk.post(f"/staff/mentors/{mentor['id']}/fares/{near['id']}/remove")
    assert {line.fare.basis for line in sheets.lines(db, mentor["id"]) if line.row["place"] == near["id"]} == {"distance", "same_way"}


def test_months_that_are_none_are_not_found(clerk: FlaskClient, db: Database, november: tuple[Row, Row, Row]) -> None:
    mentor = november[0]
    for month in ("2026-13", "2026", "x", "2026-1", "%", "2026-11'"):
        assert clerk.get("/staff/mentors/allowances", query_string={"month": month}).status_code == 404
        assert clerk.get(f"/staff/mentors/{mentor['id']}/allowance/{month}").status_code == 404
    assert clerk.get("/staff/mentors/allowances").status_code == 200
    assert "2026年10月" in clerk.get("/staff/mentors/allowances").text
