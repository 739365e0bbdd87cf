"""Becoming a mentor, and asking for the link to one's page. Whatever the address, the answer is the same."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.app import limiter
from web.clock import stamp
from web.data import request_db, writing
from web.forms import clean_email
from web.language import current_language
from web.mentors import letters, records
from web.mentors.consent import PROMISES
from web.mentors.forms import AddressForm, join_form
from web.mentors.room import blueprint


def typed_address() -> str:
    """Limits count by the address that was typed: whole neighbourhoods share an internet address."""
    return clean_email(request.form.get("email")) or request.remote_addr or ""


@blueprint.route("/mentors/join", methods=["GET", "POST"])
@limiter.limit("10 per hour", methods=["POST"], key_func=typed_address)
def join() -> ResponseReturnValue:
    """The form."""
    db = request_db()
    form = join_form(records.skills(db), records.venues(db))
    if not form.validate_on_submit():
        return render_template("mentors/join.html", form=form, promises=PROMISES), 422 if form.is_submitted() else 200
    values = {name: form[name].data or "" for name in ("name", "kana", "phone", "area")}
    values |= {"language": current_language(), "notes": form.notes(), **records.point_near(db, form["near"].data if "near" in form else "")}
    records.join(db, values, form["skills"].data or [] if "skills" in form else [], str(form.email.data))
    return redirect(url_for("mentors.thanks"), 303)


@blueprint.get("/mentors/thanks")
def thanks() -> str:
    return render_template("mentors/thanks.html")


@blueprint.route("/mentors/link", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"], key_func=typed_address)
def ask_link() -> ResponseReturnValue:
    """Mails the link to a mentor's page."""
    form = AddressForm()
    if not form.validate_on_submit():
        sent = request.args.get("sent") == "1"
        return render_template("mentors/ask-link.html", form=form, sent=sent), 422 if form.is_submitted() else 200
    with writing(request_db()) as db:
        mentor = records.by_email(db, str(form.email.data))
        if mentor:
            letters.link(db, mentor, key=f"mentor-link:{mentor['id']}:{stamp()[:15]}")  # one in ten minutes
    return redirect(url_for("mentors.ask_link", sent=1), 303)
