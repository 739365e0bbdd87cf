"""What the city publishes for everybody keeps to the standard and holds nobody."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.make import make_application, make_class, make_family, make_participant, make_place
from tests.web.opendata.events_standard import COLUMNS, faults
from web.opendata import events
from web.opendata.datasets import DATA_SETS


def _rows(client: FlaskClient, name: str = "events") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(f"/opendata/{name}.csv").get_data(as_text=True))))


def test_the_header_is_the_standards(client: FlaskClient) -> None:
    assert events.header() == COLUMNS and len(COLUMNS) == 32
    assert client.get("/opendata/events.csv").get_data(as_text=True).split("\r\n")[0] == ",".join(COLUMNS)


def test_a_series_is_one_valid_row_a_session(client: FlaskClient, db: Database) -> None:
    made = make_class(db, sessions=3, fee=500)
    content = client.get("/opendata/events.csv").data
    assert faults(content) == []
    rows = _rows(client)
    assert [row["イベント名"] for row in rows] == [f"はじめての かにロボット（第{number}回）" for number in (1, 2, 3)]
    first = rows[0]
    assert (first["開始日"], first["開始時間"], first["終了時間"]) == ("2026-12-15", "10:00", "12:00")
    assert (first["料金(基本)"], first["定員"], first["緯度"]) == ("500円", "20", "36.571600")
    assert first["URL"].endswith(f"/classes/{made['id']}") and first["都道府県コード又は市区町村コード"] == "172014"


def test_drafts_cancelled_and_lessons_in_a_kindergarten_are_no_public_events(client: FlaskClient, db: Database) -> None:
    make_class(db, state="draft")
    make_class(db, state="cancelled")
    make_class(db, admission="invited")
    make_class(db, audience="staff")
    shown = make_class(db, sessions=2)
    db.execute("update sessions set state = 'cancelled' where class = ? and number = 1", (shown["id"],))
    assert [row["URL"].rsplit("/", 1)[1] for row in _rows(client)] == [shown["id"]]
    assert len(_rows(client, "places")) == 1


def test_a_row_that_breaks_the_standard_is_left_out_and_told_to_staff(client: FlaskClient, db: Database, site_settings) -> None:
    good = make_class(db)
    make_class(db, place=make_place(db, address=" "), title="住所がない")
    content = client.get("/opendata/events.csv").data
    assert faults(content) == [] and [row["URL"].rsplit("/", 1)[1] for row in _rows(client)] == [good["id"]]
    _, problems = DATA_SETS[0].rows(db, site_settings)
    assert [(problem.column, problem.reason) for problem in problems] == [("住所", "空です（必須の列）")]


@pytest.mark.parametrize(
    ("column", "wrong", "named"),
    [
        ("開始日", "2026-2-30", "開始日"),
        ("開始日", "2026/12/15", "開始日"),
        ("終了時間", "9:00", "終了時間"),
        ("終了時間", "24:00", "終了時間"),
        ("終了日", "2026-12-14", "終了時間"),
        ("緯度", "36.57", "緯度"),
        ("経度", "", "緯度"),
        ("経度", "36.571600", "経度"),
        ("定員", "二十", "定員"),
        ("都道府県コード又は市区町村コード", "17201", "都道府県コード又は市区町村コード"),
        ("説明", "", "説明"),
        ("備考", "a\nb", "備考"),
    ],
)
def test_each_fault_is_found(client: FlaskClient, db: Database, column: str, wrong: str, named: str) -> None:
    make_class(db)
    row = _rows(client)[0]
    assert events.problems([row]) == []
    assert named in {problem.column for problem in events.problems([{**row, column: wrong}])}


def test_the_same_number_twice_is_a_fault(client: FlaskClient, db: Database) -> None:
    make_class(db)
    row = _rows(client)[0]
    assert [problem.column for problem in events.problems([row, row])] == ["NO"]


def test_json_tells_licence_and_time_and_holds_the_same_rows(client: FlaskClient, db: Database) -> None:
    make_class(db, sessions=2)
    told = json.loads(client.get("/opendata/events.json").data)
    assert told["license"].startswith("https://creativecommons.org/licenses/by/4.0") and told["modified"].startswith("2026-11-24T09:00")
    assert told["rows"] == _rows(client) and told["columns"] == COLUMNS
    again = client.get("/opendata/events.json", headers={"If-None-Match": client.get("/opendata/events.json").headers["ETag"]})
    assert again.status_code == 304


def test_a_title_that_is_a_formula_is_only_text_in_a_spreadsheet(client: FlaskClient, db: Database) -> None:
    make_class(db, title='=HYPERLINK("http://evil.example","x")', starts=None)
    assert _rows(client)[0]["イベント名"].startswith("'=HYPERLINK")


def test_nobody_is_in_any_data_set(client: FlaskClient, db: Database) -> None:
    made = make_class(db)
    family = make_family(db, guardian_name="ひみつ保護者", email="himitsu@example.jp", phone="0999999999")
    child = make_participant(db, family, name="ひみつ花子", kana="ヒミツハナコ")
    make_application(db, made, family, [child])
    for data_set in DATA_SETS:
        for ending in ("csv", "json"):
            content = client.get(f"/opendata/{data_set.name}.{ending}").get_data(as_text=True)
            assert not any(secret in content for secret in ("ひみつ", "himitsu", "0999999999", family["id"], child["id"], "ヒミツ"))


def test_the_list_names_every_set_in_three_languages(client: FlaskClient, db: Database) -> None:
    for path in ("/opendata/", "/easy/opendata/", "/en/opendata/"):
        page = client.get(path).get_data(as_text=True)
        assert "CC BY 4.0" in page and all(f"/opendata/{data_set.name}.csv" in page for data_set in DATA_SETS)
    assert client.get("/opendata/people.csv").status_code == 404


def test_dates_do_not_depend_on_where_the_server_stands(client: FlaskClient, db: Database, today) -> None:
    make_class(db, starts=today.replace(hour=0, minute=30) + timedelta(days=7))
    assert (_rows(client)[0]["開始日"], _rows(client)[0]["開始時間"]) == ("2026-12-01", "00:30")
