"""The door's pages: a session's list with its camera and queue, walk-ins, heads, the end of the session."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from kanikko.look import fingerprint
from web.apply.errors import PlacesError
from web.clock import moment, now
from web.data import Row, one, request_db, writing
from web.door import checkin, heads, walkin
from web.door.codes import code_in
from web.door.rules import BANDS, GENDERS, RESULTS, State
from web.door.sessions import Child, children_of, counts_of, entry_by, heads_of, list_version, session_of, sessions_on
from web.ids import Kind
from web.language import Text
from web.staff.audit import audit
from web.staff.sessions import current_staff

STATIC = Path(__file__).with_name("static")
blueprint = Blueprint(
    "door", __name__, template_folder="templates", static_folder="static", static_url_path=f"/static/door/{fingerprint(STATIC)}"
)
SESSION: Kind = "session"
DUTY_DAYS = 1
"""How many days before and after a session whoever is on duty sees its list."""


@blueprint.after_request
def _keep(response: Response) -> Response:
    """Files' addresses change with their content; the worker of these pages keeps them for when there is no connection."""
    if request.endpoint == "door.static":
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _actor() -> str:
    staff = current_staff()
    if staff is None:
        abort(403)
    return str(staff["id"])


def _session(session: str) -> Row:
    found = session_of(request_db(), session)
    if found is None or found["state"] == "cancelled":
        abort(404)
    return found


def _session_of_these_days(session: str) -> Row:
    """For pages with names: who is on duty sees the children of these days, not of the whole year."""
    found, staff = _session(session), current_staff()
    begins = moment(found["starts_at"])
    if staff and staff["role"] == "duty" and abs((begins.date() - now().date()).days) > DUTY_DAYS:
        abort(404, description=Text("当日の係は、教室の前の日から次の日まで、このページを開けます。"))
    return found


# ---------------------------------------------------------------------- the lists
@blueprint.get("/door/")
def desk() -> str:
    return render_template("door/desk.html", sessions=sessions_on(request_db(), now().date()))


@blueprint.get("/door/<session>")
def session(session: str) -> str:
    db, of_session = request_db(), _session_of_these_days(session)
    children = children_of(db, of_session)
    with writing(db):
        audit(db, _actor(), "door.see", SESSION, session, children=len(children))
    return _page(of_session, children)


def _page(of_session: Row, children: list[Child]) -> str:
    db = request_db()
    counted = heads_of(db, of_session["id"])
    asked = request.args.get("ask", "")
    return render_template(
        "door/session.html",
        session=of_session,
        children=_found(children, request.args.get("q", "")),
        search=request.args.get("q", ""),
        everybody=children,
        **_counts(counts_of(children, counted), counted),
        version=list_version(of_session, children, counted),
        ask=entry_by(db, entry=asked) if asked else None,
        **_words(),
    )


def _found(children: list[Child], typed: str) -> list[Child]:
    """Without script: those whom the typed code or part of a name fits."""
    if not typed.strip():
        return children
    code, part = code_in(typed), typed.strip().casefold()
    return [child for child in children if child.code == code or part in f"{child.name} {child.kana}".casefold()]


def _counts(counts: Counter[tuple[str, str]], counted: Counter[tuple[str, str]]) -> dict[str, Any]:
    return {
        "counts": counts,
        "heads": counted,
        "by_band": {band: sum(counts[band, gender] for gender in GENDERS) for band in BANDS},
        "by_gender": {gender: sum(counts[band, gender] for band in BANDS) for gender in GENDERS},
    }


def _words() -> dict[str, Any]:
    return {"results": RESULTS, "bands": BANDS, "genders": GENDERS, "now_ms": int(now().timestamp() * 1000)}


@blueprint.get("/door/shell")
def shell() -> str:
    """The session page without anybody in it: what a tablet keeps and shows when the page is opened without connection."""
    nobody: dict[str, Any] = {"children": [], "everybody": [], "version": "", "search": "", "ask": None}
    return render_template("door/session.html", session=None, **nobody, **_counts(Counter(), Counter()), **_words())


@blueprint.get("/door/worker.js")
def worker() -> Response:
    """Served from /door/, so that it may answer for the pages below it."""
    return send_from_directory(STATIC, "worker.js", mimetype="text/javascript", max_age=0)


# ---------------------------------------------------------------------- marking
@blueprint.get("/door/<session>/now")
def now_at(session: str) -> Response:
    """How the list stands, by opaque ids: what open pages ask for every few seconds."""
    db, of_session = request_db(), _session(session)
    children = children_of(db, of_session)
    return jsonify(
        now=int(now().timestamp() * 1000),
        csrf=generate_csrf(),
        version=list_version(of_session, children, heads_of(db, session)),
        states={child.entry: child.state or "" for child in children},
    )


@blueprint.post("/door/<session>/check-in")
def check_in(session: str) -> ResponseReturnValue:
    """A page's queue: ``{"events": [{key, code | entry, at, state, via}, …]}`` → ``{"answers": [{key, result, detail, entry}, …]}``."""
    of_session = _session(session)
    try:
        events = request.get_json()["events"]
    except (BadRequest, KeyError, TypeError, RecursionError):
        return jsonify(error="送られたものが読めません。ページを開き直してください。"), 400
    if not isinstance(events, list) or len(events) > checkin.MOST:
        return jsonify(error=f"一度に送れるのは{checkin.MOST}件までです。"), 400
    answers = checkin.take(request_db(), of_session, events, _actor())
    return jsonify(
        now=int(now().timestamp() * 1000),
        answers=[asdict(answer) for answer in answers],
    )


@blueprint.post("/door/<session>/mark")
def mark(session: str) -> ResponseReturnValue:
    """One press or one typed code, from a plain form."""
    of_session = _session(session)
    form = request.form
    state: State = "absent" if form.get("state") == "absent" else "present"
    answer = checkin.mark_now(
        request_db(),
        of_session,
        state,
        _actor(),
        code=form.get("code", "")[:200] or None,
        entry=form.get("entry", "")[:40] or None,
        via="typed" if form.get("code") else "list",
        anyway=form.get("anyway") == "1",
    )
    said = RESULTS[answer.result]
    flash(" ".join(filter(None, (said.words + "。", answer.detail or said.advice))), said.kind)
    ask = answer.entry if answer.result == "not_accepted" else None
    return redirect(url_for("door.session", session=session, ask=ask, _anchor="door-list" if not ask else None), 303)


@blueprint.post("/door/<session>/emergency/<entry>")
def emergency(session: str, entry: str) -> str:
    """The emergency contact of one child. Shown once a press, and each is written down."""
    db, of_session = request_db(), _session_of_these_days(session)
    found = entry_by(db, entry=entry)
    if found is None or found["class"] != of_session["class"]:
        abort(404)
    contact = one(
        db,
        "select participants.name, participants.kana, guardian_name, phone, emergency_name, emergency_phone"
        " from participants join families on families.id = participants.family where participants.id = ?",
        (found["participant"],),
    )
    with writing(db):
        audit(db, _actor(), "emergency.see", "participant", found["participant"], session=session)
    return render_template("door/emergency.html", session=of_session, contact=contact)


# ---------------------------------------------------------------------- walk-ins and heads
@blueprint.route("/door/<session>/walk-in", methods=["GET", "POST"])
def walk_in(session: str) -> ResponseReturnValue:
    of_session = _session_of_these_days(session)
    form = walkin.WalkInForm()
    full = False
    if form.validate_on_submit():
        try:
            if walkin.admit(request_db(), of_session, form, _actor()):
                flash(f"{form.name.data} さんを受け付けました。", "success")
                return redirect(url_for("door.session", session=session), 303)
            full = True
        except PlacesError as error:
            form.form_errors.append(error.words)
    if not form.key.data:
        form.key.data = secrets.token_urlsafe(16)
    status = 422 if form.is_submitted() else 200
    return render_template("door/walk_in.html", session=of_session, form=form, full=full), status


@blueprint.route("/door/<session>/heads", methods=["GET", "POST"])
def head_counts(session: str) -> ResponseReturnValue:
    db, of_session = request_db(), _session(session)
    wrong: set[str] = set()
    if request.method == "POST":
        counted, wrong = heads.read(request.form)
        if not wrong:
            heads.store(db, of_session, counted, _actor())
            flash(f"{sum(counted.values())}人と記録しました。", "success")
            return redirect(url_for("door.session", session=session), 303)
    stored = heads.counted_at_door(db, session)
    typed = {cell.field: request.form.get(cell.field, "") if wrong else str(stored[cell] or "") for cell in heads.cells()}
    page = render_template("door/heads.html", session=of_session, typed=typed, wrong=wrong, most=heads.MOST, **_words())
    return page, 422 if wrong else 200


# ---------------------------------------------------------------------- the end
@blueprint.post("/door/<session>/close")
def close(session: str) -> ResponseReturnValue:
    absent = checkin.close_session(request_db(), _session(session), _actor())
    flash(f"受付を終えました。欠席は{absent}人です。", "success")
    return redirect(url_for("door.session", session=session), 303)


@blueprint.post("/door/<session>/reopen")
def reopen(session: str) -> ResponseReturnValue:
    checkin.reopen_session(request_db(), _session(session), _actor())
    flash("受付をもう一度開きました。", "success")
    return redirect(url_for("door.session", session=session), 303)
