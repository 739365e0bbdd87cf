"""The desk's mentors: the list, entering somebody by hand, skills, who was there, the table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database

from web.clock import now
from web.csv_table import table_response
from web.data import Row, every, one, request_db, value, writing
from web.forms import clean
from web.ids import new_id
from web.language import Text, text_of
from web.mentors import assignments, jobs, records
from web.mentors.desk_forms import MentorForm, SkillForm
from web.mentors.forms import skill_options
from web.mentors.room import actor, blueprint
from web.mentors.rules import best_kind, qualification_of, runs_out
from web.mentors.words import DESK_STATES, KIND_WORDS, ROLES, STATE_LOOKS
from web.staff.audit import audit

FILTERS = ("state", "skill", "kind", "area", "words", "ending")


@blueprint.get("/staff/mentors/")
def desk() -> str:
    """Everybody, or those who fit what was asked; above, what waits to be done."""
    db = request_db()
    asked = {name: clean(request.args.get(name)) or "" for name in FILTERS}
    found = listed(db, asked)
    audit(db, actor(), "mentor.list", "mentor", "", count=len(found))
    return render_template(
        "mentors/desk.html",
        mentors=found,
        asked=asked,
        filtered=any(asked.values()),
        states=DESK_STATES, looks=STATE_LOOKS, kinds=KIND_WORDS,
        skills=records.skills(db),
        areas=[row["area"] for row in every(db, "select distinct area from mentors where area <> '' order by area")],
        ending=jobs.ending(db, now().date()),
        unconfirmed=len(assignments.unconfirmed(db)),
        open_offers=int(value(db, "select count(*) from assignments where state = 'offered'")),
        applied=int(value(db, "select count(*) from mentors where state = 'applied' and erased_at is null")),
    )  # fmt: skip


def listed(db: Database, asked: dict[str, str]) -> list[dict[str, Any]]:
    """Mentors who fit, by reading: rows with ``skill_names``, ``kind`` (the best today) and ``until``."""
    today = now().date()
    rows = every(
        db,
        "select mentors.*, (select group_concat(skills.name, '、') from mentor_skills join skills on skills.id = skill"
        " where mentor = mentors.id) as skill_names from mentors where erased_at is null"
        " and (:state = '' and state <> 'left' or state = :state) and (:area = '' or area = :area)"
        " and (:skill = '' or exists (select 1 from mentor_skills where mentor = mentors.id and skill = :skill))"
        " and (:words = '' or instr(lower(name || ' ' || kana || ' ' || coalesce(email, '') || ' ' || phone), lower(:words)) > 0)"
        " order by kana, name, id",
        {name: asked[name] for name in ("state", "area", "skill", "words")},
    )
    own: dict[str, list[Row]] = {}
    for row in every(db, "select * from qualifications"):
        own.setdefault(row["mentor"], []).append(row)
    for row in rows:
        qualifications = [qualification_of(one) for one in own.get(row["id"], [])]
        row["kind"], row["until"] = best_kind(qualifications, today), runs_out(qualifications, today)
    return [row for row in rows if _fits(row, asked)]


def _fits(row: Row, asked: dict[str, str]) -> bool:
    if asked["kind"] and (row["kind"] or "none") != asked["kind"]:
        return False
    return not asked["ending"] or (row["until"] is not None and (row["until"] - now().date()).days <= jobs.BEFORE[0])


@blueprint.get("/staff/mentors/list.csv")
def as_csv() -> Response:
    """The same list for a spreadsheet."""
    db = request_db()
    found = listed(db, {name: clean(request.args.get(name)) or "" for name in FILTERS})
    audit(db, actor(), "mentor.export", "mentor", "", count=len(found))
    header = ("番号", "名前", "ふりがな", "メール", "電話", "地区", "状態", "資格", "資格の期限", "できること", "1か月の上限")
    rows = [
        (
            row["id"], row["name"], row["kana"], row["email"] or "", row["phone"], row["area"], DESK_STATES[row["state"]],
            KIND_WORDS[row["kind"]] if row["kind"] else "", row["until"] or "", row["skill_names"] or "", row["most_a_month"],
        )
        for row in found
    ]  # fmt: skip
    return table_response("mentors.csv", header, rows)


# ---------------------------------------------------------------------- by hand
@blueprint.route("/staff/mentors/new", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    """Somebody who asked by telephone or on paper."""
    db = request_db()
    form = MentorForm()
    form.skills.choices = skill_options(records.skills(db))
    if form.validate_on_submit() and address_is_free(db, form):
        with writing(db):
            made = records.make(db, form.values(), actor())
            records.keep_skills(db, made["id"], form.skills.data or [])
        flash("登録しました。つぎに資格と、来られる時間を入れてください。", "success")
        return redirect(url_for("mentors.manage", mentor=made["id"]), 303)
    return render_template("mentors/desk-form.html", form=form, what="メンターを登録する", back=url_for("mentors.desk")), (
        422 if form.is_submitted() else 200
    )


def address_is_free(db: Database, form: MentorForm, but: str = "") -> bool:
    """Staff may know that an address is somebody's; the field says so."""
    if not records.email_taken(db, form.email.data, but):
        return True
    form.email.errors = [Text("このアドレスのメンターは、もう登録されています")]
    return False


# ---------------------------------------------------------------------- skills
@blueprint.route("/staff/mentors/skills", methods=["GET", "POST"])
def skills() -> ResponseReturnValue:
    """What mentors can do, and classes may ask for; the form adds one."""
    db, form = request_db(), SkillForm()
    if form.validate_on_submit():
        with writing(db):
            position = int(value(db, "select coalesce(max(position), 0) + 1 from skills"))
            row = {"id": new_id("skill"), "position": position, **_skill_values(form)}
            db.table("skills").insert(row)
            audit(db, actor(), "skill.make", "skill", str(row["id"]))
        flash("追加しました。", "success")
        return redirect(url_for("mentors.skills"), 303)
    rows = every(
        db, "select skills.*, (select count(*) from mentor_skills where skill = skills.id) as mentors from skills order by position, name"
    )
    return render_template("mentors/skills.html", form=form, skills=rows), 422 if form.is_submitted() else 200


@blueprint.route("/staff/mentors/skills/<skill>", methods=["GET", "POST"])
def edit_skill(skill: str) -> ResponseReturnValue:
    """Change a skill's words."""
    db = request_db()
    found = one(db, "select * from skills where id = ?", (skill,)) or abort(404)
    form = SkillForm(data=found)
    if form.validate_on_submit():
        with writing(db):
            db.table("skills").update(skill, _skill_values(form))
            audit(db, actor(), "skill.change", "skill", skill)
        flash("保存しました。", "success")
        return redirect(url_for("mentors.skills"), 303)
    return render_template(
        "mentors/desk-form.html", form=form, what=f"「{text_of(found, 'name').ja}」を直す", back=url_for("mentors.skills")
    ), 422 if form.is_submitted() else 200


def _skill_values(form: SkillForm) -> dict[str, str]:
    return {name: form[name].data or "" for name in ("name", "name_easy", "name_en")}


# ---------------------------------------------------------------------- who was there
@blueprint.route("/staff/mentors/attendance", methods=["GET", "POST"])
def attendance() -> ResponseReturnValue:
    """Sessions of which nobody said yet whether the mentor came."""
    db = request_db()
    rows = assignments.unconfirmed(db)
    if request.method == "POST":
        said = confirm(db, (row["id"] for row in rows))
        flash(f"{said}件の出席を記録しました。" if said else "「来た」か「来なかった」を選んでください。", "success" if said else "warning")
        return redirect(url_for("mentors.attendance"), 303)
    audit(db, actor(), "mentor.list", "mentor", "", count=len(rows))
    return render_template("mentors/attendance.html", rows=rows, roles=ROLES)


def confirm(db: Database, ids: Iterable[str] | Sequence[str]) -> int:
    """Write down what was chosen for these assignments (fields ``came-<id>``: yes or no); how many."""
    said = 0
    for assignment in ids:
        choice = request.form.get(f"came-{assignment}")
        if choice in ("yes", "no"):
            with suppress(assignments.AssignmentError):  # taken back meanwhile by somebody else
                assignments.confirm_attendance(db, assignment, choice == "yes", actor())
                said += 1
    return said
