"""What a value may look like, column by column, and the words for when it does not."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

from hub.roster.school_code import is_school_code

GRADES = {**{f"P{year}": year for year in range(1, 7)}, **{f"J{year}": year + 6 for year in range(1, 4)}}
"""学年: P1 to P6 are school years 1 to 6, J1 to J3 are 7 to 9."""

LONGEST = 255
CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]")
PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:+-]{1,16}")


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of value. ``shows_value``: a wrong value may be repeated in the report (never true for what may be a name)."""

    kind: str
    holds: Callable[[str], bool]
    remedy: str
    shows_value: bool = True

    def complaint(self, value: str) -> str:
        return f"{self.kind}が正しくありません({describe(value) if self.shows_value else kind_of(value)})。"


def describe(value: str) -> str:
    """A wrong value as far as it helps: short plain words such as ``P7``, else only what kind of text it is."""
    return f"「{value}」" if PLAIN_WORD.fullmatch(value) else kind_of(value)


def kind_of(value: str) -> str:
    if not value:
        return "空"
    if CONTROL.search(value):
        return "制御文字や文字化けを含む値"
    letters = "英数字" if value.isascii() else "日本語などの文字"
    return f"{letters} {len(value)} 字"


def is_date(text: str) -> bool:
    # fromisoformat alone would also take 20260401 and 2026-W14-3.
    return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and _parses(datetime.date.fromisoformat, text)


def is_timestamp(text: str) -> bool:
    return is_date(text) or ("T" in text and _parses(datetime.datetime.fromisoformat, text))


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _matching(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def one_of(kind: str, *words: str) -> Check:
    return Check(kind, frozenset(words).__contains__, f"{'、'.join(words)} のどれかにしてください。")


STATUS = one_of("状態(status)", "active", "tobedeleted")
BOOLEAN = Check("真偽", lambda text: text.casefold() in ("true", "false"), "true か false にしてください。")
DATE = Check("日付", is_date, "2026-04-01 のように、年-月-日 で書いてください。")
TIMESTAMP = Check("日時", is_timestamp, "2026-04-01T09:00:00.000Z のように書いてください。")
GRADE = Check("学年", GRADES.__contains__, "P1〜P6(小学校)か J1〜J3(中学校)にしてください。")
NUMBER = Check("出席番号", _matching(r"(?!0+$)[0-9]{1,3}"), "1 から 999 の数字にしてください。")
EMAIL = Check("メールアドレス", _matching(r"[^@\s]+@[^@\s]+"), "アドレスを直すか、空にしてください。", shows_value=False)
SCHOOL_CODE = Check("学校コード", is_school_code, "文部科学省の学校コード(13 けた。最後は検査数字)を入れてください。")
