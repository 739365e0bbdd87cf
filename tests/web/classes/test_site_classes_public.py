"""What families find: search, a class's page, the calendar, programmes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.conftest import TODAY
from tests.web.make import make_application, make_class, make_family, make_participant, make_place, make_session
from web.clock import stamp


@pytest.fixture
def offers(db: Database) -> Database:
    """Four classes that differ."""
    south = make_place(db, name="南公民館", name_en="Minami Centre", area="南", name_kana="ミナミコウミンカン")
    saturday = datetime(2026, 12, 5, 10, tzinfo=TODAY.tzinfo)
    make_class(db, title="土曜のカニ", title_en="", title_kana="ドヨウノカニ", starts=saturday, grade_from=1, grade_to=2)
    make_class(db, title="祝日のゲーム", title_en="", place=south, starts=datetime(2027, 1, 11, 10, tzinfo=TODAY.tzinfo), level="middle")
    make_class(
        db,
        title="抽選のロボット",
        title_en="",
        title_kana="チュウセンノロボット",
        admission="lottery",
        language="en",
        starts=datetime(2026, 12, 9, 16, tzinfo=TODAY.tzinfo),
    )
    make_class(
        db,
        title="シニアのパイソン",
        title_en="",
        audience="seniors",
        grade_from=None,
        grade_to=None,
        age_from=55,
        apply_from=stamp(TODAY + timedelta(days=9)),
    )
    return db


ALL = {"土曜のカニ", "祝日のゲーム", "抽選のロボット", "シニアのパイソン"}


ASKED: list[tuple[str, set[str]]] = [
    ("", ALL),
    ("who=g1", {"土曜のカニ"}),
    ("who=senior", {"シニアのパイソン"}),
    ("area=南", {"祝日のゲーム"}),
    ("day=saturday", {"土曜のカニ"}),
    ("day=sunday", {"祝日のゲーム"}),
    ("level=middle", {"祝日のゲーム"}),
    ("how=lottery", {"抽選のロボット"}),
    ("in=en", {"抽選のロボット"}),
    ("programme=7-6", ALL),
    ("from=2026-12-06&to=2026-12-31", {"抽選のロボット", "シニアのパイソン"}),
    ("free=y", ALL - {"シニアのパイソン"}),
    ("q=どようのかに", {"土曜のカニ"}),
    ("q=ﾁｭｳｾﾝ", {"抽選のロボット"}),
    ("q=みなみ", {"祝日のゲーム"}),
    ("q=minami centre", {"祝日のゲーム"}),
    ("q=かに 土曜", {"土曜のカニ"}),
    ("q=ない", set()),
]


def test_a_search_finds_what_was_asked_for(client: FlaskClient, offers: Database) -> None:
    for asked, expected in ASKED:
        answer = client.get(f"/classes/?{asked}")
        assert answer.status_code == 200
        assert {title for title in ALL if title in answer.text} == expected, asked


def test_classes_one_can_apply_for_come_first(client: FlaskClient, offers: Database) -> None:
    page = client.get("/classes/").text
    order = sorted(ALL, key=page.index)
    assert order == ["土曜のカニ", "抽選のロボット", "祝日のゲーム", "シニアのパイソン"]


def test_a_search_that_makes_no_sense_says_so_beside_the_field(client: FlaskClient, offers: Database) -> None:
    for asked in (
        "level=x", "day=%00", "from=yesterday", "q=" + "あ" * 500, "who=g99", "area=' or 1=1 --", "programme=<script>",
        "to=0000-00-00", "in=%ff",
    ):  # fmt: skip
        answer = client.get(f"/classes/?{asked}")
        assert answer.status_code == 422, asked
        assert "なおすところ" in answer.text
        assert "<script>" not in answer.text


def test_any_page_number_shows_a_page(client: FlaskClient, db: Database) -> None:
    place = make_place(db)
    for number in range(13):
        make_class(db, place=place, title=f"教室{number}")
    for page in ("0", "-3", "9999999999999999999999", "x", "2"):
        answer = client.get(f"/classes/?q=教室&page={page}")
        assert answer.status_code == 200
        assert "13件の教室" in answer.text
        assert "q=%E6%95%99%E5%AE%A4" in answer.text  # the other page's address keeps what was asked


def test_past_classes_are_not_offered(client: FlaskClient, db: Database) -> None:
    make_class(db, title="きのうの教室", starts=TODAY - timedelta(days=1))
    assert "きのうの教室" not in client.get("/classes/").text


def test_a_class_s_page_tells_everything_a_family_asks(client: FlaskClient, db: Database) -> None:
    place = make_place(db, access="武蔵のバス停から2分", parking="なし", step_free=1)
    made = make_class(db, sessions=2, place=place, bring="ふでばこ", fee=300, fee_note="教材費", apply_to=stamp(TODAY + timedelta(days=9)))
    db["class_questions"].insert(
        {"id": "q1", "class": made["id"], "position": 1, "kind": "text", "text": "アレルギーはありますか", "reason": "おやつを配るため"}
    )
    family = make_family(db)
    make_application(db, made, family, [make_participant(db, family)])
    page = client.get(f"/classes/{made['id']}").text
    for expected in (
        "2026年12月15日(火) 10:00〜12:00", "2026年12月22日(火)", "ITビジネスプラザ武蔵", "武蔵のバス停から2分", "段差なし",
        "openstreetmap.org", "36.571600", "小学3年〜小学6年", "あと19人", "定員", "申し込みの早い順", "300円", "教材費", "ふでばこ",
        "アレルギーはありますか", "おやつを配るため", "2026年12月3日(木) 09:00", f"/apply/{made['id']}/", f"/classes/{made['id']}.ics",
    ):  # fmt: skip
        assert expected in page, expected
    english = client.get(f"/en/classes/{made['id']}").text
    assert "19 places left" in english and "First crab robot" in english
    easy = client.get(f"/easy/classes/{made['id']}").text
    assert "<ruby>" in easy


def test_a_full_class_offers_the_waiting_list(client: FlaskClient, db: Database) -> None:
    made = make_class(db, capacity=1)
    family = make_family(db)
    make_application(db, made, family, [make_participant(db, family)])
    make_application(db, made, family, [make_participant(db, family)], state="waiting")
    page = client.get(f"/classes/{made['id']}").text
    assert "満席（キャンセル待ち1人）" in page and "キャンセル待ちに申し込む" in page


def test_a_cancelled_class_says_so_and_why_and_takes_nobody(client: FlaskClient, db: Database) -> None:
    made = make_class(db, state="cancelled", cancelled_reason="大雪のため")
    page = client.get(f"/classes/{made['id']}").text
    assert "この教室は中止になりました" in page and "大雪のため" in page
    assert "/apply/" not in page.split("<main")[1].split("</main>")[0]


def test_nothing_of_the_families_shows_on_a_class_s_page(client: FlaskClient, db: Database) -> None:
    made = make_class(db)
    family = make_family(db)
    make_application(db, made, family, [make_participant(db, family)])
    page = client.get(f"/classes/{made['id']}").text
    assert family["guardian_name"] not in page and family["email"] not in page and "加賀 太郎" not in page


def test_the_calendar_shows_days_holidays_and_what_is_off(client: FlaskClient, db: Database) -> None:
    place = make_place(db)
    made = make_class(db, place=place, starts=datetime(2027, 1, 11, 10, tzinfo=TODAY.tzinfo))
    make_session(db, made, place, datetime(2027, 1, 30, 13, tzinfo=TODAY.tzinfo), state="cancelled", number=2)
    page = client.get("/calendar/2027-01").text
    assert "成人の日" in page and "10:00–12:00" in page and "13:00–15:00" in page and "中止" in page
    assert "/calendar/2026-12" in page and "/calendar/2027-02" in page
    assert "Coming of Age Day" in client.get("/en/calendar/2027-01").text
    assert "この月の教室はありません" in client.get("/calendar/2027-02").text


def test_the_calendar_has_these_months_and_no_others(client: FlaskClient, db: Database) -> None:
    for month in ("2000-01", "2099-12", "2026-02"):
        assert client.get(f"/calendar/{month}").status_code == 200
    for month in ("2026-13", "2026-00", "1999-12", "2100-01", "abc", "2026-1", "２０２６-12", "2026-12-01"):
        assert client.get(f"/calendar/{month}").status_code == 404


def test_this_month_is_a_step_away(client: FlaskClient, db: Database) -> None:
    assert client.get("/calendar/").headers["Location"] == "/calendar/2026-11"
    assert client.get("/en/calendar/").headers["Location"] == "/en/calendar/2026-11"
