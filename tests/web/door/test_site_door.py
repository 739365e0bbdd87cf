"""The door's pages as the duty person uses them, without script, and the queue's own address."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from flask import Flask

from tests.web.conftest import As
from tests.web.door.conftest import AtDoor, session_today
from tests.web.make import make_application, make_class, make_family, make_participant, make_staff
from web import clock
from web.access import Role
from web.clock import now, stamp
from web.data import every, one, open_database, value
from web.door.checkin import take
from web.door.sessions import session_of
from web.figures import counting
from web.school_years import school_year


def _event(number: int, *, minutes: float = 0, state: str = "present", **more: Any) -> dict[str, Any]:
    at = int(now().timestamp() * 1000) - 3_600_000 + int(minutes * 60_000)
    return {"key": f"{at:013}-{number:016}", "at": at, "state": state, **more}


def test_a_typed_code_checks_the_child_in_and_the_page_says_so(door: AtDoor) -> None:
    answer = door.duty.post(
        f"{door.path}/mark", data={"code": door.entries[0]["checkin_code"].upper().replace("-", " ")}, follow_redirects=True
    )
    assert "受け付けました" in answer.text
    assert door.marks() == {door.entries[0]["id"]: "present"}
    answer = door.duty.post(f"{door.path}/mark", data={"code": door.entries[0]["checkin_code"]}, follow_redirects=True)
    assert "もう受け付けています" in answer.text
    door.duty.post(f"{door.path}/mark", data={"entry": door.entries[0]["id"], "state": "absent"})
    assert door.marks() == {door.entries[0]["id"]: "absent"}
    door.duty.post(f"{door.path}/mark", data={"entry": door.entries[0]["id"], "state": "present"})
    assert door.marks() == {door.entries[0]["id"]: "present"}


def test_a_batch_that_is_sent_twice_counts_each_child_once(door: AtDoor) -> None:
    batch = [_event(number, entry=entry["id"]) for number, entry in enumerate(door.entries)]
    first, again = door.send(*batch), door.send(*batch)
    assert [answer["result"] for answer in first] == ["in"] * 5
    assert [(answer["key"], answer["result"]) for answer in again] == [(event["key"], "in") for event in batch]
    assert value(door.db, "select count(*) from attendances where state = 'present'") == 5
    assert counting.attendances(door.db, "7-6", 2026) == 5


def test_two_tablets_send_late_and_crosswise_and_the_last_event_by_time_stands(door: AtDoor) -> None:
    child = door.entries[0]["id"]
    arrive, undo = _event(1, minutes=1, entry=child), _event(2, minutes=2, state="absent", entry=child)
    assert [answer["result"] for answer in door.send(undo)] == ["undone"]
    door.send(arrive)
    assert door.marks() == {child: "absent"}
    assert door.send(_event(3, minutes=3, code=door.entries[0]["checkin_code"]))[0]["result"] == "in"
    door.send(undo, arrive)
    assert door.marks() == {child: "present"}
    assert door.send(_event(4, minutes=4, entry=child))[0]["result"] == "already"


def test_two_tablets_that_send_at_the_same_moment_count_each_child_once(site: Flask, door: AtDoor) -> None:
    by = make_staff(door.db, role="duty")["id"]
    place = site.config["SITE"].settings.site_db

    def tablet(number: int) -> None:
        own = open_database(place)
        found = session_of(own, door.session["id"])
        assert found is not None
        for at, entry in enumerate(door.entries):
            take(own, found, [_event(100 * number + at, minutes=number, entry=entry["id"])], by)
        own.close()

    tablets = [threading.Thread(target=tablet, args=(number,)) for number in range(4)]
    for thread in tablets:
        thread.start()
    for thread in tablets:
        thread.join(timeout=30)
    assert set(door.marks().values()) == {"present"}
    assert value(door.db, "select count(*) from attendances") == 5


def test_a_tablet_whose_clock_runs_ahead_does_not_outrun_a_later_undo(door: AtDoor) -> None:
    child = door.entries[0]["id"]
    ahead = int(now().timestamp() * 1000) + 86_400_000
    door.send({"key": f"{ahead}-0000000000000001", "at": ahead, "state": "present", "entry": child})
    assert value(door.db, "select at from attendances") <= stamp()
    clock.travel_to(now() + timedelta(seconds=2))
    door.duty.post(f"{door.path}/mark", data={"entry": child, "state": "absent"})
    assert door.marks() == {child: "absent"}


def test_a_code_of_another_class_is_explained_with_its_day_and_place(door: AtDoor) -> None:
    other = make_class(door.db, title="カニの 上級", starts=now().replace(day=30, hour=13))
    family = make_family(door.db)
    entry = make_application(door.db, other, family, [make_participant(door.db, family)])[1][0]
    answer = door.send(_event(1, code=entry["checkin_code"]))[0]
    assert answer["result"] == "other"
    assert "カニの 上級" in answer["detail"]
    assert "11月30日" in answer["detail"]
    assert door.marks() == {}


def test_a_child_without_a_place_is_let_in_only_when_staff_says_so(door: AtDoor) -> None:
    family = make_family(door.db)
    of_class = {"id": door.session["class"]}
    entry = make_application(door.db, of_class, family, [make_participant(door.db, family)], state="waiting")[1][0]
    answer = door.send(_event(1, code=entry["checkin_code"]))[0]
    assert (answer["result"], "キャンセル待ち" in answer["detail"]) == ("not_accepted", True)
    assert door.marks() == {}
    asked = door.duty.post(f"{door.path}/mark", data={"code": entry["checkin_code"]}, follow_redirects=True)
    assert "きょうだけ入れる" in asked.text
    assert door.send(_event(2, entry=entry["id"], anyway=True))[0]["result"] == "in"
    assert door.marks() == {entry["id"]: "present"}
    assert value(door.db, "select state from entries where id = ?", (entry["id"],)) == "waiting"


GOOD = {"key": "goodkey00", "at": 1, "state": "present", "entry": "e1"}
HOSTILE: list[Any] = [
    None,
    7,
    "x",
    [],
    {},
    *(GOOD | {"key": key} for key in ("short", "k" * 65, "close.s1.h1", {"a": 1}, None, "good key 1")),
    *(GOOD | {"at": at} for at in ("1", -1, 10**30, True, 1.5, float("nan"), None)),
    *(GOOD | {"state": state} for state in ("gone", None, 1)),
    *(GOOD | {"entry": entry} for entry in ([], "e" * 500, None, "")),
    *(GOOD | {"entry": None, "code": code} for code in ("' or 1=1 --", "x" * 5000, "", 7, "\ud800")),
    {"key": "goodkey05", "at": 1, "state": "present"},
]


def test_what_makes_no_sense_is_answered_and_keeps_nothing_else_back(door: AtDoor) -> None:
    answers = door.send(*HOSTILE, _event(1, entry=door.entries[0]["id"]))
    assert [answer["result"] for answer in answers[:-1]] == ["unclear"] * len(HOSTILE)
    assert answers[-1]["result"] == "in"
    assert door.marks() == {door.entries[0]["id"]: "present"}


def test_a_body_that_is_no_batch_gets_400_with_words(door: AtDoor) -> None:
    for body in ["", "{", "[]", "null", '{"events": 3}', '{"events": {}}', "[" * 5000, '{"events": [' + "1," * 300 + "1]}"]:
        answer = door.duty.post(f"{door.path}/check-in", data=body, content_type="application/json")
        assert (answer.status_code, "error" in answer.json) == (400, True), body[:20]


def test_one_childs_key_cannot_be_used_for_another(door: AtDoor) -> None:
    door.send(_event(1, entry=door.entries[0]["id"]))
    assert door.send(_event(1, entry=door.entries[1]["id"]))[0]["result"] == "unclear"
    assert door.marks() == {door.entries[0]["id"]: "present"}


def test_closing_makes_the_rest_absent_and_what_a_tablet_still_had_is_not_lost(door: AtDoor) -> None:
    late = _event(2, entry=door.entries[1]["id"])
    door.send(_event(1, entry=door.entries[0]["id"]))
    page = door.duty.post(f"{door.path}/close", follow_redirects=True)
    assert "欠席は4人" in page.text
    assert one(door.db, "select state from sessions where id = ?", (door.session["id"],)) == {"state": "held"}
    door.send(late)
    assert sorted(door.marks().values()) == ["absent", "absent", "absent", "present", "present"]
    door.duty.post(f"{door.path}/reopen")
    assert sorted(door.marks().values()) == ["present", "present"]


WALK_IN = {
    "name": "能登 花",
    "kana": "のと はな",
    "school_year": "3",
    "guardian": "能登 母",
    "phone": "076-220-1111",
    "consent": "y",
    "gender": "female",
}


def test_a_walk_in_is_family_child_application_and_check_in_and_once_only(door: AtDoor) -> None:
    door.db["classes"].update(door.session["class"], {"capacity": 6})  # it takes the last place; sent again, it is not told that it is full
    for _ in range(2):
        answer = door.duty.post(f"{door.path}/walk-in", data={**WALK_IN, "key": "walk-in-key-1"})
        assert answer.status_code == 303
    assert value(door.db, "select count(*) from families where via = 'walk_in'") == 1
    row = one(door.db, "select * from participants where name = '能登 花'")
    assert row is not None
    assert (row["birth_date"], row["cohort"], row["gender"]) == (None, 2017, "female")
    assert one(door.db, "select state, via from attendances where participant = ?", (row["id"],)) == {"state": "present", "via": "walk_in"}
    assert one(door.db, "select state from entries where participant = ?", (row["id"],)) == {"state": "accepted"}
    assert "小学3年・当日参加" in door.duty.get(door.path).text


def test_a_full_class_takes_a_walk_in_only_with_the_tick(door: AtDoor) -> None:
    door.db["classes"].update(door.session["class"], {"capacity": 5})
    answer = door.duty.post(f"{door.path}/walk-in", data={**WALK_IN, "key": "walk-in-key-2"})
    assert (answer.status_code, "定員をこえ" in answer.text) == (422, True)
    assert value(door.db, "select count(*) from families where via = 'walk_in'") == 0
    answer = door.duty.post(f"{door.path}/walk-in", data={**WALK_IN, "key": "walk-in-key-2", "beyond": "y"})
    assert answer.status_code == 303
    assert value(door.db, "select count(*) from entries where state = 'accepted'") == 5, "places are never overbooked"
    assert value(door.db, "select count(*) from attendances where state = 'present'") == 1


WRONG_WALK_INS: list[tuple[dict[str, str], str]] = [
    ({"school_year": ""}, "学年か生年月日"),
    ({"school_year": "", "birth_date": "2999-01-01"}, "きょうより前"),
    ({"kana": "花"}, "ひらがな"),
    ({"phone": "12"}, "電話番号"),
    ({"consent": ""}, "同意"),
    ({"school_year": "77"}, ""),
    ({"name": "あ" * 300}, "100文字"),
]


def test_a_walk_in_that_lacks_something_says_what_and_keeps_what_was_typed(door: AtDoor) -> None:
    for wrong, words in WRONG_WALK_INS:
        answer = door.duty.post(f"{door.path}/walk-in", data={**WALK_IN, "key": "walk-in-key-3", **wrong})
        assert answer.status_code == 422, wrong
        assert words in answer.text, wrong
        assert "能登 母" in answer.text, wrong
    assert value(door.db, "select count(*) from families where via = 'walk_in'") == 0


def test_heads_without_names_are_stored_once_shown_and_counted(door: AtDoor) -> None:
    for _ in range(2):
        assert door.duty.post(f"{door.path}/heads", data={"preschool-female": "12", "preschool-unknown": "３"}).status_code == 303
    assert counting.attendances(door.db, "7-6", 2026) == 15
    door.duty.post(f"{door.path}/heads", data={"preschool-female": "11", "adult-other": "0"})
    assert counting.attendances(door.db, "7-6", 2026) == 11
    assert 'data-heads="11">11<' in door.duty.get(door.path).text
    answer = door.duty.post(f"{door.path}/heads", data={"preschool-female": "-1", "adult-male": "x", "elementary-male": "7"})
    assert (answer.status_code, 'value="7"' in answer.text) == (422, True)
    assert counting.attendances(door.db, "7-6", 2026) == 11


def test_the_emergency_contact_is_for_duty_and_director_and_each_look_is_written_down(door: AtDoor, as_role: As) -> None:
    address = f"{door.path}/emergency/{door.entries[0]['id']}"
    assert "0762209999" not in door.duty.get(door.path).text
    assert as_role("clerk").post(address).status_code == 403
    assert "緊急の連絡先" not in as_role("clerk").get(door.path).text
    assert "0762209999" in door.duty.post(address).text
    assert "0762209999" in as_role("director").post(address).text
    lines = every(door.db, "select subject, detail_json from audit where action = 'emergency.see'")
    assert [line["subject"] for line in lines] == [door.entries[0]["participant"]] * 2
    other = session_today(door.db, 1)[1][0]
    assert door.duty.post(f"{door.path}/emergency/{other['id']}").status_code == 404


def test_the_list_shows_name_school_year_care_note_and_counts(door: AtDoor) -> None:
    door.send(*(_event(number, entry=entry["id"]) for number, entry in enumerate(door.entries[:3])))
    page = door.duty.get(door.path).text
    assert "加賀 00郎" in page
    assert f"小学{school_year(now().date().replace(2017, 6, 15), now().date())}年" in page
    assert "卵アレルギー" in page
    assert 'data-band="elementary" data-gender="female" data-heads="0">1<' in page
    assert "加賀 04郎" in door.duty.get(f"{door.path}?q=04ロウ").text
    assert "加賀 00郎" not in door.duty.get(f"{door.path}?q=04ロウ").text


def test_the_shell_that_a_tablet_keeps_holds_nobody(door: AtDoor, client: Any) -> None:
    page = client.get("/door/shell")
    assert page.status_code == 200
    assert "加賀" not in page.text
    assert "職員" not in door.duty.get("/door/worker.js").text


def test_other_roles_do_not_see_the_door(door: AtDoor, as_role: As) -> None:
    roles: tuple[Role, ...] = ("reviewer", "mentor", "reader")
    for role in roles:
        assert as_role(role).get(door.path).status_code == 403, role
        assert as_role(role).get("/door/").status_code == 403, role


def test_names_stay_out_of_the_audit_log(door: AtDoor) -> None:
    door.duty.get(door.path)
    door.send(_event(1, entry=door.entries[0]["id"]))
    door.duty.post(f"{door.path}/walk-in", data={**WALK_IN, "key": "walk-in-key-4"})
    lines = every(door.db, "select action, detail_json from audit")
    assert {"door.see", "door.mark"} <= {line["action"] for line in lines}
    assert not any("加賀" in line["detail_json"] or "能登" in line["detail_json"] for line in lines)


def test_whoever_is_on_duty_sees_the_children_of_these_days_not_of_the_whole_year(door: AtDoor, as_role: As) -> None:
    later = one(door.db, "select * from sessions where class = ?", (make_class(door.db)["id"],))
    assert later is not None
    assert "前の日から次の日まで" in door.duty.get(f"/door/{later['id']}").text
    assert door.duty.get(f"/door/{later['id']}/walk-in").status_code == 404
    assert as_role("clerk").get(f"/door/{later['id']}").status_code == 200
