"""The desk of selections: the list, and one class's criteria and reviewers."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField

from web.classes.fields import Whole, between
from web.classes.queries import ClassView, load_class
from web.clock import now
from web.data import Row, request_db
from web.forms import SiteForm, at_most, needed
from web.selection import book
from web.selection.pages import blueprint
from web.selection.reading import (
    SelectionError,
    as_rules,
    classes_of,
    criteria_of,
    done_by,
    entries_of,
    has_reviews,
    is_closed,
    is_decided,
    possible_reviewers,
    reviewers_of,
    sheets,
)
from web.staff.sessions import signed_in

Page = Response | str | tuple[str, int]


class CriterionForm(SiteForm):
    """What entries are judged by."""

    name = StringField("観点", [needed(), at_most(60)], description="例: やりたいことがはっきりしている")
    hint = TextAreaField(
        "採点のめやす", [at_most(500)], description="例: 5 自分の言葉で具体的に書いている／3 興味がわかる／1 よくわからない"
    )
    most = Whole("満点", [needed(), between(1, 100)], default=5, description="0点からこの点まで付けられます。")
    weight = Whole("重み", [needed(), between(1, 10)], default=1, description="ほかの観点の何倍にするか。")


def acting() -> str:
    return str(signed_in()["id"])


def class_or_404(db: Database, class_id: str) -> ClassView:
    view = load_class(db, class_id)
    return view if view and view.row["admission"] == "selection" else abort(404)


def to(endpoint: str, said: str = "", kind: str = "success", **parts: object) -> Response:
    if said:
        flash(said, kind)
    return redirect(url_for(endpoint, **parts), 303)  # type: ignore[arg-type]


@blueprint.get("/staff/selection/")
def desk() -> str:
    """Selections with what is to be done; a reviewer sees those that are his to review."""
    db, me = request_db(), signed_in()
    found = classes_of(db, me["id"], only_mine=me["role"] == "reviewer")
    return render_template("selection/desk.html", classes=[(row, stands(db, row)) for row in found])


def stands(db: Database, row: Row) -> tuple[str, str, str]:
    """Where a selection stands: words, kind and icon of a badge."""
    if row["state"] == "cancelled":
        return "教室は中止", "plain", "close"
    if is_decided(db, row["id"]):
        return "決定ずみ", "success", "check"
    if not row["criteria"] or not row["reviewers"]:
        return "観点と委員を決める", "warning", "warning"
    return ("採点中", "warning", "pencil") if is_closed(row, now()) else ("受付が終わるのを待つ", "info", "clock")


# ---------------------------------------------------------------------- one class
@blueprint.get("/staff/selection/<class_id>")
def manage(class_id: str) -> str:
    db = request_db()
    view = class_or_404(db, class_id)
    criteria, entries, given = criteria_of(db, class_id), entries_of(db, class_id), sheets(db, class_id)
    reviewers = reviewers_of(db, class_id)
    return render_template(
        "selection/manage.html",
        view=view,
        criteria=criteria,
        entries=len(entries),
        reviewers=[(row, len(done_by(row["id"], entries, given, as_rules(criteria)))) for row in reviewers],
        chosen={row["id"] for row in reviewers},
        possible=possible_reviewers(db),
        decided=is_decided(db, class_id),
        closed=is_closed(view.row, now()),
        fixed=has_reviews(db, class_id),
        me=acting(),
    )


@blueprint.post("/staff/selection/<class_id>/reviewers")
def reviewers(class_id: str) -> Response:
    db = request_db()
    class_or_404(db, class_id)
    try:
        book.set_reviewers(db, class_id, request.form.getlist("reviewer"), acting())
    except SelectionError as error:
        return to("selection.manage", error.message, "error", class_id=class_id)
    return to("selection.manage", "委員を決めました。", class_id=class_id)


@blueprint.route("/staff/selection/<class_id>/criteria/new", methods=["GET", "POST"])
def add_criterion(class_id: str) -> Page:
    return _criterion(class_id, None)


@blueprint.route("/staff/selection/<class_id>/criteria/<criterion_id>", methods=["GET", "POST"])
def edit_criterion(class_id: str, criterion_id: str) -> Page:
    found = next((row for row in criteria_of(request_db(), class_id) if row["id"] == criterion_id), None)
    return _criterion(class_id, found or abort(404))


def _criterion(class_id: str, row: Row | None) -> Page:
    db = request_db()
    view = class_or_404(db, class_id)
    form = CriterionForm(data=row)
    if form.validate_on_submit():
        values = {"name": form.name.data, "hint": form.hint.data or "", "most": form.most.data, "weight": form.weight.data}
        try:
            book.save_criterion(db, class_id, row["id"] if row else None, values, acting())
        except SelectionError as error:
            form.form_errors = [error.message]
        else:
            return to("selection.manage", "観点を保存しました。", class_id=class_id)
    page = render_template("selection/criterion.html", form=form, view=view, criterion=row)
    return page, 422 if form.errors else 200


@blueprint.post("/staff/selection/<class_id>/criteria/<criterion_id>/remove")
def remove_criterion(class_id: str, criterion_id: str) -> Response:
    db = request_db()
    class_or_404(db, class_id)
    try:
        book.remove_criterion(db, class_id, criterion_id, acting())
    except SelectionError as error:
        return to("selection.manage", error.message, "error", class_id=class_id)
    return to("selection.manage", "観点を消しました。", class_id=class_id)
