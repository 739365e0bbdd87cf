"""What the macros write, without a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from look_guide import Guide, Posted, Words, choices, environment
from markupsafe import Markup
from wtforms import Form, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the types are of an older version
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget


def show(template: str, language: str = "ja", **values: Any) -> str:
    return environment(language).from_string('{% import "look/macros.html" as ui with context %}' + template).render(**values)


def shown_field(name: str, form: Form | None = None, language: str = "ja", **values: Any) -> str:
    return show("{{ ui.field(form[name], say, hint) }}", language, form=form or Guide(), name=name, **{"hint": None, **values})


def sent(**fields: list[str]) -> Guide:
    form = Guide(Posted(fields))
    form.validate()
    return form


def test_a_field_has_a_label_a_hint_and_what_browsers_fill_in() -> None:
    field = shown_field("name")
    assert '<label for="name">保護者の名前' in field
    assert "かならず" in field
    assert 'autocomplete="name"' in field
    assert 'aria-describedby="name-hint"' in field
    assert '<p class="lk-hint" id="name-hint">名字' in field
    assert "aria-invalid" not in field


def test_a_wrong_field_says_so_beside_it() -> None:
    field = shown_field("name", sent())
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="name-hint name-error"' in field
    assert re.search(r'id="name-error">\s*<p>.*ここを入力してください', field)


def test_what_was_typed_stays() -> None:
    assert 'value="&lt;山田&#34; 花子"' in shown_field("name", sent(name=['<山田" 花子']))


def test_a_text_that_is_too_long_is_not_cut_off() -> None:
    field = shown_field("why", sent(why=["あ" * 230]))
    assert "maxlength" not in field
    assert 'data-limit="200"' in field
    assert "あ" * 230 in field
    assert 'data-over="%n文字 多すぎます"' in field


@pytest.mark.parametrize("name", ["mode", "days"])
def test_choices_stand_in_a_named_group(name: str) -> None:
    field = shown_field(name)
    assert re.search(rf'<fieldset class="lk-field lk-group" id="{name}"', field)
    assert "<legend>" in field
    assert len(re.findall(r'<label class="lk-choice" for=', field)) == 2


def test_of_several_boxes_none_is_asked_for_by_itself() -> None:
    class Boxes(Form):
        days = SelectMultipleField(
            "曜日", [InputRequired()], choices=choices(sat="土", sun="日"), widget=ListWidget(), option_widget=CheckboxInput()
        )

    field = shown_field("days", Boxes())
    assert "かならず" in field
    assert " required" not in field


@pytest.mark.parametrize(("language", "words"), [("ja", "どこでも"), ("easy", "北"), ("en", "Anywhere")])
def test_options_speak_the_visitors_language(language: str, words: str) -> None:
    options = re.findall(r"<option[^>]*>([^<]*)</option>", shown_field("area", language=language))
    assert len(options) == 3
    assert any(words in option for option in options)


def test_the_chosen_option_stays_chosen() -> None:
    assert re.search(r'<option value="s" selected>', shown_field("area", sent(area=["s"])))


def test_grouped_options_keep_their_groups() -> None:
    class Places(Form):
        place = SelectField("場所", choices=[SelectChoice("n", "北", optgroup="北<b>"), SelectChoice("s", "南", optgroup="南")])

    field = shown_field("place", Places())
    assert '<optgroup label="北&lt;b&gt;"><option value="n">北</option></optgroup>' in field


def test_the_summary_links_every_mistake_to_its_field() -> None:
    form = sent(**{"children-0-name": [""], "children-1-name": ["花子"]})
    summary = show("{{ ui.errors_summary(form, say) }}", form=form)
    page = summary + show("{{ ui.fields(form, say) }}", form=form)
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert {"name", "mode-0", "children-0-name", "children-1-grade", "agree"} <= set(targets)
    assert all(f'id="{target}"' in page for target in targets)
    assert "お子さん 2 学年" in summary
    assert 'role="alert"' in summary


def test_every_description_that_is_named_is_there() -> None:
    page = show("{{ ui.fields(form, say) }}", form=sent())
    named = {one for ids in re.findall(r'aria-describedby="([^"]+)"', page) for one in ids.split()}
    assert named
    assert all(f'id="{one}"' in page for one in named)


def test_no_summary_without_mistakes() -> None:
    assert show("{{ ui.errors_summary(form, say) }}", form=Guide()).strip() == ""


def test_hidden_fields_come_along_unseen() -> None:
    page = show("{{ ui.fields(form, say) }}", form=Guide())
    assert '<input id="key" name="key" type="hidden" value="k">' in page
    assert 'for="key"' not in page


EVIL = '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    "macro",
    [
        "ui.button(evil, evil, name=evil, value=evil, confirm=evil)",
        "ui.button(evil, href=evil)",
        "ui.notice('info', evil, evil)",
        "ui.badge(evil)",
        "ui.table(evil, [evil, evil], [[evil, evil]])",
        "ui.empty(evil, evil)",
        "ui.definition([(evil, evil)])",
        "ui.breadcrumbs([(evil, evil), (evil, None)])",
        "ui.steps([evil, evil], 1)",
        "ui.stat(evil, evil, evil, evil)",
        "ui.facts([('clock', evil)])",
        "ui.progress(evil, evil, evil)",
        "ui.icon('clock', evil)",
        "ui.card(evil, evil, evil)",
    ],
)
def test_words_of_visitors_never_become_markup(macro: str) -> None:
    assert "<script" not in show("{{ " + macro + " }}", evil=EVIL)


def test_a_hostile_label_and_hint_are_only_words() -> None:
    class Hostile(Form):
        name = StringField(EVIL, description=EVIL)
        area = SelectField(EVIL, choices=[SelectChoice(EVIL, EVIL)])

    assert "<script" not in show("{{ ui.fields(form, say) }}", form=Hostile())


def test_words_may_come_in_three_languages_or_ready() -> None:
    three = Words("教室", "{教室|きょうしつ}", "Class")
    assert "<ruby>教室" in show("{{ ui.badge(w) }}", "easy", w=three)
    assert "Class" in show("{{ ui.badge(w) }}", "en", w=three)
    assert "Class" in show("{{ ui.badge(w) }}", "en", w=list(three))
    assert "<b>!</b>" in show("{{ ui.badge(w) }}", w=Markup("<b>!</b>"))
    assert ">5<" in show("{{ ui.badge(w) }}", w=5)


def test_messages_of_the_last_page_are_shown_in_their_kind() -> None:
    page = (
        environment("en")
        .from_string('{% extends "look/page.html" %}')
        .render(flashes=[("success", Words("は", "は", "Saved")), ("message", "hm")])
    )
    assert re.search(r'lk-notice lk-success".*?Saved', page, re.DOTALL)
    assert re.search(r'lk-notice lk-info".*?hm', page, re.DOTALL)


def test_pages_show_the_ends_and_the_neighbours() -> None:
    html = show("{{ ui.pagination(5, 9, url) }}", url=lambda page: f"?p={page}")
    assert re.findall(r'href="\?p=(\d)"', html) == ["4", "1", "4", "5", "6", "9", "6"]
    assert 'href="?p=5" aria-current="page"' in html
    assert show("{{ ui.pagination(1, 1, url) }}", url=str).strip() == ""


def test_a_table_row_is_named_by_its_first_cell_and_cells_by_their_headers() -> None:
    html = show("{{ ui.table('表', ['教室', '数'], [['カニ', 3]], numeric=(1,)) }}")
    assert '<th scope="row" role="rowheader">カニ</th>' in html
    assert '<td role="cell" class="lk-number"><span class="lk-cell-name" aria-hidden="true">数</span><span>3</span></td>' in html
