"""The desk's form of a class, and its way to and from a row of ``classes``."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlite_utils import Database
from wtforms import BooleanField, HiddenField, StringField, TelField, TextAreaField
from wtforms.validators import ValidationError

from kanikko.clock import CITY_TIME
from web.classes import words
from web.classes.fields import EASY, ENGLISH, Choice, Clock, Day, Readings, Whole, between
from web.clock import fiscal_year, now, stamp
from web.data import Row, every
from web.forms import LONG, Kana, Phone, SiteForm, at_most, clean_phone, needed, optional
from web.school_years import year_words

YEN_MOST = 1_000_000
PEOPLE_MOST = 10_000
GRADES = [("", "なし"), *((str(year), year_words(year).ja) for year in range(-2, 10))]


def _named(named: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, text.ja) for key, text in named.items()]


class ClassForm(SiteForm):
    """Every column of a class that staff fills in."""

    seen = HiddenField()
    programme = Choice("取り組み", [needed()])
    fiscal_year = Choice("年度", [needed()])
    title = StringField("教室名", [needed(), at_most()])
    title_kana = StringField("教室名のふりがな", [at_most(), Kana()], description="オープンデータに使います。")
    title_easy = StringField("教室名（やさしい日本語）", [at_most(200), Readings()], description=EASY)
    title_en = StringField("教室名（英語）", [at_most()], description=ENGLISH)
    description = TextAreaField("説明", [at_most(LONG)])
    description_easy = TextAreaField("説明（やさしい日本語）", [at_most(2 * LONG), Readings()], description=EASY)
    description_en = TextAreaField("説明（英語）", [at_most(LONG)], description=ENGLISH)
    audience = Choice("対象", [needed()], choices=_named(words.AUDIENCES), default="children")
    grade_from = Choice("学年（ここから）", choices=GRADES)
    grade_to = Choice("学年（ここまで）", choices=GRADES)
    age_from = Whole("年齢（ここから）", [optional(), between(0, 130)], description="学年で決めないときだけ。")
    age_to = Whole("年齢（ここまで）", [optional(), between(0, 130)])
    level = Choice("レベル", [needed()], choices=_named(words.LEVELS), default="first")
    language = Choice("教室のことば", [needed()], choices=_named(words.LANGUAGES), default="ja")
    capacity = Whole("定員", [needed(), between(0, PEOPLE_MOST)])
    admission = Choice("決め方", [needed()], choices=_named(words.ADMISSIONS), default="first_come")
    apply_from_day = Day("受付の始まり（日）", [optional()])
    apply_from_time = Clock("受付の始まり（時刻）", [optional()], description="空なら9:00。")
    apply_to_day = Day("受付の終わり（日）", [optional()])
    apply_to_time = Clock("受付の終わり（時刻）", [optional()], description="この時刻に締め切ります。空なら17:00。")
    residents_first = BooleanField("市内に住む人を優先する（抽選）")
    priority_not_drawn = BooleanField("前に抽選で外れた人を優先する（抽選）")
    sibling_modes = BooleanField("きょうだいの「全員いっしょ」を選べる（選考のほか）", default=True)
    auto_promote = BooleanField("席が空いたら、待っている人に自動で案内する", default=True)
    offer_hours = Whole("案内の返事を待つ時間（時間）", [needed(), between(1, 24 * 14)], default=48)
    fee = Whole("参加費（円）", [needed(), between(0, YEN_MOST)], default=0)
    fee_note = StringField("参加費の説明", [at_most()], description="例: 教材費。")
    bring = TextAreaField("持ち物", [at_most(500)], render_kw={"rows": 2})
    bring_easy = TextAreaField("持ち物（やさしい日本語）", [at_most(1000), Readings()], description=EASY, render_kw={"rows": 2})
    bring_en = TextAreaField("持ち物（英語）", [at_most(500)], description=ENGLISH, render_kw={"rows": 2})
    contact_name = StringField("問い合わせ先", [at_most()])
    contact_phone = TelField("問い合わせの電話", [Phone()], filters=[clean_phone])
    contact_extension = StringField("内線", [at_most(20)])
    organiser = StringField("主催", [at_most()], description="空なら市。")
    note = TextAreaField("職員のメモ", [at_most(LONG)], description="公開されません。")
    tell = BooleanField("変更を、申し込んだ家族にメールで知らせる", default=True)

    def fill_choices(self, db: Database, row: Row | None) -> None:
        """The choices that come from the database and the day."""
        programmes = every(db, "select id, name from programmes order by position")
        self.programme.offer([("", "選んでください"), *((one["id"], f"{one['id']} {one['name']}") for one in programmes)])
        year = fiscal_year(now().date())
        years = sorted({year - 1, year, year + 1, *([row["fiscal_year"]] if row else [])}, reverse=True)
        self.fiscal_year.offer([(str(one), words.year_title(one).ja) for one in years])

    def validate_grade_to(self, field: Choice) -> None:
        known = [grade for grade, _ in GRADES if grade]
        if self.grade_from.data in known and field.data in known and known.index(self.grade_from.data) > known.index(field.data):
            raise ValidationError("「ここから」より上の学年にしてください")

    def validate_age_to(self, field: Whole) -> None:
        if self.age_from.data is not None and field.data is not None and self.age_from.data > field.data:
            raise ValidationError("「ここから」以上の年齢にしてください")

    def validate_apply_to_day(self, field: Day) -> None:
        opens, closes = self._opens(), self._closes()
        if opens and closes and closes <= opens:
            raise ValidationError("受付の終わりは、始まりより後にしてください")

    def validate_apply_from_time(self, field: Clock) -> None:
        if field.data and not self.apply_from_day.data:
            raise ValidationError("日も入れてください")

    def validate_apply_to_time(self, field: Clock) -> None:
        if field.data and not self.apply_to_day.data:
            raise ValidationError("日も入れてください")

    def _opens(self) -> str | None:
        return moment_text(self.apply_from_day.data, self.apply_from_time.data, time(9))

    def _closes(self) -> str | None:
        return moment_text(self.apply_to_day.data, self.apply_to_time.data, time(17))

    def values(self) -> dict[str, Any]:
        """The columns, as the database wants them."""
        plain = {name: self[name].data for name in _PLAIN}
        texts = {name: self[name].data or "" for name in _TEXTS}
        flags = {name: int(self[name].data) for name in _FLAGS}
        grades = {name: int(self[name].data) if self[name].data else None for name in ("grade_from", "grade_to")}
        window = {"apply_from": self._opens(), "apply_to": self._closes()}
        return {**plain, **texts, **flags, **grades, **window, "fiscal_year": int(self.fiscal_year.data)}


_PLAIN = ("programme", "audience", "age_from", "age_to", "level", "language", "capacity", "admission", "offer_hours", "fee")
_TEXTS = (
    "title", "title_kana", "title_easy", "title_en", "description", "description_easy", "description_en", "fee_note", "bring", "bring_easy",
    "bring_en", "contact_name", "contact_phone", "contact_extension", "organiser", "note",
)  # fmt: skip
_FLAGS = ("residents_first", "priority_not_drawn", "sibling_modes", "auto_promote")

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "名前と説明",
        (
            "programme", "fiscal_year", "title", "title_kana", "title_easy", "title_en", "description", "description_easy",
            "description_en",
        ),
    ),
    ("だれのための教室か", ("audience", "grade_from", "grade_to", "age_from", "age_to", "level", "language")),
    (
        "定員と受付",
        (
            "capacity", "admission", "apply_from_day", "apply_from_time", "apply_to_day", "apply_to_time", "residents_first",
            "priority_not_drawn", "sibling_modes", "auto_promote", "offer_hours",
        ),
    ),
    (
        "費用・持ち物・問い合わせ",
        (
            "fee", "fee_note", "bring", "bring_easy", "bring_en", "contact_name", "contact_phone", "contact_extension", "organiser",
            "note",
        ),
    ),
)  # fmt: skip
"""The form's fields as the page shows them."""


def moment_text(day: Any, hour: Any, otherwise: time) -> str | None:
    """A day and a time of the form as the database keeps it; None without a day."""
    return stamp(datetime.combine(day, hour or otherwise, CITY_TIME)) if day else None


def form_values(row: Row) -> dict[str, Any]:
    """A row as the form shows it."""
    window = {
        f"{name}_{part}": None if row[name] is None else _part(row[name], part)
        for name in ("apply_from", "apply_to")
        for part in ("day", "time")
    }
    grades = {name: "" if row[name] is None else str(row[name]) for name in ("grade_from", "grade_to")}
    return {**row, **window, **grades, "fiscal_year": str(row["fiscal_year"]), "seen": row["updated_at"]}


def _part(at: str, part: str) -> Any:
    moment = datetime.fromisoformat(at)
    return moment.date() if part == "day" else moment.time()
