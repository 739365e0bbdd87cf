"""What is kept and for how long, erasing a person, everything as CSV out and in: for directors."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import BooleanField, SearchField

from web.clock import now
from web.data import request_db
from web.forms import SiteForm, at_most, needed
from web.language import Text
from web.staff.audit import audit
from web.staff.blueprint import blueprint
from web.staff.erasure import ERASERS, open_requests
from web.staff.exports import export_zip
from web.staff.imports import Report, UnreadableError, check, take, unpack
from web.staff.people import KIND_WORDS, find_people, person
from web.staff.retention import PERIODS
from web.staff.sessions import signed_in


class PersonForm(SiteForm):
    """Sent by POST, so that no name stands in an address."""

    term = SearchField(Text("名前・ふりがな・メールアドレス・電話番号・番号（ID）"), [needed(), at_most()])


class EraseForm(SiteForm):
    sure = BooleanField(Text("消すと元にもどせないことを確かめました"), [needed(Text("確かめたら、ここに印をつけてください"))])


class ImportForm(SiteForm):
    file = FileField(
        Text("ZIPかCSVのファイル"),
        [FileRequired(Text("ファイルを選んでください"))],
        description=Text("2MBまで。書き出したZIPか、その中のCSV1つ。"),
    )


def _page(status: int = 200, **given: Any) -> ResponseReturnValue:
    db = request_db()
    forms = {"person": PersonForm(formdata=None), "upload": ImportForm(formdata=None)}
    page = render_template("staff/records.html", periods=PERIODS, asked=open_requests(db), kinds=KIND_WORDS, **(forms | given))
    return page, status


@blueprint.get("/staff/records")
def records() -> ResponseReturnValue:
    return _page()


@blueprint.post("/staff/records/people")
def find_person() -> ResponseReturnValue:
    form = PersonForm()
    if not form.validate():
        return _page(422, person=form)
    db = request_db()
    found = find_people(db, form.term.data or "")
    audit(db, signed_in()["id"], "records.search", "records", "people", found=[row["id"] for row in found])
    return _page(person=form, found=found)


@blueprint.route("/staff/records/erase/<kind>/<record>", methods=["GET", "POST"])
def erase(kind: str, record: str) -> ResponseReturnValue:
    db, form = request_db(), EraseForm()
    shown = person(db, kind, record) if kind in ERASERS else None
    if shown is None:
        abort(404)
    if request.method == "GET":
        audit(db, signed_in()["id"], f"{kind}.see", kind, record)
        return render_template("staff/erase.html", form=form, kind=kind, record=record, shown=shown, kinds=KIND_WORDS)
    if not form.validate():
        return render_template("staff/erase.html", form=form, kind=kind, record=record, shown=shown, kinds=KIND_WORDS), 422
    ERASERS[kind](db, record, signed_in()["id"])
    flash("消しました。人数などの数は、そのまま残っています。", "success")
    return redirect(url_for("staff.records"), 303)


@blueprint.post("/staff/records/export")
def export() -> Response:
    db = request_db()
    audit(db, signed_in()["id"], "records.export", "records", "all")
    name = f"kanikko-{now():%Y%m%d-%H%M}.zip"
    return Response(export_zip(db), mimetype="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@blueprint.post("/staff/records/import")
def take_in() -> ResponseReturnValue:
    """``do=check`` only says what would happen; ``do=write`` writes everything or nothing."""
    form = ImportForm()
    if not form.validate():
        return _page(422, upload=form)
    db, report = request_db(), Report()
    try:
        files = unpack(form.file.data.filename or "", form.file.data.read())
        report = take(db, files, signed_in()["id"]) if request.form.get("do") == "write" else check(db, files)
    except UnreadableError as error:
        form.file.errors = [Text(f"{error.message}{error.remedy}")]
        return _page(422, upload=form)
    if report.written:
        flash(f"{sum(report.rows.values())}行を取り込みました。", "success")
        return redirect(url_for("staff.records"), 303)
    return _page(422 if report.faults else 200, upload=form, report=report)
