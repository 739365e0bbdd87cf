"""The desk of dispatch: the tables become a problem, a plan is looked at and adopted, mentors are asked, and nothing is lost on the way."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.make import make_class, make_mentor, make_place, make_session, make_skill
from web.clock import CITY_TIME, now
from web.data import Row, every, one, value
from web.dispatch import book, planner
from web.dispatch.gather import basis, gather
from web.dispatch.problem import Assignment, Role
from web.mentors import assignments as kept

SATURDAY = datetime(2026, 12, 12, 10, 0, tzinfo=CITY_TIME)


@pytest.fixture
def clerk(as_role: As) -> FlaskClient:
    return as_role("clerk")


@pytest.fixture
def robots(db: Database) -> Row:
    """A class with two Saturdays that needs a lead and an assistant for the robots."""
    make_skill(db, "rp2040", name="かにロボット")
    made = make_class(db, sessions=2, starts=SATURDAY)
    for role in ("lead", "assistant"):
        db.table("class_mentors").insert({"class": made["id"], "skill": "rp2040", "role": role, "count": 1})
    return made


def sessions_of(db: Database, of_class: Row) -> list[Row]:
    return every(db, "select * from sessions where class = ? order by starts_at", (of_class["id"],))


def make_plan(clerk: FlaskClient, db: Database) -> Row:
    """Asked for at the desk, made by the thread, looked at."""
    page = clerk.post("/staff/dispatch/plans", data={"first": "2026-12-01", "last": "2026-12-31"})
    key = page.headers["Location"].rsplit("/", 1)[1]
    making = planner.making(key)
    assert making is not None and making.done.wait(60)
    plan = one(db, "select * from plans where id = ?", (key,))
    assert plan is not None
    return plan


def adopt(clerk: FlaskClient, plan: Row) -> str:
    return clerk.post(f"/staff/dispatch/plans/{plan['id']}/adopt", follow_redirects=True).get_data(as_text=True)


def people(db: Database) -> set[tuple[str, str, str]]:
    return {
        (row["number"], row["name"], row["role"])
        for row in every(
            db,
            "select sessions.number, mentors.name, assignments.role from assignments join sessions on sessions.id = session"
            " join mentors on mentors.id = mentor where assignments.state not in ('cancelled', 'declined')",
        )
    }


def test_a_plan_that_ends_while_its_page_is_made_is_looked_at_again(
    clerk: FlaskClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was read as running, the making ended, the page was written: it must renew itself and not call the plan lost."""
    key = book.begin(db, date(2026, 12, 1), date(2026, 12, 31), "st-test")
    making = planner.Making()
    monkeypatch.setitem(planner._makings, key, making)

    def read_and_end(*query: Any) -> Row | None:
        row = one(*query)
        making.done.set()
        return row

    monkeypatch.setattr("web.dispatch.desk.one", read_and_end)
    page = clerk.get(f"/staff/dispatch/plans/{key}")
    assert page.headers["Refresh"] and "途中で終わりました" not in page.get_data(as_text=True)
    ended = clerk.get(f"/staff/dispatch/plans/{key}")
    assert "Refresh" not in ended.headers and "途中で終わりました" in ended.get_data(as_text=True)


def test_a_plan_is_made_looked_at_adopted_and_offered(clerk: FlaskClient, db: Database, robots: Row) -> None:
    make_mentor(db, skills=("rp2040",), kind="lead", name="のと いちろう")
    make_mentor(db, skills=("rp2040",), kind="assistant", name="かが はなこ")
    plan = make_plan(clerk, db)
    page = clerk.get(f"/staff/dispatch/plans/{plan['id']}").get_data(as_text=True)
    assert "証明済み" in page and page.count("のと いちろう") == 2 and not people(db)
    assert "4件" in adopt(clerk, plan)
    assert people(db) == {
        (number, name, role) for number in (1, 2) for name, role in (("のと いちろう", "lead"), ("かが はなこ", "assistant"))
    }
    assert not value(db, "select count(*) from mails"), "nobody is asked before staff says so"
    clerk.post("/staff/dispatch/offer", data={"first": "2026-12-01", "last": "2026-12-31"})
    assert [row["n"] for row in every(db, "select count(*) as n from mails group by recipient")] == [1, 1]
    assert value(db, "select group_concat(distinct state) from assignments") == "offered"
    assert "もう使えません" in adopt(clerk, plan), "a plan is adopted once"


def test_what_cannot_be_filled_is_told_in_words(clerk: FlaskClient, db: Database, robots: Row) -> None:
    away = make_mentor(db, skills=("rp2040",), kind="lead")
    db.execute("delete from availability where mentor = ?", (away["id"],))
    make_mentor(db, skills=("rp2040",), kind="assistant")
    make_mentor(db, skills=("scratch",), kind="lead")
    plan = make_plan(clerk, db)
    page = clerk.get(f"/staff/dispatch/plans/{plan['id']}").get_data(as_text=True)
    assert "12月12日(土) 10:00〜12:00" in page and "かにロボットのリーダーがいません" in page
    assert re.search("1人はこの時間はお休みです", page) and re.search("1人はこの役の資格がありません", page)


def test_a_no_is_replanned_with_as_few_changes_as_can_be(clerk: FlaskClient, db: Database, robots: Row) -> None:
    for number in range(2):
        make_mentor(db, skills=("rp2040",), kind="lead", name=f"リーダー{number}")
        make_mentor(db, skills=("rp2040",), kind="assistant", name=f"アシスタント{number}")
    adopt(clerk, make_plan(clerk, db))
    clerk.post("/staff/dispatch/offer", data={"first": "2026-12-01", "last": "2026-12-31"})
    before = people(db)
    refused = one(db, "select * from assignments where role = 'lead' order by id")
    assert refused is not None
    kept.answer(db, refused["id"], False, f"mentor:{refused['mentor']}")
    plan = make_plan(clerk, db)
    new, gone = book.compare(db, plan)
    assert len(new) == 1 and gone == [] and new[0].mentor != refused["mentor"]
    adopt(clerk, plan)
    after = people(db)
    assert len(after) == 4 and len(before & after) == 3


def test_fixed_people_stay_and_hands_may_put_somebody_there(clerk: FlaskClient, db: Database, robots: Row) -> None:
    wanted = make_mentor(db, skills=("scratch",), kind="lead", name="こていさん")
    make_mentor(db, skills=("rp2040",), kind="lead", name="ほかのひと")
    first = sessions_of(db, robots)[0]
    clerk.post("/staff/dispatch/assignments", data={"session": first["id"], "mentor": wanted["id"], "role": "lead"})
    plan = make_plan(clerk, db)
    assert "固定されていますが" in clerk.get(f"/staff/dispatch/plans/{plan['id']}").get_data(as_text=True)
    adopt(clerk, plan)
    assert (1, "こていさん", "lead") in people(db)
    assignment = one(db, "select id from assignments where mentor = ?", (wanted["id"],))
    assert assignment is not None
    clerk.post(f"/staff/dispatch/assignments/{assignment['id']}/free")
    clerk.post(f"/staff/dispatch/assignments/{assignment['id']}/cancel")
    assert (1, "こていさん", "lead") not in people(db)


def test_a_plan_is_not_adopted_over_what_changed_since(clerk: FlaskClient, db: Database, robots: Row) -> None:
    leader = make_mentor(db, skills=("rp2040",), kind="lead")
    plan = make_plan(clerk, db)
    db.execute("update qualifications set until_day = '2026-12-01' where mentor = ?", (leader["id"],))
    assert "作り直してください" in adopt(clerk, plan) and not people(db)


def test_a_new_plan_drops_the_one_before_and_one_may_be_dropped(clerk: FlaskClient, db: Database, robots: Row) -> None:
    make_mentor(db, skills=("rp2040",), kind="lead")
    first, second = make_plan(clerk, db), make_plan(clerk, db)
    assert value(db, "select state from plans where id = ?", (first["id"],)) == "dropped"
    assert "もう使えません" in adopt(clerk, first)
    clerk.post(f"/staff/dispatch/plans/{second['id']}/drop")
    assert "もう使えません" in adopt(clerk, second) and not people(db)


def test_sessions_beside_the_days_asked_for_count_for_limits_and_stay(db: Database, robots: Row) -> None:
    leader = make_mentor(db, skills=("rp2040",), kind="lead", most_a_month=1)
    before = make_session(db, robots, make_place(db), SATURDAY - timedelta(days=7))
    book.add(db, Assignment(before["id"], leader["id"], Role.LEAD, "rp2040"), "system")
    problem = gather(db, SATURDAY.date(), SATURDAY.date(), now())
    assert [(session.id, bool(session.needs)) for session in problem.sessions] == [
        (before["id"], False),
        (sessions_of(db, robots)[1]["id"], True),
    ]
    assert [one.session for one in problem.fixed] == [before["id"]] and problem.mentors[0].limits.month == 1


def test_what_changes_the_problem_changes_its_fingerprint(db: Database, robots: Row) -> None:
    leader = make_mentor(db, skills=("rp2040", "scratch"), kind="lead")

    def mark() -> str:
        return basis(gather(db, SATURDAY.date(), SATURDAY.date() + timedelta(days=7), now()))

    seen = [mark()]
    assert mark() == seen[0]
    for change in (
        "update sessions set starts_at = replace(starts_at, 'T10', 'T09') where number = 1",
        "update class_mentors set count = 2 where role = 'lead'",
        f"update mentors set most_a_week = 9 where id = '{leader['id']}'",
        "delete from availability where weekday = 5",
        "delete from mentor_skills where skill = 'scratch'",
        "update sessions set state = 'cancelled' where number = 2",
    ):
        db.execute(change)
        seen.append(mark())
    assert len(set(seen)) == len(seen)


def test_a_plan_whose_process_ended_says_so(site: Flask, clerk: FlaskClient, db: Database, robots: Row) -> None:
    key = book.begin(db, SATURDAY.date(), SATURDAY.date(), "system")
    page = clerk.get(f"/staff/dispatch/plans/{key}")
    assert "途中で終わりました" in page.get_data(as_text=True) and "Refresh" not in page.headers


@pytest.mark.parametrize(
    "query", ["first=x&last=y", "first=2026-12-31&last=2026-12-01", "first=9999-12-31", "first=0001-01-01&last=9999-01-01"]
)
def test_senseless_days_show_the_next_weeks(clerk: FlaskClient, query: str) -> None:
    assert clerk.get(f"/staff/dispatch/?{query}").status_code == 200


def test_senseless_hands_change_nothing(clerk: FlaskClient, db: Database, robots: Row) -> None:
    for data in (
        {},
        {"session": "x", "mentor": "y", "role": "lead"},
        {"session": sessions_of(db, robots)[0]["id"], "mentor": "<b>", "role": "king"},
    ):
        assert clerk.post("/staff/dispatch/assignments", data=data).status_code == 303
    assert clerk.post("/staff/dispatch/assignments/as1/cancel").status_code == 404 and not people(db)
