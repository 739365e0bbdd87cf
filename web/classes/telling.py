"""What families read of a change, in three languages. Pure: rows before and after in, words out; None where nothing concerns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from web.classes.words import fee_words
from web.language import LANGUAGES, Text, span_words, text_of

_OF_CLASS = ("title", "fee", "fee_note", "bring", "contact_name", "contact_phone")


def joined(texts: Sequence[Text], between: str = "\n") -> Text | None:
    """Texts one after another, each language by itself; None for none."""
    return Text(*(between.join(text.in_language(language) for text in texts) for language in LANGUAGES)) if texts else None


def about_class(before: Mapping[str, Any], after: Mapping[str, Any]) -> Text | None:
    """What is new about a class for those who applied."""
    new = []
    for column in _OF_CLASS:
        if column in after and before[column] != after[column] and after[column] not in ("", None):
            new.append(_line(column, {**before, **after}))
    return joined(new)


def _line(column: str, row: Mapping[str, Any]) -> Text:
    words = {
        "title": Text("教室の名前: <new>", "{教室|きょうしつ}の {名前|なまえ}: <new>", "Name of the class: <new>"),
        "fee": Text("参加費: <new>", "お{金|かね}: <new>", "Fee: <new>"),
        "fee_note": Text("参加費について: <new>", "お{金|かね}のこと: <new>", "About the fee: <new>"),
        "bring": Text("持ち物: <new>", "{持|も}ってくるもの: <new>", "What to bring: <new>"),
        "contact_name": Text("問い合わせ先: <new>", "{聞|き}きたいこと: <new>", "Questions to: <new>"),
        "contact_phone": Text("問い合わせの電話: <new>", "{電話|でんわ}: <new>", "Telephone: <new>"),
    }[column]
    new = fee_words(row["fee"]) if column == "fee" else text_of(row, column)
    return _filled(words, new=new)


def about_session(before: Mapping[str, Any], after: Mapping[str, Any]) -> Text | None:
    """A session's new time or place. The rows carry the place's names."""
    new = []
    if (before["starts_at"], before["ends_at"]) != (after["starts_at"], after["ends_at"]):
        words = Text("<old> の回は、<new> になりました。", "<old> は、<new> に なりました。", "The session on <old> is now on <new>.")
        new.append(_filled(words, old=_when(before), new=_when(after)))
    if before["place"] != after["place"]:
        words = Text("<day> の場所は「<place>」になりました。", "<day> は 「<place>」で します。", "On <day> the place is now <place>.")
        new.append(_filled(words, day=_when(after), place=text_of(after, "name")))
    return joined(new)


def about_new_sessions(sessions: Sequence[Mapping[str, Any]]) -> Text | None:
    """Sessions that were added."""
    words = Text("<day>「<place>」が加わりました。", "<day> 「<place>」も あります。", "New: <day> at <place>.")
    return joined([_filled(words, day=_when(one), place=text_of(one, "name")) for one in sessions])


def session_off(session: Mapping[str, Any], note: str) -> Text:
    """A session that does not take place."""
    words = Text("<day> の回は中止になりました。<note>", "<day> は ありません。<note>", "The session on <day> is cancelled. <note>")
    return _filled(words, day=_when(session), note=Text(note))


def _when(session: Mapping[str, Any]) -> Text:
    return span_words(session["starts_at"], session["ends_at"])


def _filled(words: Text, **values: Text) -> Text:
    """As Text.fill, each value in its language."""
    return Text(*(
        Text(words.in_language(language)).fill(**{name: value.in_language(language) for name, value in values.items()}).strip()
        for language in LANGUAGES
    ))  # fmt: skip
