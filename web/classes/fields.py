"""Form fields whose complaints are in the visitor's language (WTForms' own are in English)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import DateField, DecimalField, IntegerField, SelectField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the types are of an older version
from wtforms.validators import ValidationError

from lessons.furigana import FuriganaError, plain
from web.language import Text

Choices = Sequence[tuple[str, str]]


def _listed(choices: Choices) -> list[Any]:
    return [SelectChoice(value, words) for value, words in choices]


class Choice(SelectField):
    """One of a list; ``choices`` are (value, words) pairs, ("", …) for none."""

    def __init__(self, label: str | None = None, validators: Any = None, choices: Choices = (), **more: Any) -> None:
        super().__init__(label, validators, choices=_listed(choices), **more)

    def offer(self, choices: Choices) -> None:
        """The choices that are known only when the form is made."""
        self.choices = _listed(choices)

    def process_data(self, value: Any) -> None:
        super().process_data("" if value is None else value)

    def pre_validate(self, form: Any) -> None:
        if not any(selected for _, _, selected, *_ in self.iter_choices()):
            raise ValidationError(Text("一覧から選んでください", "{一覧|いちらん}から えらんでください", "Please choose from the list"))


class Day(DateField):
    """A day, as a browser's date field sends it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None  # an emptied field is empty, whatever it held
        try:
            super().process_formdata([value for value in valuelist if value.strip()])
        except ValueError:
            raise ValueError(
                Text("日付の形で入力してください（例: 2026-12-05）", "{日|ひ}を えらんでください", "Please enter a date (2026-12-05)")
            ) from None


class Clock(TimeField):
    """A time of day."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None  # an emptied field is empty, whatever it held
        try:
            super().process_formdata([value[:5] for value in valuelist if value.strip()])
        except ValueError:
            raise ValueError(
                Text("時刻の形で入力してください（例: 10:00）", "{時間|じかん}を えらんでください", "Please enter a time (10:00)")
            ) from None


class Whole(IntegerField):
    """A whole number that the database can hold."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None  # an emptied field is empty, whatever it held
        wrong = ValueError(Text("数字で入力してください", "{数字|すうじ}を {書|か}いてください", "Please enter a whole number"))
        try:
            super().process_formdata([value for value in valuelist if value.strip()])
        except ValueError:
            raise wrong from None
        if self.data is not None and abs(self.data) >= 2**31:
            self.data = None
            raise wrong


class Degrees(DecimalField):
    """A coordinate in degrees."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None  # an emptied field is empty, whatever it held
        try:
            super().process_formdata([value for value in valuelist if value.strip()])
        except (ValueError, ArithmeticError):
            raise ValueError(Text("数字で入力してください（例: 36.5716）")) from None


def at_least(lowest: int) -> Any:
    """A validator: a number from ``lowest`` up."""

    def check(form: Any, field: Any) -> None:
        if field.data is not None and field.data < lowest:
            words = Text("<n>以上の数にしてください", "<n>より {多|おお}く してください", "Please enter <n> or more")
            raise ValidationError(words.fill(n=lowest))

    return check


def between(lowest: float, highest: float) -> Any:
    """A validator: a number of a range, ends included."""

    def check(form: Any, field: Any) -> None:
        # A Decimal of NaN compares with nothing.
        if field.data is not None and not (field.data == field.data and lowest <= field.data <= highest):
            words = Text("<low>から<high>までの数にしてください", "<low>から <high>までに してください", "Please enter <low> to <high>")
            raise ValidationError(words.fill(low=lowest, high=highest))

    return check


EASY = "漢字には {漢字|かんじ} のように読みを付けます。空なら日本語がそのまま出ます。"
ENGLISH = "空なら日本語がそのまま出ます。"
"""What the forms say beside the words in plain Japanese and in English."""


class Readings:
    """Plain Japanese: the marks of readings, ``{漢字|かんじ}``, must make sense."""

    def __call__(self, form: Any, field: Any) -> None:
        try:
            plain(field.data or "")
        except FuriganaError:
            raise ValidationError(Text("読みの付け方を確かめてください（例: {教室|きょうしつ}）")) from None
