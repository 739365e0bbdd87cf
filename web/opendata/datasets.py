"""The data sets that are published, each as columns and rows of text. They read no table that holds people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import fiscal_year, now
from web.data import every
from web.figures.counting import indicator
from web.language import Text
from web.opendata.events import Problem, event_row, header, problems

Rows = list[dict[str, str]]

_SESSIONS = """
select sessions.id, sessions.class, sessions.number, sessions.starts_at, sessions.ends_at,
    classes.title, classes.title_kana, classes.title_en, classes.description, classes.fee, classes.fee_note, classes.contact_name,
    classes.contact_phone, classes.contact_extension, classes.organiser, classes.capacity, classes.apply_to, classes.admission,
    places.name as place_name, places.address, places.building, places.latitude, places.longitude, places.access, places.parking,
    (select count(*) from sessions as others where others.class = classes.id and others.state <> 'cancelled') as sessions
from sessions join classes on classes.id = sessions.class join places on places.id = sessions.place
where classes.state = 'published' and sessions.state <> 'cancelled' and classes.admission <> 'invited' and classes.audience <> 'staff'
order by sessions.starts_at, sessions.id
"""
# Lessons in a kindergarten or school (invited) are no public events: when which children are where is nobody's business.


@dataclass(frozen=True)
class DataSet:
    """``rows(db, settings)`` gives what is published and what was left out for a fault."""

    name: str
    title: Text
    columns: Callable[[], list[str]]
    rows: Callable[[Database, Settings], tuple[Rows, list[Problem]]]


def _events(db: Database, settings: Settings) -> tuple[Rows, list[Problem]]:
    rows = [event_row(session, settings) for session in every(db, _SESSIONS)]
    found = problems(rows)
    bad = {problem.row for problem in found}
    return [row for number, row in enumerate(rows, start=1) if number not in bad], found


INDICATOR_COLUMNS = ["番号", "取り組み", "年度", "指標", "単位", "実績", "目標", "うち記録から数えた数", "うち報告による数"]


def _indicators(db: Database, settings: Settings) -> tuple[Rows, list[Problem]]:
    rows: Rows = []
    this_year = fiscal_year(now().date())
    for programme in every(db, "select * from programmes order by position"):
        for year in range(programme["first_year"], min(programme["last_year"] or this_year, this_year) + 1):
            found = indicator(db, programme["id"], year)
            cells = (
                programme["id"],
                programme["name"],
                year,
                programme["indicator_name"],
                programme["unit"],
                found.actual,
                found.target,
                found.counted,
                found.by_hand,
            )
            rows.append({column: "" if cell is None else str(cell) for column, cell in zip(INDICATOR_COLUMNS, cells, strict=True)})
    return rows, []


PLACE_COLUMNS = [
    "NO",
    "名称",
    "名称_カナ",
    "名称_英語",
    "郵便番号",
    "住所",
    "方書",
    "緯度",
    "経度",
    "アクセス方法",
    "駐車場情報",
    "段差のない入口",
]


def _places(db: Database, settings: Settings) -> tuple[Rows, list[Problem]]:
    used = (
        "select distinct places.* from places join sessions on sessions.place = places.id join classes on classes.id = sessions.class"
        " where places.active and classes.state = 'published' and classes.admission <> 'invited'"
        " and classes.audience <> 'staff' order by name"
    )
    rows: Rows = []
    for place in every(db, used):
        point = ["" if place[name] is None else f"{place[name]:.6f}" for name in ("latitude", "longitude")]
        names = ("id", "name", "name_kana", "name_en", "postcode", "address", "building")
        step_free = {None: "", 0: "なし", 1: "あり"}[place["step_free"]]
        cells = [*(place[name] for name in names), *point, place["access"], place["parking"], step_free]
        rows.append(dict(zip(PLACE_COLUMNS, cells, strict=True)))
    return rows, []


DATA_SETS = (
    DataSet("events", Text("イベント一覧", "{行事|ぎょうじ}の {表|ひょう}", "Events"), header, _events),
    DataSet(
        "indicators", Text("取り組みの指標", "とりくみの {数字|すうじ}", "Indicators of the plan"), lambda: INDICATOR_COLUMNS, _indicators
    ),
    DataSet("places", Text("会場一覧", "{場所|ばしょ}の {表|ひょう}", "Places"), lambda: PLACE_COLUMNS, _places),
)
