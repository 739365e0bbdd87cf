"""Applying: the e-mail address, the form behind the link that is mailed, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database

from web.app import limiter
from web.apply import confirmations, intake, places, standing
from web.apply.checks import window_of
from web.apply.consent import ASKED, PROMISES, VERSION
from web.apply.errors import AlreadyApplied, PlacesError
from web.apply.forms import MOST_CHILDREN, AddressForm, ApplicationForm, application_form
from web.apply.pages import blueprint
from web.classes.queries import ClassView, load_class
from web.classes.rules import Window, is_public
from web.clock import now
from web.data import Row, every, one, request_db, writing
from web.forms import clean_email
from web.language import Text, current_language, moment_words
from web.links import family_token

NOT_YET = Text(
    "受付は <when> からです。時間になったら、このページのまま もう一度「申し込む」を押してください。書いた内容は残っています。",
    "{申|もう}し{込|こ}みは <when> からです。{時間|じかん}に なったら、もう{一度|いちど}「{申|もう}し{込|こ}む」を おしてください。"
    "{書|か}いたことは のこっています。",
    "Applications open on <when>. Press “Apply” again on this page then; what you wrote is kept.",
)
OVER = Text(
    "申し込みの受付は終わりました。",
    "{申|もう}し{込|こ}みは {終|お}わりました。",
    "Applications for this class are closed.",
)
F = TypeVar("F", bound=ApplicationForm)


def public_class(db: Database, class_id: str) -> ClassView:
    """The class if visitors may see it; else 404."""
    view = load_class(db, class_id)
    if view is None or not is_public(view.row):
        abort(404)
    return view


def class_window(view: ClassView) -> Window:
    return window_of(view.row, view.first.row["starts_at"] if view.first else None, now())


def class_page(name: str, view: ClassView, **more: Any) -> str:
    """A page about applying for this class."""
    return render_template(
        f"apply/{name}.html",
        view=view,
        window=class_window(view),
        waiting=standing.counts(request_db(), view.id).get("waiting", 0),
        version=VERSION,
        asked=ASKED,
        promises=PROMISES,
        **more,
    )


# ---------------------------------------------------------------------- the address
def typed_address() -> str:
    """The address that was typed: limits count by it, since whole schools share an internet address."""
    return clean_email(request.form.get("email")) or request.remote_addr or ""


@blueprint.route("/apply/<class_id>/", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"], key_func=typed_address)
def start(class_id: str) -> ResponseReturnValue:
    """Asks for the e-mail address. Whatever the address, the answer is the same."""
    db = request_db()
    view = public_class(db, class_id)
    form = AddressForm()
    if request.method == "GET" or class_window(view) not in ("before", "open"):
        return class_page("start", view, form=form), 200 if request.method == "GET" else 422
    if not form.validate():
        return class_page("start", view, form=form), 422
    confirmations.send(db, view.row, form.email.data or "", current_language(), now())
    return redirect(url_for("apply.sent", class_id=class_id), 303)


@blueprint.get("/apply/<class_id>/sent")
def sent(class_id: str) -> str:
    """The mail is on its way."""
    return class_page("sent", public_class(request_db(), class_id))


# ---------------------------------------------------------------------- the form
@blueprint.route("/apply/<class_id>/form/<token>", methods=["GET", "POST"])
@limiter.limit("6000 per minute")  # a whole telephone network may stand behind one address in the opening minute
def form(class_id: str, token: str) -> ResponseReturnValue:
    """The application form. It may be opened and filled in before the window opens; it is taken once it is open."""
    db = request_db()
    view = public_class(db, class_id)
    confirmed = confirmations.find(db, class_id, token, now())
    if confirmed is None:
        return class_page("link-over", view), 410
    family = intake.family_by_email(db, confirmed["email"])
    known = intake.children_of(db, family["id"]) if family else []
    typed = filled_form(db, view, application_form, known, family_data(family))
    shown = {
        "form": typed,
        "email": confirmed["email"],
        "known": {row["id"]: row for row in known},
        "applied": applied_children(db, view, known),
    }
    if request.method == "GET":
        return class_page("form", view, **shown)
    if "add_child" in request.form:
        if len(typed.children.entries) < MOST_CHILDREN:
            typed.children.append_entry()
        return class_page("form", view, **shown)
    key = intake.own_key(confirmed["email"], (typed.key.data or "")[:200])
    if again := places.made_before(db, class_id, key):
        return _to_done(db, again)
    if not typed.validate() or not typed.check_ages(view.row, first_day(view)):
        return class_page("form", view, **shown), 422
    try:
        outcome = _apply(db, view, typed, confirmed["email"], family, key)
    except AlreadyApplied as error:
        mark_twice(typed, known, error)
        return class_page("form", view, **shown), 422
    except PlacesError as error:
        typed.form_errors.append(error.words)
        return class_page("form", view, **shown), 422
    return _to_done(db, outcome)


def filled_form(
    db: Database, view: ClassView, make: Callable[[Row, list[Row], int], type[F]], known: list[Row], about: dict[str, Any]
) -> F:
    """The form as typed, or on the first look with what we know: ``about`` the family, and its children."""
    form_class = make(view.row, every(db, "select * from class_questions where class = ? order by position, rowid", (view.id,)), now().year)
    if request.method == "GET":
        return form_class(data={**about, "children": [child_data(row, only=len(known) == 1) for row in known] or [{}]})
    typed, ids = form_class(), {row["id"] for row in known}
    for entry in typed.children.entries:
        if entry.form.participant.data not in ids:  # a child of another family is a new one
            entry.form.participant.data = ""
    return typed


def family_data(family: Row | None) -> dict[str, Any]:
    """What we know of a guardian, for the form's fields."""
    if family is None:
        return {}
    names = ("guardian_name", "guardian_kana", "phone", "emergency_name", "emergency_phone")
    return {**{name: family[name] for name in names}, "resident": "yes" if family["resident"] else "no"}


def child_data(row: Row, *, only: bool) -> dict[str, Any]:
    """What we know of a child, for the form's fields; an ``only`` child is ticked."""
    year, month, day = (str(int(part)) for part in row["birth_date"].split("-")) if row["birth_date"] else ("", "", "")
    return {
        "participant": row["id"],
        "take": only,
        "name": row["name"],
        "kana": row["kana"],
        "birth_year": year,
        "birth_month": month,
        "birth_day": day,
        "gender": row["gender"] or "",
        "care_note": row["care_note"],
    }


def applied_children(db: Database, view: ClassView, known: list[Row]) -> set[str]:
    """Which of the known children have applied for the class already."""
    return {row["id"] for row in known if standing.applied_already(db, view.id, row["id"])}


def first_day(view: ClassView) -> date:
    """The day on which school years and ages count."""
    return view.first.day if view.first else now().date()


def _apply(db: Database, view: ClassView, typed: ApplicationForm, email: str, family: Row | None, key: str) -> places.Outcome:
    """Look at the clock and store, in one transaction. Raises PlacesError."""
    children = [form.child() for form in typed.taking_part()]
    together = len(children) > 1 and view.together and typed.mode.data == "all"
    with writing(db):
        moment = now()
        state = window_of(view.row, view.first.row["starts_at"] if view.first else None, moment)
        if state != "open":
            raise PlacesError(NOT_YET.fill(when=moment_words(view.row["apply_from"])) if state == "before" else OVER)
        return intake.apply_for(
            db,
            view.row,
            typed.guardian(email, current_language()),
            children,
            family=family,
            mode="all" if together else "any",
            via="web",
            key=key,
            moment=moment,
        )


def mark_twice(typed: ApplicationForm, known: list[Row], error: AlreadyApplied) -> None:
    """Put the words beside the children who have applied already."""
    there = [row for row in known if row["id"] in error.participants]
    marked = [form for form in typed.taking_part() if any(intake.is_child(row, form.child()) for row in there)]
    for form in marked:
        form.wrong(form.name, error.words)
    typed.gather_errors()
    if not marked:
        typed.form_errors.append(error.words)


def _to_done(db: Database, outcome: places.Outcome) -> ResponseReturnValue:
    family = one(db, "select * from families where id = ?", (outcome.application["family"],))
    assert family is not None  # noqa: S101 (a foreign key)
    return redirect(url_for("apply.done", token=family_token(family), application_id=outcome.application["id"]), 303)
