"""Offered, answered, cancelled, attended: one place changes it, and everybody hears what they must."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.make import make_class, make_mentor, make_place, make_session, make_staff
from tests.web.mentors.mentor_rows import mails, make_assignment, sessions_of, state_of
from web import clock
from web.clock import now, stamp
from web.data import Row, every, open_database, value
from web.mentors import assignments, jobs
from web.mentors.assignments import AnswerRefused, AssignmentError
from web.mentors.rules import Refusal


@pytest.fixture
def session(db: Database) -> Row:
    return sessions_of(db, make_class(db))[0]


def test_offers_of_one_run_come_in_one_mail_a_mentor(db: Database) -> None:
    of_class = make_class(db, sessions=3)
    one, two = make_mentor(db), make_mentor(db, language="en")
    ids = [make_assignment(db, row["id"], one) for row in sessions_of(db, of_class)]
    other = make_assignment(db, sessions_of(db, of_class)[0]["id"], two)
    assert assignments.offer(db, [*ids, other, "nothing"], "system") == [*ids, other]
    assert assignments.offer(db, ids, "system") == []
    sent = mails(db, "offer")
    assert [mail["recipient"] for mail in sent] == [one["email"], two["email"]]
    assert sent[0]["body"].count("■") == 3 and "/mentor/" in sent[0]["body"] and "/en/mentor/" in sent[1]["body"]
    assert {state_of(db, each) for each in ids} == {"offered"}


def test_who_does_not_answer_is_asked_once_more(db: Database, site_settings: Settings) -> None:
    of_class = make_class(db, sessions=3, starts=now() + timedelta(days=10))
    slow, quick = make_mentor(db), make_mentor(db)
    asked = [make_assignment(db, row["id"], slow) for row in sessions_of(db, of_class)]
    answered = make_assignment(db, sessions_of(db, of_class)[0]["id"], quick)
    assignments.offer(db, [*asked, answered], "system")
    assignments.answer(db, asked[0], False, "mentor")
    assignments.answer(db, answered, True, "mentor")
    for days in (2, 3, 4, 5, 60):  # too early; due; said already; … ; all is over
        jobs.unanswered(db, site_settings, now() + timedelta(days=days, minutes=1))
    (mail,) = mails(db, "offer-again")
    assert mail["recipient"] == slow["email"] and mail["body"].count("■") == 2


def test_nobody_is_asked_again_for_what_is_cancelled_or_past(db: Database, site_settings: Settings) -> None:
    row = sessions_of(db, make_class(db, starts=now() + timedelta(days=2)))[0]
    assignments.offer(db, [make_assignment(db, row["id"], make_mentor(db))], "system")
    jobs.unanswered(db, site_settings, now() + timedelta(days=4))
    other = sessions_of(db, make_class(db, starts=now() + timedelta(days=10), state="cancelled"))[0]
    made = make_assignment(db, other["id"], make_mentor(db))
    db.execute("update assignments set state = 'offered', offered_at = ? where id = ?", (stamp(), made))
    jobs.unanswered(db, site_settings, now() + timedelta(days=4))
    assert mails(db, "offer-again") == []


def test_yes_is_confirmed_with_the_session_for_the_calendar(db: Database, session: Row) -> None:
    mentor = make_mentor(db)
    assignment = make_assignment(db, session["id"], mentor, "offered")
    assert assignments.answer(db, assignment, True, f"mentor:{mentor['id']}")
    assert not assignments.answer(db, assignment, True, f"mentor:{mentor['id']}")  # pressed twice
    (mail,) = mails(db, "confirmed")
    assert state_of(db, assignment) == "accepted" and json.loads(mail["attachments_json"])[0]["name"] == "session.ics"
    assert value(db, "select count(*) from audit where action = 'assignment.accept'") == 1


def test_no_reaches_the_desk_without_a_name(db: Database, session: Row) -> None:
    mentor, clerk = make_mentor(db, name="ひみつ花子"), make_staff(db)
    make_staff(db, role="duty")
    assignment = make_assignment(db, session["id"], mentor, "offered")
    assignments.answer(db, assignment, False, "mentor")
    (mail,) = mails(db, "declined")
    assert mail["recipient"] == clerk["login"] and "ひみつ" not in mail["body"] + mail["subject"]
    with pytest.raises(AnswerRefused) as refused:
        assignments.answer(db, assignment, True, "mentor")
    assert refused.value.refusal is Refusal.ANSWERED


def test_who_said_yes_may_say_no_until_the_session_begins(db: Database, session: Row) -> None:
    assignment = make_assignment(db, session["id"], make_mentor(db), "accepted")
    clock.travel_to(clock.moment(session["starts_at"]))
    with pytest.raises(AnswerRefused) as refused:
        assignments.answer(db, assignment, False, "mentor")
    assert refused.value.refusal is Refusal.BEGUN and state_of(db, assignment) == "accepted"
    clock.travel_to(clock.moment(session["starts_at"]) - timedelta(minutes=5))
    assert assignments.answer(db, assignment, False, "mentor") and state_of(db, assignment) == "declined"


def test_nobody_says_yes_to_two_sessions_at_one_time(db: Database, session: Row) -> None:
    mentor, begin = make_mentor(db), clock.moment(session["starts_at"])
    overlapping = make_session(db, make_class(db, sessions=0), make_place(db), begin + timedelta(hours=1))
    following = make_session(db, make_class(db, sessions=0), make_place(db), begin + timedelta(hours=2))
    first, second, third = (make_assignment(db, row["id"], mentor, "offered") for row in (session, overlapping, following))
    assignments.answer(db, first, True, "mentor")
    with pytest.raises(AnswerRefused) as refused:
        assignments.answer(db, second, True, "mentor")
    assert refused.value.refusal is Refusal.BUSY
    assert assignments.answer(db, third, True, "mentor")


def test_two_answers_at_once_leave_one_state_and_one_mail(site: Flask, db: Database, site_settings: Settings, session: Row) -> None:
    make_staff(db)
    yes = make_assignment(db, session["id"], make_mentor(db), "offered")
    mixed = make_assignment(db, session["id"], make_mentor(db), "offered")
    gone = make_assignment(db, session["id"], make_mentor(db), "offered")

    def act(number: int) -> None:
        own = open_database(site_settings.site_db)
        with site.app_context():
            with suppress(AnswerRefused):
                assignments.answer(own, yes, True, "mentor")
            with suppress(AnswerRefused):
                assignments.answer(own, mixed, number % 2 == 0, "mentor")
            with suppress(AnswerRefused):
                assignments.answer(own, gone, True, "mentor") if number % 2 else assignments.cancel(own, gone, "system")
        own.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))
    assert state_of(db, yes) == "accepted"
    assert state_of(db, mixed) == "declined"  # yes and then no, or no at once: somebody else is asked
    assert state_of(db, gone) == "cancelled"
    assert [len(every(db, "select 1 from mails where template = 'mentors/confirmed' and about = ?", (one,))) for one in (yes,)] == [1]
    assert len(every(db, "select 1 from mails where template = 'mentors/declined' and about = ?", (mixed,))) == 1
    assert len(mails(db, "cancelled")) == 1


def test_taking_back_tells_whoever_was_asked_and_nobody_else(db: Database, session: Row) -> None:
    planned, asked = (make_assignment(db, session["id"], make_mentor(db), state) for state in ("planned", "offered"))
    assert assignments.cancel(db, planned, "system") and assignments.cancel(db, asked, "system", "雪のため")
    assert not assignments.cancel(db, asked, "system")
    (mail,) = mails(db, "cancelled")
    assert mail["about"] == asked and "雪のため" in mail["body"]


def test_attendance_is_said_after_the_beginning_and_corrected_until_it_is_paid(db: Database, session: Row) -> None:
    assignment = make_assignment(db, session["id"], make_mentor(db), "accepted")
    with pytest.raises(AssignmentError):
        assignments.confirm_attendance(db, assignment, True, "system")
    clock.travel_to(clock.moment(session["starts_at"]))
    assert [row["id"] for row in assignments.unconfirmed(db)] == [assignment]
    for came in (True, False, True):
        assignments.confirm_attendance(db, assignment, came, "system")
        assert value(db, "select attended from assignments") == came
    assert state_of(db, assignment) == "done" and assignments.unconfirmed(db) == []
    db.execute("update assignments set fare = 400")
    with pytest.raises(AssignmentError):
        assignments.confirm_attendance(db, assignment, False, "system")


def test_mentors_hear_once_of_each_change_and_of_a_cancelled_class(db: Database, session: Row) -> None:
    mentor, of_class = make_mentor(db), session["class"]
    accepted = make_assignment(db, session["id"], mentor)
    assignments.offer(db, [accepted], "system")
    assignments.answer(db, accepted, True, "mentor")
    assignments.follow_class(db, of_class, "system")
    assert mails(db, "moved") == []
    db.execute("update sessions set starts_at = ?, sequence = sequence + 1", (clock.stamp(now() + timedelta(days=20)),))
    assignments.follow_class(db, of_class, "system")
    assignments.follow_class(db, of_class, "system")
    assert len(mails(db, "moved")) == 1
    db.execute("update sessions set sequence = sequence + 1")
    assignments.follow_class(db, of_class, "system")
    assert len(mails(db, "moved")) == 2
    db.execute("update classes set state = 'cancelled', cancelled_reason = '大雪のため'")
    assignments.follow_class(db, of_class, "system")
    assert state_of(db, accepted) == "cancelled" and "大雪のため" in mails(db, "cancelled")[0]["body"]
    assert value(db, "select count(*) from facts where name like 'mentor-told:%'") == 0


def test_a_mentor_without_an_address_can_be_asked_all_the_same(db: Database, session: Row) -> None:
    assignment = make_assignment(db, session["id"], make_mentor(db, email=None))
    assert assignments.offer(db, [assignment], "system") == [assignment]
    assert assignments.answer(db, assignment, True, "st1") and every(db, "select * from mails") == []
