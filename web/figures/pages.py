"""The plan's figures: for everybody, and at the desk down to the sessions they are made of."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template, request
from werkzeug.wrappers import Response

from web.clock import fiscal_year, now, stamp
from web.csv_table import table_response
from web.data import one, request_db
from web.figures.counting import who_came
from web.figures.report import ProgrammeFigures, all_figures, detail, years
from web.figures.words import AGE_BANDS, GENDERS
from web.opendata.datasets import DATA_SETS
from web.staff.audit import audit
from web.staff.sessions import current_staff

blueprint = Blueprint("figures", __name__, template_folder="templates", static_folder="static", static_url_path="/static/figures")


@blueprint.get("/figures/")
def overview() -> str:
    db, year = request_db(), _year()
    return render_template("figures/overview.html", year=year, years=years(db), programmes=all_figures(db, year))


@blueprint.get("/staff/figures/")
def desk() -> str:
    db, year = request_db(), _year()
    faults = [(data_set, problem) for data_set in DATA_SETS for problem in data_set.rows(db, current_app.config["SITE"].settings)[1]]
    return render_template("figures/desk.html", year=year, years=years(db), programmes=all_figures(db, year), faults=faults)


@blueprint.get("/staff/figures/<programme>/<int(max=9999):year>")
def programme_year(programme: str, year: int) -> str:
    found = detail(request_db(), programme, year)
    if found is None or year not in years(request_db()):
        abort(404)
    return render_template("figures/programme_year.html", year=year, found=found)


@blueprint.get("/staff/figures/sessions/<session>")
def session(session: str) -> str:
    db = request_db()
    found = one(db, "select * from session_counts where id = ?", (session,)) or abort(404)
    return render_template(
        "figures/session.html", session=found, rows=who_came(db, session), bands=AGE_BANDS, genders=GENDERS, year=found["fiscal_year"]
    )


@blueprint.get("/staff/figures/<int(max=9999):year>.csv")
def as_csv(year: int) -> Response:
    head = ("番号", "取り組み", "指標", "単位", "年度", "実績", "目標", "達成率(%)", "記録から", "報告から")
    return table_response(f"figures-{year}.csv", head, (_line(one) for one in all_figures(request_db(), _known(year))))


@blueprint.get("/staff/figures/<programme>/<int(max=9999):year>.csv")
def sessions_csv(programme: str, year: int) -> Response:
    found = detail(request_db(), programme, _known(year)) or abort(404)
    head = ("教室", "回", "開始", "終了", "状態", "名簿で数えた人数", "頭数で数えた人数")
    names = ("title", "number", "starts_at", "ends_at", "state", "names", "heads")
    return table_response(f"sessions-{programme}-{year}.csv", head, ([row[name] for name in names] for row in found.sessions))


@blueprint.get("/staff/figures/<int(max=9999):year>.pdf")
def as_pdf(year: int) -> Response:
    db, settings = request_db(), current_app.config["SITE"].settings
    details = [found for one in all_figures(db, _known(year)) if (found := detail(db, one.row["id"], year))]
    from web.figures.printed import yearly_report  # with the printer's fonts: 20 MB that no other page needs

    content = yearly_report(year, details, organiser=settings.site_organiser or settings.city, made_at=stamp())
    staff = current_staff()
    audit(db, staff["id"] if staff else "public", "figures.print", "figure", str(year))
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="report-{year}.pdf"'})


def _year() -> int:
    """The year that was asked for, else this fiscal year; a year that is not there is the nearest that is."""
    choices = years(request_db())
    asked = request.args.get("year", type=int) or fiscal_year(now().date())
    return min(choices, key=lambda year: abs(year - asked))


def _known(year: int) -> int:
    return year if year in years(request_db()) else abort(404)


def _line(figures: ProgrammeFigures) -> list[object]:
    row, found = figures.row, figures.now
    words = (row["id"], row["name"], row["indicator_name"], row["unit"])
    return [*words, found.fiscal_year, found.actual, found.target, figures.percent, found.counted, found.by_hand]
