"""The forms that mentors fill in themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the types are of an older version
from wtforms.validators import NumberRange, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from web.classes.fields import Clock, Day
from web.clock import now
from web.data import Row
from web.forms import Kana, Phone, SiteForm, at_most, clean_email, clean_phone, email_address, needed, optional
from web.language import LANGUAGE_NAMES, Text, text_of
from web.mentors.consent import WORDS
from web.mentors.rules import DAY_ENDS
from web.mentors.words import SPOKEN, WEEKDAYS, WEIGHTS

MOST_DAYS = 62
"""Of one entry of days that differ: a summer's holiday."""
AHEAD = timedelta(days=366)
PARTS = ("a", "b")
"""A weekday may have two stretches of time."""


class Ticks(SelectMultipleField):
    """Any number of boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or []) <= {value for value, *_ in self.iter_choices()}:
            raise ValidationError(Text("この中から選んでください", "この{中|なか}から えらんでください", "Please choose from these"))


def options(pairs: Iterable[tuple[str, Any]]) -> list[Any]:
    return [SelectChoice(sent, words) for sent, words in pairs]


def skill_options(skills: Iterable[Row]) -> list[Any]:
    return options((row["id"], text_of(row, "name")) for row in skills)


class AddressForm(SiteForm):
    """Whom to mail the link."""

    email = EmailField(
        Text("メールアドレス", "メールアドレス", "E-mail address"),
        [needed(), at_most(254), email_address()],
        filters=[clean_email],
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )


class PersonForm(AddressForm):
    """Who somebody is."""

    name = StringField(Text("お名前", "{名前|なまえ}", "Name"), [needed(), at_most()], render_kw={"autocomplete": "name"})
    kana = StringField(
        Text("ふりがな", "ひらがなの {名前|なまえ}", "Name in kana"),
        [at_most(), Kana()],
        description=Text("わかれば書いてください", "わかれば {書|か}いてください", "If you know how to write it"),
    )
    phone = TelField(
        Text("電話番号", "{電話|でんわ}", "Telephone"),
        [needed(), Phone()],
        filters=[clean_phone],
        description=Text("当日の急な連絡に使います", "{急|きゅう}な {連絡|れんらく}に {使|つか}います", "To reach you on the day"),
        render_kw={"autocomplete": "tel"},
    )
    area = StringField(
        Text("お住まいの地区", "{住|す}んで いる ところ", "Where you live"),
        [needed(), at_most(60)],
        description=Text(
            "町名や校下まで（番地はいりません）。近い会場をお願いするためです",
            "{町|まち}の {名前|なまえ}だけで いいです。{近|ちか}い {教室|きょうしつ}を さがすためです",
            "The neighbourhood only, so that we ask you to places nearby",
        ),
    )

    near = SelectField(
        Text("いちばん近い会場", "いちばん {近|ちか}い {場所|ばしょ}", "The nearest venue"),
        [optional()],
        description=Text(
            "移動時間と交通費の計算に使います。住所はうかがいません",
            "{近|ちか}い {教室|きょうしつ}を さがすためです。{住所|じゅうしょ}は {聞|き}きません",
            "To reckon with the way and its fare; we do not ask for your address",
        ),
    )


UNKNOWN = Text("わからない・遠い", "わからない・{遠|とお}い", "I do not know, or far from all")
AS_IT_IS = Text("いまのまま（職員が入れました）", "いまの まま", "As it is (entered by our staff)")


def near_options(venues: Iterable[Row], *, elsewhere: bool = False) -> list[Any]:
    """The venues that stand for where somebody lives. ``elsewhere``: staff entered a point of its own, which may stay."""
    own = [("keep", AS_IT_IS)] if elsewhere else []
    return options([("", UNKNOWN), *own, *((row["id"], text_of(row, "name")) for row in venues)])


class JoinForm(PersonForm):
    """Becoming a mentor."""

    skills = Ticks(
        Text("できること", "できること", "What you can do"),
        [optional()],
        description=Text(
            "これから覚えたいことは選ばなくてかまいません。講座があります",
            "できなくても いいです。{習|なら}うことが できます",
            "None is fine: there are courses",
        ),
    )
    spoken = Ticks(
        Text("話せることば", "{話|はな}すことば", "Languages you speak"),
        [needed()],
        choices=options(SPOKEN),
        description=Text(
            "日本語を習っている子どももいます",
            "{日本語|にほんご}を {習|なら}って いる {子|こ}どもも います",
            "Some children are learning Japanese",
        ),
    )
    why = TextAreaField(
        Text("きっかけや、やってみたいこと", "どうして メンターに なりたいですか", "Why you would like to help"), [optional(), at_most(500)]
    )
    consent = BooleanField(WORDS, [needed()])

    names = ("email", "name", "kana", "phone", "area")

    def notes(self) -> str:
        """What has no column of its own, as staff's first note."""
        spoken = "、".join(words.ja for code, words in SPOKEN if code in (self.spoken.data or []))
        lines = [f"話せることば：{spoken}"] + ([f"きっかけ：{self.why.data}"] if self.why.data else [])
        return "\n".join(lines)


def join_form(skills: Sequence[Row], venues: Sequence[Row]) -> JoinForm:
    """The form with the skills and venues that there are (without the question where there are none)."""
    form = JoinForm()
    form.skills.choices = skill_options(skills)
    form.near.choices = near_options(venues)
    for field, there in ((form.skills, skills), (form.near, venues)):
        if not there:
            del form[field.name]
    form._fields = {name: form[name] for name in _ORDER if name in form}
    return form


_ORDER = ("csrf_token", "name", "kana", "email", "phone", "area", "near", "skills", "spoken", "why", "consent")


class DetailsForm(PersonForm):
    """A mentor's own data."""

    language = SelectField(
        Text("メールのことば", "メールの ことば", "Language of our mail"), choices=options(LANGUAGE_NAMES.items()), validate_choice=True
    )


def details_form(data: Row, venues: Sequence[Row], near: str) -> DetailsForm:
    """``near``: the venue's id, ``keep`` or empty, as :func:`web.mentors.records.near` says it."""
    form = DetailsForm(data={**data, "near": near})
    form.near.choices = near_options(venues, elsewhere=near == "keep")
    names = ("csrf_token", "name", "kana", "email", "phone", "area", "near", "language")
    form._fields = {name: form[name] for name in names if name in form}
    return form


class SkillsForm(SiteForm):
    """What a mentor can do."""

    skills = Ticks(Text("できること", "できること", "What you can do"), [optional()])


def most(least: int, largest: int) -> NumberRange:
    words = Text("<a>から<b>までの数にしてください", "<a>から <b>までに してください", "From <a> to <b>, please")
    return NumberRange(least, largest, words.fill(a=least, b=largest))


class LimitsForm(SiteForm):
    """How much at most."""

    most_a_day = IntegerField(Text("1日に", "1{日|にち}に", "In a day"), [needed(), most(1, 4)], render_kw={"inputmode": "numeric"})
    most_a_week = IntegerField(
        Text("1週間に", "1{週間|しゅうかん}に", "In a week"), [needed(), most(1, 14)], render_kw={"inputmode": "numeric"}
    )
    most_a_month = IntegerField(
        Text("1か月に", "1か{月|げつ}に", "In a month"), [needed(), most(1, 40)], render_kw={"inputmode": "numeric"}
    )


# ---------------------------------------------------------------------- having time
class Hour(Clock):
    """A time of day; empty means none, whatever stood there before."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        super().process_formdata(valuelist)


class WeekForm(SiteForm):
    """The week's hours: two stretches a weekday. Fields ``from_0_a`` … ``to_6_b``, made by :func:`week_form`."""

    def hours(self) -> list[tuple[int, str, str]]:
        """(weekday, from, to) of what is filled in."""
        return [
            (day, begin.data.strftime("%H:%M"), end.data.strftime("%H:%M")) for day, begin, end in self.pairs() if begin.data and end.data
        ]

    def pairs(self) -> list[tuple[int, Any, Any]]:
        return [(day, self[f"from_{day}_{part}"], self[f"to_{day}_{part}"]) for day in range(7) for part in PARTS]

    def validate(self, extra_validators: Any = None) -> bool:
        good: bool = super().validate(extra_validators)
        for _, begin, end in self.pairs():
            if begin.errors or end.errors:
                continue
            if (begin.data is None) != (end.data is None):
                (end if end.data is None else begin).errors = [BOTH]
                good = False
            elif begin.data and begin.data >= end.data:
                end.errors = [LATER]
                good = False
        return good


BOTH = Text(
    "始めと終わりを両方入れてください", "{始|はじ}めと {終|お}わりを {書|か}いてください", "Please give both a beginning and an end"
)
LATER = Text("終わりは、始めより後にしてください", "{終|お}わりは {始|はじ}めより {後|あと}です", "The end comes after the beginning")


def week_form(rows: Iterable[Row], *, typed: bool = True) -> WeekForm:
    """The form with a mentor's hours in it; ``typed``: what this request sends is for it."""
    data: dict[str, Any] = {}
    for row in rows:
        if row["weekday"] is not None and row["available"]:
            part = next((part for part in PARTS if f"from_{row['weekday']}_{part}" not in data), None)
            if part:
                data[f"from_{row['weekday']}_{part}"] = _time(row["from_time"])
                data[f"to_{row['weekday']}_{part}"] = _time(row["to_time"])
    return _WeekForm(data=data) if typed else _WeekForm(formdata=None, data=data)


def _time(text: str) -> time:
    return time(23, 59) if text == DAY_ENDS else time.fromisoformat(text)


def _week_class() -> type[WeekForm]:
    fields: dict[str, Any] = {}
    for day, words in enumerate(WEEKDAYS):
        for number, part in enumerate(PARTS, start=1):
            for side, label in (("from", Text("から", "から", "from")), ("to", Text("まで", "まで", "to"))):
                which = Text("" if number == 1 else " 2つめ", "" if number == 1 else " 2つめ", "" if number == 1 else " (second)")
                name = Text("<day><which> <side>", "<day><which> <side>", "<day><which> <side>").fill(day=words, which=which, side=label)
                fields[f"{side}_{day}_{part}"] = Hour(name, [optional()])
    return type("_WeekForm", (WeekForm,), fields)


_WeekForm = _week_class()


class DaysForm(SiteForm):
    """Days that differ from the week."""

    kind = RadioField(
        Text("その日は", "その {日|ひ}は", "On these days I"),
        [needed()],
        choices=options(
            [
                ("cannot", Text("来られない", "{来|く}ることが できない", "cannot come")),
                ("can", Text("来られる", "{来|く}ることが できる", "can come")),
            ]
        ),
        default="cannot",
    )
    first = Day(Text("日（始め）", "{始|はじ}めの {日|ひ}", "Day (first)"), [needed()])
    last = Day(Text("日（終わり）", "{終|お}わりの {日|ひ}", "Day (last)"), description=Text(
        "何日か続くとき", "{何日|なんにち}も {続|つづ}くとき", "If it is more than one"))  # fmt: skip
    from_time = Clock(Text("時間（から）", "{時間|じかん}（から）", "Time (from)"), [optional()], description=Text(
        "書かなければ1日じゅう", "{書|か}かなければ ずっと", "Empty: the whole day"))  # fmt: skip
    to_time = Clock(Text("時間（まで）", "{時間|じかん}（まで）", "Time (to)"))  # without Optional, which would skip the check below

    def validate_first(self, field: Any) -> None:
        if field.data and not now().date() <= field.data <= now().date() + AHEAD:
            raise ValidationError(
                Text(
                    "きょうから1年先までの日にしてください", "きょうから 1{年|ねん}までの {日|ひ}です", "From today to a year ahead, please"
                )
            )

    def validate_last(self, field: Any) -> None:
        if field.data and self.first.data and not 0 <= (field.data - self.first.data).days < MOST_DAYS:
            raise ValidationError(
                Text(
                    f"始めの日から{MOST_DAYS}日以内にしてください",
                    f"{{始|はじ}}めの {{日|ひ}}から {MOST_DAYS}{{日|にち}}までです",
                    f"Within {MOST_DAYS} days from the first, please",
                )
            )

    def validate_to_time(self, field: Any) -> None:
        if (field.data is None) != (self.from_time.data is None):
            raise ValidationError(BOTH)
        if field.data and self.from_time.data and field.data <= self.from_time.data:
            raise ValidationError(LATER)

    def span(self) -> tuple[str, str] | None:
        if self.from_time.data is None or self.to_time.data is None:
            return None
        return self.from_time.data.strftime("%H:%M"), self.to_time.data.strftime("%H:%M")

    def days(self) -> tuple[date, date]:
        first = self.first.data or now().date()
        return first, self.last.data or first


# ---------------------------------------------------------------------- wishes
class WishesForm(SiteForm):
    """Fields ``place-<id>`` and so on, made by :func:`wishes_form`."""

    targets: dict[str, tuple[str, str]] = {}  # noqa: RUF012 (each class made below has its own)

    def wishes(self) -> dict[tuple[str, str], int]:
        return {target: int(self[name].data) for name, target in self.targets.items()}

    def of_kind(self, kind: str) -> list[Any]:
        return [self[name] for name, target in self.targets.items() if target[0] == kind]


def wishes_form(wished: dict[str, list[Row]], weights: dict[tuple[str, str], int]) -> WishesForm:
    """A menu for each place, programme and colleague."""
    choices = options((str(weight), words) for weight, words in WEIGHTS)
    fields: dict[str, Any] = {"targets": {}}
    for kind, rows in wished.items():
        for row in rows:
            name = f"{kind}-{row['id']}"
            fields["targets"][name] = (kind, row["id"])
            words = text_of(row, "name") if kind != "mentor" else Text("<name>").fill(name=row["name"])
            fields[name] = SelectField(words, [needed()], choices=choices)
    form_class: type[WishesForm] = type("WishesForm", (WishesForm,), fields)
    return form_class(data={name: str(weights.get(target, 0)) for name, target in fields["targets"].items()})
