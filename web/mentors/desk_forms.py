"""The desk's forms about mentors."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, EmailField, FloatField, IntegerField, RadioField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import NumberRange, ValidationError

from web.classes.fields import Day
from web.forms import LONG, Kana, Phone, SiteForm, at_most, clean_email, clean_phone, email_address, needed, optional
from web.language import LANGUAGE_NAMES, Text
from web.mentors.course import PERCENT
from web.mentors.forms import Ticks, most, options
from web.mentors.rules import KINDS
from web.mentors.words import KIND_WORDS

MOST_YEN = 20_000


class MentorForm(SiteForm):
    """A mentor as staff enters or corrects them."""

    name = StringField(Text("名前"), [needed(), at_most()])
    kana = StringField(Text("ふりがな"), [at_most(), Kana()])
    email = EmailField(
        Text("メールアドレス"),
        [optional(), at_most(254), email_address()],
        filters=[clean_email],
        description=Text("なければ空に。お願いは電話でします"),
    )
    phone = TelField(Text("電話番号"), [optional(), Phone()], filters=[clean_phone])
    area = StringField(Text("住んでいる地区"), [at_most(60)])
    latitude = FloatField(
        Text("緯度（住まいの近く）"),
        [optional(), NumberRange(20, 46, Text("20から46までです"))],
        description=Text("移動時間と交通費の計算に使います。たとえば 36.56"),
    )
    longitude = FloatField(
        Text("経度"), [optional(), NumberRange(122, 154, Text("122から154までです"))], description=Text("たとえば 136.65")
    )
    language = SelectField(Text("メールのことば"), choices=options(LANGUAGE_NAMES.items()))
    most_a_day = IntegerField(Text("1日の上限（回）"), [needed(), most(1, 4)], default=1)
    most_a_week = IntegerField(Text("1週間の上限（回）"), [needed(), most(1, 14)], default=2)
    most_a_month = IntegerField(Text("1か月の上限（回）"), [needed(), most(1, 40)], default=4)
    skills = Ticks(Text("できること"), [optional()])
    notes = TextAreaField(Text("職員のメモ"), [at_most(LONG)], description=Text("本人にも、ほかのメンターにも見えません"))

    columns = (
        "name", "kana", "email", "phone", "area", "latitude", "longitude", "language", "most_a_day", "most_a_week", "most_a_month", "notes",
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What goes into the table."""
        return {name: self[name].data if name in _NULLABLE else self[name].data or "" for name in self.columns} | {
            "email": self.email.data or None
        }

    def validate_longitude(self, field: Any) -> None:
        if (field.data is None) != (self.latitude.data is None) and not self.latitude.errors:
            raise ValidationError(Text("緯度と経度は両方入れるか、両方空にしてください"))

    def validate_latitude(self, field: Any) -> None:
        if field.data is not None and self.longitude.data is None and not self.longitude.errors:
            raise ValidationError(Text("緯度と経度は両方入れるか、両方空にしてください"))


_NULLABLE = ("latitude", "longitude")


class GrantForm(SiteForm):
    """A qualification."""

    kind = SelectField(Text("資格"), choices=options((kind, KIND_WORDS[kind]) for kind in KINDS))
    from_day = Day(Text("この日から"), [needed()])
    until_day = Day(Text("この日まで"), [optional()], description=Text("空なら期限なし"))
    note = StringField(Text("メモ"), [at_most(200)])

    def validate_from_day(self, field: Any) -> None:
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(Text("年を確かめてください"))

    def validate_until_day(self, field: Any) -> None:
        if field.data and self.from_day.data and not self.from_day.data <= field.data:
            raise ValidationError(Text("終わりの日は、始めの日より後にしてください"))
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(Text("年を確かめてください"))


class EndForm(SiteForm):
    """The last day of a qualification."""

    last_day = Day(Text("最後の日"), [needed()])

    def validate_last_day(self, field: Any) -> None:
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(Text("年を確かめてください"))


class FareForm(SiteForm):
    """What the way to a place costs a mentor."""

    place = SelectField(Text("会場"))
    yen = IntegerField(Text("往復の運賃（円）"), [needed(), NumberRange(0, MOST_YEN, Text(f"0から{MOST_YEN}までの数にしてください"))])
    means = StringField(Text("交通手段"), [at_most(60)], description=Text("たとえば「バス 武蔵ヶ辻まで」"))


class SkillForm(SiteForm):
    """A skill in three languages."""

    name = StringField(Text("名前"), [needed(), at_most(60)])
    name_easy = StringField(Text("やさしい日本語の名前"), [at_most()], description=Text("{漢字|かんじ} のように読みをつけます"))
    name_en = StringField(Text("英語の名前"), [at_most(60)])


class CourseForm(SiteForm):
    """What completing the course gives."""

    kind = RadioField(
        Text("渡す資格"),
        choices=options([("assistant", Text("アシスタント")), ("trainee", Text("研修生（リーダーのとなりで学ぶ）"))]),
        default="assistant",
    )
    percent = IntegerField(
        Text("必要な出席（%）"), [needed(), NumberRange(1, 100, Text("1から100までの数にしてください"))], default=PERCENT
    )
    invite = BooleanField(Text("まだメンターでない修了者に、案内のメールを送る"))
