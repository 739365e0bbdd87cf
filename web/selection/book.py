"""Writing a selection: criteria, reviewers, points, the decision. Each is one transaction with its audit line; all raise SelectionError."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlite_utils import Database

from web import clock
from web.apply import places
from web.apply.errors import PlacesError
from web.apply.places import Decision
from web.clock import stamp
from web.data import Row, every, value, writing
from web.ids import new_id
from web.selection.ranking import Outcome, Ranked, outcome, ranking
from web.selection.reading import (
    SelectionError,
    as_rules,
    criteria_of,
    entries_of,
    has_reviews,
    is_closed,
    is_decided,
    may_review,
    selection_class,
    sheets,
)
from web.staff.audit import audit

Given = Mapping[str, tuple[int, str]]
"""Criterion → points and comment."""


def _open(db: Database, class_id: str) -> Row:
    """The class, as long as it is not decided."""
    of_class = selection_class(db, class_id)
    if of_class is None:
        raise SelectionError("選考の教室ではありません。")
    if is_decided(db, class_id):
        raise SelectionError("この選考はもう決まっています。")
    return of_class


# ---------------------------------------------------------------------- criteria and reviewers
def save_criterion(db: Database, class_id: str, criterion: str | None, values: Mapping[str, Any], actor: str) -> None:
    """Add a criterion, or change one. Once points were given, only its words may change."""
    with writing(db):
        _open(db, class_id)
        before = next((row for row in criteria_of(db, class_id) if row["id"] == criterion), None)
        if criterion and before is None:
            raise SelectionError("この観点はもうありません。")
        changed = {name: given for name, given in values.items() if before is None or before[name] != given}
        if changed.keys() - {"name", "hint"} and has_reviews(db, class_id):
            raise SelectionError("採点が始まっているので、配点と重みは変えられません。")
        if before:
            db.table("criteria").update(before["id"], changed)
        else:
            position = int(value(db, "select coalesce(max(position), 0) + 1 from criteria where class = ?", (class_id,)))
            criterion = new_id("criterion")
            db.table("criteria").insert({"id": criterion, "class": class_id, "position": position, **values})
        audit(db, actor, "criterion.save", "class", class_id, criterion=criterion, fields=sorted(changed))


def remove_criterion(db: Database, class_id: str, criterion: str, actor: str) -> None:
    with writing(db):
        _open(db, class_id)
        if has_reviews(db, class_id):
            raise SelectionError("採点が始まっているので、観点は消せません。")
        db.execute("delete from criteria where id = ? and class = ?", (criterion, class_id))
        audit(db, actor, "criterion.remove", "class", class_id, criterion=criterion)


def set_reviewers(db: Database, class_id: str, chosen: Collection[str], actor: str) -> None:
    """Who reviews the class. Points of those who are taken off are kept, but no longer count."""
    with writing(db):
        _open(db, class_id)
        possible = {row["id"] for row in every(db, "select id from staff where role in ('reviewer', 'director') and active")}
        before = {row["staff"] for row in every(db, "select staff from reviewers where class = ?", (class_id,))}
        after = possible & set(chosen)
        if before == after:
            return
        db.execute("delete from reviewers where class = ?", (class_id,))
        db.table("reviewers").insert_all({"class": class_id, "staff": staff} for staff in sorted(after))
        audit(db, actor, "reviewers.set", "class", class_id, added=sorted(after - before), removed=sorted(before - after))


# ---------------------------------------------------------------------- points
def save_review(db: Database, class_id: str, entry: str, reviewer: str, given: Given) -> None:
    """One reviewer's points and comments for one entry, as far as there are; what is left out becomes open again."""
    with writing(db):
        of_class = _open(db, class_id)
        if not may_review(db, class_id, reviewer):
            raise SelectionError("この選考の委員ではありません。")
        if not is_closed(of_class, clock.now()):
            raise SelectionError("採点は、受付が終わってから始まります。")
        if entry not in {row["id"] for row in entries_of(db, class_id)}:
            raise SelectionError("この申し込みは取り下げられました。")
        known = {row["id"]: row["most"] for row in criteria_of(db, class_id)}
        if not all(criterion in known and 0 <= points <= known[criterion] for criterion, (points, _) in given.items()):
            raise SelectionError("配点が変わりました。ページを開き直してください。")
        db.execute("delete from reviews where entry = ? and reviewer = ?", (entry, reviewer))
        db.table("reviews").insert_all(
            {"entry": entry, "reviewer": reviewer, "criterion": criterion, "points": points, "comment": comment, "at": stamp()}
            for criterion, (points, comment) in given.items()
        )
        audit(db, reviewer, "review.save", "entry", entry, criteria=len(given))


# ---------------------------------------------------------------------- the decision
class Wish(NamedTuple):
    """What the director wants: so many places, so many who wait, and who comes first among equals."""

    accepted: int
    waiting: int
    preferred: frozenset[str] = frozenset()


class Proposal(NamedTuple):
    """The ranking and what would become of each. ``seal`` stands for exactly this outcome: what is confirmed is what was looked at."""

    ranked: list[Ranked]
    outcome: Outcome
    seal: str


def propose(db: Database, class_id: str, wish: Wish) -> Proposal:
    entries = [row["id"] for row in entries_of(db, class_id)]
    ranked = ranking(entries, sheets(db, class_id), as_rules(criteria_of(db, class_id)), wish.preferred)
    found = outcome(ranked, wish.accepted, wish.waiting, wish.preferred)
    facts = [*found.states, *((one.entry, str(one.score)) for one in ranked)]
    return Proposal(ranked, found, hashlib.sha256(json.dumps(facts).encode()).hexdigest())


def decide(db: Database, class_id: str, wish: Wish, seal: str, actor: str, moment: datetime | None = None) -> Sequence[Ranked]:
    """The outcome that was looked at (``seal``) counts: entries are decided and families told (:func:`web.apply.places.decide_all`)."""
    moment = moment or clock.now()
    with writing(db):
        of_class = _open(db, class_id)
        if not is_closed(of_class, moment):
            raise SelectionError("まだ受付中です。受付が終わってから決めてください。")
        proposal = propose(db, class_id, wish)
        if proposal.outcome.unreviewed:
            raise SelectionError("まだだれも採点を終えていない申し込みがあります。")
        if proposal.outcome.open_ties:
            raise SelectionError("同点の人が境目にいます。だれを先にするか選んでください。")
        if proposal.seal != seal:
            raise SelectionError("見ている間に、採点か申し込みが変わりました。下の結果をもう一度確かめてください。")
        audit(
            db, actor, "selection.decide", "class", class_id, accepted=wish.accepted, waiting=wish.waiting,
            preferred=sorted(wish.preferred), scores={one.entry: float(one.score or 0) for one in proposal.ranked},
        )  # fmt: skip
        try:
            places.decide_all(db, class_id, _decisions(proposal.outcome), actor, moment)
        except PlacesError as error:
            raise SelectionError(f"{error.words.ja}。") from None
        return proposal.ranked


def _decisions(found: Outcome) -> dict[str, Decision]:
    waiting = [entry for entry, state in found.states if state == "waiting"]
    order = {entry: place for place, entry in enumerate(waiting, 1)}
    return {entry: Decision(state, order.get(entry)) for entry, state in found.states}
