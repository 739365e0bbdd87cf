"""What can be borrowed, when it is free, and asking for it: for neighbourhood associations, schools and everybody."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.clock import now, stamp
from web.data import Row, every, one, request_db, value, writing
from web.ids import ALPHABET
from web.kits import booking, desk, desk_loans, mails
from web.kits.availability import free
from web.kits.calendar import month_of, neighbours, sheets
from web.kits.forms import CLOSES, OPENS, AskForm, at_hour
from web.kits.room import blueprint
from web.language import current_language, render, say, text_of

__all__ = ["blueprint", "desk", "desk_loans"]

ASKED_A_DAY = 5
"""Requests with one e-mail address in a day: nobody's letter box is flooded from here."""


@blueprint.get("/kits/")
def listing() -> str:
    kinds = every(
        request_db(),
        "select kit_kinds.*, (select count(*) from kit_units where kind = kit_kinds.id and state = 'ok') as units from kit_kinds"
        " where public order by name",
    )
    return render_template("kits/listing.html", kinds=kinds)


@blueprint.route("/kits/<kind>", methods=["GET", "POST"])
def kind(kind: str) -> ResponseReturnValue:
    found = one(request_db(), "select * from kit_kinds where id = ? and public", (kind,))
    if found is None:
        abort(404)
    form = AskForm()
    if form.validate_on_submit() and _store(found, form):
        flash(
            say(
                "お申し込みを受け付けました。担当者が確かめて、メールでお返事します。",
                "{申|もう}し{込|こ}みが とどきました。{市|し}の {人|ひと}が メールで {返事|へんじ}します。",
                "We received your request and will answer by mail.",
            ),
            "success",
        )
        return redirect(url_for("kits.kind", kind=kind), 303)
    form.key.data = form.key.data or secrets.token_urlsafe(16)
    today, language = now().date(), current_language()
    month = month_of(request.args.get("month", ""), today)
    page = render_template(
        "kits/kind.html",
        kind=found,
        contents=[render(line, language) for line in text_of(found, "contents").in_language(language).splitlines() if line.strip()],
        form=form,
        units=booking.usable_units(request_db(), kind),
        sheets=sheets(request_db(), kind, month, today),
        around=neighbours(month, today),
    )
    return page, 422 if form.is_submitted() else 200


def _store(found: Row, form: AskForm) -> bool:
    """Store the request and mail that it arrived; False where the form now says what is wrong."""
    from_day, until_day = form.from_day.data, form.until_day.data
    if not isinstance(from_day, date) or not isinstance(until_day, date):
        return False
    from_at, until = at_hour(from_day, OPENS), at_hour(until_day, CLOSES)
    reservation_id = _id_of(str(form.key.data))
    with writing(request_db()) as db:
        if booking.reservation(db, reservation_id):
            return True  # the same form, sent twice
        left = free(booking.usable_units(db, found["id"]), booking.bookings(db, found["id"]), from_at, until)
        if not form.check_against(found["loan_days"], left):
            return False
        if _asked_today(str(form.email.data)) >= ASKED_A_DAY:
            return True  # as if: an address is not told about, and its letter box stays quiet
        booking.ask(
            db,
            found["id"],
            form.count.data or 1,
            from_at,
            until,
            reservation_id,
            borrower_name=form.organisation.data,
            borrower_contact=f"{form.person.data} {form.phone.data}",
            borrower_email=form.email.data,
            purpose=form.purpose.data,
            language=current_language(),
        )
        mails.tell(db, "asked", reservation_id)
    return True


def _asked_today(email: str) -> int:
    since = stamp(now() - timedelta(days=1))
    return int(
        value(
            request_db(),
            "select count(*) from reservations where borrower_email = ? and made_by = 'public' and created_at > ?",
            (email, since),
        )
    )


def _id_of(key: str) -> str:
    """A reservation's id from the form's key, so that a form sent twice is one request."""
    return "r" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in hashlib.sha256(key.encode()).digest()[:9])
