"""A family's own pages behind its signed link: what it applied for, answers to offers, changes, withdrawal, erasure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database

from web.app import limiter
from web.apply import intake, letters, places, standing
from web.apply.errors import PlacesError
from web.apply.forms import AddressForm, FamilyForm, answers_form, child_form
from web.apply.pages import blueprint
from web.apply.public import child_data, family_data, typed_address
from web.apply.storing import store_answers
from web.classes.queries import ClassView, load_classes
from web.clock import now, stamp
from web.data import Row, every, one, request_db, writing
from web.language import Language, Text, say
from web.links import family_of
from web.staff.audit import audit


def own_family(token: str) -> Row:
    """Whose link this is; else 404."""
    return family_of(request_db(), token) or abort(404)


def _actor(family: Row) -> str:
    return f"family:{family['id']}"


def _own(db: Database, family: Row, entry_id: str) -> Row:
    """The family's entry with its child and class; else 404."""
    return one(
        db,
        "select entries.*, participants.name, classes.title, classes.title_easy, classes.title_en, admission from entries"
        " join applications on applications.id = application join participants on participants.id = participant"
        " join classes on classes.id = entries.class where entries.id = ? and applications.family = ?",
        (entry_id, family["id"]),
    ) or abort(404)


def _back(token: str) -> ResponseReturnValue:
    return redirect(url_for("apply.my", token=token), 303)


# ---------------------------------------------------------------------- asking for the link
@blueprint.route("/my/", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"], key_func=typed_address)
def my_ask() -> ResponseReturnValue:
    """Mails the link to the family's page. Whatever the address, the answer is the same."""
    form = AddressForm()
    if request.method == "GET":
        return render_template("apply/my-ask.html", form=form, sent=request.args.get("sent") == "1")
    if not form.validate():
        return render_template("apply/my-ask.html", form=form, sent=False), 422
    db = request_db()
    with writing(db):
        family = intake.family_by_email(db, form.email.data or "")
        if family:
            letters.own_page(db, family, key=f"own-page:{family['id']}:{stamp()[:15]}")  # one in ten minutes
    return redirect(url_for("apply.my_ask", sent=1), 303)


# ---------------------------------------------------------------------- looking
@blueprint.get("/my/<token>/")
def my(token: str) -> str:
    """All applications of the family, newest first, and what it may do with each."""
    db = request_db()
    family = own_family(token)
    return render_template(
        "apply/my.html", token=token, family=family, applications=_applications(db, family), children=intake.children_of(db, family["id"])
    )


@blueprint.get("/my/<token>/done/<application_id>")
def done(token: str, application_id: str) -> str:
    """What became of an application that was just sent."""
    db = request_db()
    family = own_family(token)
    found = next((one for one in _applications(db, family, application_id) if one["id"] == application_id), None) or abort(404)
    return render_template("apply/done.html", token=token, family=family, application=found)


def _applications(db: Database, family: Row, only: str | None = None) -> list[dict[str, Any]]:
    """Applications with their class (``view``), ``entries``, and each entry's ``position`` and ``has_questions``."""
    applications = every(
        db, "select * from applications where family = ? and coalesce(?, id) = id order by arrival desc", (family["id"], only)
    )
    ids = sorted({one["class"] for one in applications})
    marks = ", ".join("?" * len(ids))
    views: dict[str, ClassView] = {view.id: view for view in load_classes(db, f"classes.id in ({marks})", ids)}
    asked = {row["class"] for row in every(db, f"select distinct class from class_questions where class in ({marks})", ids)}  # noqa: S608
    for application in applications:
        application["view"] = views[application["class"]]
        application["has_questions"] = application["class"] in asked
        application["entries"] = _entries(db, application["id"])
    return applications


def _entries(db: Database, application: str) -> list[Row]:
    rows = every(
        db,
        "select entries.*, name from entries join participants on participants.id = participant"
        " where application = ? order by entries.rowid",
        (application,),
    )
    return [{**row, "position": standing.position(db, row)} for row in rows]


# ---------------------------------------------------------------------- answering an offer, withdrawing
@blueprint.post("/my/<token>/entry/<entry_id>/offer")
def my_offer(token: str, entry_id: str) -> ResponseReturnValue:
    """Accept or decline the place that is offered."""
    db = request_db()
    family = own_family(token)
    entry = _own(db, family, entry_id)
    answer = places.accept_offer if request.form.get("answer") == "accept" else places.decline_offer
    if request.form.get("answer") not in ("accept", "decline"):
        abort(400)
    try:
        answer(db, entry["id"], _actor(family))
    except PlacesError as error:
        flash(say(error.words), "warning")
    else:
        flash(
            say("参加が決まりました。", "{参加|さんか}できます。", "You are in.")
            if request.form["answer"] == "accept"
            else say("辞退を受け付けました。", "ことわりました。", "You declined the place."),
            "success",
        )
    return _back(token)


@blueprint.route("/my/<token>/entry/<entry_id>/withdraw", methods=["GET", "POST"])
def my_withdraw(token: str, entry_id: str) -> ResponseReturnValue:
    """Asks once more, then takes the child out."""
    db = request_db()
    family = own_family(token)
    entry = _own(db, family, entry_id)
    if request.method == "GET":
        return render_template("apply/withdraw.html", token=token, entry=entry)
    if places.withdraw(db, entry["id"], _actor(family)):
        flash(say("取り下げました。", "やめました。", "Withdrawn."), "success")
    return _back(token)


# ---------------------------------------------------------------------- changing
@blueprint.route("/my/<token>/family", methods=["GET", "POST"])
def my_family(token: str) -> ResponseReturnValue:
    """The guardian's data and the language of our mail."""
    db = request_db()
    family = own_family(token)
    form = FamilyForm(data={**family_data(family), "language": family["language"]} if request.method == "GET" else None)
    if request.method == "GET" or not form.validate():
        return render_template("apply/change.html", token=token, form=form, what=_ABOUT_YOU), 200 if request.method == "GET" else 422
    with writing(db):
        told = form.guardian(None, cast(Language, form.language.data))
        intake.keep_family(db, told, family, family["via"], now(), consent=False)
        _changed(db, family, "family", family["id"], ["guardian"])
    return _saved(token)


@blueprint.route("/my/<token>/child/<participant_id>", methods=["GET", "POST"])
def my_child(token: str, participant_id: str) -> ResponseReturnValue:
    """One child's data."""
    db = request_db()
    family = own_family(token)
    child = next((row for row in intake.children_of(db, family["id"]) if row["id"] == participant_id), None) or abort(404)
    form = child_form(now().year)(data=child_data(child, only=True) if request.method == "GET" else None)
    form.participant.data, form.take.data = child["id"], True
    if request.method == "GET" or not form.validate():
        return render_template("apply/change.html", token=token, form=form, what=_ABOUT_CHILD, child_form=True), (
            200 if request.method == "GET" else 422
        )
    with writing(db):
        intake.keep_child(db, family["id"], form.child(), now())
        _changed(db, family, "participant", child["id"], ["child"])
    return _saved(token)


@blueprint.route("/my/<token>/entry/<entry_id>/answers", methods=["GET", "POST"])
def my_answers(token: str, entry_id: str) -> ResponseReturnValue:
    """The answers to the class's questions."""
    db = request_db()
    family = own_family(token)
    entry = _own(db, family, entry_id)
    if entry["state"] not in ("applied", "accepted", "waiting", "offered"):
        abort(404)
    questions = every(db, "select * from class_questions where class = ? order by position, rowid", (entry["class"],))
    given = {row["question"]: row["text"] for row in every(db, "select * from answers where entry = ?", (entry_id,))}
    data = {f"question_{question}": text for question, text in given.items()}
    form = answers_form(questions)(data=data if request.method == "GET" else None)
    if request.method == "GET" or not form.validate():
        return render_template("apply/change.html", token=token, form=form, what=_ABOUT_ANSWERS), 200 if request.method == "GET" else 422
    with writing(db):
        store_answers(db, entry_id, form.answers())
        _changed(db, family, "entry", entry_id, ["answers"], [entry["application"]])
    return _saved(token)


_ABOUT_YOU = Text("保護者の方の情報", "{保護者|ほごしゃ}の こと", "About you")
_ABOUT_CHILD = Text("お子さんの情報", "{子|こ}どもの こと", "About the child")
_ABOUT_ANSWERS = Text("質問への回答", "{質問|しつもん}の こたえ", "Your answers")


def _changed(db: Database, family: Row, kind: str, subject: str, fields: Sequence[str], applications: Sequence[str] = ()) -> None:
    """A line in the audit log, and a mail about the application that was changed."""
    audit(db, _actor(family), "family.change", kind, subject, fields=fields)
    for application in applications:
        letters.changed(db, application, key=f"{application}:{stamp()}")


def _saved(token: str) -> ResponseReturnValue:
    flash(say("変更しました。", "かえました。", "Your changes are saved."), "success")
    return _back(token)


# ---------------------------------------------------------------------- the link, erasure
@blueprint.post("/my/<token>/new-link")
def my_link(token: str) -> ResponseReturnValue:
    """A new link goes to the family's address; the ones sent before end."""
    db = request_db()
    family = own_family(token)
    if not family["email"]:
        abort(404)
    with writing(db):
        db.execute(
            "update families set link_version = link_version + 1 where id = ? and link_version = ?", (family["id"], family["link_version"])
        )
        renewed = one(db, "select * from families where id = ?", (family["id"],)) or abort(404)
        letters.own_page(db, renewed, key=f"new-link:{family['id']}:{renewed['link_version']}")
        audit(db, _actor(family), "family.new_link", "family", family["id"])
    flash(
        say(
            "新しいリンクをメールでお送りしました。前のリンクは使えなくなりました。",
            "{新|あたら}しいリンクを メールで {送|おく}りました。{前|まえ}のリンクは もう {使|つか}えません。",
            "We mailed you a new link; the ones before no longer work.",
        ),
        "success",
    )
    return redirect(url_for("apply.my_ask"), 303)


@blueprint.route("/my/<token>/erase", methods=["GET", "POST"])
def my_erase(token: str) -> ResponseReturnValue:
    """Ask for the family's data to be erased; staff does it, since counts and bookings hang on them."""
    db = request_db()
    family = own_family(token)
    if request.method == "GET":
        return render_template("apply/erase.html", token=token, live=list(standing.live_entries(db, family["id"])))
    with writing(db):
        audit(db, _actor(family), "family.ask_erasure", "family", family["id"])
        letters.erasure_asked(db, family["id"], stamp())
    flash(
        say(
            "消去の依頼を受け付けました。手続きが終わるまで数日かかることがあります。",
            "「{消|け}してください」を {聞|き}きました。{何日|なんにち}か かかります。",
            "We have your request. It may take a few days.",
        ),
        "success",
    )
    return _back(token)
