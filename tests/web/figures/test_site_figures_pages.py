"""The plan's figures as people see them: on the site, at the desk, in the table and on paper."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.figures.test_site_counting import came, heads, sessions_of
from tests.web.make import make_class, make_family, make_participant
from web.clock import CITY_TIME
from web.data import one
from web.figures.charts import Point, ceiling, chart
from web.figures.report import programme_figures

STARTS = datetime(2026, 5, 9, 10, 0, tzinfo=CITY_TIME)


@pytest.fixture
def year(db: Database) -> None:
    """Programme 7-6 with two children at two sessions, eleven heads elsewhere, and a target of 4."""
    family = make_family(db, guardian_name="ひみつ保護者")
    children = [make_participant(db, family, name="ひみつ花子", gender="female"), make_participant(db, family)]
    for session in sessions_of(db, make_class(db, sessions=2, starts=STARTS, title="かにの教室")):
        for child in children:
            came(db, session, child)
    heads(db, sessions_of(db, make_class(db, starts=STARTS, admission="invited"))[0], 11)
    db.execute("insert or replace into programme_years (programme, fiscal_year, target) values ('7-6', 2026, 26)")


@given(st.lists(st.tuples(st.none() | st.integers(0, 10**6), st.none() | st.integers(0, 10**6)), min_size=1, max_size=9))
def test_every_bar_and_target_stands_inside_the_chart_in_proportion(numbers: list[tuple[int | None, int | None]]) -> None:
    drawn = chart([Point(2020 + at, *pair) for at, pair in enumerate(numbers)])
    for bar in drawn.bars:
        assert (
            bar.x >= 0 and bar.x + bar.width <= drawn.width and 0 < bar.y <= drawn.base and bar.y + bar.height == pytest.approx(drawn.base)
        )
    for tick in drawn.targets:
        assert 0 < tick.y <= drawn.base
    most = max([number for pair in numbers for number in pair if number is not None], default=0)
    heights = {bar.value: bar.height for bar in drawn.bars if bar.value}
    for value, height in heights.items():
        assert height == pytest.approx(heights[max(heights)] * value / max(heights))
    assert drawn.grid[-1][1] >= min(most, drawn.grid[-1][1]) and len({y for y, _ in drawn.grid}) == len(drawn.grid)


@pytest.mark.parametrize(
    ("most", "round_number"), [(0, 1), (3, 3), (4, 4), (5, 8), (9, 12), (20, 20), (120, 200), (163, 200), (36100, 40000)]
)
def test_the_scale_ends_at_a_round_number(most: int, round_number: int) -> None:
    assert ceiling(most) >= most and (most <= 4 or ceiling(most) % 4 == 0)
    assert ceiling(most) <= max(4, most * 2.5) or ceiling(most) == round_number


def test_everybody_sees_figure_target_and_table_in_three_languages(client: FlaskClient, year: None) -> None:
    for path in ("/figures/", "/easy/figures/", "/en/figures/"):
        page = client.get(path).get_data(as_text=True)
        assert "<strong>13</strong>" in page and "50%" in page and "26" in page
        assert '<svg class="fg-chart"' in page and "<table" in page and "ひみつ" not in page
    assert client.get("/figures/?year=2025").status_code == client.get("/figures/?year=1&x=<b>").status_code == 200


def test_the_desk_goes_down_to_the_sessions_and_who_came(as_role: As, db: Database, year: None) -> None:
    reader = as_role("reader")
    assert "13 人" in reader.get("/staff/figures/").get_data(as_text=True)
    page = reader.get("/staff/figures/7-6/2026").get_data(as_text=True)
    assert "延べ参加者" in page and "15 人" in page and page.count("かにの教室") == 2
    session = one(db, "select id from session_counts where names = 2 order by starts_at")
    assert session is not None
    page = reader.get(f"/staff/figures/sessions/{session['id']}").get_data(as_text=True)
    assert "小学生" in page and "合計 2人" in page and "ひみつ" not in page
    assert reader.get("/staff/figures/9-9/2026").status_code == reader.get("/staff/figures/7-6/1999").status_code == 404


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(as_role: As, db: Database, year: None) -> None:
    db.execute("update programmes set name = '=1+1' where id = '7-6'")
    content = as_role("reader").get("/staff/figures/2026.csv").data
    assert content.startswith(b"\xef\xbb\xbf")
    line = next(row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))) if row["番号"] == "7-6")
    assert (line["実績"], line["目標"], line["達成率(%)"], line["取り組み"]) == ("13", "26", "50", "'=1+1")
    rows = list(csv.DictReader(io.StringIO(as_role("reader").get("/staff/figures/7-6/2026.csv").data.decode("utf-8-sig"))))
    assert sorted((row["名簿で数えた人数"], row["頭数で数えた人数"]) for row in rows) == [("0", "11"), ("2", "0"), ("2", "0")]


def test_the_printed_report_says_the_same(as_role: As, db: Database, year: None) -> None:
    answer = as_role("director").get("/staff/figures/2026.pdf")
    assert answer.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.data))
    text = "".join(page.extract_text() for page in reader.pages).replace("\x00", "").replace(" ", "")
    assert (
        "2026年度プログラミング教育実績報告書" in text and "13人（目標26人）" in text and "かにの教室第1回" in text and "延べ15人" in text
    )
    assert "ひみつ" not in text and len(answer.data) < 500_000
    assert one(db, "select * from audit where action = 'figures.print' and subject = '2026'")


def test_a_reached_target_is_not_rounded_up_to(db: Database, year: None) -> None:
    db.execute("update programme_years set target = 1301 where programme = '7-6' and fiscal_year = 2026")
    db.execute("insert into hand_figures values ('fg1', '7-6', 2026, 1287, 's', '', 't', 'x', null)")
    programme = one(db, "select * from programmes where id = '7-6'")
    assert programme is not None and programme_figures(db, programme, 2026).percent == 99
