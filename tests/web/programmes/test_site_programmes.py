"""The plan's programmes: what visitors read, and the desk's targets and hand-entered figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from lessons.furigana import words
from tests.web.make import make_class
from web.access import Role
from web.classes.completeness import unread
from web.data import every, one, value
from web.figures.counting import indicator
from web.ids import new_id
from web.programmes.plan import ensure_programmes, plan

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def clerk(as_role: Callable[[Role], FlaskClient]) -> FlaskClient:
    return as_role("clerk")


def test_the_plan_has_its_twelve_programmes_in_three_languages() -> None:
    assert [row["id"] for row in plan()] == [f"7-{number}" for number in range(1, 13)]
    for row in plan():
        for name in ("name", "description", "indicator_name"):
            assert row[name] and row[f"{name}_easy"] and row[f"{name}_en"]
            assert not unread(row[f"{name}_easy"]), (row["id"], name)
            words(row[f"{name}_easy"])
        assert row["unit"] and row["unit_en"] and row["division"]


def test_the_plan_is_loaded_once_and_changed_words_are_taken_over(db: Database) -> None:
    ensure_programmes(db)
    db["programmes"].update("7-6", {"name": "もとの名前", "last_year": 2030})
    ensure_programmes(db)
    ensure_programmes(db)
    row = one(db, "select * from programmes where id = '7-6'")
    assert row and row["name"] != "もとの名前" and row["last_year"] == 2030
    assert value(db, "select count(*) from programmes") == 12


def test_visitors_read_what_happens_and_how_far_it_has_come(client: FlaskClient, db: Database, clerk: FlaskClient) -> None:
    ensure_programmes(db)
    make_class(db)
    clerk.post("/staff/programmes/7-4/targets", data={"target_year": "2026", "target": "60"})
    clerk.post(
        "/staff/programmes/7-4/figures", data={"key": new_id("figure"), "figure_year": "2026", "value": "51", "source": "担当課の報告"}
    )
    listing = client.get("/programmes/").text
    assert "町会のICT活用" in listing and "51" in listing and "目標 60" in listing
    page = client.get("/programmes/7-4").text
    assert "アプリを導入した町会の数" in page and "ことし：51 / 目標 60" in page and "まだありません" in page
    assert "はじめての かにロボット" in client.get("/programmes/7-6").text
    assert "Associations that adopted the app" in client.get("/en/programmes/7-4").text
    assert "<ruby>" in client.get("/easy/programmes/7-4").text
    assert client.get("/programmes/7-13").status_code == 404


def test_a_figure_from_elsewhere_needs_its_source_and_counts_once(clerk: FlaskClient, db: Database) -> None:
    ensure_programmes(db)
    figure = {"key": new_id("figure"), "figure_year": "2025", "value": "36000", "source": ""}
    refused = clerk.post("/staff/programmes/7-11/figures", data=figure)
    assert refused.status_code == 422 and "ここを入力してください" in refused.text and 'value="36000"' in refused.text
    for _ in range(2):
        assert clerk.post("/staff/programmes/7-11/figures", data={**figure, "source": HOSTILE}).status_code == 303
    assert indicator(db, "7-11", 2025).actual == 36000
    page = clerk.get("/staff/programmes/7-11").text
    assert HOSTILE not in page and "36,000" in page


@pytest.mark.parametrize("sent", ["-1", "x", "99999999999", "1.5", "٣x"])
def test_a_figure_is_a_sensible_number(clerk: FlaskClient, db: Database, sent: str) -> None:
    ensure_programmes(db)
    answer = clerk.post("/staff/programmes/7-11/figures", data={"figure_year": "2025", "value": sent, "source": "報告"})
    assert answer.status_code == 422


def test_a_withdrawn_figure_counts_no_more_and_stays_to_be_seen(clerk: FlaskClient, db: Database) -> None:
    ensure_programmes(db)
    for number in (10, 5):
        data = {"key": new_id("figure"), "figure_year": "2026", "value": str(number), "source": f"報告{number}"}
        clerk.post("/staff/programmes/7-8/figures", data=data)
    wrong = value(db, "select id from hand_figures where value = 10")
    for _ in range(2):
        clerk.post(f"/staff/programmes/7-8/figures/{wrong}/withdraw")
    assert clerk.post(f"/staff/programmes/7-1/figures/{wrong}/withdraw").status_code == 404
    assert indicator(db, "7-8", 2026).actual == 5
    assert "報告10" in clerk.get("/staff/programmes/7-8").text
    assert [row["action"] for row in every(db, "select action from audit order by id")] == [
        "figure.enter",
        "figure.enter",
        "figure.withdraw",
    ]


def test_a_target_is_set_changed_and_taken_back(clerk: FlaskClient, db: Database) -> None:
    ensure_programmes(db)
    for typed, kept in (("200", 200), ("220", 220), ("", None)):
        clerk.post("/staff/programmes/7-6/targets", data={"target_year": "2027", "target": typed, "note": "計画35ページ"})
        assert indicator(db, "7-6", 2027).target == kept
    assert "計画35ページ" in clerk.get("/staff/programmes/7-6").text
    assert clerk.post("/staff/programmes/7-6/targets", data={"target_year": "1999", "target": "1"}).status_code == 422


def test_readers_read_and_only_the_desk_writes(as_role: Callable[[Role], FlaskClient], db: Database) -> None:
    ensure_programmes(db)
    reader = as_role("reader")
    assert reader.get("/staff/programmes/?year=2025").status_code == 200
    page = reader.get("/staff/programmes/7-6")
    assert page.status_code == 200 and "目標を記録する" not in page.text
    assert reader.post("/staff/programmes/7-6/targets", data={"target_year": "2026", "target": "1"}).status_code == 403
    assert as_role("duty").get("/staff/programmes/").status_code == 403
