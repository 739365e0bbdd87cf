"""The words of a mail: templates in three languages, filled with values that may be anybody's typing.

Pure but for reading the template's file. ``{漢字|かんじ}`` in an easy template becomes 「漢字（かんじ）」, since plain text knows no ruby.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from lessons.furigana import FuriganaError, words
from web.language import LANGUAGES, Language, Text

ROOMS = Path(__file__).resolve().parent.parent
SUBJECT = "Subject:"
LONGEST_SUBJECT = 200
_NAME = re.compile(r"[a-z]+/[a-z0-9-]+")
_CONTROL = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKUP = re.compile(r"[\\{|}]")


class Letter(NamedTuple):
    """What a mail says. The subject is one line."""

    subject: str
    body: str


def template_file(template: str, language: Language) -> Path:
    """``room/name`` → its file in that language, else in Japanese. Raises FileNotFoundError: a name of ours is wrong."""
    if not _NAME.fullmatch(template):
        raise FileNotFoundError(template)
    room, _, name = template.partition("/")
    for chosen in (language, "ja"):
        place = ROOMS / room / "mail" / f"{name}.{chosen}.txt"
        if place.exists():
            return place
    raise FileNotFoundError(f"web/{room}/mail/{name}.ja.txt")


def letter(template: str, language: Language, values: Mapping[str, object], link: Callable[..., str] | None = None) -> Letter:
    """Fill a template and put the common footer below. A :class:`Text` among the values (at any depth) appears in the mail's language.

    ``link(endpoint, …)`` in a template is the address of a page. A value that a template names and nobody gives raises UndefinedError.
    """
    given = {"language": language, "link": link, **values}
    subject, body = _filled(template, language, given)
    _, footer = _filled("mail/footer", language, given)
    return Letter(one_line(subject)[:LONGEST_SUBJECT], f"{body.strip()}\n\n-- \n{footer.strip()}\n")


def one_line(text: str) -> str:
    """Without line breaks and control characters: fit for a header."""
    return " ".join(_CONTROL.sub(" ", text).split())


def with_readings(marked: str) -> str:
    """``{教室|きょうしつ}で`` → 「教室（きょうしつ）で」. Raises FuriganaError."""
    return "".join(f"{word.text}（{word.reading}）" if word.reading else word.text for word in words(marked))


def _filled(template: str, language: Language, values: Mapping[str, object]) -> tuple[str, str]:
    path = template_file(template, language)
    written_in = _language_of(path)
    subject, body = (part.render(values) for part in _parts(path, written_in))
    if written_in == "easy":
        subject, body = with_readings(subject), with_readings(body)
    return subject, _CONTROL.sub("", body.replace("\r\n", "\n"))


def _language_of(path: Path) -> Language:
    return next(language for language in LANGUAGES if path.stem.endswith(f".{language}"))


@lru_cache(maxsize=256)
def _parts(path: Path, language: Language) -> tuple[Template, Template]:
    """Subject and body apart, so that a line break in a value for the subject stays out of the body. The footer is all body."""
    source = path.read_text(encoding="utf-8")
    head, _, body = source.partition("\n") if path.name.split(".")[0] != "footer" else (SUBJECT, "", source)
    if not head.startswith(SUBJECT):
        raise ValueError(f"{path} does not begin with '{SUBJECT}'")
    environment = _environment(language)
    return environment.from_string(head.removeprefix(SUBJECT)), environment.from_string(body)


@lru_cache(maxsize=3)
def _environment(language: Language) -> Environment:
    return Environment(
        loader=FunctionLoader(lambda _: None),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (plain text)
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda given: _shown(given, language),
    )


def _shown(given: Any, language: Language) -> str:
    """A value in a mail's text. In an easy template it is escaped, so that somebody's typing is no markup there."""
    text = given.in_language(language) if isinstance(given, Text) else str(given)
    if language != "easy":
        return text
    if isinstance(given, Text):
        with suppress(FuriganaError):
            text = with_readings(text)
    return _MARKUP.sub(lambda sign: f"\\{sign[0]}", text)
