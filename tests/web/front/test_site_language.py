"""One's own language, everywhere: words, dates, addresses and what a form says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import wtforms
from flask import Flask, url_for
from flask.testing import FlaskClient
from wtforms import DateField, IntegerField, SelectField, validators

from web.form_words import MESSAGES
from web.forms import SiteForm, clean, clean_phone
from web.language import Text, day_words, render, say, span_words

OF_PROGRAMMERS = (
    *(
        "CSRF",
        "Invalid CSRF",
        "Choices cannot",
        "Field must be",
        "Field cannot be",
        "This field cannot be edited",
        "This field is disabled",
    ),
    *("Invalid IP", "Invalid Mac", "Invalid UUID", "Invalid field name", "Invalid input", "Invalid value, can't", "Date must be"),
)
"""Beginnings of messages of checks that no form of ours uses."""


def test_the_language_is_the_first_part_of_the_address_and_stays(site: Flask) -> None:
    for prefix in ("", "/easy", "/en"):
        page = site.test_client().get(f"{prefix}/").get_data(as_text=True)
        links = re.findall(r'href="(/[^"]*)"', page)
        assert f"{prefix}/classes/" in links
        assert all(f"{other}/" in links for other in ("/easy", "/en"))


def test_a_style_sheet_has_one_address_in_all_languages(client: FlaskClient) -> None:
    sheets = [set(re.findall(r'href="([^"]*\.css)"', client.get(path).get_data(as_text=True))) for path in ("/", "/easy/", "/en/")]
    assert sheets[0] == sheets[1] == sheets[2] and client.get(sheets[0].pop()).status_code == 200


def test_easy_words_have_their_reading_and_nothing_typed_becomes_markup(site: Flask) -> None:
    text = Text("申し込む", "{申|もう}し{込|こ}む", "Apply")
    assert str(render(text.easy, "easy")).startswith("<ruby>申<")
    assert text.plain("easy") == "申し込む" and text.plain("en") == "Apply" and Text("だけ").plain("en") == "だけ"
    with site.test_request_context("/", environ_overrides={"kanikko.language": "easy"}):
        assert "<b>" not in say("<name>さん", "<name>さん", "<name>", name="<b>{x|y")
        assert url_for("front.home") == "/"


def test_days_and_hours_are_written_as_people_say_them() -> None:
    assert day_words("2026-12-05") == "2026年12月5日(土)" and day_words("2026-12-05").en == "Sat 5 Dec 2026"
    assert span_words("2026-12-05T10:00:00+09:00", "2026-12-05T12:00:00+09:00") == "2026年12月5日(土) 10:00〜12:00"


def test_every_message_of_wtforms_that_a_visitor_may_cause_is_translated() -> None:
    said = set()
    for file in Path(wtforms.__file__).parent.rglob("*.py"):
        said |= set(re.findall(r'gettext\(\s*"([^"]+)"', file.read_text()))
    assert [words for words in sorted(said - set(MESSAGES)) if not words.startswith(OF_PROGRAMMERS)] == []


class Example(SiteForm):
    day = DateField()
    number = IntegerField(validators=[validators.NumberRange(1, 5)])
    choice = SelectField(choices=["a"])


@pytest.mark.parametrize("language", ["ja", "easy", "en"])
def test_what_is_wrong_is_said_in_the_visitors_language(site: Flask, language: str) -> None:
    with site.test_request_context("/", method="POST", data={"day": "x", "number": "9", "choice": "b"}):
        form = Example(meta={"csrf": False})
        assert not form.validate()
        words = [form.day.errors[0].plain(language), form.number.errors[0].plain(language), form.choice.errors[0].plain(language)]
        assert all(word for word in words) and ("5" in words[1]) and (language != "en" or all(word.isascii() for word in words))


def test_typed_text_loses_what_cannot_be_seen() -> None:
    assert clean("  ﾔﾏﾀﾞ　太郎\u202e\u0000 ") == "ヤマダ 太郎" and clean(None) is None
    assert clean_phone("０７６－２２０（1234）") == "0762201234"
