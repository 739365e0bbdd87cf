"""What a mail says: three languages, readings in the easy one, values that cannot break out of their place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import UndefinedError
from sqlite_utils import Database

from lessons.furigana import missing
from web.data import every, one, value, writing
from web.language import LANGUAGES, Text, day_words
from web.mail import Attachment, post
from web.mail import words as mail_words
from web.mail.words import ROOMS, SUBJECT

TEMPLATES = sorted(ROOMS.glob("*/mail/*.txt"))


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Templates of a room of our own, beside the real footer."""
    for place in (tmp_path / "trial" / "mail", tmp_path / "mail"):
        place.mkdir(parents=True)
    (tmp_path / "mail" / "mail").symlink_to(ROOMS / "mail" / "mail")
    folder = tmp_path / "trial" / "mail"
    (folder / "hello.ja.txt").write_text("Subject: {{ title }}の お知らせ\n\n{{ name }}さま\n{{ title }}は {{ day }}です。\n")
    (folder / "hello.easy.txt").write_text("Subject: {{ title }}の お{知|し}らせ\n\n{{ name }}さん\n{{ title }}は {{ day }}です。\n")
    (folder / "hello.en.txt").write_text("Subject: About {{ title }}\n\nDear {{ name }},\n{{ title }} is on {{ day }}.\n")
    monkeypatch.setattr(mail_words, "ROOMS", tmp_path)
    mail_words._parts.cache_clear()
    return folder


VALUES = {"title": Text("かに教室", "かに{教室|きょうしつ}", "Crab class"), "name": "加賀 花子", "day": day_words("2026-12-05")}


def send(db: Database, language: str = "ja", key: str = "k1", **more: object) -> dict[str, str]:
    post(db, "trial/hello", "hanako@example.jp", language, key=key, values={**VALUES, **more})
    row = one(db, "select * from mails where key = ?", (key,))
    assert row is not None
    return row


def test_a_mail_reads_in_the_language_of_the_family_with_the_sites_name_below(room: Path, db: Database, site: Flask) -> None:
    ja, easy, en = (send(db, language, language) for language in LANGUAGES)
    assert ja["subject"] == "かに教室の お知らせ"
    assert "かに教室は 2026年12月5日(土)です。" in ja["body"] and "お送りしています" in ja["body"]
    assert easy["subject"] == "かに教室（きょうしつ）の お知（し）らせ"
    assert "2026年（ねん）12月（がつ）5日（にち）(土)" in easy["body"]
    assert "Crab class is on Sat 5 Dec 2026." in en["body"] and "sent automatically" in en["body"]
    name = site.config["SITE"].settings.site_name
    assert all(f"-- \n{name}" in mail["body"] for mail in (ja, easy, en))


def test_without_easy_words_the_japanese_ones_are_sent(room: Path, db: Database) -> None:
    (room / "hello.easy.txt").unlink()
    assert send(db, "easy")["subject"] == "かに教室の お知らせ"


def test_a_mail_with_the_same_key_is_queued_once(room: Path, db: Database) -> None:
    send(db)
    send(db, name="somebody else")
    assert value(db, "select count(*) from mails") == 1


def test_a_mail_exists_only_if_what_it_tells_of_was_written(room: Path, db: Database) -> None:
    with pytest.raises(RuntimeError), writing(db):
        send(db)
        raise RuntimeError
    assert value(db, "select count(*) from mails") == 0


def test_a_family_without_an_address_gets_no_mail(room: Path, db: Database) -> None:
    for address in ("", None):
        post(db, "trial/hello", address, "ja", key="k", values=VALUES)
    assert every(db, "select * from mails") == []


@pytest.mark.parametrize(
    "typed", ["a\r\nBcc: victim@example.jp", "{教室|", "{{ 7 * 7 }}", "}{|\\", "{% raw %}", "\x00\x1b[31m", "\u202egnp"]
)
def test_what_people_type_stays_text(room: Path, db: Database, typed: str) -> None:
    for language in LANGUAGES:
        mail = send(db, language, language, title=typed, name=typed)
        assert "\n" not in mail["subject"] and "\r" not in mail["subject"] + mail["body"]
        assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", mail["subject"] + mail["body"])
        visible = "".join(letter for letter in typed if letter.isprintable())
        assert "".join(mail["subject"].split()).startswith("About" * (language == "en") + "".join(visible.split()))
        assert mail["body"].index("さま" if language == "ja" else "さん" if language == "easy" else "Dear") < 80


NO_ADDRESSES = (
    "a@b.jp\r\nBcc: c@d.jp", "a@b.jp, c@d.jp", "a@b.jp>", "<a@b.jp>", "nobody", "a@b.jp c@d.jp", '"a b"@c.jp', "a" * 250 + "@b.jp",
)  # fmt: skip


def test_an_address_that_is_none_is_kept_for_staff_to_see_and_never_sent(room: Path, db: Database) -> None:
    for address in NO_ADDRESSES:
        post(db, "trial/hello", address, "ja", key=address, values=VALUES)
        kept = one(db, "select state, last_error, recipient from mails where key = ?", (address,))
        assert kept and (kept["state"], kept["last_error"]) == ("failed", "not an e-mail address") and "\n" not in kept["recipient"]


def test_a_template_that_names_an_unknown_value_is_found_at_once(room: Path, db: Database) -> None:
    with pytest.raises(UndefinedError):
        post(db, "trial/hello", "a@b.jp", "ja", key="k", values={"title": "x", "name": "y"})


def test_a_template_outside_the_rooms_is_none(db: Database) -> None:
    for name in ("../../etc/passwd", "mail/../x", "front/none", "hello"):
        with pytest.raises(FileNotFoundError):
            post(db, name, "a@b.jp", "ja", key="k", values={})


def test_attachments_are_kept_with_the_mail(room: Path, db: Database) -> None:
    post(db, "trial/hello", "a@b.jp", "ja", key="k", values=VALUES, attachments=[Attachment("a.ics", "text/calendar", b"BEGIN")])
    assert json.loads(value(db, "select attachments_json from mails")) == [{"name": "a.ics", "type": "text/calendar", "base64": "QkVHSU4="}]


def test_a_link_in_a_mail_is_the_sites_own_in_the_mails_language(room: Path, db: Database, site: Flask) -> None:
    for language in LANGUAGES:
        (room / f"hello.{language}.txt").write_text('Subject: x\n\n{{ link("front.contact") }}\n')
    with site.test_request_context("/en/", base_url="http://evil.example/"):
        assert f"{site.config['SITE'].settings.site_public_url}/easy/" in send(db, "easy")["body"]
    assert "evil" not in value(db, "select body from mails")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOMS)))
def test_every_template_has_a_subject_and_all_three_languages(path: Path) -> None:
    name, language, _ = path.name.split(".")
    assert language in LANGUAGES
    source = path.read_text()
    assert "{# for staff" in source or all((path.parent / f"{name}.{other}.txt").exists() for other in LANGUAGES), (
        "all three languages, or '{# for staff: in Japanese only #}'"
    )
    if name != "footer":
        assert re.match(rf"{SUBJECT} \S.*\n\n\S", source), f"{path}: '{SUBJECT} …', an empty line, the body"
    if language == "easy":
        fixed = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.DOTALL)
        assert missing(fixed, 1) == [], f"{path}: kanji without a reading"
