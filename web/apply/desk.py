"""The desk: applications of a class, taking one by telephone, the waiting list, offers by hand, the printed confirmation."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database
from werkzeug.wrappers import Response

from web.apply import intake, places, records, standing
from web.apply.errors import AlreadyApplied, PlacesError
from web.apply.forms import MOST_CHILDREN, PhoneForm, phone_form
from web.apply.pages import blueprint
from web.apply.public import NOT_YET, OVER, class_window, family_data, filled_form, first_day, mark_twice
from web.apply.states import DESK_WORDS, LOOKS
from web.classes.queries import ClassView, load_class
from web.clock import now, stamp
from web.csv_table import table_response
from web.data import Row, one, request_db, writing
from web.language import Text, moment_words
from web.paging import paging
from web.staff.audit import audit
from web.staff.sessions import current_staff

PAGE = 60
OTHER_FAMILY = Text("このメールのご家族は登録済みです。上の検索で選んでください")


def acting() -> str:
    """Who acts, as the audit log names it."""
    staff = current_staff()
    assert staff is not None  # noqa: S101 (the gate let nobody else in)
    return str(staff["id"])


def _class(db: Database, class_id: str) -> ClassView:
    return load_class(db, class_id) or abort(404)


# ---------------------------------------------------------------------- lists
@blueprint.get("/staff/applications/")
def desk() -> str:
    """Classes with the numbers of their applications."""
    past = request.args.get("past") == "1"
    return render_template("apply/desk.html", classes=records.classes_with_counts(request_db(), stamp(), past=past), past=past)


@blueprint.get("/staff/applications/<class_id>")
def listing(class_id: str) -> str:
    """Everybody who applied for a class, or those of one ``state``, or who ``q`` names."""
    db = request_db()
    view = _class(db, class_id)
    chosen: dict[str, Any] = {"state": request.args.get("state", ""), "q": request.args.get("q", "")}
    found = records.matching(records.entries_of_class(db, class_id), chosen["state"], chosen["q"])
    page, pages, skip = paging(len(found), PAGE)
    entries = found[skip : skip + PAGE]
    audit(db, acting(), "family.see", "class", class_id, entries=len(entries), page=page)
    return render_template(
        "apply/listing.html", view=view, entries=entries, counts=standing.counts(db, class_id), free=standing.free(db, class_id),
        suspects=records.suspects(db, class_id), state_words=DESK_WORDS, looks=LOOKS, via_words=records.VIA, year_on=records.year_on,
        first_day=str(first_day(view)), chosen=chosen, total=len(found), page=page, pages=pages,
        page_url=lambda number: url_for("apply.listing", class_id=class_id, page=number, **chosen),
    )  # fmt: skip


@blueprint.get("/staff/applications/<class_id>/list.csv")
def as_csv(class_id: str) -> Response:
    """The list for a spreadsheet (UTF-8 with its mark, which Excel asks for)."""
    db = request_db()
    _class(db, class_id)
    rows = records.sheet(db, class_id)
    audit(db, acting(), "family.export", "class", class_id, entries=len(rows) - 1)
    return table_response(f"applications-{class_id}.csv", rows[0], rows[1:])


# ---------------------------------------------------------------------- one application
def _application(db: Database, application_id: str) -> Row:
    return records.application_of(db, application_id) or abort(404)


@blueprint.get("/staff/applications/a/<application_id>")
def application(application_id: str) -> str:
    """One application with all that the family told, and what staff may do with it."""
    db = request_db()
    found = _application(db, application_id)
    return render_template("apply/application.html", **_told(db, found), free=standing.free(db, found["class"]), looks=LOOKS)


@blueprint.get("/staff/applications/a/<application_id>/slip")
def slip(application_id: str) -> str:
    """The confirmation on paper, with the QR codes, for who has no e-mail."""
    db = request_db()
    found = _application(db, application_id)
    return render_template("apply/slip.html", **_told(db, found), view=_class(db, found["class"]))


def _told(db: Database, found: Row) -> dict[str, Any]:
    entries = records.entries_of_application(db, found["id"])
    audit(db, acting(), "family.see", "application", found["id"])
    for entry in entries:
        entry["position"] = standing.position(db, entry)
    return {
        "application": found,
        "entries": entries,
        "family": one(db, "select * from families where id = ?", (found["family"],)),
        "state_words": DESK_WORDS,
        "via_words": records.VIA,
        "gender_words": records.GENDER,
        "year_on": records.year_on,
    }


@blueprint.post("/staff/applications/entry/<entry_id>/<what>")
def change(entry_id: str, what: str) -> ResponseReturnValue:
    """``offer`` a place by hand, ``accept`` or ``decline`` it or ``withdraw`` for a family that calls."""
    db = request_db()
    entry = one(db, "select * from entries where id = ?", (entry_id,)) or abort(404)
    done = {
        "offer": (places.offer, "席を案内しました。"),
        "accept": (places.accept_offer, "参加にしました。"),
        "decline": (places.decline_offer, "辞退にしました。"),
        "withdraw": (places.withdraw, "取り下げました。"),
    }.get(what) or abort(404)
    action, words = done
    try:
        action(db, entry_id, acting())
    except PlacesError as error:
        flash(error.words.ja, "warning")
    else:
        flash(words, "success")
    return redirect(url_for("apply.application", application_id=entry["application"]), 303)


@blueprint.post("/staff/applications/<class_id>/same")
def same_child(class_id: str) -> ResponseReturnValue:
    """Two records are one child, or with ``apart`` two; ``part``: this one was joined by mistake."""
    db = request_db()
    with writing(db):
        if "apart" in request.form:
            pair = request.form.get("one", ""), request.form.get("other", "")
            done = pair[0] if records.keep_apart(db, *pair) else None
            audit(db, acting(), "participant.apart", "participant", pair[0], other=pair[1]) if done else None
        elif parted := request.form.get("part"):
            done = parted if records.part_child(db, parted) else None
            audit(db, acting(), "participant.part", "participant", parted) if done else None
        else:
            pair = request.form.get("one", ""), request.form.get("other", "")
            done = records.join_children(db, *pair)
            audit(db, acting(), "participant.join", "participant", pair[0], other=pair[1]) if done else None
    flash("保存しました。" if done else "記録が見つかりません。ページを開き直してください。", "success" if done else "warning")
    return redirect(url_for("apply.listing", class_id=class_id), 303)


# ---------------------------------------------------------------------- by telephone
@blueprint.route("/staff/applications/<class_id>/phone", methods=["GET", "POST"])
def phone(class_id: str) -> ResponseReturnValue:
    """One compact form for somebody on the phone or at the counter; ``q`` looks for a family, ``family`` fills it in."""
    db = request_db()
    view = _class(db, class_id)
    chosen = request.values.get("family", "")
    family = one(db, "select * from families where id = ? and erased_at is null", (chosen,)) if chosen else None
    known = intake.children_of(db, family["id"]) if family else []
    about = {"resident": "yes", **family_data(family), "email": family["email"] if family else ""}
    form = filled_form(db, view, phone_form, known, about)
    shown = {
        "view": view,
        "form": form,
        "family": family,
        "known": {row["id"]: row for row in known},
        "window": class_window(view),
        **_search(db),
    }
    if family:
        audit(db, acting(), "family.see", "family", family["id"])
    if request.method == "GET":
        return render_template("apply/phone.html", **shown)
    if "add_child" in request.form:
        if len(form.children.entries) < MOST_CHILDREN:
            form.children.append_entry()
        return render_template("apply/phone.html", **shown)
    key = intake.own_key(acting(), (form.key.data or "")[:200])
    if again := places.made_before(db, class_id, key):
        return redirect(url_for("apply.application", application_id=again.application["id"]), 303)
    outcome = _take(db, view, form, family, known, key)
    if outcome is None:
        return render_template("apply/phone.html", **shown), 422
    states = "、".join(DESK_WORDS[entry["state"]] for entry in outcome.entries)
    flash(f"受け付けました（{states}）。", "success")
    return redirect(url_for("apply.application", application_id=outcome.application["id"]), 303)


def _search(db: Database) -> dict[str, Any]:
    typed = request.args.get("q", "")
    found = records.find_families(db, typed) if typed else []
    if found:
        audit(db, acting(), "family.search", "family", found[0]["id"], families=[family["id"] for family in found])
    return {"q": typed, "found": found}


def _take(db: Database, view: ClassView, form: PhoneForm, family: Row | None, known: list[Row], key: str) -> places.Outcome | None:
    """Store what was told by telephone; None when something is to be put right, which the form then says."""
    fine = form.validate()
    owner = intake.family_by_email(db, form.email.data) if fine and form.email.data else None
    if owner and owner["id"] != (family or {}).get("id"):
        form.email.errors = [*form.email.errors, OTHER_FAMILY]
        return None
    if fine and not form.override.data:
        fine = form.check_ages(view.row, first_day(view)) and _in_time(view, form)
    if not fine:
        return None
    children = [child.child() for child in form.taking_part()]
    together = len(children) > 1 and view.together and form.mode.data == "all"
    try:
        return intake.apply_for(
            db, view.row, form.guardian(form.email.data or None, (family or {}).get("language", "ja")), children, family=family,
            mode="all" if together else "any", via="phone", key=key, moment=now(), entered_by=acting(),
        )  # fmt: skip
    except AlreadyApplied as error:
        mark_twice(form, known, error)
    except PlacesError as error:
        form.form_errors.append(error.words)
    return None


def _in_time(view: ClassView, form: PhoneForm) -> bool:
    state = class_window(view)
    if state in ("before", "closed"):
        form.form_errors.append(NOT_YET.fill(when=moment_words(view.row["apply_from"])) if state == "before" else OVER)
    return state == "open"
