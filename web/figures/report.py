"""What the public page, the desk, the CSV and the printed report show: gathered once, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from web.clock import fiscal_year, now
from web.data import Row, every, one
from web.figures.charts import Chart, Point, chart
from web.figures.counting import Indicator, attendances, by_session, indicator
from web.language import Text, text_of

SHOWN_YEARS = 7


@dataclass(frozen=True)
class ProgrammeFigures:
    """A programme's figure in one year, with the years before it for the trend."""

    row: Row
    now: Indicator
    trend: list[Indicator]

    @property
    def name(self) -> Text:
        return text_of(self.row, "name")

    @property
    def indicator_name(self) -> Text:
        return text_of(self.row, "indicator_name")

    @property
    def unit(self) -> Text:
        return Text(self.row["unit"], "", self.row["unit_en"])

    @property
    def chart(self) -> Chart:
        return chart([Point(one.fiscal_year, one.actual, one.target) for one in self.trend])

    @property
    def percent(self) -> int | None:
        """How much of the target was reached, rounded down so that 100 means reached."""
        if self.now.actual is None or not self.now.target:
            return None
        return self.now.actual * 100 // self.now.target


def years(db: Database) -> list[int]:
    """Fiscal years that can be asked for, newest first."""
    first = one(db, "select min(first_year) as year from programmes")
    newest = fiscal_year(now().date())
    return list(range(newest, (first["year"] if first and first["year"] else newest) - 1, -1))


def programme_figures(db: Database, programme: Row, year: int) -> ProgrammeFigures:
    begin = max(programme["first_year"], year - SHOWN_YEARS + 1)
    trend = [indicator(db, programme["id"], one) for one in range(begin, year + 1)]
    return ProgrammeFigures(programme, trend[-1] if trend else indicator(db, programme["id"], year), trend)


def all_figures(db: Database, year: int) -> list[ProgrammeFigures]:
    """Every programme that ran in that year, in the plan's order."""
    rows = every(db, "select * from programmes where first_year <= ? and coalesce(last_year, 9999) >= ? order by position", (year, year))
    return [programme_figures(db, row, year) for row in rows]


@dataclass(frozen=True)
class Detail:
    """What one programme's figure of one year is made of."""

    figures: ProgrammeFigures
    sessions: list[Row]
    by_hand: list[Row]
    attendances: int


def detail(db: Database, programme: str, year: int) -> Detail | None:
    """None for a programme that there is not."""
    row = one(db, "select * from programmes where id = ?", (programme,))
    if row is None:
        return None
    by_hand = every(db, "select * from hand_figures where programme = ? and fiscal_year = ? order by entered_at", (programme, year))
    return Detail(programme_figures(db, row, year), by_session(db, programme, year), by_hand, attendances(db, programme, year))
