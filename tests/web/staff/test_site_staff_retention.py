"""What is kept, for how long, and that erasing people never changes a count."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.make import (
    make_application,
    make_class,
    make_family,
    make_kit,
    make_mentor,
    make_participant,
    make_skill,
    make_staff,
)
from web import clock
from web.clock import now, stamp
from web.data import Row, every, one, value
from web.door.rules import band_of
from web.figures.counting import attendances, participants, sessions_held, who_came
from web.ids import new_id
from web.language import LANGUAGES
from web.school_years import school_year
from web.staff.audit import audit, broken_line
from web.staff.erasure import erase_borrower, erase_family, erase_mentor, erase_outreach, reduced
from web.staff.retention import PERIODS, FamilyFacts, family_due, first_kept, is_due, kept_until
from web.staff.upkeep import DONE, erase_due, keep_house

NAME, KANA, MAIL, PHONE = "ひみつ花子", "ヒミツハナコ", "himitsu@example.jp", "0769998888"


# ---------------------------------------------------------------------- periods (pure)
@pytest.mark.parametrize(
    ("kind", "since", "last_day"),
    [
        ("care", date(2026, 12, 5), date(2027, 1, 4)),
        ("not_admitted", date(2026, 12, 5), date(2027, 12, 5)),
        ("not_admitted", date(2028, 2, 29), date(2029, 3, 1)),
        ("family", date(2026, 12, 5), date(2030, 3, 31)),
        ("family", date(2027, 3, 31), date(2030, 3, 31)),
        ("family", date(2027, 4, 1), date(2031, 3, 31)),
        ("mail", date(2026, 1, 1), date(2026, 6, 30)),
        ("audit", date(2026, 11, 24), date(2029, 11, 24)),
        ("confirmation", date(2026, 11, 24), date(2026, 11, 25)),
    ],
)
def test_data_is_kept_to_the_day_and_not_longer(kind: str, since: date, last_day: date) -> None:
    assert kept_until(kind, since) == last_day
    assert not is_due(kind, since, last_day) and is_due(kind, since, last_day + timedelta(days=1))


@given(st.sampled_from(sorted(PERIODS)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_first_day_still_kept_is_just_that(kind: str, today: date) -> None:
    first = first_kept(kind, today)
    assert not is_due(kind, first, today) and is_due(kind, first - timedelta(days=1), today)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_period_can_be_read_by_families(language: str) -> None:
    for period in PERIODS.values():
        assert all(text.plain(language) for text in (period.what, period.since, period.length))  # type: ignore[arg-type]
    assert PERIODS["family"].length.ja == "年度の終わりから3年" and PERIODS["audit"].length.en == "3 years"


@pytest.mark.parametrize(
    ("facts", "today", "due"),
    [
        (FamilyFacts(date(2026, 6, 1), date(2026, 8, 1), date(2026, 8, 1)), date(2026, 8, 31), ""),
        (FamilyFacts(date(2026, 6, 1), date(2026, 8, 1), date(2026, 8, 1)), date(2026, 9, 1), "care"),
        (FamilyFacts(date(2026, 6, 1), date(2026, 8, 1), date(2026, 8, 1)), date(2030, 3, 31), "care"),
        (FamilyFacts(date(2026, 6, 1), date(2026, 8, 1), date(2026, 8, 1)), date(2030, 4, 1), "family"),
        (FamilyFacts(date(2026, 6, 1), date(2026, 8, 1), None), date(2027, 8, 1), "care"),
        (FamilyFacts(date(2026, 6, 1), date(2026, 8, 1), None), date(2027, 8, 2), "family"),
        (FamilyFacts(date(2026, 6, 1), None, None), date(2027, 6, 2), "family"),
        (FamilyFacts(date(2026, 6, 1), date(2029, 12, 1), date(2026, 8, 1)), date(2030, 4, 2), "care"),  # applied again, not drawn
        (FamilyFacts(date(2020, 6, 1), date(2020, 8, 1), date(2020, 8, 1), open=True), date(2030, 4, 1), ""),
    ],
)
def test_a_familys_part_that_is_due(facts: FamilyFacts, today: date, due: str) -> None:
    assert family_due(facts, today) == due


@given(st.dates(date(1930, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 1), date(2040, 12, 31)))
def test_a_reduced_birth_date_keeps_school_year_and_band_on_every_day(birth: date, on: date) -> None:
    assert school_year(reduced(birth), on) == school_year(birth, on)
    assert band_of(reduced(birth).isoformat(), None, on) == band_of(birth.isoformat(), None, on)
    assert (reduced(birth).month, reduced(birth).day) == (7, 1) and reduced(reduced(birth)) == reduced(birth)


# ---------------------------------------------------------------------- erasing
def _figures(db: Database) -> dict[str, Any]:
    """Everything that is counted anywhere, straight from the tables and through the counting."""
    sessions = [row["id"] for row in every(db, "select id from sessions order by id")]
    return {
        "by session": every(db, "select session, state, count(*) as n from attendances group by 1, 2 order by 1, 2"),
        "by gender": every(db,
        "select gender, count(*) as n from attendances join participants on participants.id = participant group by 1 order by 1"),
        "by birth year": every(
            db,
            "select session, substr(date(birth_date, '-3 months', '-1 day'), 1, 4) as year, count(*) as n from attendances"
            " join participants on participants.id = participant group by 1, 2 order by 1, 2",
        ),
        "heads": every(db, "select session, age_band, gender, sum(count) as n from headcounts group by 1, 2, 3 order by 1, 2, 3"),
        "entries": every(db, "select entries.class, entries.state, count(*) as n from entries join classes on classes.id = entries.class"
                             " where exists (select 1 from sessions where class = classes.id and ends_at < '2026-11-24')"
                             " group by 1, 2 order by 1, 2"),
        "counting": [(participants(db, "7-6", year), attendances(db, "7-6", year), sessions_held(db, "7-6", year)) for year in (2025,
        2026)],
        "who came": [who_came(db, session) for session in sessions],
        "rows": [value(db, f"select count(*) from {table}") for table in ("families", "participants", "applications", "entries",
        "attendances", "reviews", "answers")],
    }  # fmt: skip


def _past_class_with_children(db: Database) -> tuple[list[Row], Row]:
    """Three families, twins among them, one child registered twice, at two sessions."""
    past = make_class(db, starts=now() - timedelta(days=60), sessions=2, capacity=30)
    births = ("2017-04-01", "2017-04-02", "2015-12-31", "2020-02-29", None)
    known = {"guardian_name": NAME, "guardian_kana": KANA, "phone": PHONE, "emergency_name": NAME, "emergency_phone": PHONE}
    families = [make_family(db, **known, email=f"{n}{MAIL}", created_at=stamp(now() - timedelta(days=90))) for n in range(3)]
    first: Row | None = None
    for number, family in enumerate(families):
        children = [
            make_participant(
                db,
                family,
                name=NAME,
                kana=KANA,
                birth_date=births[(number * 2 + at) % 5],
                gender=("female", "male", None)[at],
                care_note=NAME,
            )
            for at in range(2)
        ]
        if first:
            db.execute("update participants set same_as = ? where id = ?", (first["id"], children[1]["id"]))
        first = first or children[0]
        _, entries = make_application(db, past, family, children)
        for session in every(db, "select id from sessions where class = ?", (past["id"],)):
            for child in children:
                db["attendances"].insert(
                    {
                        "session": session["id"],
                        "participant": child["id"],
                        "state": "present",
                        "at": stamp(),
                        "via": "qr",
                        "by": "system",
                        "key": new_id("entry"),
                    }
                )
            db["headcounts"].insert(
                {
                    "id": new_id("headcount"),
                    "session": session["id"],
                    "age_band": "preschool",
                    "count": 3,
                    "key": new_id("entry"),
                    "by": "system",
                    "at": stamp(),
                }
            )
        _texts(db, past, entries[0], family)
    return families, past


def _texts(db: Database, of_class: Row, entry: Row, family: Row) -> None:
    """Free text and mails about an entry."""
    question = {"id": new_id("question"), "class": of_class["id"], "position": 1, "kind": "text", "text": "?"}
    criterion = {"id": new_id("criterion"), "class": of_class["id"], "position": 1, "name": "x", "most": 5}
    db["class_questions"].insert(question)
    db["criteria"].insert(criterion)
    db["answers"].insert({"entry": entry["id"], "question": question["id"], "text": NAME})
    review = {
        "entry": entry["id"],
        "reviewer": make_staff(db, "reviewer")["id"],
        "criterion": criterion["id"],
        "points": 4,
        "comment": NAME,
        "at": stamp(),
    }
    db["reviews"].insert(review)
    for number, (to, about) in enumerate(((family["email"], ("", "")), ("old-" + MAIL, ("application", entry["application"])))):
        db["mails"].insert(
            {"id": new_id("mail"), "key": f"{family['id']}{number}", "recipient": to, "language": "ja", "template": "apply/received",
            "subject": NAME, "body": NAME,
             "about_kind": about[0], "about": about[1], "state": ("sent", "queued")[number], "next_try_at": stamp(),
             "queued_at": stamp(), "last_error": MAIL}
        )  # fmt: skip
    db["bounces"].insert({"id": new_id("bounce"), "address": family["email"], "at": stamp(), "permanent": 1, "reason": "550"})


def _everything(db: Database) -> str:
    """Every cell of the database."""
    return json.dumps([every(db, f"select * from {table}") for table in db.table_names()], ensure_ascii=False, default=str)


def test_erasing_families_leaves_no_word_of_them_and_every_count(site: Flask, db: Database) -> None:
    families, _ = _past_class_with_children(db)
    before = _figures(db)
    assert all(before.values()) and NAME in _everything(db)
    for family in families:
        assert erase_family(db, family["id"], "st1")
        assert not erase_family(db, family["id"], "st1"), "once is enough"
    assert _figures(db) == before
    left = _everything(db)
    for word in (NAME, KANA, MAIL, PHONE, "2015-12-31", "2020-02-29"):
        assert word not in left
    assert every(db, "select distinct state from mails where state = 'queued'") == [], "nothing goes out any more"
    assert {line["subject"] for line in every(db, "select subject from audit where action = 'family.erase'")} == {
        family["id"] for family in families
    }


def test_the_link_of_an_erased_family_is_dead(site: Flask, db: Database) -> None:
    from web.links import family_of, family_token

    family = make_family(db)
    token = family_token(family)
    assert family_of(db, token)
    erase_family(db, family["id"], "st1")
    assert family_of(db, token) is None


def test_a_place_in_a_class_to_come_goes_to_the_next_family(site: Flask, db: Database) -> None:
    full = make_class(db, capacity=1)
    gone, next_one = make_family(db), make_family(db)
    _, held = make_application(db, full, gone, [make_participant(db, gone)])
    _, waits = make_application(db, full, next_one, [make_participant(db, next_one)], state="waiting")
    db.execute("update entries set waiting_order = 1 where id = ?", (waits[0]["id"],))
    erase_family(db, gone["id"], "st1")
    states = [value(db, "select state from entries where id = ?", (entry["id"],)) for entry in (held[0], waits[0])]
    assert states == ["withdrawn", "offered"]


def test_an_address_that_is_also_a_mentors_keeps_the_mentors_mail(site: Flask, db: Database) -> None:
    family, mentor = make_family(db, email=MAIL), make_mentor(db, email=MAIL)
    mail = {
        "language": "ja",
        "template": "x",
        "subject": "s",
        "body": "b",
        "state": "sent",
        "next_try_at": stamp(),
        "queued_at": stamp(),
        "recipient": MAIL,
    }
    db["mails"].insert_all(
        [
            {**mail, "id": "ml1", "key": "1", "about_kind": "mentor", "about": mentor["id"]},
            {**mail, "id": "ml2", "key": "2", "about_kind": "family", "about": family["id"]},
        ]
    )
    erase_family(db, family["id"], "st1")
    assert [row["body"] for row in every(db, "select body from mails order by id")] == ["b", ""]


def test_erasing_a_mentor_keeps_lessons_given_and_takes_back_those_to_come(site: Flask, db: Database) -> None:
    mentor = make_mentor(db, name=NAME, kana=KANA, email=MAIL, phone=PHONE, notes=NAME, skills=(make_skill(db)["id"],))
    for starts, state in ((now() - timedelta(days=9), "done"), (now() + timedelta(days=9), "accepted")):
        made = make_class(db, starts=starts)
        session = value(db, "select id from sessions where class = ?", (made["id"],))
        db["assignments"].insert(
            {
                "id": new_id("assignment"),
                "session": session,
                "mentor": mentor["id"],
                "role": "lead",
                "state": state,
                "fare": 420,
                "created_at": stamp(),
            }
        )
    assert erase_mentor(db, mentor["id"], "st1") and not erase_mentor(db, mentor["id"], "st1")
    assert every(db, "select state, fare from assignments order by state") == [
        {"state": "cancelled", "fare": 420},
        {"state": "done", "fare": 420},
    ]
    left = _everything(db)
    assert not [word for word in (NAME, KANA, MAIL, PHONE) if word in left]
    assert value(db, "select count(*) from availability") == 0 and value(db, "select latitude from mentors") is None


def test_erasing_a_borrower_and_who_asked_for_a_lesson_keeps_what_happened(site: Flask, db: Database) -> None:
    kit = make_kit(db)
    db["reservations"].insert(
        {"id": "r1", "kind": kit["id"], "count": 2, "from_at": stamp(now() - timedelta(days=20)),
        "until": stamp(now() - timedelta(days=6)), "borrower_name": NAME,
         "borrower_contact": PHONE, "borrower_email": MAIL, "purpose": NAME, "state": "returned", "made_by": "public",
         "created_at": stamp()}
    )  # fmt: skip
    db["outreach_requests"].insert(
        {"id": "o1", "kind": "nursery", "organisation": "さくら保育園", "contact_name": NAME, "email": MAIL, "phone": PHONE,
        "address": NAME, "topic": "ロボット",
         "wishes": NAME, "people": 20, "notes": NAME, "state": "accepted", "received_at": stamp()}
    )  # fmt: skip
    assert erase_borrower(db, "r1", "st1") and erase_outreach(db, "o1", "st1")
    left = _everything(db)
    assert not [word for word in (NAME, MAIL, PHONE) if word in left]
    assert every(db, "select count, state from reservations") == [{"count": 2, "state": "returned"}]
    assert every(db, "select organisation, people, state from outreach_requests") == [
        {"organisation": "さくら保育園", "people": 20, "state": "accepted"}
    ]


# ---------------------------------------------------------------------- the daily job
def test_the_daily_job_erases_what_is_due_and_nothing_else(site: Flask, db: Database) -> None:
    families, past = _past_class_with_children(db)
    before = _figures(db)
    kept = make_family(db, guardian_name="のこる家庭")
    make_application(db, make_class(db), kept, [make_participant(db, kept, care_note="たまごアレルギー")])
    end = clock.moment(value(db, "select max(ends_at) from sessions where class = ?", (past["id"],))).date()
    erase_due(db, end + timedelta(days=30))
    assert value(db, "select count(*) from participants where care_note = ?", (NAME,)) == 6, "on the last day all is there"
    erase_due(db, end + timedelta(days=31))
    assert value(db, "select count(*) from participants where care_note = ?", (NAME,)) == 0
    assert value(db, "select count(*) from families where emergency_phone = ?", (PHONE,)) == 0
    assert value(db, "select count(*) from families where guardian_name = ?", (NAME,)) == 3, "names stay"
    erase_due(db, kept_until("answers", end) + timedelta(days=1))
    assert (
        value(db, "select count(*) from answers where text <> ''") == 0
        and value(db, "select count(*) from reviews where comment <> ''") == 0
    )
    assert value(db, "select count(*) from mails where body <> ''") == 0 and value(db, "select count(*) from bounces") == 0
    assert value(db, "select count(*) from families where erased_at is null") == 4
    erase_due(db, kept_until("family", end))
    assert {row["id"] for row in every(db, "select id from families where erased_at is null")} >= {family["id"] for family in families}
    erase_due(db, kept_until("family", end) + timedelta(days=1))
    assert not every(db, "select 1 from families where guardian_name = ?", (NAME,))
    after = _figures(db)
    assert all(after[name] == before[name] for name in ("by session", "by gender", "by birth year", "heads", "counting"))
    assert broken_line(db) is None


def test_the_job_runs_once_a_day_in_the_night(site: Flask, db: Database) -> None:
    settings, audited = site.config["SITE"].settings, "select count(*) from audit"
    evening = datetime(2026, 11, 25, 2, 59, tzinfo=clock.CITY_TIME)
    keep_house(db, settings, evening)
    assert one(db, "select 1 from facts where name = ?", (DONE,)) is None
    keep_house(db, settings, evening + timedelta(minutes=1))
    assert value(db, "select value from facts where name = ?", (DONE,)) == "2026-11-25"
    make_family(db, created_at="2020-01-01T00:00:00+09:00", emergency_phone="1")
    before = value(db, audited)
    keep_house(db, settings, evening + timedelta(hours=3))
    assert value(db, audited) == before, "not again today"
    keep_house(db, settings, evening + timedelta(days=1, hours=3))
    assert value(db, audited) > before


def test_the_clockwork_asks_the_job() -> None:
    from web.clockwork import JOBS

    assert "web.staff.upkeep:keep_house" in JOBS


def test_a_borrowers_contact_goes_after_a_year(site: Flask, db: Database) -> None:
    kit = make_kit(db)
    db["reservations"].insert(
        {"id": "r1", "kind": kit["id"], "count": 1, "from_at": "2025-11-01T09:00:00+09:00", "until": "2025-11-10T09:00:00+09:00",
        "borrower_name": NAME,
         "state": "returned", "made_by": "public", "created_at": stamp()}
    )  # fmt: skip
    erase_due(db, date(2026, 11, 10))
    assert value(db, "select borrower_name from reservations") == NAME
    erase_due(db, date(2026, 11, 11))
    assert value(db, "select borrower_name from reservations") == ""


# ---------------------------------------------------------------------- the pages
def test_a_director_finds_and_erases_a_family_on_request(site: Flask, db: Database, as_role: As) -> None:
    families, _ = _past_class_with_children(db)
    director, before = as_role("director"), _figures(db)
    audit(db, f"family:{families[0]['id']}", "family.ask_erasure", "family", families[0]["id"])
    assert families[0]["id"] in director.get("/staff/records").text
    for term in (NAME, "ヒミツ", "0himitsu@", "076-999-8888", families[0]["id"]):
        assert f"/staff/records/erase/family/{families[0]['id']}" in director.post("/staff/records/people", data={"term": term}).text, term
    for term in ("%", "_", "' or 1=1 --", "だれもいない"):
        assert "見つかりませんでした" in director.post("/staff/records/people", data={"term": term}).text, term
    path = f"/staff/records/erase/family/{families[0]['id']}"
    assert NAME in director.get(path).text
    assert director.post(path).status_code == 422, "not without the tick"
    assert director.post(path, data={"sure": "y"}).status_code == 303
    assert director.get(path).status_code == 404 and families[0]["id"] not in director.get("/staff/records").text
    assert _figures(db) == before
    actions = [row["action"] for row in every(db, "select action from audit where actor like 'st%' order by id")]
    assert actions[:1] == ["records.search"] and "family.see" in actions and "family.erase" in actions
    assert NAME not in json.dumps(every(db, "select * from audit"), ensure_ascii=False), "no search term in the log"


def test_the_page_shows_every_period(as_role: As) -> None:
    page = as_role("director").get("/staff/records").text
    assert all(period.what.ja in page and period.length.ja in page for period in PERIODS.values())
