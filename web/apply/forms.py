"""The forms of this room. What they ask of a child depends on the class: :func:`application_form` makes the form for one."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from wtforms import (
    BooleanField,
    EmailField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the types are of an older version

from web.apply.checks import not_for
from web.apply.consent import WORDS
from web.apply.intake import Child, Guardian
from web.data import Row
from web.forms import LONG, Kana, Phone, SiteForm, at_most, clean_email, clean_phone, email_address, needed, optional
from web.language import LANGUAGE_NAMES, Language, Text, text_of

MOST_CHILDREN = 6
OLDEST, OLDEST_CHILD = 110, 20
"""Years of birth to choose from: this year and so many before, in classes for everybody and for children."""
GENDERS: tuple[tuple[str, Text], ...] = (
    ("", Text("答えない", "{答|こた}えない", "No answer")),
    ("female", Text("女", "{女|おんな}", "Female")),
    ("male", Text("男", "{男|おとこ}", "Male")),
    ("other", Text("その他", "その{他|ほか}", "Other")),
)
YES_NO: tuple[tuple[str, Text], ...] = (("yes", Text("はい", "はい", "Yes")), ("no", Text("いいえ", "いいえ", "No")))
RESIDENT: tuple[tuple[str, Text], ...] = (
    ("yes", Text("市内に住んでいる", "この {町|まち}に {住|す}んでいる", "We live in the city")),
    ("no", Text("市外に住んでいる", "ほかの {町|まち}に {住|す}んでいる", "We live elsewhere")),
)
MODES: tuple[tuple[str, Text], ...] = (
    (
        "any",
        Text("ひとりだけでも参加する", "ひとりだけでも {参加|さんか}する", "Any of them: each child for itself"),
    ),
    (
        "all",
        Text(
            "全員いっしょのときだけ参加する", "みんな いっしょの ときだけ {参加|さんか}する", "All or none: only if there is room for all"
        ),
    ),
)


def options(pairs: Iterable[tuple[str, Any]]) -> list[Any]:
    """Choices of a field: what is sent and its words."""
    return [SelectChoice(sent, words) for sent, words in pairs]


CHOOSE = Text("選んでください", "えらんでください", "Please choose")
NONE = ("", "–")
NOT_OFFERED = Text("この中から選んでください", "この{中|なか}から えらんでください", "Please choose one of these")
NO_SUCH_DAY = Text("この日付はありません", "この {日|ひ}は ありません", "There is no such day")


class Reading(Kana):
    """How a name is read: in kana, or in Roman letters by who writes no kana."""

    def __call__(self, form: Any, field: Field) -> None:
        if not re.fullmatch(r"[A-Za-zÀ-ž .'’-]+", field.data or ""):
            super().__call__(form, field)


READING = Text("ふりがな", "ひらがなの {名前|なまえ}", "Name in kana or Roman letters")


class OneOf(RadioField):
    """Choices of which one is taken; where none must be, none may be."""

    def pre_validate(self, form: Any) -> None:
        if self.data and not any(chosen for _, _, chosen, *_ in self.iter_choices()):
            raise ValidationError(NOT_OFFERED)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0] if valuelist else ""


class Menu(SelectField):
    """A choice from a menu, with our words when it is none of those offered."""

    def pre_validate(self, form: Any) -> None:
        if not any(chosen for _, _, chosen, *_ in self.iter_choices()):
            raise ValidationError(NOT_OFFERED)


def email_field() -> EmailField:
    return EmailField(
        Text("メールアドレス", "メールアドレス", "E-mail address"),
        [needed(), at_most(254), email_address()],
        filters=[clean_email],
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )


class AddressForm(SiteForm):
    """Whom to mail a link."""

    email = email_field()


class ChildForm(SiteForm):
    """One child. A known child takes part when ticked; a blank one that stays empty is left out."""

    class Meta(SiteForm.Meta):
        csrf = False

    may_be_blank = True
    years: Sequence[Any] = ()
    """Choices for the year of birth; set by :func:`child_form`."""

    participant = HiddenField()
    take = BooleanField(Text("参加する", "{参加|さんか}する", "takes part"))
    name = StringField(
        Text("お子さんの名前", "{子|こ}どもの {名前|なまえ}", "Child’s name"), [needed(), at_most()], render_kw={"autocomplete": "off"}
    )
    kana = StringField(
        Text("ふりがな", "ひらがなの {名前|なまえ}", "Name in kana or Roman letters"),
        [needed(), at_most(), Reading()],
        render_kw={"autocomplete": "off"},
    )
    birth_year = Menu(Text("生まれた年", "{生|う}まれた{年|とし}", "Year of birth"), [needed(CHOOSE)], choices=[])
    birth_month = Menu(
        Text("月", "{月|つき}", "Month"),
        [needed(CHOOSE)],
        choices=options([NONE, *((str(month), Text(f"{month}月", f"{month}{{月|がつ}}", str(month))) for month in range(1, 13))]),
    )
    birth_day = Menu(
        Text("日", "{日|ひ}", "Day"),
        [needed(CHOOSE)],
        choices=options([NONE, *((str(day), Text(f"{day}日", f"{day}{{日|にち}}", str(day))) for day in range(1, 32))]),
    )
    gender = Menu(Text("性別", "{女|おんな}か {男|おとこ}か", "Gender"), [optional()], choices=options(GENDERS))
    care_note = TextAreaField(
        Text("アレルギー・配慮してほしいこと", "アレルギー・こまること", "Allergies, what we should know"),
        [optional(), at_most(500)],
        render_kw={"rows": 2},
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.birth_year.choices = list(self.years)

    @property
    def known(self) -> bool:
        return bool(self.participant.data)

    @property
    def blank(self) -> bool:
        return not any((self.name.data, self.kana.data, self.birth_year.data, self.birth_month.data, self.birth_day.data))

    @property
    def left_out(self) -> bool:
        return not self.take.data if self.known else self.blank and self.may_be_blank

    @property
    def question_fields(self) -> list[Field]:
        return [field for name, field in self._fields.items() if name.startswith("question_")]

    @property
    def birth(self) -> date | None:
        try:
            return date(int(self.birth_year.data or 0), int(self.birth_month.data or 0), int(self.birth_day.data or 0))
        except (ValueError, OverflowError):
            return None

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        if self.left_out:
            return True
        fine = bool(super().validate(extra_validators))
        if not (self.birth_year.data or self.birth_month.data or self.birth_day.data):
            self.birth_month.errors, self.birth_day.errors = [], []  # one line says it
        if self.birth is None and self.birth_year.data and self.birth_month.data and self.birth_day.data:
            return self.wrong(self.birth_day, NO_SUCH_DAY)
        return fine

    def wrong(self, field: Field, words: Text) -> bool:
        """Put words beside a field; False, for ``return``."""
        field.errors = [*field.errors, words]
        return False

    def child(self) -> Child:
        """What was typed, once it is valid."""
        return Child(
            name=self.name.data or "",
            kana=self.kana.data or "",
            birth=self.birth,
            gender=self.gender.data or None,
            care_note=self.care_note.data or "",
            id=self.participant.data or None,
            answers={field.short_name.removeprefix("question_"): str(field.data or "") for field in self.question_fields},
        )


class GuardianForm(SiteForm):
    """The grown-up, and where to call."""

    guardian_name = StringField(
        Text("保護者のお名前", "{保護者|ほごしゃ}の {名前|なまえ}", "Guardian’s name"),
        [needed(), at_most()],
        render_kw={"autocomplete": "name"},
    )
    guardian_kana = StringField(
        Text("ふりがな", "ひらがなの {名前|なまえ}", "Name in kana or Roman letters"),
        [needed(), at_most(), Reading()],
        render_kw={"autocomplete": "off"},
    )
    phone = TelField(
        Text("電話", "{電話|でんわ}", "Telephone"),
        [needed(), at_most(20), Phone()],
        filters=[clean_phone],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
        description=Text(
            "当日つながる番号", "{教室|きょうしつ}の {日|ひ}に {話|はな}せる {電話|でんわ}", "Where we can reach you on the day"
        ),
    )
    resident = OneOf(Text("お住まい", "{住|す}んでいる ところ", "Where you live"), [needed(CHOOSE)], choices=options(RESIDENT))
    emergency_name = StringField(
        Text("緊急連絡先のお名前", "{急|きゅう}なときの {人|ひと}の {名前|なまえ}", "Emergency contact: name"),
        [optional(), at_most()],
        render_kw={"autocomplete": "off"},
    )
    emergency_phone = TelField(
        Text("緊急連絡先の電話", "{急|きゅう}なときの {電話|でんわ}", "Emergency contact: telephone"),
        [optional(), at_most(20), Phone()],
        filters=[clean_phone],
        render_kw={"autocomplete": "off", "inputmode": "tel"},
    )

    def guardian(self, email: str | None, language: Language) -> Guardian:
        return Guardian(
            name=self.guardian_name.data or "",
            kana=self.guardian_kana.data or "",
            phone=self.phone.data or "",
            email=email,
            language=language,
            resident=self.resident.data == "yes",
            emergency_name=self.emergency_name.data or "",
            emergency_phone=self.emergency_phone.data or "",
        )


class ApplicationForm(GuardianForm):
    """The form of a class: see :func:`application_form`."""

    children: FieldList[Any]
    mode = OneOf(
        Text("きょうだいの申し込み方", "きょうだいは どうしますか", "Brothers and sisters"),
        [optional()],
        choices=options(MODES),
        default="any",
    )
    consent = BooleanField(WORDS, [needed(Text("同意が必要です", "ここを えらんでください", "We need your agreement"))])
    key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.mode.data = self.mode.data or "any"
        self.mode.flags.required = True  # one of them is always chosen

    def taking_part(self) -> list[ChildForm]:
        return [entry.form for entry in self.children.entries if not entry.form.left_out]

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        forms = [entry.form for entry in self.children.entries]
        if all(form.blank and not form.known for form in forms):
            forms[0].may_be_blank = False  # its fields say what is missing
        fine = bool(super().validate(extra_validators))
        if not self.taking_part():
            self.form_errors.append(
                Text("参加するお子さんを選んでください", "だれが {参加|さんか}しますか。えらんでください", "Please choose who takes part")
            )
            return False
        return fine

    def check_ages(self, of_class: Row, on: date) -> bool:
        """Is every child among those for whom the class is? Words go beside the birth date of those who are not."""
        fine = True
        for form in self.taking_part():
            why = not_for(of_class, form.birth, on, form.name.data or "") if form.birth else None
            fine = form.wrong(form.birth_year, why) and fine if why else fine
        self.gather_errors()
        return fine

    def gather_errors(self) -> None:
        """After words were put beside a child's field: the list knows of them too."""
        self.children.errors = [entry.errors for entry in self.children.entries if entry.errors]


class PhoneForm(ApplicationForm):
    """An application that staff takes by telephone or at the counter: see :func:`phone_form`."""

    email = EmailField(
        Text("メール（あれば）"), [optional(), at_most(254), email_address()], filters=[clean_email], render_kw={"autocomplete": "off"}
    )
    consent = BooleanField(Text("利用目的を読み上げ、同意をもらいました"), [needed(Text("同意が必要です"))])
    override = BooleanField(Text("対象の学年・受付期間の外でも受け付ける"))


class FamilyForm(GuardianForm):
    """What a family may change about itself later."""

    language = OneOf(
        Text("メールのことば", "メールの ことば", "Language of our mail"),
        [needed(CHOOSE)],
        choices=options((code, Text(name)) for code, name in LANGUAGE_NAMES.items()),
    )


class AnswersForm(SiteForm):
    """The questions of a class, for one child: see :func:`answers_form`."""

    def answers(self) -> dict[str, str]:
        """Question id → text."""
        return {
            name.removeprefix("question_"): str(field.data or "") for name, field in self._fields.items() if name.startswith("question_")
        }


def application_form(of_class: Row, questions: Sequence[Row], this_year: int) -> type[ApplicationForm]:
    """The form of a class, with these questions (rows of class_questions) asked of each child."""
    children = _children(of_class, questions, this_year)
    return cast(type[ApplicationForm], type("ApplicationOfClass", (ApplicationForm,), {"children": children}))


def phone_form(of_class: Row, questions: Sequence[Row], this_year: int) -> type[PhoneForm]:
    """The same for staff."""
    return cast(type[PhoneForm], type("PhoneOfClass", (PhoneForm,), {"children": _children(of_class, questions, this_year)}))


def _children(of_class: Row, questions: Sequence[Row], this_year: int) -> FieldList[Any]:
    oldest = OLDEST_CHILD if of_class["audience"] in ("children", "preschool") else OLDEST
    child = type("ChildOfClass", (child_form(this_year, oldest),), _asked(questions))
    listed: FieldList[Any] = FieldList(
        FormField(child, Text("お子さん", "{子|こ}ども", "Child")),
        Text("参加するお子さん", "{参加|さんか}する {子|こ}ども", "Who takes part"),
        min_entries=1,
        max_entries=MOST_CHILDREN,
    )
    listed.creation_counter = 0  # type: ignore[attr-defined]  # first of all fields, as on the page
    return listed


def child_form(this_year: int, oldest: int = OLDEST) -> type[ChildForm]:
    """A child's form whose years of birth end in this one."""
    years = options([NONE, *((str(year), year_choice(year)) for year in range(this_year, this_year - oldest, -1))])
    return cast(type[ChildForm], type("ChildBornUntilNow", (ChildForm,), {"years": years}))


def answers_form(questions: Sequence[Row]) -> type[AnswersForm]:
    """The questions alone."""
    return cast(type[AnswersForm], type("AnswersOfClass", (AnswersForm,), _asked(questions)))


def _asked(questions: Sequence[Row]) -> dict[str, Field]:
    return {f"question_{row['id']}": _question(row) for row in questions}


def year_choice(year: int) -> Text:
    """「2017年（平成29年）」."""
    for name, first in (("令和", 2019), ("平成", 1989), ("昭和", 1926)):
        if year >= first:
            count = "元" if year == first else str(year - first + 1)
            return Text(f"{year}年（{name}{count}年）", f"{year}{{年|ねん}}", str(year))
    return Text(f"{year}年", f"{year}{{年|ねん}}", str(year))


def _question(row: Row) -> Field:
    words, why = text_of(row, "text"), text_of(row, "reason")
    checks: list[Any] = [needed() if row["required"] else optional()]
    if row["kind"] == "yesno":
        return OneOf(words, checks, choices=options(YES_NO), description=why)
    if row["kind"] == "choice":
        choices = options(_choice(given) for given in json.loads(row["choices_json"]))
        return OneOf(words, checks, choices=choices, description=why)
    return TextAreaField(words, [*checks, at_most(LONG)], description=why, render_kw={"rows": 3})


def _choice(given: Any) -> tuple[str, Text]:
    """A choice stands in the table as words, or as words in three languages; the Japanese ones are the answer that is stored."""
    words = Text(given) if isinstance(given, str) else Text(*given[:3])
    return words.ja, words
