"""What a class lacks before it can be published. Pure: rows in, words out. For the desk, in Japanese."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lessons.furigana import KANJI
from web.classes.queries import ClassView
from web.clock import stamp
from web.data import Row


class Missing(NamedTuple):
    """Something to put right. ``must``: not published before; ``where``: the desk's endpoint at which it is done."""

    words: str
    must: bool = True
    where: str = "classes.edit"


def missing(view: ClassView, questions: Sequence[Row], mentors: int, moment: datetime) -> list[Missing]:
    """What is missing, what must be there first. ``mentors``: how many each session needs."""
    found = [*_dates(view, moment), *_words(view), *_admission(view, moment), *_people(view), *_questions(questions)]
    if not mentors:
        found.append(Missing("必要なメンターが入っていません", must=False, where="classes.needs"))
    return sorted(found, key=lambda one: not one.must)


def _dates(view: ClassView, moment: datetime) -> list[Missing]:
    found = []
    if not view.live:
        found.append(Missing("日程がありません", where="classes.add_session"))
    elif view.next(moment) is None:
        found.append(Missing("日程がすべて過去の日です", where="classes.manage"))
    for place in {session.place["id"]: session.place for session in view.live}.values():
        if place["latitude"] is None or place["longitude"] is None:
            found.append(Missing(f"場所「{place['name']}」の緯度・経度がありません", must=False, where="classes.places"))
        if not place["name_easy"] or not place["name_en"]:
            found.append(Missing(f"場所「{place['name']}」の やさしい日本語・英語の名前がありません", must=False, where="classes.places"))
    return found


def _words(view: ClassView) -> list[Missing]:
    row = view.row
    found = [] if row["description"] else [Missing("内容の説明がありません")]
    for column, name in (("title", "教室名"), ("description", "説明"), ("bring", "持ち物")):
        if row[column]:
            found += [Missing(f"{name}の{words}がありません", must=False) for key, words in _LANGUAGES if not row[f"{column}_{key}"]]
            if unread(row[f"{column}_easy"]):
                found.append(Missing(f"{name}（やさしい日本語）に、読みのない漢字があります", must=False))
    if not row["title_kana"]:
        found.append(Missing("教室名のふりがながありません", must=False))
    return found


def unread(easy: str) -> bool:
    """Is there a word in kanji without its reading? In plain Japanese every one has it."""
    return KANJI.search(_MARKED.sub("", easy)) is not None


_MARKED = re.compile(r"\{[^{}|]*\|[^{}|]*\}")
_LANGUAGES = (("easy", "やさしい日本語"), ("en", "英語"))


def _admission(view: ClassView, moment: datetime) -> list[Missing]:
    row = view.row
    if row["admission"] == "invited":
        return []
    found = [] if row["capacity"] else [Missing("定員がありません")]
    if not row["apply_from"]:
        found.append(Missing("受付の始まりがありません"))
    if not row["apply_to"]:
        found.append(Missing("受付の終わりがありません", must=row["admission"] != "first_come"))
    elif row["apply_to"] <= stamp(moment):
        found.append(Missing("受付の終わりが過去です"))
    elif view.first and row["apply_to"] > view.first.row["starts_at"]:
        found.append(Missing("受付の終わりが1回目より後です", must=row["admission"] != "first_come"))
    return found


def _people(view: ClassView) -> list[Missing]:
    row, found = view.row, []
    if row["audience"] == "children" and all(row[name] is None for name in ("grade_from", "grade_to", "age_from", "age_to")):
        found.append(Missing("対象の学年がありません（小・中学生みんなが対象になります）", must=False))
    if not row["contact_phone"] and row["admission"] != "invited":
        found.append(Missing("問い合わせの電話番号がありません"))
    return found


def _questions(questions: Sequence[Row]) -> list[Missing]:
    found = []
    for question in questions:
        if not question["reason"]:
            found.append(Missing(f"質問「{question['text']}」の理由がありません", where="classes.manage"))
        if not question["text_easy"] or not question["text_en"]:
            found.append(Missing(f"質問「{question['text']}」の やさしい日本語・英語がありません", must=False, where="classes.manage"))
    return found
