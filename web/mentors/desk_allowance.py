"""Travel allowance at the desk: a month's overview, the table for paying, one sheet to print a mentor, settling."""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.csv_table import table_response
from web.data import request_db
from web.language import day_words
from web.mentors import assignments, sheets
from web.mentors.allowance import RULE
from web.mentors.desk_mentor import mentor_row
from web.mentors.room import actor, blueprint
from web.mentors.words import ROLES
from web.staff.audit import audit


def asked_month() -> str:
    month = request.args.get("month") or sheets.last_month()
    return month if sheets.is_month(month) else abort(404)


@blueprint.get("/staff/mentors/allowances")
def allowances() -> str:
    """Everybody who came in the month, with what they get and what is missing still."""
    db, month = request_db(), asked_month()
    found = sheets.sheets(db, month)
    audit(db, actor(), "mentor.list", "mentor", month, count=len(found))
    unconfirmed = [row for row in assignments.unconfirmed(db) if row["starts_at"].startswith(month)]
    return render_template(
        "mentors/allowances.html", month=month, sheets=found, rule=RULE, unconfirmed=len(unconfirmed), around=_around(month)
    )


def _around(month: str) -> tuple[str, str]:
    year, number = int(month[:4]), int(month[5:])
    before = f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"
    return before, f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"


@blueprint.get("/staff/mentors/allowances.csv")
def allowances_csv() -> Response:
    """One line a session."""
    db, month = request_db(), asked_month()
    found = sheets.sheets(db, month)
    audit(db, actor(), "mentor.export", "mentor", month, count=len(found))
    header = (
        "月",
        "メンター番号",
        "名前",
        "ふりがな",
        "日",
        "教室",
        "会場",
        "役割",
        "交通手段",
        "往復（円）",
        "根拠",
        "片道（km）",
        "精算",
    )
    rows = [
        (
            month, one.mentor["id"], one.mentor["name"], one.mentor["kana"], line.row["starts_at"][:10], line.row["title"],
            line.row["place_name"], ROLES[line.row["role"]], line.means, line.fare.yen if line.fare.yen is not None else "",
            sheets.BASIS_WORDS[line.fare.basis], line.fare.km if line.fare.km is not None else "", "済み" if line.settled else "",
        )
        for one in found
        for line in one.lines
    ]  # fmt: skip
    return table_response(f"allowances-{month}.csv", header, rows)


@blueprint.get("/staff/mentors/<mentor>/allowance/<month>")
def allowance(mentor: str, month: str) -> str:
    """One mentor's month, to print, stamp and file."""
    row = mentor_row(mentor)
    if not sheets.is_month(month):
        abort(404)
    db = request_db()
    audit(db, actor(), "mentor.see", "mentor", mentor, month=month)
    return render_template(
        "mentors/sheet.html", sheet=sheets.sheet(db, row, month), roles=ROLES, basis=sheets.BASIS_WORDS, rule=RULE, day_words=day_words
    )


@blueprint.post("/staff/mentors/<mentor>/allowance/<month>")
def settle(mentor: str, month: str) -> ResponseReturnValue:
    """Write the month down as paid, or take that back (``do``)."""
    row, db = mentor_row(mentor), request_db()
    if not sheets.is_month(month):
        abort(404)
    wanted = request.form.get("do")
    if wanted == "reopen":
        flash("精算を取り消しました。" if sheets.reopen(db, row, month, actor()) else "精算した回はありません。", "success")
    elif wanted == "settle":
        yen = sheets.settle(db, row, month, actor())
        if yen is None:
            flash("運賃が未登録の回があるか、出席の記録がありません。", "warning")
        else:
            flash(f"{yen:,}円で精算済みにしました。", "success")
    else:
        abort(400)
    return redirect(url_for("mentors.allowances", month=month), 303)
