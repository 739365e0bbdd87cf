"""The desk of dispatch: the sessions with their people, a plan in the making, a plan to decide about, and changes by hand."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response

from kanikko.errors import KanikkoError
from web.clock import now, stamp
from web.data import Row, every, one, request_db
from web.dispatch import book, planner
from web.dispatch.blueprint import blueprint
from web.dispatch.problem import Assignment, Role
from web.mentors import assignments as kept
from web.mentors.words import ASSIGNMENT_LOOKS, DESK_ASSIGNMENT_STATES, KIND_WORDS
from web.staff.audit import audit
from web.staff.sessions import current_staff

AHEAD = timedelta(weeks=8)
LONGEST = timedelta(days=200)
REFRESH_SECONDS = 2

_SESSIONS = (
    "select sessions.*, classes.title, places.name as place_name from sessions join classes on classes.id = sessions.class"
    " join places on places.id = sessions.place where classes.state = 'published' and sessions.state <> 'cancelled'"
    " and substr(sessions.starts_at, 1, 10) between ? and ? and (exists (select 1 from class_mentors where class = classes.id)"
    " or exists (select 1 from assignments where session = sessions.id and assignments.state not in ('declined', 'cancelled')))"
    " order by sessions.starts_at, sessions.id"
)
_PEOPLE = (
    "select assignments.*, mentors.name as mentor_name, skills.name as skill_name from assignments join mentors on mentors.id = mentor"
    " left join skills on skills.id = assignments.skill where session = ? and assignments.state <> 'cancelled'"
    " order by assignments.role = 'trainee', assignments.role = 'assistant', assignments.created_at"
)


@blueprint.get("/staff/dispatch/")
def desk() -> str:
    db, (first, last) = request_db(), _days()
    sessions = [_with_people(db, row) for row in every(db, _SESSIONS, (first.isoformat(), last.isoformat()))]
    planned = [row["id"] for row in book.live(db, first.isoformat(), last.isoformat()) if row["state"] == "planned"]
    audit(db, _actor(), "dispatch.see", "mentor", "list", first=first, last=last)
    return render_template(
        "dispatch/desk.html",
        first=first,
        last=last,
        sessions=sessions,
        planned=len(planned),
        latest=_latest(db),
        mentors=_mentors(db),
        kinds=KIND_WORDS,
        states=DESK_ASSIGNMENT_STATES,
        looks=ASSIGNMENT_LOOKS,
    )


@blueprint.post("/staff/dispatch/plans")
def plan() -> Response:
    """Start making a plan for the days."""
    first, last = _days()
    key = book.begin(request_db(), first, last, _actor())
    planner.start(current_app._get_current_object(), key)  # type: ignore[attr-defined]  # Flask's documented way
    return redirect(url_for("dispatch.show_plan", plan_id=key), 303)


@blueprint.get("/staff/dispatch/plans/<plan_id>")
def show_plan(plan_id: str) -> str | Response:
    db, making = request_db(), planner.making(plan_id)
    at_work = making is not None and not making.done.is_set()  # asked before the row: a plan that ends in between is looked at again
    row = one(db, "select * from plans where id = ?", (plan_id,)) or abort(404)
    if row["state"] == "running":
        page = current_app.make_response(render_template("dispatch/making.html", plan=row, making=making, at_work=at_work))
        if at_work:
            page.headers["Refresh"] = str(REFRESH_SECONDS)
        return page
    new, gone = book.compare(db, row)
    names = book.Named(db)
    people = {mentor["id"]: mentor["name"] for mentor in every(db, "select id, name from mentors")}
    return render_template(
        "dispatch/plan.html", plan=row, new=new, gone=gone, names=names, people=people, kinds=KIND_WORDS, states=DESK_ASSIGNMENT_STATES,
        unfilled=json.loads(row["unfilled_json"]), notes=json.loads(row["notes_json"]), count=len(json.loads(row["assignments_json"])),
        failed=making is not None and making.failed,
    )  # fmt: skip


@blueprint.post("/staff/dispatch/plans/<plan_id>/<any(stop, drop, adopt):what>")
def decide(plan_id: str, what: str) -> Response:
    """Stop the making, adopt the plan, or drop it."""
    db = request_db()
    row = one(db, "select * from plans where id = ?", (plan_id,)) or abort(404)
    making = planner.making(plan_id)
    back = url_for("dispatch.desk", first=row["from_day"], last=row["to_day"])
    if what == "stop":
        if making:
            making.cancelled = True
        return redirect(url_for("dispatch.show_plan", plan_id=plan_id), 303)
    if what == "drop":
        book.drop(db, plan_id)
        return redirect(back, 303)
    try:
        new = book.adopt(db, plan_id, _actor())
    except KanikkoError as error:
        flash(f"{error.message} {error.remedy}", "error")
        return redirect(url_for("dispatch.show_plan", plan_id=plan_id), 303)
    flash(f"計画を採用しました。新しい割り当ては{new}件です。まだ だれにも知らせていません。", "success")
    return redirect(back, 303)


@blueprint.post("/staff/dispatch/offer")
def offer() -> Response:
    """Ask all mentors whose assignments in these days are planned."""
    db, (first, last) = request_db(), _days()
    ids = [row["id"] for row in book.live(db, first.isoformat(), last.isoformat()) if row["state"] == "planned"]
    sent = kept.offer(db, ids, _actor())
    flash(f"{len(sent)}件を打診しました。返事はこのページに出ます。", "success")
    return redirect(url_for("dispatch.desk", first=first, last=last), 303)


@blueprint.post("/staff/dispatch/assignments")
def assign() -> Response:
    """Put somebody at a session by hand; it is fixed."""
    db, form = request_db(), request.form
    session = one(db, "select * from sessions where id = ? and state <> 'cancelled' and starts_at > ?", (form.get("session", ""), stamp()))
    mentor = one(db, "select * from mentors where id = ? and state in ('active', 'training')", (form.get("mentor", ""),))
    role, skill = form.get("role", ""), form.get("skill") or None
    if session is None or mentor is None or role not in KIND_WORDS:
        flash("回・メンター・役割を選び直してください。", "error")
    else:
        if skill and not one(db, "select 1 from skills where id = ?", (skill,)):
            skill = None
        book.add(db, Assignment(session["id"], mentor["id"], Role(role), skill or _needed_skill(db, session, role)), _actor(), fixed=True)
        flash(f"{mentor['name']}さんを固定しました。", "success")
    return _back()


@blueprint.post("/staff/dispatch/assignments/<assignment>/<any(fix, free, cancel, offer, accept, decline):what>")
def change(assignment: str, what: str) -> Response:
    """Fix, free, take back, ask, or answer for somebody who telephoned."""
    db = request_db()
    if kept.assignment_of(db, assignment) is None:
        abort(404)
    try:
        if what in ("fix", "free"):
            book.fix(db, assignment, what == "fix", _actor())
        elif what == "cancel":
            kept.cancel(db, assignment, _actor())
        elif what == "offer":
            kept.offer(db, [assignment], _actor())
        else:
            kept.answer(db, assignment, what == "accept", _actor())
        flash("直しました。", "success")
    except KanikkoError as error:
        flash(error.message, "error")
    return _back()


def _actor() -> str:
    staff = current_staff()
    return str(staff["id"]) if staff else "public"


def _back() -> Response:
    first, last = _days()
    return redirect(url_for("dispatch.desk", first=first, last=last), 303)


def _days() -> tuple[date, date]:
    """The days that were asked for; the next eight weeks when they make no sense."""
    today = now().date()
    try:
        first = date.fromisoformat(request.values.get("first") or today.isoformat())
        last = date.fromisoformat(request.values.get("last") or (first + AHEAD).isoformat())
        return (first, min(last, first + LONGEST)) if first <= last and 2000 <= first.year < 2100 else (today, today + AHEAD)
    except (ValueError, OverflowError):
        return today, today + AHEAD


def _latest(db: Database) -> Row | None:
    return one(db, "select * from plans where state in ('running', 'preview') order by made_at desc, rowid desc limit 1")


def _mentors(db: Database) -> list[Row]:
    return every(db, "select id, name, kana from mentors where state in ('active', 'training') and erased_at is null order by kana, name")


def _needed_skill(db: Database, session: Row, role: str) -> str | None:
    row = one(db, "select skill from class_mentors where class = ? and role = ? order by skill", (session["class"], role))
    return str(row["skill"]) if row else None


def _with_people(db: Database, session: Row) -> dict[str, Any]:
    people = every(db, _PEOPLE, (session["id"],))
    needs = every(
        db, "select class_mentors.*, skills.name as skill_name from class_mentors join skills on skills.id = skill where class = ?"
        " order by role desc, skill", (session["class"],),
    )  # fmt: skip
    for need in needs:
        there = [row for row in people if (row["role"], row["skill"]) == (need["role"], need["skill"]) and row["state"] != "declined"]
        need["missing"] = max(0, need["count"] - len(there))
    return {"row": session, "people": people, "needs": needs, "begun": session["starts_at"] <= stamp()}
