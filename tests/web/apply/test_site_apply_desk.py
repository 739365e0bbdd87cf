"""The desk: lists, applications by telephone, offers by hand, one child in two families."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlite_utils import Database

from tests.web.apply.conftest import Apply, form_data
from tests.web.conftest import As
from tests.web.make import make_application, make_class, make_family, make_participant
from web.apply.records import join_children
from web.clock import now, stamp
from web.data import Row, every, one, value


def phone(of_class: Row) -> str:
    return f"/staff/applications/{of_class['id']}/phone"


def audited(db: Database, action: str) -> int:
    return int(value(db, "select count(*) from audit where action = ?", (action,)))


def test_only_director_and_clerk_open_applications(db: Database, as_role: As, client: object) -> None:
    of_class = make_class(db)
    for role in ("reviewer", "duty", "mentor", "reader"):
        assert as_role(role).get(f"/staff/applications/{of_class['id']}").status_code == 403  # type: ignore[arg-type]
    for role in ("director", "clerk"):
        assert as_role(role).get("/staff/applications/").status_code == 200  # type: ignore[arg-type]


def test_the_list_shows_the_waiting_row_in_order_and_who_looked_is_recorded(db: Database, as_role: As, apply: Apply) -> None:
    of_class = make_class(db, capacity=1)
    for _ in range(3):
        apply(of_class)
    page = as_role("clerk").get(f"/staff/applications/{of_class['id']}").text
    assert page.index("参加</span>") < page.index("待ち 1") < page.index("待ち 2")
    assert audited(db, "family.see") == 1


def test_a_long_list_has_pages_and_can_be_searched(db: Database, as_role: As) -> None:
    of_class, sounds = make_class(db, capacity=60), "アイウエオカキクケコ"
    for number in range(62):
        family = make_family(db, guardian_name=f"保護者{number:02}", phone=f"07622{number:05}")
        child = make_participant(db, family, kana=f"コドモ {sounds[number // 10]}{sounds[number % 10]}")
        make_application(db, of_class, family, [child], state="accepted" if number < 60 else "applied")
    clerk, page = as_role("clerk"), f"/staff/applications/{of_class['id']}"
    assert clerk.get(page).text.count("保護者") >= 60 and "保護者61" not in clerk.get(page).text
    assert "保護者61" in clerk.get(f"{page}?page=2").text and "保護者61" in clerk.get(f"{page}?state=applied").text
    assert "保護者59" not in clerk.get(f"{page}?state=applied").text
    for typed in ("こどもかい", "コドモカイ", "保護者51", "076-220-0051"):
        found = clerk.get(page, query_string={"q": typed}).text
        assert "保護者51" in found and "保護者50" not in found, typed
    assert "この条件の申し込みはありません" in clerk.get(f"{page}?q=nobody&page=99999999999").text


def test_an_application_by_phone_without_email_is_taken_and_printed(db: Database, as_role: As) -> None:
    of_class = make_class(db)
    clerk = as_role("clerk")
    assert clerk.get(phone(of_class)).status_code == 200
    done = clerk.post(phone(of_class), data=form_data())
    assert done.status_code == 303
    family = one(db, "select * from families") or {}
    assert (family["email"], family["via"], family["phone"]) == (None, "phone", "0762200000")
    entry = one(db, "select entries.*, entered_by from entries join applications on applications.id = application") or {}
    assert entry["state"] == "accepted" and entry["entered_by"].startswith("st")
    page = clerk.get(done.location).text
    assert "加賀 太郎" in page and entry["checkin_code"] in page
    slip = clerk.get(f"{done.location}/slip").text
    assert "data:image/svg+xml" in slip and entry["checkin_code"] in slip
    assert clerk.post(phone(of_class), data=form_data()).location == done.location, "pressed twice, taken once"
    assert value(db, "select count(*) from mails") == 0


@pytest.mark.parametrize("typed", ["076-220", "たろう", "カガタ", "known@example.jp", "花子"])
def test_a_known_family_is_found_while_it_speaks(db: Database, as_role: As, typed: str) -> None:
    of_class = make_class(db)
    family = make_family(db, email="known@example.jp", guardian_name="加賀 花子")
    make_participant(db, family, kana="カガ タロウ")
    make_family(db, phone="0901", guardian_name="別 人", guardian_kana="ベツ ジン")
    clerk = as_role("clerk")
    found = clerk.get(phone(of_class), query_string={"q": typed}).text
    assert f"family={family['id']}" in found and "別 人" not in found
    assert audited(db, "family.search") == 1
    filled = clerk.get(phone(of_class), query_string={"family": family["id"]}).text
    assert 'value="加賀 花子"' in filled and "known@example.jp" in filled


def test_staff_may_take_a_child_of_another_age_or_out_of_time_when_it_says_so(db: Database, as_role: As) -> None:
    of_class = make_class(db, apply_to=stamp(now() - timedelta(hours=1)))
    clerk = as_role("clerk")
    data = form_data(**{"children-0-birth_year": "2012"})
    refused = clerk.post(phone(of_class), data=data)
    assert refused.status_code == 422 and "対象は" in refused.text
    assert clerk.post(phone(of_class), data={**data, "override": "y"}).status_code == 303


def test_the_address_of_another_family_is_refused_with_the_way_out(db: Database, as_role: As) -> None:
    make_family(db, email="taken@example.jp")
    answer = as_role("clerk").post(phone(make_class(db)), data=form_data(email="taken@example.jp"))
    assert answer.status_code == 422 and "検索で選んでください" in answer.text


def test_staff_offers_answers_and_withdraws_for_a_family_that_calls(db: Database, as_role: As, apply: Apply) -> None:
    of_class = make_class(db, capacity=1, auto_promote=0)
    first, second, third = (apply(of_class).entries[0]["id"] for _ in range(3))
    clerk = as_role("clerk")
    for entry, what in ((first, "withdraw"), (third, "offer"), (third, "accept"), (second, "offer")):
        answer = clerk.post(f"/staff/applications/entry/{entry}/{what}", follow_redirects=True)
        assert answer.status_code == 200
    assert "足りません" in answer.text
    assert [row["state"] for row in every(db, "select state from entries order by rowid")] == ["withdrawn", "waiting", "accepted"]
    assert clerk.post(f"/staff/applications/entry/{second}/explode").status_code == 404


def test_no_cell_of_the_table_is_a_formula(db: Database, as_role: As) -> None:
    of_class = make_class(db)
    family = make_family(db, guardian_name="=cmd|' /C calc'!A0")
    make_application(db, of_class, family, [make_participant(db, family, name="+1", care_note="@sum(1)")])
    answer = as_role("clerk").get(f"/staff/applications/{of_class['id']}/list.csv")
    head, row = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    told = dict(zip(head, row, strict=True))
    assert (told["保護者"], told["氏名"], told["配慮"]) == ("'=cmd|' /C calc'!A0", "'+1", "'@sum(1)")
    assert told["状態"] == "参加" and told["学年"] == "小学3年"
    assert audited(db, "family.export") == 1


def test_one_child_in_two_families_is_shown_joined_and_parted(db: Database, as_role: As) -> None:
    of_class = make_class(db)
    mother, father = make_family(db), make_family(db)
    old = make_participant(db, mother, kana="カガ タロウ", created_at="2025-01-01T00:00:00+09:00")
    new = make_participant(db, father, kana="カガタロウ")
    make_participant(db, make_family(db), kana="カガ タロウ", birth_date="2016-01-01")
    make_application(db, of_class, father, [new])
    clerk, page = as_role("clerk"), f"/staff/applications/{of_class['id']}"
    assert clerk.get(page).text.count("同じお子さん</span>") == 1
    clerk.post(f"{page}/same", data={"one": new["id"], "other": old["id"], "apart": "yes"})
    assert "同じお子さん</span>" not in clerk.get(page).text and audited(db, "participant.apart") == 1
    db.execute("delete from different_children")
    clerk.post(f"{page}/same", data={"one": new["id"], "other": old["id"]})
    assert value(db, "select same_as from participants where id = ?", (new["id"],)) == old["id"]
    assert "同じお子さん</span>" not in clerk.get(page).text
    clerk.post(f"{page}/same", data={"part": new["id"]})
    assert value(db, "select same_as from participants where id = ?", (new["id"],)) is None
    assert clerk.post(f"{page}/same", data={"one": "nobody", "other": old["id"]}, follow_redirects=True).status_code == 200


def test_three_records_of_one_child_all_point_to_the_oldest(db: Database) -> None:
    days = ("2025-01-03", "2025-01-02", "2025-01-01")
    a, b, c = (make_participant(db, make_family(db), created_at=f"{day}T00:00:00+09:00")["id"] for day in days)
    assert join_children(db, a, b) == b
    assert join_children(db, c, a) == c
    pointers = {row["id"]: row["same_as"] for row in every(db, "select id, same_as from participants")}
    assert pointers == {a: c, b: c, c: None}
