"""The director's ranking, its preview as places, and the decision."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from sqlite_utils import Database
from werkzeug.datastructures import MultiDict

from web.apply import standing
from web.apply.states import DESK_WORDS, LOOKS
from web.classes.queries import ClassView
from web.clock import now
from web.data import Row, request_db
from web.selection import book
from web.selection.book import Wish
from web.selection.desk import Page, acting, class_or_404, to
from web.selection.pages import blueprint
from web.selection.ranking import ranking as ranked
from web.selection.reading import (
    SelectionError,
    as_rules,
    comments_of,
    criteria_of,
    decided_of,
    entries_of,
    is_closed,
    is_decided,
    names_of,
    reviewers_of,
    sheet_of,
    sheets,
)
from web.staff.audit import audit

MOST_WAITING = 10


def _number(given: str | None, otherwise: int, most: int) -> int:
    typed = (given or "").strip()
    return min(int(typed), most) if typed.isascii() and typed.isdigit() and len(typed) <= 6 else otherwise


def wish_of(form: MultiDict[str, str], free: int, entries: list[Row]) -> Wish:
    """What the director asked for, within what there is; at first all places, and ten who wait."""
    accepted = _number(form.get("accepted"), min(free, len(entries)), min(free, len(entries)))
    left = len(entries) - accepted
    ids = {row["id"] for row in entries}
    return Wish(
        accepted, _number(form.get("waiting"), min(MOST_WAITING, left), left), frozenset(ids.intersection(form.getlist("preferred")))
    )


@blueprint.get("/staff/selection/<class_id>/ranking")
def ranking(class_id: str) -> Page:
    db = request_db()
    view = class_or_404(db, class_id)
    return _decided(db, view) if is_decided(db, class_id) else _preview(db, view, request.args)


def _preview(db: Database, view: ClassView, asked: MultiDict[str, str], fault: str = "") -> str:
    entries, free = entries_of(db, view.id), standing.free(db, view.id)
    wish = wish_of(asked, free, entries)
    proposal = book.propose(db, view.id, wish)
    states = dict(proposal.outcome.states)
    return render_template(
        "selection/ranking.html",
        **_shown(db, view, entries),
        ranked=proposal.ranked,
        states=states,
        proposal=proposal,
        wish=wish,
        free=free,
        decided=False,
        fault=fault,
        closed=is_closed(view.row, now()),
        split=_split(entries, states),
    )


def _decided(db: Database, view: ClassView) -> str:
    entries = decided_of(db, view.id)
    order = ranked([row["id"] for row in entries], sheets(db, view.id), as_rules(criteria_of(db, view.id)))
    states = {row["id"]: row["state"] for row in entries}
    return render_template(
        "selection/ranking.html", **_shown(db, view, entries), ranked=order, decided=True, states=states, split=frozenset()
    )


def _shown(db: Database, view: ClassView, entries: list[Row]) -> dict[str, Any]:
    audit(db, acting(), "family.see", "class", view.id, page="selection", entries=len(entries))
    return {
        "view": view,
        "entries": {row["id"]: row for row in entries},
        "names": names_of(db, view.id),
        "reviewers": len(reviewers_of(db, view.id)),
        "state_words": DESK_WORDS,
        "looks": LOOKS,
    }


def _split(entries: list[Row], states: dict[str, Any]) -> frozenset[str]:
    """Children who were to be admitted together or not at all, of whom only some would be."""
    found: dict[str, list[str]] = {}
    for row in entries:
        if row["mode"] == "all":
            found.setdefault(row["application"], []).append(row["id"])
    return frozenset(one for group in found.values() if len({states[one] == "accepted" for one in group}) > 1 for one in group)


@blueprint.get("/staff/selection/<class_id>/ranking/<entry_id>")
def entry(class_id: str, entry_id: str) -> str:
    """One entry as the director sees it: the child, the answers, every reviewer's points and comments."""
    db = request_db()
    view = class_or_404(db, class_id)
    found = next((row for row in [*entries_of(db, class_id), *decided_of(db, class_id)] if row["id"] == entry_id), None) or abort(404)
    audit(db, acting(), "family.see", "entry", entry_id, page="selection")
    return render_template(
        "selection/entry.html", view=view, entry=found, name=names_of(db, class_id)[entry_id], sheet=sheet_of(db, entry_id),
        comments=comments_of(db, entry_id),
    )  # fmt: skip


@blueprint.post("/staff/selection/<class_id>/decide")
def decide(class_id: str) -> Page:
    db = request_db()
    view = class_or_404(db, class_id)
    wish = wish_of(request.form, standing.free(db, class_id), entries_of(db, class_id))
    try:
        book.decide(db, class_id, wish, request.form.get("seal", ""), acting())
    except SelectionError as error:
        if is_decided(db, class_id):
            return to("selection.ranking", error.message, "info", class_id=class_id)
        return _preview(db, view, request.form, fault=error.message), 422
    return to("selection.ranking", "決定しました。家族に結果のメールを送ります。", class_id=class_id)
