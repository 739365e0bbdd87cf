"""The plan's programmes as visitors see them: what happens, and how far each has come."""

from __future__ import annotations

from flask import abort, render_template
from sqlite_utils import Database

from web.classes.queries import upcoming
from web.clock import fiscal_year, now
from web.data import Row, every, one, request_db
from web.figures.counting import Indicator, indicator
from web.programmes.blueprint import blueprint


@blueprint.get("/programmes/")
def listing() -> str:
    db, year = request_db(), this_year()
    rows = [row for row in every(db, "select * from programmes order by position") if runs_in(row, year)]
    figures = {row["id"]: indicator(db, row["id"], year) for row in rows}
    return render_template("programmes/list.html", programmes=rows, figures=figures, year=year)


@blueprint.get("/programmes/<programme_id>")
def show(programme_id: str) -> str:
    db = request_db()
    row = programme_or_404(db, programme_id)
    years = figures_of(db, row)
    return render_template(
        "programmes/show.html", programme=row, years=years, this_year=this_year(), classes=upcoming(db, now(), programme=programme_id)
    )


def programme_or_404(db: Database, programme_id: str) -> Row:
    found = one(db, "select * from programmes where id = ?", (programme_id,))
    if found is None:
        abort(404)
    return found


def this_year() -> int:
    """The fiscal year of today."""
    return fiscal_year(now().date())


def runs_in(programme: Row, year: int) -> bool:
    """Is the programme part of the plan in that fiscal year?"""
    return bool(programme["first_year"] <= year and (programme["last_year"] is None or year <= programme["last_year"]))


def figures_of(db: Database, programme: Row) -> list[Indicator]:
    """Its indicator in every fiscal year so far, the newest first."""
    return [
        indicator(db, programme["id"], year) for year in range(this_year(), programme["first_year"] - 1, -1) if runs_in(programme, year)
    ]
