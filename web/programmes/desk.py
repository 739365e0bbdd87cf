"""The desk of programmes: targets by fiscal year, and figures entered by hand, each with its source. Nothing is deleted."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, StringField

from web.classes.fields import Choice, Whole, between
from web.classes.words import year_title
from web.clock import stamp
from web.data import every, one, request_db, value, writing
from web.figures.counting import indicator
from web.forms import SiteForm, at_most, needed, optional
from web.ids import new_id
from web.programmes.blueprint import blueprint
from web.programmes.public import figures_of, programme_or_404, runs_in, this_year
from web.staff.audit import audit
from web.staff.sessions import signed_in

Page = Response | tuple[str, int]
MOST = 10_000_000
AHEAD = 2
"""Fiscal years for which a target may be set before they begin."""


class YearForm(SiteForm):
    """Which year the list shows."""

    year = Choice("年度")


class TargetForm(SiteForm):
    """What a programme is to reach in a fiscal year."""

    target_year = Choice("年度", [needed()])
    target = Whole("目標", [optional(), between(0, MOST)], description="空にすると、目標なしになります。")
    note = StringField("根拠", [at_most(200)], description="例: ICT計画 35ページ。")


class FigureForm(SiteForm):
    """A figure from elsewhere. Without its source nobody could check it."""

    key = HiddenField()
    figure_year = Choice("年度", [needed()])
    value = Whole("数", [needed(), between(0, MOST)])
    source = StringField(
        "出どころ", [needed(), at_most(200)], description="例: 学校指導課 令和8年6月の報告。個人の名前は書かないでください。"
    )
    figure_note = StringField("メモ", [at_most(200)])


@blueprint.get("/staff/programmes/")
def desk() -> str:
    """All programmes in one fiscal year."""
    db = request_db()
    years = range(this_year() + AHEAD, int(value(db, "select min(first_year) from programmes") or this_year()) - 1, -1)
    form = YearForm(request.args, meta={"csrf": False})
    form.year.offer(_choices(years))
    if not request.args or not form.validate():
        form.year.data = str(this_year())
    year = int(form.year.data)
    rows = [row for row in every(db, "select * from programmes order by position") if runs_in(row, year)]
    return render_template("programmes/desk.html", form=form, year=year, programmes=[(row, indicator(db, row["id"], year)) for row in rows])


def _choices(years: range) -> list[tuple[str, str]]:
    return [(str(year), year_title(year).ja) for year in years]


@blueprint.get("/staff/programmes/<programme_id>")
def manage(programme_id: str) -> str:
    return _manage(programme_id, *_forms(programme_id, fresh=True))


def _forms(programme_id: str, *, fresh: bool = False) -> tuple[TargetForm, FigureForm]:
    programme = programme_or_404(request_db(), programme_id)
    years = range(this_year() + AHEAD, programme["first_year"] - 1, -1)
    given = None if fresh else request.form
    target = TargetForm(given, target_year=str(this_year()))
    figure = FigureForm(given, figure_year=str(this_year()), key=new_id("figure"))
    target.target_year.offer(_choices(years))
    figure.figure_year.offer(_choices(range(this_year(), programme["first_year"] - 1, -1)))
    return target, figure


def _manage(programme_id: str, target: TargetForm, figure: FigureForm) -> str:
    db = request_db()
    programme = programme_or_404(db, programme_id)
    entered = every(
        db,
        "select hand_figures.*, staff.name as who from hand_figures left join staff on staff.id = entered_by where programme = ?"
        " order by fiscal_year desc, entered_at desc",
        (programme_id,),
    )
    notes = {row["fiscal_year"]: row for row in every(db, "select * from programme_years where programme = ?", (programme_id,))}
    ahead = [notes[year] for year in range(this_year() + 1, this_year() + AHEAD + 1) if year in notes]
    return render_template(
        "programmes/manage.html",
        programme=programme,
        years=figures_of(db, programme),
        notes=notes,
        ahead=ahead,
        entered=entered,
        target=target,
        figure=figure,
    )


@blueprint.post("/staff/programmes/<programme_id>/targets")
def set_target(programme_id: str) -> Page:
    form, other = _forms(programme_id)[0], _forms(programme_id, fresh=True)[1]
    if not form.validate():
        return _manage(programme_id, form, other), 422
    year, target = int(form.target_year.data), form.target.data
    with writing(request_db()) as db:
        row = {"programme": programme_id, "fiscal_year": year, "target": target, "note": form.note.data or ""}
        db.table("programme_years").upsert(row, pk=("programme", "fiscal_year"))
        audit(db, str(signed_in()["id"]), "programme.target", "programme", programme_id, fiscal_year=year, target=target)
    flash("目標を記録しました。", "success")
    return redirect(url_for("programmes.manage", programme_id=programme_id), 303)


@blueprint.post("/staff/programmes/<programme_id>/figures")
def add_figure(programme_id: str) -> Page:
    form, other = _forms(programme_id)[1], _forms(programme_id, fresh=True)[0]
    if not form.validate():
        return _manage(programme_id, other, form), 422
    actor, key = str(signed_in()["id"]), form.key.data or ""
    key = key if key.startswith("fg") and key.isalnum() and len(key) == len(new_id("figure")) else new_id("figure")
    with writing(request_db()) as db:
        if not value(db, "select 1 from hand_figures where id = ?", (key,)):  # sent twice, entered once
            db.table("hand_figures").insert({
                "id": key, "programme": programme_id, "fiscal_year": int(form.figure_year.data), "value": form.value.data,
                "source": form.source.data, "note": form.figure_note.data or "", "entered_by": actor, "entered_at": stamp(),
            })  # fmt: skip
            audit(db, actor, "figure.enter", "figure", key, programme=programme_id, value=form.value.data)
    flash("数を記録しました。", "success")
    return redirect(url_for("programmes.manage", programme_id=programme_id), 303)


@blueprint.post("/staff/programmes/<programme_id>/figures/<figure_id>/withdraw")
def withdraw_figure(programme_id: str, figure_id: str) -> Response:
    """It no longer counts, and stays to be seen."""
    with writing(request_db()) as db:
        figure = one(db, "select * from hand_figures where id = ? and programme = ?", (figure_id, programme_id)) or abort(404)
        if figure["withdrawn_at"] is None:
            db.table("hand_figures").update(figure_id, {"withdrawn_at": stamp()})
            audit(db, str(signed_in()["id"]), "figure.withdraw", "figure", figure_id, programme=programme_id)
    flash("取り下げました。数には入りません。", "success")
    return redirect(url_for("programmes.manage", programme_id=programme_id), 303)
