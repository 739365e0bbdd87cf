"""WTForms' own messages in the three languages. What WTForms says of programmers' mistakes stays English."""

from __future__ import annotations

from web.language import Text

_DATE = Text("日付の形になっていません", "{日|ひ}を もう{一度|いちど} {見|み}てください", "This is not a date")
_NUMBER = Text("数字で書いてください", "{数字|すうじ}で {書|か}いてください", "Please write a number")
_CHOICE = Text("一覧から選び直してください", "もう{一度|いちど} えらんでください", "Please choose from the list")

MESSAGES: dict[str, Text] = {
    "This field is required.": Text("ここを入力してください", "ここに {書|か}いてください", "Please fill this in"),
    "Not a valid choice.": _CHOICE,
    "Invalid Choice: could not coerce.": _CHOICE,
    "Invalid choice(s): one or more data inputs could not be coerced.": _CHOICE,
    "'%(value)s' is not a valid choice for this field.": _CHOICE,
    "'%(value)s' are not valid choices for this field.": _CHOICE,
    "Invalid value, must be one of: %(values)s.": _CHOICE,
    "Not a valid date value.": _DATE,
    "Not a valid datetime value.": _DATE,
    "Not a valid week value.": _DATE,
    "Not a valid time value.": Text(
        "時刻の形になっていません（例: 10:00）",
        "{時間|じかん}を もう{一度|いちど} {見|み}てください",
        "This is not a time (example: 10:00)",
    ),
    "Not a valid integer value.": _NUMBER,
    "Not a valid decimal value.": _NUMBER,
    "Not a valid float value.": _NUMBER,
    "Number must be at least %(min)s.": Text(
        "%(min)s以上にしてください", "%(min)s より {大|おお}きく してください", "At least %(min)s, please"
    ),
    "Number must be at most %(max)s.": Text(
        "%(max)s以下にしてください", "%(max)s より {小|ちい}さく してください", "At most %(max)s, please"
    ),
    "Number must be between %(min)s and %(max)s.": Text(
        "%(min)sから%(max)sまでの数にしてください", "%(min)sから %(max)sまで です", "Between %(min)s and %(max)s, please"
    ),
    "Invalid email address.": Text(
        "メールアドレスの形になっていません（例: hanako@example.jp）",
        "メールアドレスを もう{一度|いちど} {見|み}てください",
        "This is not an e-mail address",
    ),
    "Invalid URL.": Text("アドレス（URL）の形になっていません", "URLを もう{一度|いちど} {見|み}てください", "This is not a web address"),
}


class Messages:
    """What WTForms asks for translations."""

    def gettext(self, words: str) -> str:
        return MESSAGES.get(words, words)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return MESSAGES.get(singular if n == 1 else plural, singular if n == 1 else plural)
