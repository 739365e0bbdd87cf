"""The calendar: one month, its days and holidays, and the sessions that visitors may see."""

from __future__ import annotations

import calendar
import re
from datetime import date

import jpholiday
from flask import abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from web.classes.blueprint import blueprint
from web.classes.queries import month_sessions
from web.clock import now
from web.data import request_db

YEARS = range(2000, 2100)
_WEEKS = calendar.Calendar(firstweekday=6)  # Sunday first, as on walls here
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@blueprint.get("/calendar/")
def this_month() -> Response:
    return redirect(url_for("classes.month", month=now().strftime("%Y-%m")))


@blueprint.get("/calendar/<month>")
def month(month: str) -> str:
    found = _MONTH.fullmatch(month)
    if found is None or int(found[1]) not in YEARS:
        abort(404)
    year, number = int(found[1]), int(found[2])
    return render_template(
        "classes/month.html",
        year=year,
        number=number,
        weeks=_WEEKS.monthdatescalendar(year, number),
        sessions=month_sessions(request_db(), year, number),
        holidays=dict(jpholiday.month_holidays(year, number)),
        today=now().date(),
        before=_neighbour(year, number, -1),
        after=_neighbour(year, number, 1),
    )


def _neighbour(year: int, month: int, step: int) -> date | None:
    """The first day of the month before or after, or None beyond the calendar's years."""
    months = year * 12 + month - 1 + step
    return date(months // 12, months % 12 + 1, 1) if months // 12 in YEARS else None
