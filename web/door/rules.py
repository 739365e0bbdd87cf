"""Who is in: the door's rules, pure.

Every scan and press is an event with the time at which it happened and a key of its own. For one child at one session the last event by
time stands, whenever and however often it arrives: so tablets may send late, twice and in any order, and all agree in the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from web.clock import fiscal_year
from web.language import Text
from web.school_years import FIRST_AT, school_year, year_words

State = Literal["present", "absent"]
Via = Literal["qr", "typed", "list", "walk_in"]
Band = Literal["preschool", "elementary", "junior_high", "adult", "unknown"]
BANDS: dict[Band, str] = {
    "preschool": "小学校の前",
    "elementary": "小学生",
    "junior_high": "中学生",
    "adult": "高校生以上",
    "unknown": "記入なし",
}
GENDERS: dict[str, str] = {"female": "女", "male": "男", "other": "その他", "": "記入なし"}
CLOSING = "close."
"""Begins the keys of absences that closing the session wrote: they say only that nobody had reported the child until then."""


@dataclass(frozen=True)
class Mark:
    """What one event says of one child at one session."""

    state: State
    at: str
    key: str


def stands(mark: Mark, kept: Mark | None) -> bool:
    """Does this event take the place of what is kept? In one second their keys decide, which begin with the millisecond."""
    if kept is None:
        return True
    if mark.key == kept.key:
        return False
    return kept.key.startswith(CLOSING) or (mark.at, mark.key) > (kept.at, kept.key)


def mark_key(milliseconds: int, number: int) -> str:
    """A key for an event, in the order of tablets' own: when, then a number that is bigger for a later event of the same moment."""
    return f"{milliseconds:013}-{number:016x}"


class Said(NamedTuple):
    """The answer to a scan or a press: never by colour alone."""

    kind: Literal["success", "warning", "error", "info"]
    words: str
    advice: str = ""


RESULTS: dict[str, Said] = {
    "in": Said("success", "受け付けました"),
    "already": Said("warning", "もう受け付けています", "二重には数えません。"),
    "undone": Said("info", "取り消しました", "「まだ」に戻しました。"),
    "later": Said("warning", "つながったら確かめます", "名簿にないコードです。この端末に預かり、電波が戻ったら調べます。"),
    "other": Said("error", "ほかの教室のコードです", "部屋と日にちを確かめてください。"),
    "not_accepted": Said("error", "参加が決まっていません", "席があれば「当日参加」で受け付けられます。"),
    "unknown": Said("error", "このコードはありません", "名前で探すか、コードを打ち直してください。"),
    "unclear": Said("error", "コードが読めません", "12文字のコードか、名前を打ってください。"),
}
"""``later`` is only ever said by the page itself, without connection."""

NOT_ACCEPTED: dict[str, str] = {
    "applied": "抽選・選考の結果がまだ出ていないお子さんです。",
    "waiting": "キャンセル待ちのお子さんです。",
    "offered": "空いた席をご案内中で、返事を待っているお子さんです。",
    "declined": "席を辞退されたお子さんです。",
    "expired": "ご案内の期限が過ぎたお子さんです。",
    "rejected": "抽選・選考で選ばれなかったお子さんです。",
    "withdrawn": "申し込みを取り消されたお子さんです。",
    "cancelled": "教室が中止になったお申し込みです。",
}


def band_of(birth: str | None, cohort: int | None, on: date) -> Band:
    """The age band for counting, by school year."""
    year = year_of(birth, cohort, on)
    if year is None:
        return "unknown"
    return "preschool" if year < 1 else "elementary" if year < 7 else "junior_high" if year < 10 else "adult"


def year_of(birth: str | None, cohort: int | None, on: date) -> int | None:
    """The school year on a day, from the birth date or, where only the school year was given, the cohort (see :func:`cohort_of`)."""
    if birth:
        return school_year(date.fromisoformat(birth), on)
    return None if cohort is None else school_year(date(cohort, 4, 2), on)


def cohort_of(year: int, on: date) -> int:
    """The year whose April 2 begins the birth dates of those who are in this school year on that day."""
    return fiscal_year(on) - FIRST_AT - year


def year_name(year: int | None) -> Text:
    return Text("学年の記入なし", "{学年|がくねん} なし", "no school year") if year is None else year_words(year)
