"""One mentor at the desk: all that is known, and what staff may do about it."""

from __future__ import annotations

from typing import cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database

from web.clock import now, stamp
from web.data import Row, every, one, request_db, writing
from web.language import Text
from web.mentors import assignments, letters, records, sheets
from web.mentors.course import YEARS
from web.mentors.desk import address_is_free
from web.mentors.desk_forms import EndForm, FareForm, GrantForm, MentorForm
from web.mentors.forms import DaysForm, options, skill_options, week_form
from web.mentors.room import actor, blueprint
from web.mentors.rules import DESK_AFTER, Kind, Standing, best_kind, end_of_term, may_confirm, qualification_of, refuses, valid
from web.mentors.words import (
    ASSIGNMENT_LOOKS,
    DESK_ASSIGNMENT_STATES,
    DESK_STATES,
    KIND_WORDS,
    ROLES,
    STATE_LOOKS,
    WEEKDAYS,
    WEIGHTS,
)
from web.staff.audit import audit

ALL_STATES = ("planned", "offered", "accepted", "declined", "cancelled", "done")


def mentor_row(mentor: str) -> Row:
    return one(request_db(), "select * from mentors where id = ? and erased_at is null", (mentor,)) or abort(404)


def _page(mentor: Row, status: int = 200, grant: GrantForm | None = None, fare: FareForm | None = None) -> ResponseReturnValue:
    db, today = request_db(), now().date()
    audit(db, actor(), "mentor.see", "mentor", mentor["id"])
    rows = records.qualification_rows(db, mentor["id"])
    times = records.availability_rows(db, mentor["id"], stamp()[:10])
    chosen = set(records.skills_of(db, mentor["id"]))
    page = render_template(
        "mentors/manage.html",
        mentor=mentor,
        kind=best_kind([qualification_of(row) for row in rows], today),
        qualifications=[(row, valid(qualification_of(row), today)) for row in rows],
        skills=[row for row in records.skills(db) if row["id"] in chosen],
        week=[(words, [row for row in times if row["weekday"] == day]) for day, words in enumerate(WEEKDAYS)],
        days=[row for row in times if row["day"]],
        wishes=_wishes(db, mentor["id"]),
        sessions=[(row, _actions(row)) for row in reversed(letters.sessions_of(db, mentor["id"], states=ALL_STATES))],
        fares=sheets.fares_of(db, mentor["id"]),
        grant=grant or GrantForm(formdata=None, data={"kind": "assistant", "from_day": today, "until_day": end_of_term(today, YEARS)}),
        fare=fare or _fare_form(db, fresh=True),
        after=DESK_AFTER[mentor["state"]],
        states=DESK_STATES, looks=STATE_LOOKS, kinds=KIND_WORDS, roles=ROLES, weights=dict(WEIGHTS),
        assignment_states=DESK_ASSIGNMENT_STATES, assignment_looks=ASSIGNMENT_LOOKS, today=today.isoformat(),
    )  # fmt: skip
    return page, status


def _actions(row: Row) -> set[str]:
    """What staff may do about a session: answer for the mentor, take it back, say who was there."""
    at = Standing(row["assignment_state"], row["starts_at"], "cancelled" not in (row["session_state"], row["class_state"]))
    checks = {
        "accept": refuses(at, stamp(), accept=True) is None,
        "decline": refuses(at, stamp(), accept=False) is None,
        "came": may_confirm(at, stamp()) and row["fare"] is None,
    }
    return {name for name, possible in checks.items() if possible}


def _wishes(db: Database, mentor: str) -> list[Row]:
    return every(
        db,
        "select mentor_wishes.*, coalesce(places.name, programmes.name, mentors.name, target) as name from mentor_wishes"
        " left join places on kind = 'place' and places.id = target left join programmes on kind = 'programme' and programmes.id = target"
        " left join mentors on kind = 'mentor' and mentors.id = target where mentor = ? order by kind, weight desc, 5",
        (mentor,),
    )


def _back(mentor: str, words: str = "保存しました。", kind: str = "success") -> ResponseReturnValue:
    flash(words, kind)
    return redirect(url_for("mentors.manage", mentor=mentor), 303)


@blueprint.get("/staff/mentors/<mentor>")
def manage(mentor: str) -> ResponseReturnValue:
    return _page(mentor_row(mentor))


@blueprint.route("/staff/mentors/<mentor>/edit", methods=["GET", "POST"])
def edit(mentor: str) -> ResponseReturnValue:
    """Data, limits, skills, notes."""
    db, row = request_db(), mentor_row(mentor)
    form = MentorForm(data={**row, "skills": records.skills_of(db, mentor)})
    form.skills.choices = skill_options(records.skills(db))
    if form.validate_on_submit() and address_is_free(db, form, mentor):
        with writing(db):
            records.change(db, mentor, form.values(), actor())
            records.keep_skills(db, mentor, form.skills.data or [])
        return _back(mentor)
    if not form.is_submitted():
        audit(db, actor(), "mentor.see", "mentor", mentor)
    what, back = f"{row['name']}さんの情報を直す", url_for("mentors.manage", mentor=mentor)
    return render_template("mentors/desk-form.html", form=form, what=what, back=back), 422 if form.is_submitted() else 200


@blueprint.post("/staff/mentors/<mentor>/state")
def set_state(mentor: str) -> ResponseReturnValue:
    row = mentor_row(mentor)
    wanted = next((state for state in DESK_STATES if state == request.form.get("state")), None)
    if wanted is None:
        abort(400)
    if not records.set_state(request_db(), mentor, wanted, actor()):
        return _back(mentor, f"「{DESK_STATES[row['state']]}」から「{DESK_STATES[wanted]}」には変えられません。", "warning")
    return _back(mentor, f"「{DESK_STATES[wanted]}」にしました。")


@blueprint.post("/staff/mentors/<mentor>/link")
def send_link(mentor: str) -> ResponseReturnValue:
    """Mail a mentor the link anew."""
    db, row = request_db(), mentor_row(mentor)
    if not row["email"]:
        return _back(mentor, "メールアドレスがありません。", "warning")
    with writing(db):
        letters.link(db, row, key=f"mentor-link:{mentor}:{stamp()[:15]}")
        audit(db, actor(), "mentor.send_link", "mentor", mentor)
    return _back(mentor, "本人のページへのリンクをメールで送りました。")


# ---------------------------------------------------------------------- qualifications
@blueprint.post("/staff/mentors/<mentor>/qualifications")
def grant(mentor: str) -> ResponseReturnValue:
    row, form = mentor_row(mentor), GrantForm()
    if not form.validate() or form.from_day.data is None:
        return _page(row, 422, grant=form)
    records.grant(
        request_db(), mentor, cast(Kind, form.kind.data), form.from_day.data, form.until_day.data, actor(), note=form.note.data or ""
    )
    return _back(mentor, "資格を登録しました。")


@blueprint.post("/staff/mentors/<mentor>/qualifications/<qualification>/end")
def end_qualification(mentor: str, qualification: str) -> ResponseReturnValue:
    """It holds until the day that is given."""
    db, form = request_db(), EndForm()
    mentor_row(mentor)
    found = one(db, "select * from qualifications where id = ? and mentor = ?", (qualification, mentor)) or abort(404)
    if not form.validate() or form.last_day.data is None:
        return _back(mentor, "最後の日を入れてください。", "warning")
    if form.last_day.data.isoformat() < found["from_day"]:
        return _back(mentor, "最後の日は、始めの日より後にしてください。", "warning")
    records.end(db, qualification, form.last_day.data, actor())
    return _back(mentor)


# ---------------------------------------------------------------------- having time, by telephone
@blueprint.route("/staff/mentors/<mentor>/times", methods=["GET", "POST"])
def times(mentor: str) -> ResponseReturnValue:
    """The week's hours of a mentor who telephones."""
    db, row = request_db(), mentor_row(mentor)
    form = week_form(records.availability_rows(db, mentor))
    if form.validate_on_submit():
        records.keep_week(db, mentor, form.hours(), actor())
        return _back(mentor)
    audit(db, actor(), "mentor.see", "mentor", mentor)
    return _times_page(db, row, 422 if form.is_submitted() else 200, form, DaysForm(formdata=None))


def _times_page(db: Database, row: Row, status: int, week: object, days_form: object) -> ResponseReturnValue:
    days = [one for one in records.availability_rows(db, row["id"], stamp()[:10]) if one["day"]]
    page = render_template("mentors/times.html", mentor=row, form=week, days_form=days_form, days=days, weekdays=WEEKDAYS)
    return page, status


@blueprint.post("/staff/mentors/<mentor>/times/days")
def times_days(mentor: str) -> ResponseReturnValue:
    """Days that differ: added, or those ticked taken out."""
    db, row = request_db(), mentor_row(mentor)
    if request.form.get("do") == "remove":
        records.remove_days(db, mentor, request.form.getlist("days")[:400], actor())
        return redirect(url_for("mentors.times", mentor=mentor), 303)
    form = DaysForm()
    if not form.validate():
        return _times_page(db, row, 422, week_form(records.availability_rows(db, mentor), typed=False), form)
    records.add_days(db, mentor, *form.days(), form.span(), actor(), available=form.kind.data == "can")
    return redirect(url_for("mentors.times", mentor=mentor), 303)


# ---------------------------------------------------------------------- fares
def _fare_form(db: Database, *, fresh: bool = False) -> FareForm:
    form = FareForm(formdata=None) if fresh else FareForm()
    form.place.choices = options((row["id"], Text(row["name"])) for row in every(db, "select id, name from places order by name"))
    return form


@blueprint.post("/staff/mentors/<mentor>/fares")
def keep_fare(mentor: str) -> ResponseReturnValue:
    db, row = request_db(), mentor_row(mentor)
    form = _fare_form(db)
    if not form.validate() or form.yen.data is None:
        return _page(row, 422, fare=form)
    sheets.keep_fare(db, mentor, form.place.data, form.yen.data, form.means.data or "", actor())
    return _back(mentor, "運賃を登録しました。")


@blueprint.post("/staff/mentors/<mentor>/fares/<place>/remove")
def remove_fare(mentor: str, place: str) -> ResponseReturnValue:
    mentor_row(mentor)
    sheets.remove_fare(request_db(), mentor, place, actor())
    return _back(mentor, "運賃を消しました。")


# ---------------------------------------------------------------------- sessions
@blueprint.post("/staff/mentors/<mentor>/sessions/<assignment>")
def session(mentor: str, assignment: str) -> ResponseReturnValue:
    """Answer for a mentor who telephoned, take a session back, or say whether they came (``do``)."""
    db, wanted = request_db(), request.form.get("do", "")
    mentor_row(mentor)
    row = assignments.assignment_of(db, assignment)
    if row is None or row["mentor"] != mentor:
        abort(404)
    if wanted not in ("accept", "decline", "came", "absent"):
        abort(400)
    try:
        if wanted in ("accept", "decline"):
            assignments.answer(db, assignment, wanted == "accept", actor())
        else:
            assignments.confirm_attendance(db, assignment, wanted == "came", actor())
    except (assignments.AnswerRefused, assignments.AssignmentError) as error:
        return _back(mentor, error.message, "warning")
    return _back(mentor, "記録しました。")
