"""The kits' pages: asking as a neighbourhood association, and the desk."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.make import make_class, make_kit
from web.data import every, one, value
from web.kits.booking import reserve_for_class

ASK = {
    "key": "form-key-0001",
    "organisation": "武蔵町会",
    "person": "能登 一郎",
    "phone": "076-220-1111",
    "email": "Cho@Example.JP ",
    "count": "2",
    "from_day": "2026-12-05",
    "until_day": "2026-12-06",
    "purpose": "子ども会で10人",
}


def _ask(client: FlaskClient, kit: str, **more: str) -> Any:
    return client.post(f"/kits/{kit}", data={**ASK, **more})


def test_a_neighbourhood_association_asks_staff_agrees_and_mails_tell_it(client: FlaskClient, db: Database, as_role: As) -> None:
    kit = make_kit(db, units=3)["id"]
    for _ in range(2):
        assert _ask(client, kit).status_code == 303
    row = one(db, "select * from reservations")
    assert row is not None
    assert value(db, "select count(*) from reservations") == 1
    assert (row["state"], row["borrower_email"], row["from_at"], row["until"]) == (
        "asked", "cho@example.jp", "2026-12-05T09:00:00+09:00", "2026-12-06T17:00:00+09:00",
    )  # fmt: skip
    clerk = as_role("clerk")
    assert "武蔵町会" in clerk.get("/staff/kits/").text
    assert "貸し出しを決める" in clerk.get(f"/staff/kits/reservations/{row['id']}").text
    assert clerk.post(f"/staff/kits/reservations/{row['id']}/answer", data={"agree": "yes"}).status_code == 303
    assert value(db, "select state from reservations") == "reserved"
    assert [mail["template"] for mail in every(db, "select template from mails order by rowid")] == ["kits/asked", "kits/confirmed"]


def test_a_request_that_does_not_fit_any_more_is_not_agreed_to_and_names_the_other(client: FlaskClient, db: Database, as_role: As) -> None:
    kit = make_kit(db, units=3)["id"]
    _ask(client, kit)
    _ask(client, kit, key="form-key-0002", organisation="小立野小学校", count="3")
    first, second = every(db, "select id from reservations order by rowid")
    clerk = as_role("clerk")
    clerk.post(f"/staff/kits/reservations/{first['id']}/answer", data={"agree": "yes"})
    answer = clerk.post(f"/staff/kits/reservations/{second['id']}/answer", data={"agree": "yes"})
    assert (answer.status_code, "武蔵町会" in answer.text) == (422, True)
    clerk.post(f"/staff/kits/reservations/{second['id']}/answer", data={"agree": "no"})
    assert [row["state"] for row in every(db, "select state from reservations order by rowid")] == ["reserved", "cancelled"]
    assert value(db, "select count(*) from mails where template = 'kits/declined'") == 1


WRONG: list[tuple[dict[str, str], str]] = [
    ({"from_day": "2026-11-24"}, "あしたから"),
    ({"until_day": "2026-12-01"}, "借りる日より後"),
    ({"until_day": "2027-01-31"}, "14日まで"),
    ({"count": "4"}, "あと3台"),
    ({"count": "0"}, "1から200"),
    ({"count": "x"}, ""),
    ({"email": "nobody"}, "メールアドレスの形"),
    ({"organisation": "あ" * 101}, "100文字"),
    ({"purpose": ""}, "入力してください"),
    ({"from_day": "never"}, ""),
]


def test_a_request_with_something_wrong_says_what_and_is_not_stored(client: FlaskClient, db: Database) -> None:
    kit = make_kit(db, units=3)["id"]
    for wrong, words in WRONG:
        answer = _ask(client, kit, **wrong)
        assert answer.status_code == 422, wrong
        assert words in answer.text, wrong
    assert value(db, "select count(*) from reservations") == 0


def test_nobody_floods_a_letter_box_from_here(client: FlaskClient, db: Database) -> None:
    kit = make_kit(db, units=3)["id"]
    assert {_ask(client, kit, key=f"form-key-{number:04}").status_code for number in range(9)} == {303}
    assert value(db, "select count(*) from mails") == 5


def test_the_public_sees_free_counts_but_never_who_has_them(client: FlaskClient, db: Database, as_role: As) -> None:
    kit = make_kit(db, units=3, name_en="Crab robot kit", contents="ロボット\nケーブル", contents_easy="ロボット\n{線|せん}")["id"]
    hidden = make_kit(db, units=1, public=0, name="試作機")["id"]
    data = {
        "kind": kit, "count": "2", "from_at": "2026-12-05T09:00", "until": "2026-12-06T17:00", "borrower_name": "武蔵町会", "key": "x",
    }  # fmt: skip
    assert as_role("clerk").post("/staff/kits/reservations/new", data=data).status_code == 303
    page = client.get(f"/kits/{kit}?month=2026-12").text
    assert re.search(r'class="kits-day">5<.*?class="kits-free">1<', page, re.S)
    assert re.search(r'class="kits-day">7<.*?class="kits-free">3<', page, re.S)
    assert "武蔵町会" not in page
    assert "Crab robot kit" in client.get("/en/kits/").text
    assert "<li>ケーブル</li>" in page and "<ruby>線" in client.get(f"/easy/kits/{kit}").text
    assert "試作機" not in client.get("/kits/").text
    assert client.get(f"/kits/{hidden}").status_code == 404
    for month in ("2026-13", "9999-01", "-", "2026-12-01", "０"):
        assert client.get(f"/kits/{kit}?month={month}").status_code == 200


def test_a_reservation_that_conflicts_stays_typed_and_links_the_other(db: Database, as_role: As) -> None:
    clerk, kit = as_role("clerk"), make_kit(db, units=1)["id"]
    data = {
        "kind": kit, "count": "1", "from_at": "2026-12-05T09:00", "until": "2026-12-06T17:00", "borrower_name": "武蔵町会", "key": "x",
    }  # fmt: skip
    clerk.post("/staff/kits/reservations/new", data=data)
    answer = clerk.post("/staff/kits/reservations/new", data={**data, "borrower_name": "小立野小学校"})
    assert answer.status_code == 422
    assert f"/staff/kits/reservations/{value(db, 'select id from reservations')}" in answer.text
    assert "武蔵町会" in answer.text
    assert "小立野小学校" in answer.text


def test_kinds_units_and_labels_are_made_at_the_desk(db: Database, as_role: As) -> None:
    clerk = as_role("clerk")
    made = clerk.post("/staff/kits/kinds/new", data={"name": "カードロボット", "loan_days": "7", "public": "y"})
    assert made.status_code == 303
    address = made.location
    assert clerk.post(address, data={"prefix": "card", "number": "3"}).status_code == 303
    assert clerk.post(address, data={"prefix": "card", "number": "2"}).status_code == 303
    assert clerk.post(address, data={"prefix": "x%'\"", "number": "2"}).status_code == 422
    labels = [row["label"] for row in every(db, "select label from kit_units order by label")]
    assert labels == ["CARD-001", "CARD-002", "CARD-003", "CARD-004", "CARD-005"]
    sheet = clerk.get(f"{address}/labels").text
    assert sheet.count("<svg") - sheet.count("lk-icon") - 1 == 5
    assert "style=" not in sheet


def test_a_unit_goes_out_and_comes_back_at_the_desk_and_each_step_is_written_down(db: Database, as_role: As) -> None:
    kit = make_kit(db, units=2)["id"]
    clerk, duty = as_role("clerk"), as_role("duty")
    data = {
        "kind": kit, "count": "2", "from_at": "2026-11-24T09:00", "until": "2026-11-25T17:00", "borrower_name": "武蔵町会", "key": "x",
    }  # fmt: skip
    address = clerk.post("/staff/kits/reservations/new", data=data).location
    units = [row["id"] for row in every(db, "select id from kit_units order by label")]
    assert "武蔵町会 に貸し出す" in duty.get(f"/staff/kits/units/{units[0]}").text
    assert duty.post(f"{address}/out", data={"unit": ["nothing"]}).status_code == 422
    assert duty.post(f"{address}/out", data={}).status_code == 422
    assert duty.post(f"{address}/out", data={"unit": units}).status_code == 303
    assert duty.post(f"{address}/back", data={"unit": units, f"condition-{units[0]}": "eaten"}).status_code == 422
    back = {"unit": units, f"condition-{units[1]}": "damaged", f"note-{units[1]}": "線が切れた"}
    assert duty.post(f"{address}/back", data=back).status_code == 303
    page = duty.get(f"/staff/kits/units/{units[1]}").text
    assert "武蔵町会" in page
    assert "線が切れた" in page
    actions = [row["action"] for row in every(db, "select action from audit order by id")]
    assert [action for action in actions if action != "kit.see"] == ["kit.reserve", "kit.out", "kit.back", "kit.back"]
    assert duty.get("/staff/kits/reservations/new").status_code == 403


def test_the_desk_says_which_class_lacks_kits_who_has_them_and_tries_again(db: Database, as_role: As) -> None:
    kit = make_kit(db, units=3)["id"]
    first, second = (make_class(db, title=title)["id"] for title in ("朝のカニ", "昼のカニ"))
    for class_id in (first, second):
        db["class_kits"].insert({"class": class_id, "kind": kit, "count": 2})
        reserve_for_class(db, class_id, "system")
    clerk = as_role("clerk")
    page = clerk.get("/staff/kits/").text
    assert "「昼のカニ」第1回の機材が予約できていません" in page
    assert "朝のカニ 第1回（" in page
    clerk.post(f"/staff/kits/reservations/{value(db, 'select id from reservations')}/cancel")
    assert clerk.post(f"/staff/kits/for-class/{second}").status_code == 303
    assert "「昼のカニ」第1回の機材が予約できていません" not in clerk.get("/staff/kits/").text
    assert clerk.post("/staff/kits/for-class/none").status_code == 404


def test_the_desk_is_for_staff_and_what_is_not_there_is_404(client: FlaskClient, as_role: As) -> None:
    reviewer, duty = as_role("reviewer"), as_role("duty")
    for path in ("", "reservations", "kinds/none", "reservations/none", "units/none"):
        assert client.get(f"/staff/kits/{path}").status_code == 302, path
        assert reviewer.get(f"/staff/kits/{path}").status_code == 403, path
        assert duty.get(f"/staff/kits/{path}").status_code == (404 if path.endswith("none") else 200), path
