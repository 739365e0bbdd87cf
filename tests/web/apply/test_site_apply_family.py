"""A family applies without an account: address, link, form, its own page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.apply.conftest import Apply, form_data
from tests.web.make import make_application, make_class, make_family, make_participant
from web import clock
from web.apply import confirmations, places
from web.apply.consent import VERSION
from web.clock import now, stamp
from web.data import Row, every, one, value
from web.links import family_token
from web.mail.outbox import unpacked

Link = Callable[..., str]


@pytest.fixture
def link(db: Database) -> Link:
    """``link(of_class, email)``: the path of a form whose address was confirmed."""

    def make(of_class: Row, email: str = "hanako@example.jp") -> str:
        return f"/apply/{of_class['id']}/form/{confirmations.make(db, of_class, email, 'ja', now())}"

    return make


def question(db: Database, of_class: Row, **more: Any) -> str:
    row = {"id": f"q{of_class['id']}", "class": of_class["id"], "position": 1, "kind": "yesno", "text": "経験はありますか", **more}
    db.table("class_questions").insert(row)
    return str(row["id"])


def errors(page: str) -> str:
    found = re.search(r'<div class="lk-errors.*?</ul>', page, re.S)
    return re.sub("<[^>]+>", " ", found[0]) if found else ""


def test_from_the_address_to_the_confirmation_mail_with_its_qr_code(db: Database, client: FlaskClient) -> None:
    of_class = make_class(db)
    assert client.get(f"/en/apply/{of_class['id']}/").status_code == 200
    sent = client.post(f"/en/apply/{of_class['id']}/", data={"email": " Hanako@Example.JP "})
    assert (sent.status_code, client.get(sent.location).status_code) == (303, 200)
    mail = one(db, "select * from mails where template = 'apply/confirm-address'") or {}
    assert (mail["recipient"], mail["language"]) == ("hanako@example.jp", "en")
    path = re.search(r"http://[^/]+(/en/apply/\S+)", mail["body"])
    assert path and client.get(path[1]).status_code == 200
    done = client.post(path[1], data=form_data())
    assert done.status_code == 303
    page = client.get(done.location).text
    entry = one(db, "select * from entries") or {}
    assert entry["state"] == "accepted" and entry["checkin_code"] in page and "data:image/svg+xml" in page
    received = one(db, "select * from mails where template = 'apply/received'") or {}
    assert received["language"] == "en" and entry["checkin_code"] in received["body"]
    assert [one.media_type for one in unpacked(received["attachments_json"])] == ["image/png", "text/calendar"]
    family = one(db, "select * from families") or {}
    assert (
        family["email"],
        family["phone"],
        family["guardian_kana"],
        family["resident"],
        family["consent_version"],
        family["language"],
    ) == (*("hanako@example.jp", "0762200000", "カガ ハナコ", 1, VERSION, "en"),)
    assert (family["emergency_name"], family["emergency_phone"]) == (family["guardian_name"], family["phone"])


def test_the_answer_does_not_tell_whether_an_address_is_known_and_the_mails_to_it_are_few(db: Database, client: FlaskClient) -> None:
    of_class, family = make_class(db), make_family(db, email="known@example.jp")
    make_participant(db, family)
    pages = {}
    for address in ("known@example.jp", "nobody@example.jp"):
        answers = [client.post(f"/apply/{of_class['id']}/", data={"email": address}) for _ in range(8)]
        pages[address] = {(answer.status_code, answer.location) for answer in answers} | {
            client.post("/my/", data={"email": address}).location
        }
    assert pages["known@example.jp"] == pages["nobody@example.jp"]
    mails = every(db, "select recipient, template, count(*) as n from mails group by recipient, template order by 1, 2")
    assert [(mail["recipient"], mail["template"], mail["n"]) for mail in mails] == [
        ("known@example.jp", "apply/confirm-address", confirmations.MOST_AN_HOUR),
        ("known@example.jp", "apply/own-page", 1),
        ("nobody@example.jp", "apply/confirm-address", confirmations.MOST_AN_HOUR),
    ]


def test_a_link_works_for_its_class_only_and_not_for_ever(db: Database, client: FlaskClient, link: Link) -> None:
    of_class, other = make_class(db), make_class(db)
    path = link(of_class)
    assert client.get(path).status_code == 200
    assert client.get(path.replace(of_class["id"], other["id"])).status_code == 410
    assert client.get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 410
    clock.travel_to(now() + timedelta(days=15))
    assert client.get(path).status_code == 410


def test_before_the_opening_the_form_can_be_prepared_and_what_was_typed_is_kept(db: Database, client: FlaskClient, link: Link) -> None:
    of_class = make_class(db, apply_from=stamp(now() + timedelta(hours=1)))
    path = link(of_class)
    early = client.post(path, data=form_data())
    assert early.status_code == 422 and "受付は 2026年11月24日(火) 10:00 からです" in errors(early.text)
    assert 'value="加賀 花子"' in early.text and 'value="the-key"' in early.text
    assert value(db, "select count(*) from families") == 0
    clock.travel_to(now() + timedelta(hours=1))
    assert client.post(path, data=form_data()).status_code == 303


def test_after_the_end_nothing_is_taken_but_an_answer_that_was_lost_is_given_again(db: Database, client: FlaskClient, link: Link) -> None:
    of_class = make_class(db, apply_to=stamp(now() + timedelta(hours=1)))
    path = link(of_class)
    done = client.post(path, data=form_data())
    clock.travel_to(now() + timedelta(hours=1))
    assert client.post(path, data=form_data()).location == done.location
    assert "終わりました" in errors(client.post(path, data=form_data(key="another")).text)
    assert client.post(f"/apply/{of_class['id']}/", data={"email": "late@example.jp"}).status_code == 422
    assert value(db, "select count(*) from applications") == 1


def test_sending_twice_applies_once_even_with_other_words(db: Database, client: FlaskClient, link: Link) -> None:
    path = link(make_class(db))
    first = client.post(path, data=form_data())
    again = client.post(path, data=form_data(**{"children-0-name": "加賀 別人", "children-0-kana": "かが べつじん"}))
    assert first.location == again.location
    assert value(db, "select count(*) from participants") == 1


def test_nobody_reaches_anothers_application_with_its_key(db: Database, client: FlaskClient, link: Link) -> None:
    of_class = make_class(db)
    first = client.post(link(of_class), data=form_data())
    second = client.post(link(of_class, "other@example.jp"), data=form_data())
    assert first.location != second.location
    assert value(db, "select count(*) from families") == 2


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (("2019", "6", "15"), "太郎さんは 2026年12月15日(火)に 小学1年です。この教室の対象は 小学3年〜小学6年です"),
        (("2017", "2", "30"), "この日付はありません"),
    ],
)
def test_a_child_who_is_too_young_is_told_so_beside_its_birth_date(
    db: Database, client: FlaskClient, link: Link, born: tuple[str, str, str], words: str
) -> None:
    names = ("children-0-birth_year", "children-0-birth_month", "children-0-birth_day")
    answer = client.post(link(make_class(db)), data=form_data(**dict(zip(names, born, strict=True))))
    assert answer.status_code == 422 and words in errors(answer.text)


def test_a_child_who_has_applied_is_named_and_nothing_is_stored(db: Database, client: FlaskClient, link: Link) -> None:
    path = link(make_class(db))
    client.post(path, data=form_data())
    again = client.post(path, data=form_data(key="second", guardian_name="変えた名前"))
    assert again.status_code == 422 and "もう申し込んでいます" in errors(again.text)
    assert value(db, "select guardian_name from families") == "加賀 花子"
    assert "もう申し込んでいます" in client.get(path).text


def test_children_are_added_without_script_and_an_empty_one_is_left_out(db: Database, client: FlaskClient, link: Link) -> None:
    of_class = make_class(db)
    path = link(of_class)
    assert "ひとりだけでも参加する" not in client.get(path).text
    data = form_data()
    for number in range(1, 8):
        page = client.post(path, data={**data, "add_child": "1"}).text
        blocks = page.count('class="ap-child"')
        assert blocks == min(number + 1, 6)
        data |= {f"children-{number}-name": ""} if number < 6 else {}
    assert "ひとりだけでも参加する" in page
    data |= {"children-3-name": "加賀 次郎", "children-3-kana": "かが じろう", "mode": "all"}
    data |= {f"children-3-birth_{part}": given for part, given in (("year", "2016"), ("month", "1"), ("day", "2"))}
    assert client.post(path, data=data).status_code == 303
    assert every(db, "select name from participants order by rowid") == [{"name": "加賀 太郎"}, {"name": "加賀 次郎"}]
    assert value(db, "select mode from applications") == "all"


def test_a_selection_chooses_each_child_for_itself(db: Database, client: FlaskClient, link: Link) -> None:
    path = link(make_class(db, admission="selection"))
    data = form_data() | {"children-1-name": "加賀 次郎", "children-1-kana": "かが じろう", "mode": "all"}
    data |= {f"children-1-birth_{part}": given for part, given in (("year", "2016"), ("month", "1"), ("day", "2"))}
    assert "ひとりだけでも参加する" not in client.post(path, data={**data, "add_child": "1"}).text
    assert client.post(path, data=data).status_code == 303
    assert value(db, "select mode from applications") == "any" and value(db, "select count(*) from entries") == 2


def test_a_known_family_only_ticks_its_children(db: Database, client: FlaskClient, link: Link) -> None:
    of_class, family = make_class(db), make_family(db, email="hanako@example.jp")
    children = [make_participant(db, family, kana="カガ タロウ", birth_date=day) for day in ("2016-05-01", "2017-06-15")]
    page = client.get(link(of_class)).text
    assert all(child["name"] in page for child in children) and family["guardian_name"] in page
    data = form_data(without="children-0")
    for number, child in enumerate(children):
        year, month, day = (str(int(part)) for part in child["birth_date"].split("-"))
        data |= {
            f"children-{number}-participant": child["id"],
            f"children-{number}-name": child["name"],
            f"children-{number}-kana": child["kana"],
        }
        data |= {f"children-{number}-birth_{part}": given for part, given in (("year", year), ("month", month), ("day", day))}
    assert "参加するお子さんを選んでください" in errors(client.post(link(of_class), data=data).text)
    assert client.post(link(of_class), data={**data, "children-1-take": "y"}).status_code == 303
    assert every(db, "select participant from entries") == [{"participant": children[1]["id"]}]
    assert value(db, "select count(*) from participants") == 2


def test_anothers_child_cannot_be_named_or_changed(db: Database, client: FlaskClient, link: Link) -> None:
    stranger = make_participant(db, make_family(db))
    client.post(link(make_class(db)), data=form_data(**{"children-0-participant": stranger["id"], "children-0-take": "y"}))
    assert one(db, "select * from participants where id = ?", (stranger["id"],)) == stranger
    assert value(db, "select count(*) from entries where participant = ?", (stranger["id"],)) == 0


def test_questions_are_asked_with_their_reason_and_answers_can_be_changed(db: Database, client: FlaskClient, link: Link) -> None:
    of_class = make_class(db)
    asked = question(db, of_class, reason="班を分けるためです", required=1)
    path = link(of_class)
    assert "班を分けるためです" in client.get(path).text
    missing = client.post(path, data=form_data())
    assert missing.status_code == 422 and "お子さん 1" in errors(missing.text)
    assert client.post(path, data=form_data(**{f"children-0-question_{asked}": "maybe"})).status_code == 422
    done = client.post(path, data=form_data(**{f"children-0-question_{asked}": "yes"}))
    assert value(db, "select text from answers") == "yes"
    own = done.location.split("done/")[0]
    entry = value(db, "select id from entries")
    assert client.get(f"{own}entry/{entry}/answers").status_code == 200
    assert client.post(f"{own}entry/{entry}/answers", data={f"question_{asked}": "no"}).status_code == 303
    assert value(db, "select text from answers") == "no"
    assert value(db, "select count(*) from mails where template = 'apply/changed'") == 1


def test_a_full_class_says_so_before_and_after(db: Database, client: FlaskClient, link: Link, apply: Apply) -> None:
    of_class = make_class(db, capacity=1)
    apply(of_class), apply(of_class)
    assert "いま 1人待ち" in client.get(link(of_class)).text
    done = client.post(link(of_class), data=form_data())
    assert "キャンセル待ち 2番目" in client.get(done.location).text


@pytest.fixture
def own(db: Database) -> Callable[[Row], str]:
    return lambda family: f"/my/{family_token(family)}/"


def test_an_offer_is_accepted_or_declined_on_the_familys_page(
    db: Database, client: FlaskClient, own: Callable[[Row], str], apply: Apply
) -> None:
    of_class = make_class(db, capacity=1)
    first, second, third = (apply(of_class) for _ in range(3))
    families = {one["id"]: one for one in every(db, "select * from families")}
    page = [own(families[outcome.application["family"]]) for outcome in (first, second, third)]
    assert client.post(f"{page[0]}entry/{first.entries[0]['id']}/withdraw").status_code == 303
    assert "お返事ください" in client.get(page[1]).text
    assert client.post(f"{page[1]}entry/{second.entries[0]['id']}/offer", data={"answer": "what"}).status_code == 400
    assert client.post(f"{page[1]}entry/{second.entries[0]['id']}/offer", data={"answer": "decline"}).status_code == 303
    assert client.post(f"{page[2]}entry/{third.entries[0]['id']}/offer", data={"answer": "accept"}).status_code == 303
    assert [row["state"] for row in every(db, "select state from entries order by rowid")] == ["withdrawn", "declined", "accepted"]
    late = client.post(f"{page[1]}entry/{second.entries[0]['id']}/offer", data={"answer": "accept"}, follow_redirects=True)
    assert late.status_code == 200 and "期限が過ぎた" in late.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "withdraw"), ("POST", "withdraw"), ("POST", "offer"), ("GET", "answers"), ("POST", "answers")],
)
def test_nobody_reaches_anothers_entry(db: Database, client: FlaskClient, own: Callable[[Row], str], method: str, path: str) -> None:
    owner, stranger = make_family(db), make_family(db)
    made, entries = make_application(db, make_class(db), owner, [make_participant(db, owner)])
    answer = client.open(f"{own(stranger)}entry/{entries[0]['id']}/{path}", method=method, data={"answer": "accept"})
    assert answer.status_code == 404
    assert client.get(f"{own(stranger)}done/{made['id']}").status_code == 404


def test_family_and_child_data_and_language_can_be_changed(db: Database, client: FlaskClient, own: Callable[[Row], str]) -> None:
    family = make_family(db)
    child, strange = make_participant(db, family), make_participant(db, make_family(db))
    data = {"guardian_name": "加賀 洋子", "guardian_kana": "かが ようこ", "phone": "０９０-1111-2222", "resident": "no", "language": "easy"}
    assert client.get(f"{own(family)}family").status_code == 200
    assert client.post(f"{own(family)}family", data={**data, "phone": "12"}).status_code == 422
    assert client.post(f"{own(family)}family", data=data).status_code == 303
    changed = one(db, "select guardian_name, phone, resident, language, email from families where id = ?", (family["id"],))
    assert changed == {"guardian_name": "加賀 洋子", "phone": "09011112222", "resident": 0, "language": "easy", "email": family["email"]}
    assert client.get(f"{own(family)}child/{child['id']}").status_code == 200
    born = {"birth_year": "2018", "birth_month": "12", "birth_day": "31"}
    told = {"name": "加賀 桃子", "kana": "かが ももこ", "gender": "female", "care_note": "そば", **born}
    assert client.post(f"{own(family)}child/{child['id']}", data=told).status_code == 303
    kept = one(db, "select name, birth_date, gender, care_note from participants where id = ?", (child["id"],))
    assert kept == {"name": "加賀 桃子", "birth_date": "2018-12-31", "gender": "female", "care_note": "そば"}
    assert client.post(f"{own(family)}child/{strange['id']}", data=told).status_code == 404


def test_a_new_link_ends_the_old_one_and_erasure_reaches_the_directors(
    db: Database, client: FlaskClient, own: Callable[[Row], str]
) -> None:
    family = make_family(db)
    db.table("staff").insert({"id": "stboss", "login": "boss@city.jp", "name": "長", "role": "director", "created_at": stamp()})
    assert client.post(f"{own(family)}erase").status_code == 303
    assert value(db, "select recipient from mails where template = 'apply/erasure-asked'") == "boss@city.jp"
    old = own(family)
    assert client.post(f"{old}new-link").status_code == 303
    assert client.get(old).status_code == 404
    mail = one(db, "select * from mails where template = 'apply/own-page'") or {}
    path = re.search(r"http://[^/]+(/my/\S+)", mail["body"])
    assert path and client.get(path[1]).status_code == 200


def test_forms_without_their_token_are_refused(db: Database, site: Flask, own: Callable[[Row], str], link: Link) -> None:
    site.config["WTF_CSRF_ENABLED"] = True
    of_class, family = make_class(db), make_family(db)
    _, entries = make_application(db, of_class, family, [make_participant(db, family)])
    client = site.test_client()
    for path in (link(of_class), f"/apply/{of_class['id']}/", f"{own(family)}entry/{entries[0]['id']}/withdraw", f"{own(family)}erase"):
        assert client.post(path, data=form_data()).status_code == 400
    assert value(db, "select state from entries") == "accepted"


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "{加賀|かが", "'; drop table families; --", "\u202e\x00花子", "あ" * 5000])
@pytest.mark.parametrize("language", ["", "/easy", "/en"])
def test_hostile_typing_is_refused_or_shown_as_text(db: Database, client: FlaskClient, link: Link, typed: str, language: str) -> None:
    path = language + link(make_class(db))
    names = ("guardian_name", "children-0-name", "children-0-care_note", "children-0-gender", "mode", "children-0-participant", "key")
    data = form_data(**dict.fromkeys(names, typed))
    assert client.post(path, data=data).status_code in (303, 422)
    answer = client.post(
        path, data=form_data(guardian_name=typed[:90], **{"children-0-name": typed[:90], "key": "2"}), follow_redirects=True
    )
    assert answer.status_code in (200, 422) and "<script>alert" not in answer.text
    assert client.post(path, data={"children-99999999-name": typed, "children-x-name": typed, "add_child": "1"}).status_code == 200


def test_offers_run_out_by_the_clock(db: Database, site: Flask, apply: Apply) -> None:
    from web.clockwork import JOBS, run_due

    of_class = make_class(db, capacity=1)
    first, second, third = (apply(of_class).entries[0]["id"] for _ in range(3))
    places.withdraw(db, first, "system")
    clock.travel_to(now() + timedelta(hours=48, seconds=1))
    run_due(site, jobs=tuple(job for job in JOBS if job.startswith("web.apply")))
    assert [value(db, "select state from entries where id = ?", (entry,)) for entry in (second, third)] == ["expired", "offered"]
