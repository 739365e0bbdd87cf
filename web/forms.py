"""What all forms share: words in three languages, cleaned text, and checks whose message says what to do.

Labels and messages are :class:`web.language.Text`; the look's macros show them with ``say``. WTForms keeps any object as label and error.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask import has_request_context, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.validators import Email, InputRequired, Length, Optional, ValidationError

from web.form_words import Messages
from web.language import Text

SHORT, LONG = 100, 2000
_HIDDEN = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_KANA = re.compile("[ぁ-ゖァ-ヺー・ ]+")
_PHONE = re.compile(r"\+?[0-9]{9,15}")


def clean(text: str | None) -> str | None:
    """One line of typed text: NFKC, no control or direction marks, single spaces. None stays None."""
    if text is None:
        return None
    return " ".join(_HIDDEN.sub("", unicodedata.normalize("NFKC", text)).split())


def clean_lines(text: str | None) -> str | None:
    """As :func:`clean`, keeping line breaks."""
    if text is None:
        return None
    lines = (" ".join(_HIDDEN.sub("", line).split()) for line in unicodedata.normalize("NFKC", text).splitlines())
    return "\n".join(lines).strip()


def clean_email(text: str | None) -> str | None:
    """Small letters, no spaces, ordinary width."""
    cleaned = clean(text)
    return cleaned.replace(" ", "").lower() if cleaned else cleaned


def clean_phone(text: str | None) -> str | None:
    """Digits only (and a leading +)."""
    cleaned = clean(text)
    return re.sub(r"[ ()\-‐-―−ー.]", "", cleaned) if cleaned else cleaned


class SiteForm(FlaskForm):
    """A form of the site. Fields are listed in reading order; ``errors_summary`` of the look's macros lists what is wrong."""

    class Meta:
        locales = False

        def get_translations(self, form: Any) -> Messages:
            return Messages()

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Only what a form sends: Flask-WTF would take a JSON body for one too, and stumble over a list."""
            if has_request_context() and request.is_json and not isinstance(formdata, MultiDict):
                return None
            return super().wrap_formdata(form, formdata)  # type: ignore[misc]

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Field:
            """Text of one line is cleaned by itself; a field may bring filters of its own."""
            filters = unbound_field.kwargs.get("filters", [])
            if not filters and unbound_field.field_class.__name__ in ("StringField", "SearchField"):
                unbound_field.kwargs["filters"] = [clean]
            if not filters and unbound_field.field_class.__name__ == "TextAreaField":
                unbound_field.kwargs["filters"] = [clean_lines]
            bound: Field = unbound_field.bind(form=form, **options)
            return bound


def needed(what: Text | None = None) -> InputRequired:
    return InputRequired(what or Text("ここを入力してください", "ここに {書|か}いてください", "Please fill this in"))


def optional() -> Optional:
    return Optional()


def at_most(letters: int = SHORT) -> Length:
    return Length(
        max=letters,
        message=Text(f"{letters}文字までにしてください", f"{letters}{{文字|もじ}}まで です", f"At most {letters} letters, please"),
    )


def email_address() -> Email:
    return Email(
        Text(
            "メールアドレスの形になっていません（例: hanako@example.jp）",
            "メールアドレスを もう{一度|いちど} {見|み}てください",
            "This is not an e-mail address (example: hanako@example.jp)",
        )
    )


class Kana:
    """Reading in hiragana or katakana."""

    def __call__(self, form: Any, field: Field) -> None:
        if field.data and not _KANA.fullmatch(field.data):
            raise ValidationError(
                Text("ひらがな か カタカナ で書いてください", "ひらがなで {書|か}いてください", "Please write it in kana")
            )


class Phone:
    """A telephone number; give the field ``filters=[clean_phone]``."""

    def __call__(self, form: Any, field: Field) -> None:
        if field.data and not _PHONE.fullmatch(field.data):
            raise ValidationError(
                Text(
                    "電話番号は数字10けたか11けたです（例: 076-220-0000）",
                    "{電話|でんわ}の{番号|ばんごう}を {数字|すうじ}で {書|か}いてください",
                    "A telephone number has 10 or 11 digits (example: 076-220-0000)",
                )
            )
