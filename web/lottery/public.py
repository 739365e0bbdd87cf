"""The public page of a lottery: what was promised, the list of numbers, the result, and how to draw once more by oneself."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Response, abort, render_template
from sqlite_utils import Database

from web.apply import standing
from web.classes.queries import ClassView, is_public, load_class
from web.clock import now
from web.data import request_db
from web.language import Text
from web.lottery import seals
from web.lottery.pages import blueprint
from web.lottery.reading import draw_of, publication_of, rules_of
from web.lottery.records import DrawList, Entry, Rules
from web.lottery.steps import Step, step_of
from web.lottery.words import FOR_SCRIPT

RULES = {
    "residents_first": Text(
        "市内に住む人を先にします", "この {市|し}に {住|す}む {人|ひと}が {先|さき}です", "Residents of the city come first"
    ),
    "not_drawn_first": Text(
        "この1年に別の教室の抽選で外れた人を先にします",
        "この1{年|ねん}に ほかの くじで はずれた {人|ひと}が {先|さき}です",
        "Those who were not drawn in another lottery within the last year come first",
    ),
}
EQUAL = Text("優先はありません。みんな同じです", "みんな {同|おな}じです", "No priority: all are equal")


class Line(NamedTuple):
    """A row of the published list."""

    number: int
    siblings: Text | str
    priority: Text | str


@blueprint.get("/lottery/<class_id>/")
def show(class_id: str) -> str:
    """Everything that is out by now, readable without script."""
    db = request_db()
    view = _class(db, class_id)
    draw = draw_of(db, class_id)
    file = publication_of(draw) if draw else None
    step = step_of(view.row, draw, now(), standing.counts(db, class_id).get("applied", 0))
    return render_template(
        "lottery/show.html",
        view=view,
        draw=draw,
        file=file,
        step=step,
        stage=_STAGE[step],
        rules=rule_words(file.promise.rules if file else rules_of(view.row)),
        lines=lines_of(file.list, file.promise.rules) if file and file.list else [],
        late=bool(draw and view.row["apply_to"] and draw["committed_at"] >= view.row["apply_to"]),
        redo_words=FOR_SCRIPT,
    )


@blueprint.get("/lottery/<class_id>/publication.json")
def publication(class_id: str) -> Response:
    """The one file that families keep and check."""
    db = request_db()
    _class(db, class_id)
    draw = draw_of(db, class_id) or abort(404)
    answer = Response(seals.publication_text(publication_of(draw)), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _class(db: Database, class_id: str) -> ClassView:
    view = load_class(db, class_id)
    if view is None or not is_public(view.row) or view.row["admission"] != "lottery":
        abort(404)
    return view


_STAGE: dict[Step, int] = {
    "seal": 1, "none": 1, "cancelled": 1, "announced": 2, "closing": 2, "freeze": 3, "number": 4, "preview": 4, "confirm": 4, "done": 5,
}  # fmt: skip
"""Sealed, entries open, list out, drawn: the one that families are at, from 1. What staff has only looked at is not out."""


def rule_words(rules: Rules) -> list[Text]:
    chosen: dict[str, Any] = rules.model_dump()
    return [words for name, words in RULES.items() if chosen[name]] or [EQUAL]


def lines_of(entries: DrawList, rules: Rules) -> list[Line]:
    """The list as a table's rows."""
    numbers: dict[int, list[int]] = {}
    for entry in entries.entries:
        numbers.setdefault(entry.group, []).append(entry.number)
    return [
        Line(entry.number, _siblings(numbers[entry.group], entry.number, entry.mode), priority_words(entry, rules))
        for entry in entries.entries
    ]


def _siblings(group: list[int], own: int, mode: str) -> Text | str:
    numbers = [str(number) for number in group if number != own]
    if not numbers:
        return "–"
    others = Text("、".join(numbers), "、".join(numbers), ", ".join(numbers))
    words = {
        "all": Text("<n>と全員いっしょ", "<n>と いっしょ", "all or none, with <n>"),
        "any": Text("<n>とは別々に", "<n>とは べつべつ", "each alone (sibling of <n>)"),
    }
    return words[mode].fill(n=others)


def priority_words(entry: Entry, rules: Rules) -> Text | str:
    """The facts that put an entry before or behind others."""
    found = []
    if rules.residents_first:
        found.append(
            Text("市民", "{市|し}の{人|ひと}", "resident") if entry.resident else Text("市外", "{市|し}の {外|そと}", "non-resident")
        )
    if rules.not_drawn_first and entry.not_drawn:
        found.append(Text("前回はずれ", "まえに はずれた", "not drawn last time"))
    if not found:
        return "–"
    return Text(*("・".join(text.in_language(language) for text in found) for language in ("ja", "easy", "en")))
