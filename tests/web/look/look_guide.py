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
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the types are of an older version
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

    def __mod__(self, values: object) -> Words:
        """Validators fill in their limits."""
        return self


def w(ja: str, easy: str, en: str) -> Any:
    """Words where WTForms' types expect a string."""
    return Words(ja, easy, en)


def needed() -> InputRequired:
    return InputRequired(w("ここを入力してください", "ここに {書|か}いて ください", "Please fill this in"))


def choices(**words: Any) -> Any:
    return [SelectChoice("" if value == "none" else value, label) for value, label in words.items()]


CHOOSE = w("えらんでください", "えらんで ください", "Please choose")
NAME_HINT = w("名字と名前の間に空白を入れてください。", "みょうじ と なまえ の あいだを あけて ください。", "Family name and given name")
AGREE = w("個人情報の取り扱いに同意します", "わたしの {情報|じょうほう}を つかって よいです", "I agree to the use of my data")
NORTH, SOUTH = w("北", "{北|きた}", "North"), w("南", "{南|みなみ}", "South")
TOGETHER = w("全員いっしょのときだけ", "みんな いっしょの ときだけ", "All or none")
SATURDAY, SUNDAY = w("土曜日", "{土曜日|どようび}", "Saturday"), w("日曜日", "{日曜日|にちようび}", "Sunday")


class Child(Form):
    name = StringField(w("お子さんの名前", "お{子|こ}さんの {名前|なまえ}", "Child's name"), [needed()], render_kw={"autocomplete": "off"})
    grade = SelectField(
        w("学年", "{学年|がくねん}", "Grade"),
        [needed()],
        choices=choices(none=CHOOSE, first=w("小学1年", "{小学|しょうがく}1{年|ねん}", "Grade 1")),
    )


class Guide(Form):
    key = HiddenField(default="k")
    name = StringField(
        w("保護者の名前", "おうちの {人|ひと}の {名前|なまえ}", "Your name"),
        [needed()],
        description=NAME_HINT,
        render_kw={"autocomplete": "name"},
    )
    email = EmailField(w("メールアドレス", "メールアドレス", "E-mail"), [needed()], render_kw={"autocomplete": "email"})
    phone = TelField(w("電話番号", "{電話|でんわ}", "Telephone"), render_kw={"autocomplete": "tel"})
    born = DateField(w("生年月日", "うまれた {日|ひ}", "Born"))
    starts = DateTimeLocalField(w("始まり", "はじまり", "Starts"))
    places = IntegerField(w("定員", "{人|ひと}の {数|かず}", "Places"), [needed()])
    area = SelectField(
        w("地区", "{地区|ちく}", "Area"),
        choices=choices(none=w("どこでも", "どこでも", "Anywhere"), n=NORTH, s=SOUTH),
    )
    mode = RadioField(
        w("ごきょうだいの申し込み", "きょうだいの {申|もう}しこみ", "Brothers and sisters"),
        [needed()],
        choices=choices(all=TOGETHER, any=w("ひとりでも", "ひとりでも", "Any of them")),
    )
    days = SelectMultipleField(
        w("来られる曜日", "こられる {曜日|ようび}", "Days"),
        choices=choices(sat=SATURDAY, sun=SUNDAY),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    why = TextAreaField(
        w("やってみたいこと", "やってみたい こと", "What would you like to try?"),
        [Length(max=200, message="200文字までにしてください")],
    )
    photo = FileField(w("写真", "しゃしん", "Picture"))
    children = FieldList(
        FormField(Child, w("お子さん", "お{子|こ}さん", "Child")), w("お子さん", "お{子|こ}さん", "Children"), min_entries=2
    )
    agree = BooleanField(AGREE, [needed()])


class Filter(Form):
    state = SelectField("状態", choices=choices(none="すべて", waiting="待ち"))


def environment(language: str) -> jinja2.Environment:
    """Jinja as the site sets it up, strict about names."""

    def raw(*given: Any) -> str:
        words = given[0] if len(given) == 1 else Words(*given)
        return str(words if isinstance(words, str) else getattr(words, language))

    def say(*given: Any) -> Markup:
        return Markup(ruby(raw(*given), 1)) if language == "easy" else escape(raw(*given))

    def html_lang(code: str) -> str:
        return "en" if code == "en" else "ja"

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(look.TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    env.globals.update(
        say=say,
        say_plain=lambda *given: plain(raw(*given)),
        asset=lambda _endpoint, file: f"/look/{look.VERSION}/{file}",
        language=language,
        html_lang=html_lang(language),
        languages=[
            {"code": code, "name": name, "url": f"/{code}", "lang": html_lang(code), "current": code == language}
            for code, name in LANGUAGES.items()
        ],
        page_url=lambda number: f"?page={number}",
        nav=[
            link("classes", say("教室をさがす", "{教室|きょうしつ}を さがす", "Find a class"), current=True),
            link("calendar", say("カレンダー", "カレンダー", "Calendar")),
            link("outreach", say("出前の依頼", "きてもらう", "Ask us to come")),
            link("figures", say("数字で見る", "{数字|すうじ}で みる", "Figures")),
        ],
        footer_links=[
            link("accessibility", say("アクセシビリティ", "だれでも つかえるように", "Accessibility")),
            link("privacy", say("個人情報", "こじん じょうほう", "Privacy")),
            link("opendata", say("オープンデータ", "オープンデータ", "Open data")),
        ],
        staff_nav=[
            {"title": "毎日", "items": [link("desk", "机", icon="home"), link("a", "申し込み", icon="ticket", current=True)]},
            {"title": "準備", "items": [link("m", "メンター", icon="person"), link("k", "機材", icon="kit")]},
        ],
    )
    return env


def link(place: str, text: str, **more: Any) -> dict[str, Any]:
    return {"url": f"#{place}", "text": text, **more}


class Posted(dict[str, list[str]]):
    """What a browser sent, as WTForms wants it."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def guide(language: str = "ja", template: str = "look/guide.html") -> str:
    """A page with every component; its second form was sent empty."""
    wrong = Guide(Posted({"w_why": ["あ" * 230], "w_children-0-name": [""], "w_children-1-name": [""]}), prefix="w_")
    wrong.validate()
    return environment(language).get_template(template).render(good_form=Guide(), wrong_form=wrong, filter_form=Filter())
