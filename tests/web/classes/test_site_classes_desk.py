"""The desk of classes: from a draft to its publication, changes, cancelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.conftest import TODAY
from tests.web.make import make_application, make_class, make_family, make_kit, make_participant, make_place, make_skill
from web.access import Role
from web.clock import stamp
from web.data import every, one, value
from web.ids import new_id

HOSTILE = "</textarea><script>alert(1)</script>'\"]]>{{ 7*7 }}=cmd|' /C calc'!A0"


@pytest.fixture
def clerk(as_role: Callable[[Role], FlaskClient]) -> FlaskClient:
    return as_role("clerk")


def form_of_class(**more: Any) -> dict[str, Any]:
    return {
        "key": new_id("class"), "programme": "7-6", "fiscal_year": "2026", "title": "かにロボット", "description": "動かします。",
        "audience": "children", "grade_from": "3", "grade_to": "6", "level": "first", "language": "ja", "capacity": "20",
        "admission": "first_come",
        "apply_from_day": "2026-12-01", "apply_from_time": "10:00", "apply_to_day": "2026-12-10", "offer_hours": "48", "fee": "0",
        "contact_phone": "076-220-0000", **more,
    }  # fmt: skip


def edited(db: Database, made: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The edit form as a browser sends it back, with changes."""
    row = one(db, "select * from classes where id = ?", (made["id"],))
    assert row
    kept = {name: given for name, given in row.items() if isinstance(given, (str, int)) and name != "contact_phone"}
    for name in ("residents_first", "priority_not_drawn", "sibling_modes", "auto_promote"):
        if not kept.pop(name):
            continue
        kept[name] = "y"
    window = {
        "apply_from_day": row["apply_from"][:10], "apply_from_time": row["apply_from"][11:16],
        "apply_to_day": row["apply_to"][:10], "apply_to_time": row["apply_to"][11:16],
    }  # fmt: skip
    return {**kept, **window, "seen": row["updated_at"], "tell": "y", **more}


def current(db: Database, made: dict[str, Any]) -> dict[str, Any]:
    row = one(db, "select * from classes where id = ?", (made["id"],))
    assert row
    return row


def mails(db: Database, template: str) -> list[dict[str, Any]]:
    return every(db, "select * from mails where template = ? order by rowid", (template,))


def actions(db: Database) -> set[str]:
    return {row["action"] for row in every(db, "select action from audit")}


def applied(db: Database, made: dict[str, Any], state: str = "accepted", **more: Any) -> dict[str, Any]:
    family = make_family(db, **more)
    _, entries = make_application(db, made, family, [make_participant(db, family)], state=state)
    return entries[0]


# ---------------------------------------------------------------------- from nothing to published
def test_a_clerk_makes_a_class_and_publishes_it_when_it_is_complete(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    place, form = make_place(db), form_of_class()
    made = clerk.post("/staff/classes/new", data=form)
    class_id = form["key"]
    assert (made.status_code, made.headers["Location"]) == (303, f"/staff/classes/{class_id}")
    row = current(db, {"id": class_id})
    assert (row["state"], row["apply_from"], row["apply_to"]) == ("draft", "2026-12-01T10:00:00+09:00", "2026-12-10T17:00:00+09:00")
    assert client.get(f"/classes/{class_id}").status_code == 404
    assert "かにロボット" in clerk.get(f"/staff/classes/{class_id}/preview").text

    refused = clerk.post(f"/staff/classes/{class_id}/publish", follow_redirects=True)
    assert "日程がありません" in refused.text and "まだ公開できません" in refused.text
    session = {"day": "2026-12-12", "starts": "10:00", "ends": "12:00", "place": place["id"]}
    assert clerk.post(f"/staff/classes/{class_id}/sessions/new", data=session).status_code == 303
    assert clerk.post(f"/staff/classes/{class_id}/publish").status_code == 303
    assert "かにロボット" in client.get(f"/classes/{class_id}").text
    assert {"class.make", "session.make", "class.publish"} <= actions(db)


def test_a_form_sent_twice_makes_one_class(clerk: FlaskClient, db: Database) -> None:
    form = form_of_class()
    assert {clerk.post("/staff/classes/new", data=form).headers["Location"] for _ in range(2)} == {f"/staff/classes/{form['key']}"}
    assert value(db, "select count(*) from classes") == 1


WRONG: list[tuple[dict[str, str], str]] = [
    ({"title": ""}, "ここを入力してください"),
    ({"title": "あ" * 101}, "100文字まで"),
    ({"title_kana": "漢字"}, "カタカナ"),
    ({"title_easy": "{教室"}, "読みの付け方"),
    ({"capacity": "-1"}, "0から10000まで"),
    ({"capacity": "多数"}, "数字で"),
    ({"capacity": "9" * 30}, "数字で"),
    ({"grade_from": "6", "grade_to": "3"}, "より上の学年"),
    ({"age_from": "9", "age_to": "8"}, "以上の年齢"),
    ({"apply_to_day": "2026-11-30"}, "始まりより後"),
    ({"apply_to_day": "いつか"}, "日付の形"),
    ({"apply_from_time": "25:00"}, "時刻の形"),
    ({"apply_to_day": "", "apply_to_time": "10:00"}, "日も入れて"),
    ({"programme": "7-99"}, "一覧から"),
    ({"contact_phone": "110番"}, "電話番号は"),
]


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(clerk: FlaskClient, db: Database) -> None:
    for wrong, said in WRONG:
        answer = clerk.post("/staff/classes/new", data=form_of_class(bring=HOSTILE, **wrong))
        assert answer.status_code == 422, wrong
        assert said in answer.text, wrong
        assert "<script>alert" not in answer.text and "&lt;/textarea&gt;" in answer.text
    assert value(db, "select count(*) from classes") == 0


def test_hostile_words_are_only_words_everywhere(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    names = ("title", "title_en", "description", "description_en", "fee_note", "bring", "bring_en", "contact_name", "organiser", "note")
    form = form_of_class(**dict.fromkeys(names, HOSTILE))
    assert clerk.post("/staff/classes/new", data=form).status_code == 303
    place = make_place(db, name=HOSTILE, address=HOSTILE, access=HOSTILE)
    base = f"/staff/classes/{form['key']}"
    clerk.post(
        f"{base}/sessions/new", data={"day": "2026-12-12", "starts": "10:00", "ends": "12:00", "place": place["id"], "note": HOSTILE}
    )
    clerk.post(f"{base}/questions/new", data={"text": HOSTILE, "reason": HOSTILE, "kind": "text"})
    clerk.post(f"{base}/publish")
    pages = [clerk.get(path) for path in (base, f"{base}/edit", "/staff/classes/", "/staff/places/", f"{base}/needs", f"{base}/cancel")]
    pages += [
        client.get(f"{language}{path}")
        for language in ("", "/easy", "/en")
        for path in (f"/classes/{form['key']}", "/classes/", "/calendar/2026-12")
    ]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text and "</textarea><script" not in page.text and ">49" not in page.text


def test_publishing_reserves_kits_and_says_what_could_not_be_had(clerk: FlaskClient, db: Database) -> None:
    kit = make_kit(db, units=3)
    first, second = (make_class(db, state="draft", contact_phone="0762200000") for _ in range(2))
    for made in (first, second):
        db["class_kits"].insert({"class": made["id"], "kind": kit["id"], "count": 2})
        clerk.post(f"/staff/classes/{made['id']}/publish")
    assert value(db, "select sum(count) from reservations where state = 'reserved'") == 2
    assert "組しか予約できていません" not in clerk.get(f"/staff/classes/{first['id']}").text
    assert "2組のうち0組しか予約できていません" in clerk.get(f"/staff/classes/{second['id']}").text
    clerk.post(f"/staff/classes/{first['id']}/cancel", data={"reason": "大雪"})
    assert value(db, "select count(*) from reservations where state = 'reserved'") == 0


def test_publishing_a_lottery_seals_its_seed(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db, state="draft", admission="lottery", contact_phone="0762200000")
    clerk.post(f"/staff/classes/{made['id']}/publish")
    assert value(db, "select state from draws where class = ?", (made["id"],)) == "committed"


# ---------------------------------------------------------------------- changes
def test_a_published_class_s_change_is_told_to_families_in_their_language(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db)
    applied(db, made)
    applied(db, made, "waiting", language="en")
    applied(db, made, "withdrawn")
    answer = clerk.post(f"/staff/classes/{made['id']}/edit", data=edited(db, made, fee="500", bring="ふでばこ", bring_en="pencil case"))
    assert answer.status_code == 303
    assert (current(db, made)["fee"], current(db, made)["sequence"]) == (500, 1)
    told = mails(db, "apply/class-changed")
    assert len(told) == 2
    assert "参加費: 500円" in told[0]["body"] and "持ち物: ふでばこ" in told[0]["body"]
    assert "Fee: 500 yen" in told[1]["body"] and "pencil case" in told[1]["body"]
    line = one(db, "select detail_json from audit where action = 'class.change'")
    assert line and json.loads(line["detail_json"]) == {"fields": ["bring", "bring_en", "fee"]}


def test_staff_can_correct_a_slip_without_a_mail(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db)
    applied(db, made)
    clerk.post(f"/staff/classes/{made['id']}/edit", data={**edited(db, made, bring="筆箱"), "tell": ""})
    assert current(db, made)["bring"] == "筆箱" and mails(db, "apply/class-changed") == []


def test_two_members_of_staff_do_not_overwrite_each_other(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db)
    form = edited(db, made, fee="300")
    db["classes"].update(made["id"], {"fee": 100, "updated_at": stamp(TODAY + timedelta(seconds=5))})
    answer = clerk.post(f"/staff/classes/{made['id']}/edit", data=form)
    assert answer.status_code == 422
    assert "ほかの人がこの教室を変更しました" in answer.text
    assert current(db, made)["fee"] == 100


def test_rules_by_which_places_were_given_stay(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db, capacity=2)
    applied(db, made), applied(db, made)
    fewer = clerk.post(f"/staff/classes/{made['id']}/edit", data=edited(db, made, capacity="1"))
    other = clerk.post(f"/staff/classes/{made['id']}/edit", data=edited(db, made, admission="lottery"))
    assert (fewer.status_code, other.status_code) == (422, 422)
    assert "2人より少なくできません" in fewer.text and "決め方は変えられません" in other.text


def test_more_places_are_offered_to_those_who_wait(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db, capacity=1)
    applied(db, made)
    waiting = applied(db, made, "waiting")
    db["entries"].update(waiting["id"], {"waiting_order": 1})
    clerk.post(f"/staff/classes/{made['id']}/edit", data=edited(db, made, capacity="2"))
    assert value(db, "select state from entries where id = ?", (waiting["id"],)) == "offered"


def test_a_moved_session_is_told_and_calendars_fetch_it(clerk: FlaskClient, db: Database) -> None:
    made, south = make_class(db, sessions=2), make_place(db, name="南公民館")
    applied(db, made)
    session = one(db, "select * from sessions where number = 1")
    assert session
    path = f"/staff/classes/{made['id']}/sessions/{session['id']}"
    clerk.post(path, data={"day": "2026-12-24", "starts": "13:00", "ends": "15:00", "place": south["id"]})
    (told,) = mails(db, "apply/class-changed")
    assert "2026年12月15日(火) 10:00〜12:00 の回は、2026年12月24日(木) 13:00〜15:00 になりました。" in told["body"]
    assert "場所は「南公民館」になりました。" in told["body"]
    moved = one(db, "select * from sessions where id = ?", (session["id"],))
    assert moved and (moved["number"], moved["sequence"], current(db, made)["sequence"]) == (2, 1, 1)
    again = clerk.post(path, data={"day": "2026-12-24", "starts": "13:00", "ends": "15:00", "place": south["id"]}, follow_redirects=True)
    assert "変わったところはありません" in again.text and len(mails(db, "apply/class-changed")) == 1


def test_one_session_can_be_cancelled_and_the_class_goes_on(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    made = make_class(db, sessions=2)
    applied(db, made)
    session = value(db, "select id from sessions where number = 1")
    path = f"/staff/classes/{made['id']}/sessions/{session}/cancel"
    assert clerk.post(path, data={"reason": ""}).status_code == 422
    assert clerk.post(path, data={"reason": "大雪のため"}).status_code == 303
    (told,) = mails(db, "apply/class-changed")
    assert "中止になりました" in told["body"] and "大雪のため" in told["body"]
    assert "大雪のため" in client.get(f"/classes/{made['id']}").text
    assert value(db, "select state from entries") == "accepted"
    again = clerk.post(path, data={"reason": "もう一度"}, follow_redirects=True)
    assert "中止にできません" in again.text


def test_a_cancelled_class_cancels_everything_and_tells_everybody_once(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    made = make_class(db, sessions=2)
    applied(db, made), applied(db, made, "waiting")
    path = f"/staff/classes/{made['id']}/cancel"
    for _ in range(2):
        clerk.post(path, data={"reason": "講師が来られないため"})
    assert {row["state"] for row in every(db, "select state from entries")} == {"cancelled"}
    assert {row["state"] for row in every(db, "select state from sessions")} == {"cancelled"}
    assert current(db, made)["state"] == "cancelled" and current(db, made)["sequence"] == 1
    assert len(mails(db, "apply/cancelled")) == 2 and "講師が来られないため" in mails(db, "apply/cancelled")[0]["body"]
    assert "講師が来られないため" in client.get(f"/classes/{made['id']}").text
    assert "class.cancel" in actions(db)


def test_a_copy_has_the_words_and_no_dates(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db)
    db["class_questions"].insert({"id": "q1", "class": made["id"], "position": 1, "kind": "text", "text": "何を?", "reason": "ため"})
    db["class_mentors"].insert({"class": made["id"], "skill": make_skill(db)["id"], "role": "lead", "count": 1})
    key = new_id("class")
    for _ in range(2):
        assert clerk.post(f"/staff/classes/{made['id']}/copy", data={"key": key}).headers["Location"] == f"/staff/classes/{key}/edit"
    copy = current(db, {"id": key})
    assert (copy["title"], copy["state"], copy["apply_from"], copy["sequence"]) == (made["title"], "draft", None, 0)
    assert value(db, "select count(*) from class_questions where class = ?", (key,)) == 1
    assert value(db, "select count(*) from class_mentors where class = ?", (key,)) == 1
    assert value(db, "select count(*) from sessions where class = ?", (key,)) == 0


def test_only_a_draft_can_be_thrown_away(clerk: FlaskClient, db: Database) -> None:
    draft, public = make_class(db, state="draft", sessions=2), make_class(db)
    db["class_questions"].insert({"id": "q1", "class": draft["id"], "position": 1, "kind": "text", "text": "何を?", "reason": "ため"})
    clerk.post(f"/staff/classes/{draft['id']}/discard")
    refused = clerk.post(f"/staff/classes/{public['id']}/discard", follow_redirects=True)
    assert "下書きだけ" in refused.text
    assert [row["id"] for row in every(db, "select id from classes")] == [public["id"]]


def test_two_classes_at_one_place_at_one_time_are_noticed(clerk: FlaskClient, db: Database) -> None:
    place = make_place(db)
    make_class(db, place=place, title="となりの教室")
    made = make_class(db, place=place)
    assert "「となりの教室」と重なっています" in clerk.get(f"/staff/classes/{made['id']}").text


# ---------------------------------------------------------------------- series
SERIES = {
    "weekday": "0",
    "rhythm": "w1",
    "from_day": "2026-12-21",
    "to_day": "2027-01-18",
    "starts": "16:00",
    "ends": "18:00",
    "except_days": "2026-12-28",
}


def test_a_series_is_shown_with_its_holidays_before_it_is_made(clerk: FlaskClient, db: Database) -> None:
    made, place = make_class(db, state="draft", sessions=0), make_place(db)
    path = f"/staff/classes/{made['id']}/sessions/series"
    asked = {**SERIES, "place": place["id"]}
    page = clerk.get(path, query_string={**asked, "skip_holidays": "y"}).text
    assert "成人の日" in page and "祝日なので除く" in page and "いま3回" in page
    assert page.count(" checked>") >= 3
    assert "いま4回" in clerk.get(path, query_string=asked).text
    assert value(db, "select count(*) from sessions") == 0


def test_the_ticked_days_of_a_series_are_made_once_and_no_others(clerk: FlaskClient, db: Database) -> None:
    made, place = make_class(db, state="draft", sessions=0), make_place(db)
    path = f"/staff/classes/{made['id']}/sessions/series"
    data = {**SERIES, "place": place["id"], "skip_holidays": "y", "days": ["2026-12-21", "2027-01-11", "2027-02-01"]}
    for _ in range(2):
        assert clerk.post(path, data=data).status_code == 303
    assert [row["starts_at"] for row in every(db, "select starts_at from sessions order by number")] == [
        "2026-12-21T16:00:00+09:00",
        "2027-01-11T16:00:00+09:00",  # ticked though it is a holiday
    ]
    assert clerk.post(path, data={**data, "days": ["x"]}).status_code == 400


SENSELESS: list[tuple[dict[str, str], str]] = [
    ({"to_day": "2026-12-01"}, "より後の日"),
    ({"to_day": "2099-12-01"}, "400日の間まで"),
    ({"ends": "15:00"}, "始まりより後の時刻"),
    ({"except_days": "来週"}, "コンマで区切って"),
    ({"except_days": "2026-02-30"}, "コンマで区切って"),
    ({"place": "p123"}, "一覧から"),
    ({"from_day": "0001-01-01"}, "年を確かめて"),
    ({"weekday": "7"}, "一覧から"),
    ({"rhythm": "w99"}, "一覧から"),
]


def test_a_series_that_makes_no_sense_is_refused_in_words(clerk: FlaskClient, db: Database) -> None:
    made, place = make_class(db, state="draft", sessions=0), make_place(db)
    path = f"/staff/classes/{made['id']}/sessions/series"
    for wrong, said in SENSELESS:
        asked = {**SERIES, "place": place["id"], **wrong}
        shown, sent = clerk.get(path, query_string=asked), clerk.post(path, data=asked)
        assert (shown.status_code, sent.status_code) == (422, 422), wrong
        assert said in shown.text and said in sent.text, wrong


# ---------------------------------------------------------------------- questions, needs, places
def test_nothing_is_asked_without_a_reason(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db)
    path = f"/staff/classes/{made['id']}/questions/new"
    assert clerk.post(path, data={"text": "アレルギー", "kind": "text"}).status_code == 422
    lines = "ある / {有|あ}る / Yes\nない"
    clerk.post(path, data={"text": "アレルギー", "reason": "おやつ", "kind": "choice", "choices": lines, "required": "y"})
    question = one(db, "select * from class_questions")
    assert question and json.loads(question["choices_json"]) == [["ある", "{有|あ}る", "Yes"], ["ない", "", ""]]
    page = clerk.get(f"/staff/classes/{made['id']}/questions/{question['id']}").text
    assert "ある / {有|あ}る / Yes\nない<" in page
    assert clerk.post(path, data={"text": "色", "reason": "ため", "kind": "choice", "choices": "赤"}).status_code == 422


def test_a_question_that_was_answered_stays(clerk: FlaskClient, db: Database) -> None:
    made = make_class(db)
    db["class_questions"].insert({"id": "q1", "class": made["id"], "position": 1, "kind": "text", "text": "何を?", "reason": "ため"})
    db["answers"].insert({"entry": applied(db, made)["id"], "question": "q1", "text": "あれ"})
    base = f"/staff/classes/{made['id']}/questions/q1"
    assert "消せません" in clerk.post(f"{base}/remove", follow_redirects=True).text
    other = clerk.post(base, data={"text": "何を?", "reason": "ため", "kind": "yesno"}, follow_redirects=True)
    assert "答え方は変えられません" in other.text
    assert value(db, "select kind from class_questions") == "text"


def test_needs_are_numbers_of_mentors_and_kits(clerk: FlaskClient, db: Database) -> None:
    made, skill, kit = make_class(db), make_skill(db), make_kit(db)
    path = f"/staff/classes/{made['id']}/needs"
    wrong = clerk.post(path, data={f"lead-{skill['id']}": "ひとり"})
    assert wrong.status_code == 422 and "「ひとり」は、0から999まで" in wrong.text
    clerk.post(path, data={f"lead-{skill['id']}": "1", f"assistant-{skill['id']}": "2", f"kit-{kit['id']}": "10", "kit-other": "3"})
    assert [(row["role"], row["count"]) for row in every(db, "select * from class_mentors order by role")] == [
        ("assistant", 2),
        ("lead", 1),
    ]
    assert [(row["kind"], row["count"]) for row in every(db, "select * from class_kits")] == [(kit["id"], 10)]
    clerk.post(path, data={f"lead-{skill['id']}": "0"})
    assert value(db, "select count(*) from class_mentors") == 0


def test_places_have_both_coordinates_or_none(clerk: FlaskClient, client: FlaskClient, db: Database) -> None:
    form = {"key": new_id("place"), "name": "西公民館", "address": "かにっこ市西1番1号", "area": "西", "latitude": "36.55", "active": "y"}
    assert "両方入れるか" in clerk.post("/staff/places/new", data=form).text
    for wrong in ("NaN", "200", "x", "1e999"):
        assert clerk.post("/staff/places/new", data={**form, "longitude": wrong}).status_code == 422
    for _ in range(2):
        assert clerk.post("/staff/places/new", data={**form, "longitude": "136.6", "step_free": "0"}).status_code == 303
    (place,) = every(db, "select * from places")
    assert (place["latitude"], place["longitude"], place["step_free"]) == (36.55, 136.6, 0)
    clerk.post(f"/staff/places/{place['id']}", data={**form, "longitude": "136.6", "name": "新西公民館"})
    made = make_class(db, place=place)
    assert "新西公民館" in client.get(f"/classes/{made['id']}").text
    assert {"place.make", "place.change"} <= actions(db)


def test_the_list_finds_classes_by_year_and_state(clerk: FlaskClient, db: Database) -> None:
    make_class(db, title="ことし")
    make_class(db, title="きょねん", fiscal_year=2025)
    make_class(db, title="したがき", state="draft")
    assert "ことし" in clerk.get("/staff/classes/").text and "きょねん" not in clerk.get("/staff/classes/").text
    drafts = clerk.get("/staff/classes/?year=&state=draft&programme=").text
    assert "したがき" in drafts and "ことし" not in drafts
    assert clerk.get("/staff/classes/?year=x&state=y").status_code == 200


def test_only_the_desk_may_work_on_classes(as_role: Callable[[Role], FlaskClient], client: FlaskClient, db: Database) -> None:
    made = make_class(db)
    for role in ("reader", "duty", "mentor", "reviewer"):
        assert as_role(role).get(f"/staff/classes/{made['id']}").status_code == 403
    assert client.get(f"/staff/classes/{made['id']}").status_code == 302
    assert client.post(f"/staff/classes/{made['id']}/cancel", data={"reason": "x"}).status_code == 403
