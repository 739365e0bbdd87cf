"""The style guide, rendered as the site would: used by the look's tests."""

from __future__ import annotations

from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup, escape
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    EmailField,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from kanikko import look
from lessons.furigana import plain, ruby

LANGUAGES = {"ja": "日本語", "easy": "やさしい にほんご", "en": "English"}


class Words(NamedTuple):
    """Words in three languages, as the site has them."""

    ja: str
    easy: str
    en: str


def _needed() -> InputRequired:
    return InputRequired(Words("ここを入力してください", "ここに {書|か}いて ください", "Please fill this in"))  # type: ignore[arg-type]


def _words(ja: str, easy: str, en: str) -> Any:
    return Words(ja, easy, en)


class Child(Form):
    name = StringField(_words("お子さんの名前", "お{子|こ}さんの {名前|なまえ}", "Child's name"), [_needed()], render_kw={"autocomplete": "off"})
    grade = SelectField(
        _words("学年", "{学年|がくねん}", "Grade"),
        [_needed()],
        choices=[("", _words("えらんでください", "えらんで ください", "Please choose")), ("1", _words("小学1年", "{小学|しょうがく}1{年|ねん}", "Grade 1"))],
    )


class Guide(Form):
    key = HiddenField(default="k")
    name = StringField(
        _words("保護者の名前", "おうちの {人|ひと}の {名前|なまえ}", "Your name"),
        [_needed()],
        description=_words("名字と名前の間に空白を入れてください。", "みょうじ と なまえ の あいだを あけて ください。", "Family name and given name"),
        render_kw={"autocomplete": "name"},
    )
    email = EmailField(_words("メールアドレス", "メールアドレス", "E-mail"), [_needed()], render_kw={"autocomplete": "email"})
    phone = TelField(_words("電話番号", "{電話|でんわ}", "Telephone"), render_kw={"autocomplete": "tel"})
    born = DateField(_words("生年月日", "うまれた {日|ひ}", "Born"))
    starts = DateTimeLocalField(_words("始まり", "はじまり", "Starts"))
    places = IntegerField(_words("定員", "{人|ひと}の {数|かず}", "Places"), [_needed()])
    area = SelectField(
        _words("地区", "{地区|ちく}", "Area"),
        choices=[("", _words("どこでも", "どこでも", "Anywhere")), ("n", _words("北", "{北|きた}", "North")), ("s", _words("南", "{南|みなみ}", "South"))],
    )
    mode = RadioField(
        _words("ごきょうだいの申し込み", "きょうだいの {申|もう}しこみ", "Brothers and sisters"),
        [_needed()],
        choices=[("all", _words("全員いっしょのときだけ", "みんな いっしょの ときだけ", "All or none")), ("any", _words("ひとりでも", "ひとりでも", "Any of them"))],
    )
    days = SelectMultipleField(
        _words("来られる曜日", "こられる {曜日|ようび}", "Days"),
        choices=[("sat", _words("土曜日", "{土曜日|どようび}", "Saturday")), ("sun", _words("日曜日", "{日曜日|にちようび}", "Sunday"))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    why = TextAreaField(_words("やってみたいこと", "やってみたい こと", "What would you like to try?"), [Length(max=200)])
    photo = FileField(_words("写真", "しゃしん", "Picture"))
    children = FieldList(FormField(Child, _words("お子さん", "お{子|こ}さん", "Child")), _words("お子さん", "お{子|こ}さん", "Children"), min_entries=2)
    agree = BooleanField(_words("個人情報の取り扱いに同意します", "わたしの {情報|じょうほう}を つかって よいです", "I agree to the use of my data"), [_needed()])


class Filter(Form):
    state = SelectField("状態", choices=[("", "すべて"), ("waiting", "待ち")])


def environment(language: str) -> jinja2.Environment:
    def raw(*given: Any) -> str:
        words = given[0] if len(given) == 1 else Words(*given)
        return str(words if isinstance(words, str) else getattr(words, language))

    def say(*given: Any) -> Markup:
        return Markup(ruby(raw(*given), 1)) if language == "easy" else escape(raw(*given))

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(look.TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    env.globals.update(
        say=say,
        say_plain=lambda *given: plain(raw(*given)),
        asset=lambda _endpoint, file: f"/look/{look.VERSION}/{file}",
        language=language,
        html_lang="en" if language == "en" else "ja",
        languages=[
            {"code": code, "name": name, "url": f"/guide/{code}", "lang": "en" if code == "en" else "ja", "current": code == language} for code, name in LANGUAGES.items()
        ],
        page_url=lambda number: f"?page={number}",
        nav=[
            {"url": "#classes", "text": say("教室をさがす", "{教室|きょうしつ}を さがす", "Find a class"), "current": True},
            {"url": "#calendar", "text": say("カレンダー", "カレンダー", "Calendar"), "current": False},
            {"url": "#outreach", "text": say("出前の依頼", "きてもらう", "Ask us to come"), "current": False},
            {"url": "#figures", "text": say("数字で見る", "{数字|すうじ}で みる", "Figures"), "current": False},
        ],
        footer_links=[
            {"url": "#accessibility", "text": say("アクセシビリティ", "だれでも つかえるように", "Accessibility")},
            {"url": "#privacy", "text": say("個人情報", "こじん じょうほう", "Privacy")},
            {"url": "#opendata", "text": say("オープンデータ", "オープンデータ", "Open data")},
        ],
        staff_nav=[
            {"title": "毎日", "items": [{"url": "#desk", "text": "机", "icon": "home", "current": False}, {"url": "#a", "text": "申し込み", "icon": "ticket", "current": True}]},
            {"title": "準備", "items": [{"url": "#m", "text": "メンター", "icon": "person", "current": False}, {"url": "#k", "text": "機材", "icon": "kit", "current": False}]},
        ],
    )
    return env


class Posted(dict[str, list[str]]):
    """What a browser sent, as WTForms wants it."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def guide(language: str = "ja", template: str = "look/guide.html") -> str:
    """A page with every component; its second form was sent empty."""
    wrong = Guide(Posted({"key": [""], "why": ["あ" * 230], "children-0-name": [""], "children-1-name": [""]}), prefix="w_")
    wrong.validate()
    return environment(language).get_template(template).render(good_form=Guide(), wrong_form=wrong, filter_form=Filter())
