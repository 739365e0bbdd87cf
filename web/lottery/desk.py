"""Staff's side of a lottery: what is due, and the steps of one class from the sealed promise to the confirmed result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import abort, current_app, flash, redirect, render_template, url_for
from pydantic import ValidationError
from sqlite_utils import Database
from werkzeug.wrappers import Response
from wtforms import StringField

from kanikko.settings import Settings
from web.apply import standing
from web.apply.states import DESK_WORDS, LOOKS
from web.classes.fields import Whole, between
from web.classes.queries import ClassView, load_class
from web.clock import now
from web.data import Row, every, request_db
from web.forms import SiteForm, at_most, clean, needed
from web.lottery import book
from web.lottery.freeze import never_fitting
from web.lottery.pages import blueprint
from web.lottery.public import priority_words, rule_words
from web.lottery.reading import (
    BookError,
    doubles,
    draw_of,
    list_of,
    numbered,
    promise_of,
    result_in,
    rules_of,
    waiting_to_be_drawn,
)
from web.lottery.records import PublicNumber
from web.lottery.steps import TODOS, stages, step_of
from web.staff.audit import audit
from web.staff.sessions import signed_in

ORDER = ("freeze", "number", "preview", "confirm", "seal", "closing", "announced", "done", "none", "cancelled")


class NumberedRow(NamedTuple):
    """One child in the previewed or confirmed result."""

    place: str
    entry: Row
    priority: str


class NameForm(SiteForm):
    """The public number that will be mixed in."""

    name = StringField(
        "公の数字の名前",
        [needed(), at_most(200)],
        description="受付が終わった後に発表され、だれでも調べられる数字。例: 第2050回 ロト6の本数字6個（小さい順、2けたずつ）",
    )
    digits = Whole("けた数", [needed(), between(4, 40)], description="6けた以上をおすすめします。ロト6の本数字6個なら12けたです。")


class DigitsForm(SiteForm):
    """The public number, when it is out."""

    digits = StringField("発表された数字", [needed(), at_most(60)], filters=[lambda typed: (clean(typed) or "").replace(" ", "")])


def acting() -> str:
    return str(signed_in()["id"])


def _settings() -> Settings:
    settings: Settings = current_app.config["SITE"].settings
    return settings


def _class(db: Database, class_id: str) -> ClassView:
    view = load_class(db, class_id)
    return view if view and view.row["admission"] == "lottery" else abort(404)


# ---------------------------------------------------------------------- the list
@blueprint.get("/staff/lottery/")
def desk() -> str:
    """Every lottery, with what is to be done next; what is due stands first."""
    db = request_db()
    draws = {row["class"]: row for row in every(db, "select * from draws")}
    classes = every(
        db,
        "select classes.*, (select count(*) from entries where entries.class = classes.id"
        " and entries.state not in ('withdrawn', 'cancelled')) as entered,"
        " (select count(*) from entries where entries.class = classes.id and entries.state = 'applied') as undecided"
        " from classes where admission = 'lottery' order by apply_to desc",
    )
    steps = {row["id"]: step_of(row, draws.get(row["id"]), now(), row["undecided"]) for row in classes}
    classes.sort(key=lambda row: ORDER.index(steps[row["id"]]))
    return render_template("lottery/desk.html", classes=[(row, TODOS[steps[row["id"]]]) for row in classes])


# ---------------------------------------------------------------------- one lottery
@blueprint.get("/staff/lottery/<class_id>")
def manage(class_id: str) -> str:
    return _page(class_id)


def _page(class_id: str, **forms: SiteForm) -> str:
    db = request_db()
    view, draw = _class(db, class_id), draw_of(db, class_id)
    counts = standing.counts(db, class_id)
    step = step_of(view.row, draw, now(), counts.get("applied", 0))
    promise = promise_of(draw) if draw else None
    named = promise.public_number if promise else None
    shown: dict[str, Any] = {
        "view": view,
        "draw": draw,
        "step": step,
        "todo": TODOS[step],
        "stages": stages(step, with_number=named is not None),
        "promise": promise,
        "rules": rule_words(promise.rules if promise else rules_of(view.row)),
        "differs": bool(promise and promise.rules != rules_of(view.row) and step != "done"),
        "may_change": bool(draw and book.may_change(db, view.row, draw, now())),
        "counts": counts,
        "name_form": forms.get("name") or NameForm(formdata=None, **(named.model_dump() if named else {})),
        "digits_form": forms.get("digits") or DigitsForm(formdata=None, digits=draw["public_value"] if draw else ""),
        **_before_freezing(db, class_id, step),
        **_frozen(draw),
        **_result(db, view, draw),
    }
    return render_template("lottery/manage.html", **shown)


def _before_freezing(db: Database, class_id: str, step: str) -> dict[str, Any]:
    if step not in ("closing", "freeze"):
        return {"doubles": []}
    return {"doubles": doubles(waiting_to_be_drawn(db, class_id))}


def _frozen(draw: Row | None) -> dict[str, Any]:
    if draw is None or not draw["list_json"]:
        return {"entries": 0, "capacity": 0, "never_fitting": []}
    frozen = list_of(draw)
    too_large = set(never_fitting(frozen))
    numbers = [entry.number for entry in frozen.entries if entry.group in too_large]
    return {"entries": len(frozen.entries), "capacity": frozen.capacity, "never_fitting": numbers}


def _result(db: Database, view: ClassView, draw: Row | None) -> dict[str, Any]:
    """Who is drawn, with names (which is audited), and what a check of the file says, or why the draw cannot go on."""
    if draw is None or draw["state"] not in ("previewed", "confirmed"):
        return {"result": [], "report": None, "fault": None}
    rows = numbered(db, view.id)
    audit(db, acting(), "family.see", "class", view.id, page="lottery", entries=len(rows))
    shown: dict[str, Any] = {"state_words": DESK_WORDS, "looks": LOOKS, "report": None, "fault": None}
    try:
        shown["report"] = book.report_of(draw) if draw["state"] == "confirmed" else book.rehearsal(db, _settings(), draw)
    except BookError as error:
        shown["fault"] = error
    return {**shown, "result": _result_rows(draw, {row["number"]: row for row in rows})}


def _result_rows(draw: Row, rows: dict[int, Row]) -> list[NumberedRow]:
    result = result_in(draw)
    if result is None:
        return []
    rules, frozen = promise_of(draw).rules, {entry.number: entry for entry in list_of(draw).entries}
    places_of = [(f"当選 {place}", number) for place, number in enumerate(result.drawn, 1)]
    places_of += [(f"補欠 {place}", number) for place, number in enumerate(result.waiting, 1)]
    return [NumberedRow(words, rows[number], priority_words(frozen[number], rules)) for words, number in places_of if number in rows]


# ---------------------------------------------------------------------- the steps
def _do(class_id: str, action: Callable[[Database], object], said: str) -> Response:
    """Take a step and go back to the lottery's page, which says what is next or why it could not be done."""
    db = request_db()
    _class(db, class_id)
    try:
        action(db)
    except BookError as error:
        flash(" ".join(filter(None, (error.message, error.remedy))), "error")
    else:
        flash(said, "success")
    return redirect(url_for("lottery.manage", class_id=class_id), 303)


@blueprint.post("/staff/lottery/<class_id>/commit")
def commit(class_id: str) -> Response:
    return _do(class_id, lambda db: book.commit(db, _settings(), class_id, acting()), "封をして、封印の値を公開しました。")


@blueprint.post("/staff/lottery/<class_id>/name")
def name(class_id: str) -> Response | tuple[str, int]:
    """Name the public number that will be mixed in."""
    _class(request_db(), class_id)
    form = NameForm()
    if not form.validate_on_submit() or (named := _named(form)) is None:
        return _page(class_id, name=form), 422
    return _do(
        class_id, lambda db: book.name_number(db, _settings(), class_id, acting(), named), "約束に公の数字を入れて、封をし直しました。"
    )


def _named(form: NameForm) -> PublicNumber | None:
    try:
        return PublicNumber(name=form.name.data or "", digits=form.digits.data or 0)
    except ValidationError:
        form.name.errors = ["使えない文字があります。ふつうの文字で書いてください。"]
        return None


@blueprint.post("/staff/lottery/<class_id>/no-name")
def no_name(class_id: str) -> Response:
    """Do without a public number."""
    return _do(
        class_id, lambda db: book.name_number(db, _settings(), class_id, acting(), None), "公の数字を使わない約束にして、封をし直しました。"
    )


@blueprint.post("/staff/lottery/<class_id>/freeze")
def freeze(class_id: str) -> Response:
    return _do(class_id, lambda db: book.freeze(db, class_id, acting()), "一覧を凍結して、番号を公開しました。")


@blueprint.post("/staff/lottery/<class_id>/number")
def number(class_id: str) -> Response | tuple[str, int]:
    """The public number is out."""
    view = _class(request_db(), class_id)
    form = DigitsForm()
    if form.validate_on_submit():
        try:
            book.enter_number(request_db(), view.id, acting(), form.digits.data or "")
        except BookError as error:
            form.digits.errors = [error.message]
        else:
            flash("公の数字を入れました。", "success")
            return redirect(url_for("lottery.manage", class_id=class_id), 303)
    return _page(class_id, digits=form), 422


@blueprint.post("/staff/lottery/<class_id>/preview")
def preview(class_id: str) -> Response:
    return _do(class_id, lambda db: book.preview(db, _settings(), class_id, acting()), "くじを引きました。家族にはまだ知らせていません。")


@blueprint.post("/staff/lottery/<class_id>/confirm")
def confirm(class_id: str) -> Response:
    return _do(
        class_id, lambda db: book.confirm(db, _settings(), class_id, acting()), "確定しました。種と結果を公開し、家族にメールを送ります。"
    )
