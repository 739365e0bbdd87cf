"""The senior course's completion: who did, a look beforehand, and the button that grants."""

from __future__ import annotations

from typing import cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.data import request_db
from web.mentors.course import course_of, courses, graduates, grant_after_course, is_over
from web.mentors.desk_forms import CourseForm
from web.mentors.room import actor, blueprint
from web.mentors.rules import Kind
from web.staff.audit import audit

STANDINGS = {
    "new": ("資格を渡します", "success", "check"),
    "has": ("もう持っています", "plain", "check"),
    "no_mentor": ("メンターの申し込みがまだです", "warning", "mail"),
    "too_few": ("出席が足りません", "plain", "close"),
}


@blueprint.get("/staff/mentors/courses")
def course_list() -> str:
    """Courses for seniors."""
    return render_template("mentors/courses.html", courses=courses(request_db()), is_over=is_over)


@blueprint.route("/staff/mentors/courses/<class_id>", methods=["GET", "POST"])
def course(class_id: str) -> ResponseReturnValue:
    """The look beforehand (GET, with ``kind`` and ``percent``), and granting (POST of the same)."""
    db = request_db()
    found = course_of(db, class_id) or abort(404)
    form = CourseForm(request.args) if request.method == "GET" and request.args else CourseForm()
    good = form.validate() if request.method == "POST" or request.args else True
    kind, percent = cast(Kind, form.kind.data), form.percent.data
    if not good or percent is None:
        return render_template("mentors/course.html", course=found, form=form, people=[], standings=STANDINGS), 422
    if request.method == "POST":
        granted = grant_after_course(db, class_id, actor(), kind=kind, percent=percent, invite=bool(form.invite.data))
        flash(f"{len(granted)}人に資格を渡しました。" if granted else "新しく資格を渡す人はいませんでした。", "success")
        return redirect(url_for("mentors.course", class_id=class_id), 303)
    people = graduates(db, class_id, kind, percent)
    audit(db, actor(), "family.see", "class", class_id, participants=len(people))
    return render_template("mentors/course.html", course=found, form=form, people=people, standings=STANDINGS), 200
