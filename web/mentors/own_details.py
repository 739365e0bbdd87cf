"""What mentors say of themselves: contact, skills, when they have time, how much at most, what they wish."""

from __future__ import annotations

import json

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database

from web.app import limiter
from web.clock import stamp
from web.data import Row, request_db, writing
from web.language import Text, say
from web.links import signed
from web.mentors import letters, records
from web.mentors.forms import DaysForm, LimitsForm, SkillsForm, details_form, skill_options, week_form, wishes_form
from web.mentors.own import back
from web.mentors.room import actor_of, blueprint, own_mentor
from web.mentors.words import WEEKDAYS
from web.staff.audit import audit

SAVED = Text("保存しました。", "{書|か}いた ことを のこしました。", "Saved.")
CHECK_MAIL = Text(
    "保存しました。新しいメールアドレスに確認のリンクを送りました。開くと切り替わります。",
    "{書|か}いた ことを のこしました。{新|あたら}しい メールに リンクを {送|おく}りました。{開|ひら}いてください。",
    "Saved. We mailed a link to the new address; open it to switch over.",
)


def _form_page(name: str, token: str, form: object, submitted: bool, **more: object) -> ResponseReturnValue:
    return render_template(f"mentors/{name}.html", token=token, form=form, **more), 422 if submitted else 200


@blueprint.route("/mentor/<token>/details", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def details(token: str) -> ResponseReturnValue:
    """Name, contact, area. A new e-mail address holds once its link was opened."""
    db, mentor = request_db(), own_mentor(token)
    form = details_form(mentor, records.venues(db), records.near(db, mentor))
    if not form.validate_on_submit():
        return _form_page("form", token, form, form.is_submitted(), what=_DETAILS)
    values: dict[str, object] = {name: form[name].data or "" for name in ("name", "kana", "phone", "area", "language")}
    values |= records.point_near(db, form.near.data)
    moves = form.email.data != mentor["email"]
    with writing(db):
        records.change(db, mentor["id"], values, actor_of(mentor))
        if moves and not records.email_taken(db, form.email.data, mentor["id"]):
            letters.confirm_email(db, {**mentor, **values}, str(form.email.data))
    flash(say(CHECK_MAIL if moves else SAVED), "success")
    return back(token)


@blueprint.route("/mentor/<token>/email", methods=["GET", "POST"])
def email(token: str) -> ResponseReturnValue:
    """Where the link in the new address's mail leads: a button switches over."""
    db, mentor = request_db(), own_mentor(token)
    given = _confirmed_address(request.args.get("new", ""), mentor)
    if given is None or records.email_taken(db, given, mentor["id"]):
        return back(token)
    if request.method == "GET":
        return render_template("mentors/email.html", token=token, address=given, new=request.args["new"])
    with writing(db):
        records.change(db, mentor["id"], {"email": given}, actor_of(mentor))
    flash(say(SAVED), "success")
    return back(token)


def _confirmed_address(new: str, mentor: Row) -> str | None:
    try:
        owner, before, given = json.loads(signed(letters.NEW_ADDRESS, new) or "null") or (None, None, None)
    except ValueError:
        return None
    return str(given) if owner == mentor["id"] and before == mentor["email"] else None


@blueprint.route("/mentor/<token>/skills", methods=["GET", "POST"])
def own_skills(token: str) -> ResponseReturnValue:
    db, mentor = request_db(), own_mentor(token)
    form = SkillsForm(data={"skills": records.skills_of(db, mentor["id"])})
    form.skills.choices = skill_options(records.skills(db))
    if not form.validate_on_submit():
        return _form_page("form", token, form, form.is_submitted(), what=_SKILLS)
    with writing(db):
        records.keep_skills(db, mentor["id"], form.skills.data or [])
        audit(db, actor_of(mentor), "mentor.change", "mentor", mentor["id"], fields=["skills"])
    flash(say(SAVED), "success")
    return back(token)


@blueprint.route("/mentor/<token>/limits", methods=["GET", "POST"])
def limits(token: str) -> ResponseReturnValue:
    db, mentor = request_db(), own_mentor(token)
    form = LimitsForm(data=dict(mentor))
    if not form.validate_on_submit():
        return _form_page("form", token, form, form.is_submitted(), what=_LIMITS)
    names = ("most_a_day", "most_a_week", "most_a_month")
    records.change(db, mentor["id"], {name: form[name].data for name in names}, actor_of(mentor))
    flash(say(SAVED), "success")
    return back(token)


_DETAILS = Text("連絡先を直す", "あなたの ことを なおす", "Your contacts")
_SKILLS = Text("できること", "できること", "What you can do")
_LIMITS = Text("回数の上限", "いちばん {多|おお}くて {何回|なんかい}", "How much at most")


# ---------------------------------------------------------------------- having time
@blueprint.route("/mentor/<token>/availability", methods=["GET", "POST"])
def availability(token: str) -> ResponseReturnValue:
    """The week's hours; below, the days that differ."""
    db, mentor = request_db(), own_mentor(token)
    form = week_form(records.availability_rows(db, mentor["id"]))
    if form.validate_on_submit():
        records.keep_week(db, mentor["id"], form.hours(), actor_of(mentor))
        flash(say(SAVED), "success")
        return back(token, "mentors.availability")
    return _availability_page(db, token, mentor, 422 if form.is_submitted() else 200, week=form)


def _availability_page(db: Database, token: str, mentor: Row, status: int, week: object = None, days: object = None) -> ResponseReturnValue:
    rows = records.availability_rows(db, mentor["id"], stamp()[:10])
    page = render_template(
        "mentors/availability.html",
        token=token,
        form=week or week_form(rows),
        days_form=days or DaysForm(formdata=None),
        weekdays=WEEKDAYS,
        days=[row for row in rows if row["day"]],
    )
    return page, status


@blueprint.post("/mentor/<token>/availability/days")
def add_days(token: str) -> ResponseReturnValue:
    """Days on which somebody cannot come, or can all the same."""
    db, mentor = request_db(), own_mentor(token)
    form = DaysForm()
    if not form.validate():
        rows = records.availability_rows(db, mentor["id"])
        return _availability_page(db, token, mentor, 422, week=week_form(rows, typed=False), days=form)
    records.add_days(db, mentor["id"], *form.days(), form.span(), actor_of(mentor), available=form.kind.data == "can")
    flash(say(SAVED), "success")
    return back(token, "mentors.availability")


@blueprint.post("/mentor/<token>/availability/remove")
def remove_days(token: str) -> ResponseReturnValue:
    """Take entries of single days out again."""
    db, mentor = request_db(), own_mentor(token)
    records.remove_days(db, mentor["id"], request.form.getlist("days")[:400], actor_of(mentor))
    return back(token, "mentors.availability")


# ---------------------------------------------------------------------- wishes
@blueprint.route("/mentor/<token>/wishes", methods=["GET", "POST"])
def wishes(token: str) -> ResponseReturnValue:
    """Places, programmes and colleagues, from "please not" to "very much"."""
    db, mentor = request_db(), own_mentor(token)
    form = wishes_form(records.wished(db, mentor["id"]), records.wishes_of(db, mentor["id"]))
    if not form.validate_on_submit():
        return _form_page("wishes", token, form, form.is_submitted())
    records.keep_wishes(db, mentor["id"], form.wishes(), actor_of(mentor))
    flash(say(SAVED), "success")
    return redirect(url_for("mentors.own", token=token), 303)
