"""The desk's reservations: making, confirming, handing out, taking back."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.clock import moment, stamp
from web.data import Row, every, one, request_db, writing
from web.kits import booking, loans, mails
from web.kits.booking import Conflict
from web.kits.forms import ReservationForm
from web.kits.loans import CONDITIONS, Condition
from web.kits.room import actor, blueprint
from web.language import Text
from web.staff.audit import audit

STATES: dict[str, tuple[str, str, str]] = {
    "asked": ("申し込み", "warning", "mail"),
    "reserved": ("予約", "info", "calendar"),
    "out": ("貸出中", "accent", "kit"),
    "returned": ("返却ずみ", "success", "check"),
    "cancelled": ("取り消し", "plain", "close"),
}
"""Words, kind and icon of a reservation's badge."""
LISTED = 300


def _reservation(reservation: str) -> Row:
    found = booking.reservation(request_db(), reservation)
    if found is None:
        abort(404)
    return found


def _back_to(reservation: str) -> ResponseReturnValue:
    return redirect(url_for("kits.reservation", reservation=reservation), 303)


@blueprint.get("/staff/kits/reservations")
def reservations() -> str:
    """All of them, the newest first, of one kind or state where asked for."""
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    found = booking.reservations(
        request_db(),
        "(? = '' or reservations.kind = ?) and (? = '' or reservations.state = ?) and reservations.id in"
        " (select id from reservations order by from_at desc limit ?)",
        (kind, kind, state, state, LISTED),
    )
    kinds = every(request_db(), "select id, name from kit_kinds order by name")
    return render_template(
        "kits/reservations.html", found=found[::-1], kinds=kinds, chosen=(kind, state), states=STATES, borrower=booking.borrower
    )


@blueprint.route("/staff/kits/reservations/new", methods=["GET", "POST"])
def new_reservation() -> ResponseReturnValue:
    form = _form()
    conflict = None
    if form.validate_on_submit():
        made = booking.reserve(
            request_db(),
            form.kind.data,
            form.count.data or 1,
            _stamp(form.from_at.data),
            _stamp(form.until.data),
            actor(),
            **_borrower(form),
        )
        if not isinstance(made, Conflict):
            flash("予約しました。", "success")
            return _back_to(made)
        conflict = made
    page = render_template("kits/reservation_form.html", form=form, conflict=conflict, reservation=None)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/staff/kits/reservations/<reservation>/change", methods=["GET", "POST"])
def change_reservation(reservation: str) -> ResponseReturnValue:
    found = _reservation(reservation)
    if found["state"] not in ("asked", "reserved", "out") or found["session"]:
        abort(404)
    times = {name: moment(found[name]).replace(tzinfo=None) for name in ("from_at", "until")}
    form = _form(data={**found, **times})
    conflict = None
    if form.validate_on_submit():
        with writing(request_db()) as db:
            conflict = booking.change(db, reservation, form.count.data or 1, _stamp(form.from_at.data), _stamp(form.until.data), actor())
            if not conflict:
                db.table("reservations").update(reservation, _borrower(form))
        if not conflict:
            flash("保存しました。", "success")
            return _back_to(reservation)
    page = render_template("kits/reservation_form.html", form=form, conflict=conflict, reservation=found)
    return page, 422 if form.is_submitted() else 200


def _form(**more: Any) -> ReservationForm:
    form = ReservationForm(**more)
    form.kind.choices = [(row["id"], Text(row["name"])) for row in every(request_db(), "select id, name from kit_kinds order by name")]
    form.key.data = form.key.data or secrets.token_urlsafe(16)
    return form


def _borrower(form: ReservationForm) -> dict[str, Any]:
    return {name: form[name].data or "" for name in ("borrower_name", "borrower_contact", "borrower_email", "purpose")}


def _stamp(given: datetime | None) -> str:
    return stamp(given)


@blueprint.get("/staff/kits/reservations/<reservation>")
def reservation(reservation: str) -> str:
    return _page(reservation, [])


def _page(reservation: str, problems: list[str]) -> str:
    db, found = request_db(), _reservation(reservation)
    out = loans.loans_of(db, reservation)
    with writing(db):
        audit(db, actor(), "kit.see", "reservation", reservation)
    return render_template(
        "kits/reservation.html",
        reservation=found,
        kind=one(db, "select * from kit_kinds where id = ?", (found["kind"],)),
        who=booking.borrower(found),
        state=STATES[found["state"]],
        late=found["state"] == "out" and found["until"] <= stamp(),
        loans=out,
        ready=loans.free_units(db, found["kind"]) if len(out) < found["count"] else [],
        conditions=CONDITIONS,
        problems=problems,
    )


@blueprint.post("/staff/kits/reservations/<reservation>/answer")
def answer(reservation: str) -> ResponseReturnValue:
    """Staff agrees to a request, or does not; the borrower gets a mail either way."""
    _reservation(reservation)
    with writing(request_db()) as db:
        if request.form.get("agree") == "yes":
            conflict = booking.confirm(db, reservation, actor())
            if conflict:
                return _page(reservation, [conflict.words]), 422
            mails.tell(db, "confirmed", reservation)
            flash("予約を決めて、メールでお知らせします。", "success")
        elif booking.cancel(db, reservation, actor()):
            mails.tell(db, "declined", reservation)
            flash("断りのメールをお送りします。", "success")
    return _back_to(reservation)


@blueprint.post("/staff/kits/reservations/<reservation>/cancel")
def cancel(reservation: str) -> ResponseReturnValue:
    _reservation(reservation)
    if booking.cancel(request_db(), reservation, actor()):
        flash("予約を取り消しました。", "success")
    return _back_to(reservation)


@blueprint.post("/staff/kits/reservations/<reservation>/out")
def out(reservation: str) -> ResponseReturnValue:
    _reservation(reservation)
    problems = loans.check_out(request_db(), reservation, request.form.getlist("unit")[:500], actor())
    if problems:
        return _page(reservation, problems), 422
    flash("貸し出しました。", "success")
    return _back_to(reservation)


@blueprint.post("/staff/kits/reservations/<reservation>/back")
def back(reservation: str) -> ResponseReturnValue:
    """``unit``: those that came back; ``condition-<unit>`` and ``note-<unit>`` how."""
    _reservation(reservation)
    units = request.form.getlist("unit")[:500]
    given = {unit: request.form.get(f"condition-{unit}", "ok") for unit in units}
    if not units or any(condition not in CONDITIONS for condition in given.values()):
        return _page(reservation, ["返ってきたものに印をつけ、状態を選んでください。"]), 422
    notes = {unit: request.form.get(f"note-{unit}", "")[:200] for unit in units}
    number = loans.give_back(request_db(), reservation, cast(dict[str, Condition], given), actor(), notes)
    flash(f"{number}台を受け取りました。", "success")
    return _back_to(reservation)


@blueprint.post("/staff/kits/reservations/<reservation>/short")
def short(reservation: str) -> ResponseReturnValue:
    _reservation(reservation)
    loans.end_short(request_db(), reservation, actor())
    flash("残りの予約を外しました。", "success")
    return _back_to(reservation)
