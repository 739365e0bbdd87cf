"""Requests at the desk: read, answered, and made into classes."""

from __future__ import annotations

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response
from wtforms import HiddenField, TextAreaField

from web.classes.changes import make_class
from web.classes.fields import Choice
from web.clock import fiscal_year, now
from web.data import Row, every, one, request_db, value, writing
from web.forms import LONG, SiteForm, at_most, needed
from web.ids import new_id
from web.mail import post
from web.outreach.blueprint import blueprint
from web.outreach.words import BECOMES, KINDS, STATE_LOOKS, STATES
from web.staff.audit import audit
from web.staff.sessions import signed_in

Page = Response | tuple[str, int]


class ListForm(SiteForm):
    """Which requests the list shows."""

    state = Choice("状態", choices=[("", "すべて"), *((key, text.ja) for key, text in STATES.items())])


class AnswerForm(SiteForm):
    """An answer by mail, and where the request stands after it."""

    key = HiddenField()
    answer = TextAreaField("返事", [needed(), at_most(LONG)], description="このままメールで送ります。宛名と署名は自動で付きます。")
    state = Choice(
        "このあとの状態", [needed()], choices=[(key, STATES[key].ja) for key in ("talking", "accepted", "declined")], default="talking"
    )


class StateForm(SiteForm):
    """Where the request stands, without a mail."""

    new_state = Choice("状態", [needed()], choices=[(key, text.ja) for key, text in STATES.items()])


@blueprint.get("/staff/outreach/")
def desk() -> str:
    form = ListForm(request.args, meta={"csrf": False})
    chosen = form.state.data if form.validate() else ""
    rows = every(
        request_db(),
        "select id, kind, organisation, topic, people, state, received_at from outreach_requests where ? in ('', state)"
        " order by state <> 'new', state <> 'talking', received_at desc",
        (chosen,),
    )
    return render_template("outreach/desk.html", form=form, rows=rows, kinds=KINDS, states=STATES, looks=STATE_LOOKS)


@blueprint.get("/staff/outreach/<request_id>")
def show(request_id: str) -> str:
    row = _request_or_404(request_db(), request_id)
    return _show(row, AnswerForm(None, key=new_id("mail")), StateForm(None, new_state=row["state"]))


def _request_or_404(db: Database, request_id: str) -> Row:
    return one(db, "select * from outreach_requests where id = ?", (request_id,)) or abort(404)


def _acting() -> str:
    return str(signed_in()["id"])


def _show(row: Row, answer: AnswerForm, state: StateForm) -> str:
    db = request_db()
    audit(db, _acting(), "outreach.see", "outreach", row["id"])
    classes = every(db, "select id, title, state from classes where outreach = ? order by created_at", (row["id"],))
    return render_template(
        "outreach/show.html",
        row=row,
        answer=answer,
        state=state,
        classes=classes,
        kinds=KINDS,
        states=STATES,
        looks=STATE_LOOKS,
        class_key=new_id("class"),
    )


@blueprint.post("/staff/outreach/<request_id>/answer")
def send_answer(request_id: str) -> Page:
    db = request_db()
    row = _request_or_404(db, request_id)
    form = AnswerForm()
    if not row["email"]:
        return _back(request_id, "メールアドレスがないので、電話でお返事してください。", "error")
    if not form.validate():
        return _show(row, form, StateForm(None, new_state=row["state"])), 422
    with writing(db):
        db.table("outreach_requests").update(request_id, {"answer": form.answer.data, "state": form.state.data})
        audit(db, _acting(), "outreach.answer", "outreach", request_id, state=form.state.data)
        values = {"contact_name": row["contact_name"], "organisation": row["organisation"], "answer": form.answer.data}
        key = f"outreach-answer:{request_id}:{(form.key.data or '')[:20]}"
        post(db, "outreach/answer", row["email"], row["language"], key=key, values=values, about=("outreach", request_id))
    return _back(request_id, "お返事をメールで送ります。")


@blueprint.post("/staff/outreach/<request_id>/state")
def set_state(request_id: str) -> Page:
    db = request_db()
    row = _request_or_404(db, request_id)
    form = StateForm()
    if not form.validate():
        return _show(row, AnswerForm(None, key=new_id("mail")), form), 422
    with writing(db):
        db.table("outreach_requests").update(request_id, {"state": form.new_state.data})
        audit(db, _acting(), "outreach.state", "outreach", request_id, state=form.new_state.data)
    return _back(request_id, "状態を直しました。")


@blueprint.post("/staff/outreach/<request_id>/class")
def become_class(request_id: str) -> Response:
    """A draft class without applications, and its place; next comes its date."""
    db = request_db()
    key = request.form.get("key", "")
    class_id = key if key.startswith("c") and key.isascii() and key.isalnum() and len(key) == len(new_id("class")) else new_id("class")
    with writing(db):
        row = _request_or_404(db, request_id)
        place = place_for(db, row, _acting())
        make_class(db, class_id, class_values(row, current_app.config["SITE"].settings.site_organiser), _acting())
        db.table("outreach_requests").update(request_id, {"state": "accepted"})
        audit(db, _acting(), "outreach.class", "outreach", request_id, made=class_id, place=place)
    flash("教室の下書きと場所を作りました。日程を入れてください。", "success")
    return redirect(url_for("classes.add_session", class_id=class_id, place=place), 303)


def class_values(row: Row, organiser: str) -> dict[str, object]:
    """A class's columns from a request. Who asked stays in the request, where it is erased in time."""
    programme, audience = BECOMES[row["kind"]]
    return {
        "programme": programme,
        "fiscal_year": fiscal_year(now().date()),
        "title": f"出前授業（{row['organisation']}）",
        "description": row["topic"],
        "level": "first",
        "audience": audience,
        "capacity": row["people"],
        "admission": "invited",
        "auto_promote": 0,
        "organiser": organiser,
        "outreach": row["id"],
        "note": f"希望: {row['wishes']}",
    }


def place_for(db: Database, row: Row, actor: str) -> str:
    """The place with this name and address, made where there is none yet."""
    there = value(db, "select id from places where name = ? and address = ?", (row["organisation"], row["address"]))
    if there:
        return str(there)
    place = new_id("place")
    db.table("places").insert({"id": place, "name": row["organisation"], "address": row["address"]})
    audit(db, actor, "place.make", "place", place)
    return place


def _back(request_id: str, said: str, kind: str = "success") -> Response:
    flash(said, kind)
    return redirect(url_for("outreach.show", request_id=request_id), 303)
