"""Sessions at the desk: one, a series, moving and cancelling."""

from __future__ import annotations

from datetime import date

from flask import abort, render_template, request
from sqlite_utils import Database
from werkzeug.wrappers import Response

from web.classes import changes
from web.classes.blueprint import blueprint
from web.classes.desk import ReasonForm, acting, attempt, back, class_or_404
from web.classes.series import Planned
from web.classes.session_forms import SeriesForm, SessionForm
from web.clock import moment, stamp
from web.data import Row, one, request_db

Page = Response | tuple[str, int]


@blueprint.route("/staff/classes/<class_id>/sessions/new", methods=["GET", "POST"])
def add_session(class_id: str) -> Page:
    """One session; where there are some already, the place and hours of the last are offered."""
    db = request_db()
    view = class_or_404(db, class_id)
    form = SessionForm(data=_like(view.last.row) if view.last else {"place": request.args.get("place", "")})
    form.fill_choices(db)
    if form.validate_on_submit() and form.day.data:
        planned = [(*form.moments(form.day.data), str(form.place.data))]
        added = changes.add_sessions(db, class_id, planned, form.note.data or "", acting())
        return back(
            "classes.manage",
            "日程を加えました。" if added else "同じ日時の回がもうあります。",
            "success" if added else "warning",
            class_id=class_id,
        )
    return render_template("classes/session.html", view=view, form=form, session=None), 422 if form.errors else 200


def _like(session: Row) -> dict[str, object]:
    return {"starts": moment(session["starts_at"]).time(), "ends": moment(session["ends_at"]).time(), "place": session["place"]}


@blueprint.get("/staff/classes/<class_id>/sessions/series")
def add_series(class_id: str) -> Page:
    """The form of a series and, when it is filled, its days to look at."""
    db = request_db()
    view = class_or_404(db, class_id)
    asked = "weekday" in request.args
    form = SeriesForm(request.args if asked else None, meta={"csrf": False}, data=_like(view.last.row) if view.last else None)
    form.fill_choices(db)
    good = asked and form.validate()
    planned = form.planned() if good else []
    there = {session.day for session in view.live}
    html = render_template(
        "classes/series.html", view=view, form=form, planned=planned, there=there, asked=asked and good, makes=_makes(planned, there)
    )
    return html, 422 if asked and not good else 200


def _makes(planned: list[Planned], there: set[date]) -> int:
    return sum(not one.left_out and one.day not in there for one in planned)


@blueprint.post("/staff/classes/<class_id>/sessions/series")
def make_series(class_id: str) -> Page:
    """Make the days that were ticked in the preview."""
    db = request_db()
    view = class_or_404(db, class_id)
    form = SeriesForm()
    form.fill_choices(db)
    if not form.validate():
        html = render_template("classes/series.html", view=view, form=form, planned=[], there=set(), asked=False, makes=0)
        return html, 422
    possible = {one.day for one in form.planned()}
    days = sorted(day for day in map(_day, request.form.getlist("days")) if day in possible)
    added = changes.add_sessions(db, class_id, [(*form.moments(day), str(form.place.data)) for day in days], form.note.data or "", acting())
    return back("classes.manage", f"{added}回の日程を加えました。", "success" if added else "warning", class_id=class_id)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed[:10])
    except ValueError:
        abort(400)


@blueprint.route("/staff/classes/<class_id>/sessions/<session_id>", methods=["GET", "POST"])
def edit_session(class_id: str, session_id: str) -> Page:
    db = request_db()
    view, session = class_or_404(db, class_id), _session_or_404(db, class_id, session_id)
    day = moment(session["starts_at"]).date()
    form = SessionForm(data={**_like(session), "day": day, "note": session["note"]})
    form.fill_choices(db, session["place"])
    if form.validate_on_submit() and form.day.data:
        starts, ends = form.moments(form.day.data)
        values = {"starts_at": stamp(starts), "ends_at": stamp(ends), "place": form.place.data, "note": form.note.data or ""}
        return attempt(
            lambda: "直しました。" if changes.change_session(db, session_id, values, acting()) else "変わったところはありません。", class_id
        )
    return render_template("classes/session.html", view=view, form=form, session=session), 422 if form.errors else 200


@blueprint.route("/staff/classes/<class_id>/sessions/<session_id>/cancel", methods=["GET", "POST"])
def cancel_session(class_id: str, session_id: str) -> Page:
    """Cancel one session of a class that goes on."""
    db = request_db()
    view, session = class_or_404(db, class_id), _session_or_404(db, class_id, session_id)
    form = ReasonForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        return attempt(lambda: changes.cancel_session(db, session_id, reason, acting()), class_id, "この回を中止にしました。")
    return render_template("classes/cancel.html", view=view, form=form, session=session), 422 if form.errors else 200


@blueprint.post("/staff/classes/<class_id>/sessions/<session_id>/remove")
def remove_session(class_id: str, session_id: str) -> Response:
    db = request_db()
    _session_or_404(db, class_id, session_id)
    return attempt(lambda: changes.remove_session(db, session_id, acting()), class_id, "この回を消しました。")


def _session_or_404(db: Database, class_id: str, session_id: str) -> Row:
    return one(db, "select * from sessions where id = ? and class = ?", (session_id, class_id)) or abort(404)
