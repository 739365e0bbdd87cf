"""Making and editing a class at the desk."""

from __future__ import annotations

from flask import current_app, render_template
from werkzeug.wrappers import Response
from wtforms import HiddenField

from web.classes import changes
from web.classes.blueprint import blueprint
from web.classes.class_form import SECTIONS, ClassForm, form_values
from web.classes.desk import acting, back, class_or_404, is_new_id
from web.clock import fiscal_year, now
from web.data import request_db
from web.ids import new_id

Page = Response | tuple[str, int]


class NewClassForm(ClassForm):
    """``key``: the id that the new class will have, so that it is made once however often the form is sent."""

    key = HiddenField()


@blueprint.route("/staff/classes/new", methods=["GET", "POST"])
def make() -> Page:
    db = request_db()
    form = NewClassForm(
        key=new_id("class"), fiscal_year=str(fiscal_year(now().date())), organiser=current_app.config["SITE"].settings.site_organiser
    )
    del form.tell
    form.fill_choices(db, None)
    if form.validate_on_submit():
        class_id = form.key.data if is_new_id(form.key.data or "", "c") else new_id("class")
        changes.make_class(db, str(class_id), form.values(), acting())
        return back("classes.manage", "下書きを作りました。次に日程を入れてください。", class_id=class_id)
    return render_template("classes/edit.html", form=form, view=None, sections=SECTIONS), 422 if form.errors else 200


@blueprint.route("/staff/classes/<class_id>/edit", methods=["GET", "POST"])
def edit(class_id: str) -> Page:
    db = request_db()
    view = class_or_404(db, class_id)
    form = ClassForm(data=form_values(view.row))
    published = view.row["state"] == "published"
    if not published:
        del form.tell
    form.fill_choices(db, view.row)
    if form.validate_on_submit():
        try:
            tell = published and bool(form.tell.data)
            changed = changes.change_class(db, class_id, form.values(), acting(), seen=form.seen.data or "", tell=tell)
            return back("classes.manage", "直しました。" if changed else "変わったところはありません。", class_id=class_id)
        except changes.ClassError as error:
            form.form_errors = [error.message]
    return render_template("classes/edit.html", form=form, view=view, sections=SECTIONS), 422 if form.errors else 200
