"""The desk of classes: the list, one class with all that belongs to it, and what is done with it as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from kanikko.errors import KanikkoError
from web.classes import changes, words
from web.classes.blueprint import blueprint
from web.classes.completeness import Missing, missing
from web.classes.fields import Choice
from web.classes.public import class_page, questions_of, url_of
from web.classes.queries import ClassView, load_class, load_classes
from web.clock import fiscal_year, now
from web.data import Row, every, request_db, value, writing
from web.forms import SiteForm, at_most, needed
from web.ids import new_id
from web.staff.sessions import signed_in


class FilterForm(SiteForm):
    """Which classes the list shows."""

    year = Choice("年度")
    state = Choice("状態", choices=[("", "すべて"), *((key, text.ja) for key, text in words.STATES.items())])
    programme = Choice("取り組み")


class ReasonForm(SiteForm):
    """Why a class or a session does not take place."""

    reason = TextAreaField(
        "理由", [needed(), at_most(500)], description="申し込んだ家族へのメールと、教室のページに出ます。個人の名前は書かないでください。"
    )


def acting() -> str:
    """Who acts, as the audit log names it."""
    return str(signed_in()["id"])


def class_or_404(db: Database, class_id: str) -> ClassView:
    return load_class(db, class_id) or abort(404)


def back(endpoint: str, said: str = "", kind: str = "success", **parts: Any) -> Response:
    """To another page after something was done, and what it was."""
    if said:
        flash(said, kind)
    return redirect(url_for(endpoint, **parts), 303)


# ---------------------------------------------------------------------- the list
@blueprint.get("/staff/classes/")
def desk() -> str:
    """Classes of a fiscal year, those with the next date first."""
    db = request_db()
    form = FilterForm(request.args, meta={"csrf": False})
    form.year.offer([("", "すべて"), *((str(year), words.year_title(year).ja) for year in _years(db))])
    form.programme.offer([("", "すべて"), *((row["id"], row["id"]) for row in every(db, "select id from programmes order by position"))])
    if not request.args:
        form.year.data = str(fiscal_year(now().date()))
    form.validate()
    found = load_classes(db, *_condition(form))
    found.sort(key=lambda view: (view.next(now()) is None, _sort_day(view), view.id))
    return render_template("classes/desk.html", form=form, found=found, drafts=sum(view.row["state"] == "draft" for view in found))


def _years(db: Database) -> list[int]:
    there = {row["fiscal_year"] for row in every(db, "select distinct fiscal_year from classes")}
    return sorted(there | {fiscal_year(now().date())}, reverse=True)


def _condition(form: FilterForm) -> tuple[str, list[object]]:
    columns = {"fiscal_year": form.year, "state": form.state, "programme": form.programme}
    chosen = {name: field.data for name, field in columns.items() if field.data and not field.errors}
    where = " and ".join(["1", *(f"classes.{name} = ?" for name in chosen)])
    return where, [int(given) if name == "fiscal_year" else given for name, given in chosen.items()]


def _sort_day(view: ClassView) -> str:
    session = view.next(now()) or view.last
    return session.row["starts_at"] if session else ""


# ---------------------------------------------------------------------- one class
@blueprint.get("/staff/classes/<class_id>")
def manage(class_id: str) -> str:
    db = request_db()
    view = class_or_404(db, class_id)
    return render_template(
        "classes/manage.html",
        view=view,
        row=view.row,
        missing=missing_of(db, view),
        questions=questions_of(class_id),
        mentors=_mentor_needs(db, class_id),
        kits=_kit_needs(db, class_id),
        clashes=changes.clashes(db, class_id),
        without_kits=changes.without_kits(db, class_id),
        applications_url=url_of("apply.listing", class_id),
        outreach=value(db, "select organisation from outreach_requests where id = ?", (view.row["outreach"],)),
        copy_key=new_id("class"),
    )


def missing_of(db: Database, view: ClassView) -> list[Missing]:
    """What the class lacks before it can be published."""
    mentors = int(value(db, "select coalesce(sum(count), 0) from class_mentors where class = ?", (view.id,)))
    return missing(view, questions_of(view.id), mentors, now())


def _mentor_needs(db: Database, class_id: str) -> list[Row]:
    return every(
        db,
        "select class_mentors.*, skills.name from class_mentors join skills on skills.id = skill where class = ?"
        " order by skills.position, role desc",
        (class_id,),
    )


def _kit_needs(db: Database, class_id: str) -> list[Row]:
    return every(
        db,
        "select class_kits.*, kit_kinds.name from class_kits join kit_kinds on kit_kinds.id = kind where class = ? order by 4",
        (class_id,),
    )


@blueprint.get("/staff/classes/<class_id>/preview")
def preview(class_id: str) -> str:
    """The public page as it will be, in three languages."""
    return class_page(class_or_404(request_db(), class_id), now(), preview=True)


# ---------------------------------------------------------------------- what is done with it
@blueprint.post("/staff/classes/<class_id>/copy")
def copy(class_id: str) -> Response:
    db = request_db()
    class_or_404(db, class_id)
    key = request.form.get("key", "")
    copy_id = key if is_new_id(key, "c") else new_id("class")
    if not value(db, "select 1 from classes where id = ?", (copy_id,)):
        changes.copy_class(db, class_id, copy_id, acting())
    return back("classes.edit", "写しを作りました。名前と受付の日を直してください。", class_id=copy_id)


def is_new_id(key: str, prefix: str) -> bool:
    """Has a form's key the shape of an id that we gave it?"""
    return key.startswith(prefix) and key.isascii() and key.isalnum() and 10 <= len(key) <= 12


@blueprint.post("/staff/classes/<class_id>/publish")
def publish(class_id: str) -> Response:
    db = request_db()
    with writing(db):
        view = class_or_404(db, class_id)
        lacking = [one for one in missing_of(db, view) if one.must]
        if view.row["state"] == "draft" and not lacking:
            changes.publish(db, class_id, acting())
    if lacking:
        return back("classes.manage", "まだ公開できません。足りないものがあります。", "error", class_id=class_id)
    return back("classes.manage", "公開しました。", class_id=class_id)


@blueprint.route("/staff/classes/<class_id>/cancel", methods=["GET", "POST"])
def cancel(class_id: str) -> Response | tuple[str, int]:
    """Ask why, then cancel the class and tell everybody."""
    db = request_db()
    view = class_or_404(db, class_id)
    form = ReasonForm()
    if form.validate_on_submit():
        return attempt(
            lambda: f"中止にしました。申し込み{changes.cancel(db, class_id, form.reason.data or '', acting())}人に知らせます。", class_id
        )
    return render_template("classes/cancel.html", view=view, form=form, session=None), 422 if form.errors else 200


@blueprint.post("/staff/classes/<class_id>/discard")
def discard(class_id: str) -> Response:
    db = request_db()
    class_or_404(db, class_id)
    try:
        changes.discard(db, class_id, acting())
    except changes.ClassError as error:
        return back("classes.manage", error.message, "error", class_id=class_id)
    return back("classes.desk", "下書きを捨てました。")


def attempt(change: Callable[[], object], class_id: str, said: str = "") -> Response:
    """Do it and say so on the class's page (what the change returns, or ``said``); or say there why it cannot be done."""
    try:
        done = change()
    except KanikkoError as error:
        return back("classes.manage", error.message, "error", class_id=class_id)
    return back("classes.manage", said or str(done), class_id=class_id)
