"""The forms of the kits' room, public and at the desk."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    EmailField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Regexp, ValidationError

from web.classes.fields import EASY, ENGLISH, Readings
from web.clock import now, stamp
from web.forms import LONG, Phone, SiteForm, at_most, clean_email, clean_phone, email_address, needed, optional
from web.kits.loans import UNIT_STATES
from web.language import Text

MOST_UNITS = 200
AHEAD = timedelta(days=366)
OPENS, CLOSES = 9, 17
"""Hours of the day at which kits are fetched and must be back."""


def at_hour(day: date, hour: int) -> str:
    """That hour of the day as a stamp."""
    return stamp(datetime(day.year, day.month, day.day, hour))


def between(least: int, most: int) -> NumberRange:
    return NumberRange(
        least,
        most,
        Text(
            f"{least}から{most}までの数を入れてください",
            f"{least}から {most}までの {{数|かず}}を {{書|か}}いてください",
            f"Please give a number from {least} to {most}",
        ),
    )


class AskForm(SiteForm):
    """A neighbourhood association or a school asks for kits."""

    key = HiddenField(validators=[Length(min=8, max=64)])
    organisation = StringField(
        Text("団体・学校の名前", "だんたい・{学校|がっこう}の {名前|なまえ}", "Your association or school"),
        [needed(), at_most()],
        render_kw={"autocomplete": "organization"},
    )
    person = StringField(
        Text("担当の方の名前", "あなたの {名前|なまえ}", "Your name"), [needed(), at_most()], render_kw={"autocomplete": "name"}
    )
    phone = TelField(
        Text("電話番号", "{電話|でんわ}", "Telephone"), [needed(), Phone()], filters=[clean_phone], render_kw={"autocomplete": "tel"}
    )
    email = EmailField(
        Text("メールアドレス", "メールアドレス", "E-mail"),
        [needed(), at_most(), email_address()],
        filters=[clean_email],
        description=Text("お返事をお送りします。", "{返事|へんじ}を {送|おく}ります。", "We will answer to this address."),
        render_kw={"autocomplete": "email"},
    )
    count = IntegerField(Text("台数", "いくつ", "How many"), [needed(), between(1, MOST_UNITS)], render_kw={"inputmode": "numeric"})
    from_day = DateField(Text("借りる日", "{借|か}りる {日|ひ}", "From"), [needed()])
    until_day = DateField(Text("返す日", "{返|かえ}す {日|ひ}", "Back on"), [needed()])
    purpose = TextAreaField(
        Text("使い道", "{何|なに}に {使|つか}いますか", "What for"),
        [needed(), at_most(500)],
        description=Text(
            "いつ、どこで、何人くらいで使うか",
            "いつ、どこで、{何人|なんにん}で {使|つか}うか {書|か}いてください",
            "When, where and with how many people",
        ),
    )

    def validate_from_day(self, field: Any) -> None:
        if field.data and not now().date() < field.data <= now().date() + AHEAD:
            raise ValidationError(
                Text(
                    "あしたから1年先までの日を選んでください",
                    "あしたから 1{年|ねん}{先|さき}までの {日|ひ}を えらんでください",
                    "Please choose a day from tomorrow to a year ahead",
                )
            )

    def validate_until_day(self, field: Any) -> None:
        if self.from_day.data and field.data and field.data < self.from_day.data:
            raise ValidationError(
                Text(
                    "返す日は、借りる日より後にしてください",
                    "{返|かえ}す {日|ひ}は {借|か}りる {日|ひ}より {後|あと}に してください",
                    "The day to bring it back comes after the day you fetch it",
                )
            )

    def check_against(self, loan_days: int, free: int) -> bool:
        """How long this kind is lent, and how many are left in that time; adds what is wrong to the fields."""
        from_day, until_day = self.from_day.data, self.until_day.data
        if from_day and until_day and (until_day - from_day).days + 1 > loan_days:
            words = Text("借りられるのは<n>日までです", "{借|か}りられるのは <n>{日|にち}までです", "It can be borrowed for up to <n> days")
            self.until_day.errors = [words.fill(n=loan_days)]
        if (self.count.data or 0) > free:
            words = Text(
                "この期間に借りられるのは、あと<n>台です。日を変えるか、台数を減らしてください",
                "この {日|ひ}は あと <n>{台|だい} です。{日|ひ}か {数|かず}を かえてください",
                "Only <n> are free at that time. Please change the days or the number",
            )
            self.count.errors = [words.fill(n=free)]
        return not (self.until_day.errors or self.count.errors)


class KindForm(SiteForm):
    """A kind of kit."""

    name = StringField(Text("名前"), [needed(), at_most()])
    name_easy = StringField(Text("名前（やさしい日本語）"), [at_most(), Readings()], description=EASY)
    name_en = StringField(Text("名前（英語）"), [at_most()], description=ENGLISH)
    description = TextAreaField(Text("説明"), [at_most(LONG)])
    description_easy = TextAreaField(Text("説明（やさしい日本語）"), [at_most(2 * LONG), Readings()], description=EASY)
    description_en = TextAreaField(Text("説明（英語）"), [at_most(LONG)], description=ENGLISH)
    contents = TextAreaField(Text("入っているもの"), [at_most(LONG)], description=Text("1行に1つ"))
    contents_easy = TextAreaField(Text("入っているもの（やさしい日本語）"), [at_most(2 * LONG), Readings()], description=EASY)
    contents_en = TextAreaField(Text("入っているもの（英語）"), [at_most(LONG)], description=ENGLISH)
    loan_days = IntegerField(Text("貸し出す日数（最長）"), [needed(), between(1, 366)], default=14)
    public = BooleanField(Text("市民に貸し出す（公開のページに出す）"), default=True)


class UnitsForm(SiteForm):
    """New units of a kind."""

    prefix = StringField(
        Text("ラベルの頭"),
        [needed(), Regexp(r"[0-9A-Za-z]{1,12}\Z", message=Text("英数字で12文字までにしてください"))],
        description=Text("たとえば KANI なら、KANI-001、KANI-002 となります"),
    )
    number = IntegerField(Text("ふやす台数"), [needed(), between(1, MOST_UNITS)], render_kw={"inputmode": "numeric"})


class UnitForm(SiteForm):
    """How a unit is."""

    state = SelectField(Text("状態"), choices=[(state, Text(words)) for state, words in UNIT_STATES.items()])
    note = StringField(Text("メモ"), [at_most(200)])


class ReservationForm(SiteForm):
    """A reservation that staff makes or changes."""

    key = HiddenField(validators=[Length(max=64)])
    kind = SelectField(Text("機材"), validate_choice=True)
    count = IntegerField(Text("台数"), [needed(), between(1, MOST_UNITS)], render_kw={"inputmode": "numeric"})
    from_at = DateTimeLocalField(Text("借りる日時"), [needed()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    until = DateTimeLocalField(Text("返す期限"), [needed()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    borrower_name = StringField(Text("借りる団体・人"), [needed(), at_most()])
    borrower_contact = StringField(Text("連絡先"), [at_most(200)])
    borrower_email = EmailField(Text("メールアドレス"), [optional(), at_most(), email_address()], filters=[clean_email])
    purpose = TextAreaField(Text("使い道"), [at_most(500)])

    def validate_until(self, field: Any) -> None:
        if self.from_at.data and field.data and field.data <= self.from_at.data:
            raise ValidationError(Text("返す期限は、借りる日時より後にしてください"))
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(Text("年を確かめてください"))

    def validate_from_at(self, field: Any) -> None:
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(Text("年を確かめてください"))
