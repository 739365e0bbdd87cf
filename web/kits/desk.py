"""The desk's kits: today's business, kinds, units and their labels."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import segno
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlite_utils import Database

from web.clock import now, stamp
from web.data import Row, every, one, request_db, writing
from web.ids import new_id
from web.kits import booking, loans
from web.kits.availability import gaps
from web.kits.calendar import month_of, neighbours, sheets
from web.kits.forms import KindForm, UnitForm, UnitsForm
from web.kits.room import actor, blueprint
from web.language import Text
from web.links import address
from web.staff.audit import audit

SHOWN = timedelta(days=28)


@blueprint.get("/staff/kits/")
def desk() -> str:
    """What is late, asked for, going out and coming back, and where there is too little."""
    db, at, day = request_db(), stamp(), stamp()[:10]
    listed = booking.reservations
    kinds = every(
        db,
        "select kit_kinds.*, (select count(*) from kit_units where kind = kit_kinds.id and state = 'ok') as usable,"
        " (select count(*) from kit_units where kind = kit_kinds.id and state in ('damaged', 'lost')) as unusable"
        " from kit_kinds order by name",
    )
    return render_template(
        "kits/desk.html",
        late=listed(db, "reservations.state = 'out' and until <= ?", (at,)),
        asked=listed(db, "reservations.state = 'asked'"),
        going=listed(db, "reservations.state = 'reserved' and from_at < ?", (f"{day}T24",)),
        coming=listed(db, "reservations.state = 'out' and until > ?", (at,)),
        ahead=listed(db, "reservations.state = 'reserved' and from_at between ? and ?", (f"{day}T24", stamp(now() + SHOWN))),
        unmet=booking.unmet(db),
        short=[(kind, gap) for kind in kinds for gap in gaps(kind["usable"], booking.bookings(db, kind["id"])) if gap.until > at],
        kinds=kinds,
        borrower=booking.borrower,
    )


@blueprint.post("/staff/kits/for-class/<class_id>")
def for_class(class_id: str) -> ResponseReturnValue:
    """Try again to reserve what a class needs, after something became free."""
    if one(request_db(), "select 1 from classes where id = ? and state = 'published'", (class_id,)) is None:
        abort(404)
    missing = booking.reserve_for_class(request_db(), class_id, actor())
    flash("まだ足りない機材があります。" if missing else "予約しました。", "warning" if missing else "success")
    return redirect(url_for("kits.desk"), 303)


# ---------------------------------------------------------------------- kinds
@blueprint.route("/staff/kits/kinds/new", methods=["GET", "POST"])
def new_kind() -> ResponseReturnValue:
    form = KindForm()
    if form.validate_on_submit():
        kind = new_id("kit")
        with writing(request_db()) as db:
            db.table("kit_kinds").insert({"id": kind, **_kind_row(form)})
            audit(db, actor(), "kit.make", "kit", kind)
        flash("登録しました。つぎに台数を入れてください。", "success")
        return redirect(url_for("kits.desk_kind", kind=kind), 303)
    return render_template("kits/kind_form.html", form=form, kind=None), 422 if form.is_submitted() else 200


@blueprint.route("/staff/kits/kinds/<kind>/change", methods=["GET", "POST"])
def change_kind(kind: str) -> ResponseReturnValue:
    found = _kind(kind)
    form = KindForm(data={**found, "public": bool(found["public"])})
    if form.validate_on_submit():
        with writing(request_db()) as db:
            db.table("kit_kinds").update(kind, _kind_row(form))
            audit(db, actor(), "kit.change", "kit", kind)
        flash("保存しました。", "success")
        return redirect(url_for("kits.desk_kind", kind=kind), 303)
    return render_template("kits/kind_form.html", form=form, kind=found), 422 if form.is_submitted() else 200


def _kind_row(form: KindForm) -> dict[str, Any]:
    words = {f"{name}{language}": form[f"{name}{language}"].data or "" for name in _WORDS for language in ("", "_easy", "_en")}
    return {**words, "loan_days": form.loan_days.data or 14, "public": int(form.public.data)}


_WORDS = ("name", "description", "contents")
"""A kind's words, in three languages."""


def _kind(kind: str) -> Row:
    found = one(request_db(), "select * from kit_kinds where id = ?", (kind,))
    if found is None:
        abort(404)
    return found


@blueprint.route("/staff/kits/kinds/<kind>", methods=["GET", "POST"])
def desk_kind(kind: str) -> ResponseReturnValue:
    """A kind with its units; the form adds units."""
    db, found, form = request_db(), _kind(kind), UnitsForm()
    if form.validate_on_submit():
        labels = _add_units(db, kind, str(form.prefix.data).upper(), form.number.data or 0)
        flash(f"{labels[0]} から {labels[-1]} までを登録しました。ラベルを印刷して貼ってください。", "success")
        return redirect(url_for("kits.desk_kind", kind=kind), 303)
    units = every(
        db,
        "select kit_units.*, (select reservation from loans where unit = kit_units.id and returned_at is null) as out_for"
        " from kit_units where kind = ? order by label",
        (kind,),
    )
    if units and not form.is_submitted():
        form.prefix.data = units[-1]["label"].rpartition("-")[0]
    today = now().date()
    month = month_of(request.args.get("month", ""), today)
    page = render_template(
        "kits/desk_kind.html",
        kind=found,
        units=units,
        form=form,
        states=loans.UNIT_STATES,
        sheets=sheets(db, kind, month, today),
        around=neighbours(month, today),
    )
    return page, 422 if form.is_submitted() else 200


def _add_units(db: Database, kind: str, prefix: str, number: int) -> list[str]:
    with writing(db):
        taken = [row["label"] for row in every(db, "select label from kit_units where label like ?", (f"{prefix}-%",))]
        last = max((int(found[1]) for label in taken if (found := re.fullmatch(rf"{prefix}-([0-9]{{1,6}})", label))), default=0)
        labels = [f"{prefix}-{last + at:03}" for at in range(1, number + 1)]
        for label in labels:
            db.table("kit_units").insert({"id": new_id("unit"), "kind": kind, "label": label, "added_at": stamp()})
        audit(db, actor(), "unit.make", "kit", kind, units=number)
    return labels


@blueprint.get("/staff/kits/kinds/<kind>/labels")
def labels(kind: str) -> str:
    """A sheet of labels to print: each leads to its unit's page."""
    units = every(request_db(), "select * from kit_units where kind = ? and state <> 'retired' order by label", (kind,))
    return render_template("kits/labels.html", kind=_kind(kind), units=[(unit, _qr(unit["id"])) for unit in units])


def _qr(unit: str) -> Markup:
    code = segno.make(address("kits.unit", unit=unit), error="m", micro=False)
    return Markup(code.svg_inline(border=2, omitsize=True))  # noqa: S704 (made by segno: numbers only)


# ---------------------------------------------------------------------- one unit
@blueprint.route("/staff/kits/units/<unit>", methods=["GET", "POST"])
def unit(unit: str) -> ResponseReturnValue:
    """Where a label's QR code leads: how the unit is, who has it, who had it."""
    db = request_db()
    found = one(
        db,
        "select kit_units.*, kit_kinds.name as kind_name from kit_units join kit_kinds on kit_kinds.id = kind where kit_units.id = ?",
        (unit,),
    )
    if found is None:
        abort(404)
    form = UnitForm(data=found)
    if form.validate_on_submit():
        loans.set_unit(db, found, form.state.data, form.note.data or "", actor())
        flash("保存しました。", "success")
        return redirect(url_for("kits.unit", unit=unit), 303)
    past = loans.history(db, unit)
    today = f"{stamp()[:10]}T24"
    waiting = booking.reservations(
        db, "reservations.kind = ? and reservations.state in ('reserved', 'out') and from_at < ?", (found["kind"], today)
    )
    page = render_template(
        "kits/unit.html",
        unit=found,
        form=form,
        past=past,
        out=next((loan for loan in past if not loan["returned_at"]), None),
        waiting=[row for row in waiting if len(loans.loans_of(db, row["id"])) < row["count"]],
        states={state: Text(words) for state, words in loans.UNIT_STATES.items()},
        conditions=loans.CONDITIONS,
        borrower=booking.borrower,
    )
    return page, 422 if form.is_submitted() else 200
