"""Furigana: the right words get a reading, for the right reader, and everything else stays as written."""

import pytest

from lessons import furigana
from lessons.furigana import FuriganaError, knows, missing, missing_markdown, plain, ruby, ruby_markdown


def marked(word: str, reading: str) -> str:
    return f"<ruby>{word}<rp>(</rp><rt>{reading}</rt><rp>)</rp></ruby>"


@pytest.mark.parametrize(
    ("text", "grade", "html"),
    [
        ("カニ", 1, "カニ"),
        ("{貝|かい}", 1, marked("貝", "かい")),  # learned in grade 1: not yet known while in it
        ("{貝|かい}", 2, "貝"),
        ("{課題|かだい}を{出|だ}す", 5, "課題を出す"),  # 課 is taught in grade 4, 題 in 3, 出 in 1
        ("{課題|かだい}を{出|だ}す", 4, marked("課題", "かだい") + "を出す"),  # one unknown kanji: the whole word
        ("{課題|かだい}を{出|だ}す", 1, marked("課題", "かだい") + "を" + marked("出", "だ") + "す"),
        ("{関数|かんすう}", 5, "関数"),
        ("{関数|かんすう}", 4, marked("関数", "かんすう")),
        ("{宇宙|うちゅう}", 6, marked("宇宙", "うちゅう")),
        ("{宇宙|うちゅう}", 7, "宇宙"),  # grade 7 knows all 1,026
        ("{蟹|かに}", 7, marked("蟹", "かに")),  # taught in no grade
        ("{蟹|かに}", 9, marked("蟹", "かに")),
        ("{時々|ときどき}", 3, "時々"),  # the repeat mark is no kanji of its own
        ("<b> & {貝|かい}\"'", 2, "&lt;b&gt; &amp; 貝&quot;&#x27;"),
        ("{<|かい}", 1, "&lt;"),
        (r"\{a\|b\}\\", 1, "{a|b}\\"),
        ("", 3, ""),
    ],
)
def test_a_word_gets_its_reading_when_the_reader_has_not_learned_it(text: str, grade: int, html: str) -> None:
    assert ruby(text, grade) == html


def test_the_table_holds_all_1026_kanji_of_elementary_school_once() -> None:
    counts = [sum(1 for taught in furigana._grade_of_kanji().values() if taught == grade) for grade in range(1, 7)]
    assert counts == [80, 160, 200, 202, 193, 191]


@pytest.mark.parametrize(("kanji", "taught"), [("一", 1), ("引", 2), ("悪", 3), ("愛", 4), ("圧", 5), ("胃", 6)])
def test_a_kanji_is_known_from_the_year_after_it_is_taught(kanji: str, taught: int) -> None:
    assert not knows(kanji, taught)
    assert knows(kanji, taught + 1)


def test_plain_text_keeps_the_kanji_and_drops_the_readings() -> None:
    assert plain("カニを {動|うご}かそう") == "カニを 動かそう"


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        ("カニを {動|うごかす", 1, 5, "never closed"),
        ("一\n二 動}かす", 2, 4, "has no 「{」"),
        ("{動|うご{画|が}", 1, 1, "not closed before"),
        ("{動|う\nご}", 1, 1, "not closed before"),
        ("{動}かす", 1, 1, "has no 「|」"),
        ("{動|}かす", 1, 1, "reading in kana"),
        ("{|うご}かす", 1, 1, "reading in kana"),
        ("{うご|動}かす", 1, 1, "reading in kana"),  # the wrong way round
        ("{動|う|ご}かす", 1, 1, "reading in kana"),
    ],
)
def test_markup_that_makes_no_sense_is_reported_with_its_place(text: str, line: int, column: int, word: str) -> None:
    with pytest.raises(FuriganaError, match=f"line {line}, column {column}.*{word}") as error:
        ruby(text, 3)
    assert error.value.remedy
    with pytest.raises(FuriganaError, match=f"line {line + 2}, "):
        ruby_markdown("# `{`\n\n" + text, 3)


@pytest.mark.parametrize(
    "kept",
    [
        "`{動|うご}`", "``a ` {動|うご}``", "```python\n{動|うご}\n```", "~~~\n{動|うご}\n~~~", "$x_{動|うご}$", "$$\n\\frac{1}{2}\n$$",
        r"\\( \frac{1}{2} \\)", r"\begin{align} x &= {1} \end{align}", r"\{a|b\}", "```\nnever closed {",
    ],
)  # fmt: skip
def test_code_latex_and_escapes_in_markdown_stay_as_they_are(kept: str) -> None:
    assert ruby_markdown(kept, 1) == kept


def test_markdown_around_code_gets_its_readings() -> None:
    text = "## {動|うご}く\n`{動|うご}` **{動|うご}く** ¥5 $5 と {動|うご}く $6\n```\n{\n```\n{動|うご}"
    word = marked("動", "うご")
    assert ruby_markdown(text, 3) == f"## {word}く\n`{{動|うご}}` **{word}く** ¥5 $5 と {word}く $6\n```\n{{\n```\n{word}"


def test_html_tags_and_the_words_of_an_image_get_kanji_without_ruby() -> None:
    text = '<b title="{動|うご}く">{動|うご}く</b> ![{動|うご}く](x.png)'
    assert ruby_markdown(text, 3) == f'<b title="動く">{marked("動", "うご")}く</b> ![動く](x.png)'


def test_kanji_nobody_reads_aloud_are_found_with_their_place() -> None:
    found = missing("貝と\n{動|うご}く 課題を出す", 4)
    assert [(word.text, word.line, word.column) for word in found] == [("課題", 2, 9)]
    assert missing("課題を出す", 5) == []


def test_code_in_markdown_may_hold_only_known_kanji_because_it_cannot_carry_ruby() -> None:
    found = missing_markdown("{課題|かだい} `出` `課題`\n```\n# 課題\n```\n課題", 4)
    assert [(word.text, word.line, word.column) for word in found] == [("課題", 1, 15), ("課題", 3, 3), ("課題", 5, 1)]
