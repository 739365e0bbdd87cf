"""Three languages: Japanese, やさしい日本語 (with readings above every word in kanji) and English.

The language is the first part of the path (``/easy/…``, ``/en/…``; Japanese has none), so that an address says what one sees and no
cookie is needed. A fixed word stands where it is used, in all three at once: ``say("申し込む", "{申|もう}し{込|こ}む", "Apply")``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from babel.dates import format_date, format_time
from flask import has_request_context, request
from markupsafe import Markup, escape

from lessons.furigana import FuriganaError, plain, ruby
from web.clock import moment as moment_of

Language = Literal["ja", "easy", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "easy", "en")
LANGUAGE_NAMES: dict[Language, str] = {"ja": "日本語", "easy": "やさしい にほんご", "en": "English"}
HTML_LANG: dict[Language, str] = {"ja": "ja", "easy": "ja", "en": "en"}
ENVIRON = "kanikko.language"
DESK = ("/staff", "/door")
"""Paths of desk work, which is in Japanese whatever language was chosen."""
_MARKUP = re.compile(r"[\\{|}]")
_READER = 1  # a reader of the first school year: every word in kanji gets its reading


class Text(str):
    """The same words in the three languages. It is a string, the Japanese words; ``easy`` (may hold ``{漢字|かんじ}``) and ``en`` go along.

    So it may stand as a form's label or error, which WTForms types as strings. An empty ``easy`` or ``en`` falls back to the Japanese.
    """

    easy: str
    en: str

    def __new__(cls, ja: str, easy: str = "", en: str = "") -> Self:
        text = super().__new__(cls, ja)
        text.easy, text.en = easy, en
        return text

    @property
    def ja(self) -> str:
        return str(self)

    def in_language(self, language: Language) -> str:
        """The words of one language, with markup."""
        return (self.ja if language == "ja" else getattr(self, language)) or self.ja

    def plain(self, language: Language) -> str:
        """Without markup: for mail, titles, attributes, files."""
        return _plain(self.in_language(language))

    def __mod__(self, values: Any) -> Text:
        return Text(*(words % values for words in (self.ja, self.easy, self.en)))

    def fill(self, **values: object) -> Text:
        """``<name>`` replaced in all three, by a :class:`Text` in each language's own words."""
        return Text(*(_fill(self.in_language(language), values, language) for language in LANGUAGES))


def _fill(words: str, values: Mapping[str, object], language: Language) -> str:
    for name, given in values.items():
        words = words.replace(f"<{name}>", given.in_language(language) if isinstance(given, Text) else _literal(str(given), language))
    return words


def _literal(given: str, language: Language) -> str:
    """Somebody's typing is no markup."""
    return _MARKUP.sub(lambda sign: f"\\{sign[0]}", given) if language == "easy" else given


def _plain(words: str) -> str:
    try:
        return plain(words)
    except FuriganaError:
        return words


def current_language() -> Language:
    """The language of the page that was asked for; Japanese outside a request."""
    if not has_request_context():
        return "ja"
    language: Language = request.environ.get(ENVIRON, "ja")
    return language


def render(words: str, language: Language) -> Markup:
    """Words as HTML: escaped, in the easy language with ruby."""
    if language == "easy":
        try:
            return Markup(ruby(words, _READER))  # noqa: S704 (ruby escapes)
        except FuriganaError:
            pass
    return escape(words)


def say(ja: str | Text, easy: str = "", en: str = "", **values: object) -> Markup:
    """HTML in the visitor's language; ``<name>`` in the words is replaced by ``name=…``, escaped."""
    text = ja if isinstance(ja, Text) else Text(ja, easy, en)
    language = current_language()
    return render(_fill(text.in_language(language), values, language), language)


def say_plain(ja: str | Text, easy: str = "", en: str = "", **values: object) -> str:
    """As :func:`say`, without markup: for attributes, titles, select options."""
    text = ja if isinstance(ja, Text) else Text(ja, easy, en)
    language = current_language()
    return _plain(_fill(text.in_language(language), values, language))


def text_of(row: Mapping[str, Any], name: str) -> Text:
    """A row's column in three languages: ``title``, ``title_easy``, ``title_en``."""
    return Text(row[name] or "", row.get(f"{name}_easy") or "", row.get(f"{name}_en") or "")


_DAY: dict[Language, str] = {"ja": "y年M月d日(EEEEE)", "easy": "y'{年|ねん}'M'{月|がつ}'d'{日|にち}'(EEEEE)", "en": "EEE d MMM y"}


def day_words(day: date | str, language: Language | None = None) -> Text:
    """A day in words: 「2026年12月5日(土)」."""
    if isinstance(day, str):
        day = date.fromisoformat(day[:10])
    words = {language: format_date(day, _DAY[language], locale="en_GB" if language == "en" else "ja") for language in LANGUAGES}
    return Text(words["ja"], words["easy"], words["en"])


def time_words(when: datetime | str) -> str:
    """``10:00``, the same in all languages."""
    return format_time(moment_of(when) if isinstance(when, str) else when, "HH:mm", locale="ja")


def span_words(starts: str, ends: str) -> Text:
    """「2026年12月5日(土) 10:00〜12:00」."""
    days, hours = day_words(starts), f"{time_words(starts)}〜{time_words(ends)}"
    return Text(f"{days.ja} {hours}", f"{days.easy} {hours}", f"{days.en}, {hours.replace('〜', '–')}")


def moment_words(when: str) -> Text:
    """A day and a time."""
    days, hours = day_words(when), time_words(when)
    return Text(f"{days.ja} {hours}", f"{days.easy} {hours}", f"{days.en}, {hours}")


class LanguageInPath:
    """WSGI: takes ``/easy`` or ``/en`` off the path and puts it into SCRIPT_NAME, so that every ``url_for`` stays in the language."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        if first in ("easy", "en"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + f"/{first}"
            environ["PATH_INFO"] = path[len(first) + 1 :] or "/"
            environ[ENVIRON] = "ja" if environ["PATH_INFO"].startswith(DESK) else first
        return self.app(environ, start_response)
