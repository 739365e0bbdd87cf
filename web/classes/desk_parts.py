"""What else belongs to a class, at the desk: questions with their reasons, and the mentors and kits that it needs."""

from __future__ import annotations

import json
from typing import Any

from flask import abort, render_template, request
from sqlite_utils import Database
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import ValidationError

from web.classes import words
from web.classes.blueprint import blueprint
from web.classes.changes import ClassError
from web.classes.desk import acting, attempt, back, class_or_404
from web.classes.fields import EASY, ENGLISH, Choice, Readings
from web.classes.followers import tell_followers
from web.clock import stamp
from web.data import Row, every, one, request_db, value, writing
from web.forms import SiteForm, at_most, needed, optional
from web.ids import new_id
from web.staff.audit import audit

Page = Response | tuple[str, int]
MOST = 999
"""Of one kind of need."""


# ---------------------------------------------------------------------- questions
class QuestionForm(SiteForm):
    """A question of the application form. Nothing is asked without a reason that families read."""

    text = StringField("質問", [needed(), at_most(200)])
    text_easy = StringField("質問（やさしい日本語）", [at_most(400), Readings()], description=EASY)
    text_en = StringField("質問（英語）", [at_most(200)], description=ENGLISH)
    reason = StringField("聞く理由", [needed(), at_most(200)], description="申し込みの画面で家族が読みます。")
    reason_easy = StringField("聞く理由（やさしい日本語）", [at_most(400), Readings()], description=EASY)
    reason_en = StringField("聞く理由（英語）", [at_most(200)], description=ENGLISH)
    kind = Choice("答え方", [needed()], choices=[(key, text.ja) for key, text in words.QUESTION_KINDS.items()], default="text")
    choices = TextAreaField(
        "選択肢", [optional(), at_most(1000)],
        description="1行に1つ。「日本語 / やさしい日本語 / 英語」と書くと3つのことばになります。", render_kw={"rows": 4},
    )  # fmt: skip
    required = BooleanField("かならず答えてもらう")

    def validate_kind(self, field: Choice) -> None:
        if field.data == "choice" and len(choices_of(self.choices.data or "")) < 2:
            raise ValidationError("選択肢を2つ以上、「選択肢」に1行に1つずつ書いてください")

    def values(self) -> dict[str, Any]:
        """The row's columns."""
        texts = {name: self[name].data or "" for name in ("text", "text_easy", "text_en", "reason", "reason_easy", "reason_en")}
        chosen = choices_of(self.choices.data or "") if self.kind.data == "choice" else []
        return {
            **texts,
            "kind": self.kind.data,
            "required": int(self.required.data),
            "choices_json": json.dumps(chosen, ensure_ascii=False),
        }


def choices_of(typed: str) -> list[list[str]]:
    """Lines as choices in three languages: ``[ja, easy, en]``, '' where it is the same."""
    parts = [[part.strip() for part in line.split(" / ")] for line in typed.splitlines() if line.strip()]
    return [[*line, "", ""][:3] for line in parts]


def typed_choices(choices_json: str) -> str:
    """The other way round, for the form."""
    lines = [[one] if isinstance(one, str) else one for one in json.loads(choices_json)]
    return "\n".join(" / ".join(line).rstrip(" /") for line in lines)


@blueprint.route("/staff/classes/<class_id>/questions/new", methods=["GET", "POST"])
def add_question(class_id: str) -> Page:
    db = request_db()
    view = class_or_404(db, class_id)
    form = QuestionForm()
    if form.validate_on_submit():
        with writing(db):
            key, last = new_id("question"), value(db, "select max(position) from class_questions where class = ?", (class_id,))
            there = value(db, "select 1 from class_questions where class = ? and text = ?", (class_id, form.text.data))
            if not there:  # sent twice
                db.table("class_questions").insert({"id": key, "class": class_id, "position": (last or 0) + 1, **form.values()})
                audit(db, acting(), "question.make", "class", class_id, question=key)
        return back("classes.manage", "質問を加えました。", class_id=class_id)
    return render_template("classes/question.html", view=view, form=form, question=None), 422 if form.errors else 200


@blueprint.route("/staff/classes/<class_id>/questions/<question_id>", methods=["GET", "POST"])
def edit_question(class_id: str, question_id: str) -> Page:
    db = request_db()
    view, question = class_or_404(db, class_id), _question_or_404(db, class_id, question_id)
    form = QuestionForm(data={**question, "choices": typed_choices(question["choices_json"])})
    if form.validate_on_submit():
        return attempt(lambda: _change_question(db, question, form.values()), class_id)
    return render_template("classes/question.html", view=view, form=form, question=question), 422 if form.errors else 200


def _change_question(db: Database, question: Row, values: dict[str, Any]) -> str:
    with writing(db):
        if values["kind"] != question["kind"] and _answered(db, question["id"]):
            raise ClassError("もう答えた人がいるので、答え方は変えられません。新しい質問を加えてください。")
        db.table("class_questions").update(question["id"], values)
        audit(db, acting(), "question.change", "class", question["class"], question=question["id"])
    return "質問を直しました。"


@blueprint.post("/staff/classes/<class_id>/questions/<question_id>/remove")
def remove_question(class_id: str, question_id: str) -> Response:
    db = request_db()
    _question_or_404(db, class_id, question_id)
    return attempt(lambda: _remove_question(db, class_id, question_id), class_id)


def _remove_question(db: Database, class_id: str, question_id: str) -> str:
    with writing(db):
        if _answered(db, question_id):
            raise ClassError("もう答えた人がいるので、この質問は消せません。")
        db.table("class_questions").delete(question_id)
        audit(db, acting(), "question.remove", "class", class_id, question=question_id)
    return "質問を消しました。"


def _answered(db: Database, question_id: str) -> bool:
    return bool(value(db, "select 1 from answers where question = ?", (question_id,)))


def _question_or_404(db: Database, class_id: str, question_id: str) -> Row:
    return one(db, "select * from class_questions where id = ? and class = ?", (question_id, class_id)) or abort(404)


# ---------------------------------------------------------------------- needs
@blueprint.route("/staff/classes/<class_id>/needs", methods=["GET", "POST"])
def needs(class_id: str) -> Page:
    """How many mentors of each skill and kits of each kind a session needs: one table of numbers."""
    db = request_db()
    view = class_or_404(db, class_id)
    skills = every(db, "select * from skills order by position, name")
    kinds = every(db, "select * from kit_kinds order by name")
    typed, wrong = dict(_stored(db, class_id)), set()
    form = SiteForm()
    if form.is_submitted():
        names = [*(f"{role}-{skill['id']}" for skill in skills for role in ("lead", "assistant")), *(f"kit-{kind['id']}" for kind in kinds)]
        typed = {name: request.form.get(name, "").strip() for name in names}
        wrong = {name for name, given in typed.items() if given and not (given.isascii() and given.isdigit() and int(given) <= MOST)}
        if form.validate() and not wrong:
            _write_needs(db, class_id, {name: int(given) for name, given in typed.items() if given and int(given)})
            return back("classes.manage", "必要な人と機材を直しました。", class_id=class_id)
    html = render_template("classes/needs.html", view=view, skills=skills, kinds=kinds, typed=typed, wrong=wrong, form=form, most=MOST)
    return html, 422 if wrong or form.errors else 200


def _stored(db: Database, class_id: str) -> list[tuple[str, str]]:
    mentors = every(db, "select role, skill, count from class_mentors where class = ?", (class_id,))
    kits = every(db, "select kind, count from class_kits where class = ?", (class_id,))
    return [
        *((f"{row['role']}-{row['skill']}", str(row["count"])) for row in mentors),
        *((f"kit-{row['kind']}", str(row["count"])) for row in kits),
    ]


def _write_needs(db: Database, class_id: str, counts: dict[str, int]) -> None:
    with writing(db):
        for table in ("class_mentors", "class_kits"):
            db.execute(f"delete from {table} where class = ?", (class_id,))  # noqa: S608 (ours)
        for name, count in counts.items():
            what, _, key = name.partition("-")
            if what == "kit":
                db.table("class_kits").insert({"class": class_id, "kind": key, "count": count})
            else:
                db.table("class_mentors").insert({"class": class_id, "skill": key, "role": what, "count": count})
        db.execute("update classes set updated_at = ? where id = ?", (stamp(), class_id))
        audit(db, acting(), "class.needs", "class", class_id)
        if value(db, "select state from classes where id = ?", (class_id,)) == "published":
            tell_followers(db, class_id, acting())
