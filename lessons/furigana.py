"""Furigana by school year. Pure: text in, text out.

Authors write ``{課題|かだい}を{出|だ}す``. A reader in grade *g* knows the kanji of the grades before; a marked
word that holds any other kanji gets its reading above it, the whole word at once.
"""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kanikko.errors import KanikkoError

TABLE = Path(__file__).with_name("kanji-by-grade.toml")
KANJI = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U000323af]")
_READING = re.compile("[ぁ-ゖァ-ヺー・ 　]+")
_ESCAPABLE = "{|}\\"


class FuriganaError(KanikkoError):
    """Furigana markup that makes no sense; the message names its line and column (both from 1)."""


@dataclass(frozen=True)
class Word:
    """A stretch of text: ``reading`` is None for text without markup. ``line`` and ``column`` count from 1."""

    text: str
    reading: str | None
    line: int
    column: int


@lru_cache(maxsize=1)
def _grade_of_kanji() -> dict[str, int]:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {kanji: grade for grade in range(1, 7) for kanji in table[f"grade_{grade}"]}


def knows(text: str, grade: int) -> bool:
    """Has a reader in ``grade`` (1 to 9) learned every kanji of ``text`` in the grades before?"""
    taught = _grade_of_kanji()
    return all(taught.get(kanji, grade) < grade for kanji in KANJI.findall(text))


def ruby(text: str, grade: int) -> str:
    """HTML of ``text`` for a reader in ``grade``: escaped, with ``<ruby>`` on each marked word not yet learned.

    Raises FuriganaError for markup that makes no sense.
    """
    return "".join(_word_html(word, grade, html.escape) for word in words(text))


def plain(text: str) -> str:
    """``text`` without readings: ``{課題|かだい}を`` becomes ``課題を``. Not escaped."""
    return "".join(word.text for word in words(text))


def ruby_markdown(text: str, grade: int) -> str:
    """``text`` of a markdown cell with ``<ruby>`` where ``grade`` needs it.

    Code (fences and spans), LaTeX and escapes stay as they are; inside HTML tags and the words of an image,
    where no ruby can stand, only the kanji remain. Code set off by indenting is not recognised: use a fence.
    """
    parts = []
    for part in _markdown_parts(text):
        if part.kind == "text":
            parts += [_word_html(word, grade, _as_is) for word in words(part.text, _as_is, part.line, part.column)]
        elif part.kind == "flat":
            parts += [word.text for word in words(part.text, _as_is, part.line, part.column)]
        else:
            parts.append(part.text)
    return "".join(parts)


def missing(text: str, grade: int) -> list[Word]:
    """Kanji in ``text`` that ``grade`` has not learned and no markup reads, each with its place."""
    return _missing_in(words(text), grade)


def missing_markdown(text: str, grade: int) -> list[Word]:
    """As `missing`, for a markdown cell. Code counts too: it can carry no ruby, so it may hold only known kanji."""
    found = []
    for part in _markdown_parts(text):
        if part.kind in ("text", "flat"):
            found += _missing_in(words(part.text, _as_is, part.line, part.column), grade)
        elif part.kind == "code":
            found += _missing_in([Word(part.text, None, part.line, part.column)], grade)
    return found


def missing_code(text: str, grade: int) -> list[Word]:
    """Kanji in program text that ``grade`` has not learned: no ruby can stand there, and braces are Python's."""
    return _missing_in([Word(text, None, 1, 1)], grade)


def words(text: str, unescape: Callable[[str], str] | None = None, line: int = 1, column: int = 1) -> list[Word]:
    """Cut ``text`` into marked and unmarked stretches; ``\\{``, ``\\|``, ``\\}`` and ``\\\\`` stand for themselves.

    ``line`` and ``column`` say where ``text`` starts. Raises FuriganaError.
    """
    return list(_Reader(text, unescape or _drop_backslash, line, column))


class _Reader:
    def __init__(self, text: str, unescape: Callable[[str], str], line: int, column: int) -> None:
        self.text, self.unescape, self.line, self.column = text, unescape, line, column

    def __iter__(self) -> Iterator[Word]:
        at, since = 0, 0
        while at < len(self.text):
            character = self.text[at]
            if character == "\\" and self.text[at + 1 : at + 2] in tuple(_ESCAPABLE):
                at += 2
            elif character == "}":
                raise self._error("「}」 has no 「{」 before it", at)
            elif character == "{":
                yield from self._unmarked(since, at)
                at = since = yield from self._marked(at)
            else:
                at += 1
        yield from self._unmarked(since, at)

    def _unmarked(self, start: int, end: int) -> Iterator[Word]:
        if start < end:
            yield Word(self.unescape(self.text[start:end]), None, *self._place(start))

    def _marked(self, start: int) -> Generator[Word, None, int]:  # returns where the markup ends
        end = self.text.find("}", start)
        if end < 0:
            raise self._error("「{」 is never closed", start)
        inside = self.text[start + 1 : end]
        if "{" in inside or "\n" in inside:
            raise self._error("「{」 is not closed before the next one or the end of its line", start)
        base, bar, reading = inside.partition("|")
        if not bar:
            raise self._error(f"「{{{inside}}}」 has no 「|」 between word and reading", start)
        if not base or not _READING.fullmatch(reading):
            raise self._error(f"「{{{inside}}}」 needs a word and, behind one 「|」, its reading in kana", start)
        yield Word(base, reading, *self._place(start))
        return end + 1

    def _place(self, at: int) -> tuple[int, int]:
        return _advance(self.text[:at], self.line, self.column)

    def _error(self, problem: str, at: int) -> FuriganaError:
        line, column = self._place(at)
        return FuriganaError(
            f"furigana, line {line}, column {column}: {problem}",
            remedy="write {漢字|かんじ}; for a brace itself write \\{ or \\}",
        )


@dataclass(frozen=True)
class _Part:
    kind: str  # "text", "flat" (no ruby possible), "code" or "kept" (LaTeX, escapes)
    text: str
    line: int
    column: int


_MARKDOWN = re.compile(
    r"""
      (?P<code>
          ^[ ]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*$ .*? (?: ^[ ]{0,3}(?P=fence)[`~]*[ \t]*$ | \Z )
        | (?<!`)(?P<ticks>`+)(?!`) .+? (?<!`)(?P=ticks)(?!`)
      )
    | (?P<kept>
          \\\\\( .+? \\\\\) | \\\\\[ .+? \\\\\]                          # \\( … \\) and \\[ … \\], as Jupyter wants them
        | \\begin\{(?P<env>\w+\*?)\} .*? \\end\{(?P=env)\}
        | \\[!-/:-@\[-`{-~]                                            # an escaped sign
        | \$\$ .+? \$\$ | \$(?![\s$]) [^$\n]+? (?<!\s)\$ (?!\d)
      )
    | (?P<flat> !\[ [^\]\n]* \] | </?[A-Za-z][^<>]*> | <!-- .*? --> )
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def _markdown_parts(text: str) -> Iterator[_Part]:
    at, line, column = 0, 1, 1
    for match in _MARKDOWN.finditer(text):
        kinds = (("text", text[at : match.start()]), (next(k for k in ("code", "kept", "flat") if match[k]), match[0]))
        for kind, piece in kinds:
            if piece:
                yield _Part(kind, piece, line, column)
                line, column = _advance(piece, line, column)
        at = match.end()
    if at < len(text):
        yield _Part("text", text[at:], line, column)


def _advance(passed: str, line: int, column: int) -> tuple[int, int]:
    """The place after ``passed``, when it starts at ``line`` and ``column``."""
    breaks = passed.count("\n")
    return line + breaks, (len(passed) - passed.rfind("\n")) if breaks else column + len(passed)


def _missing_in(stretches: list[Word], grade: int) -> list[Word]:
    return [
        Word(kanji[0], None, *_advance(word.text[: kanji.start()], word.line, word.column))
        for word in stretches
        if word.reading is None
        for kanji in re.finditer(f"{KANJI.pattern}+", word.text)
        if not knows(kanji[0], grade)
    ]


def _word_html(word: Word, grade: int, escape: Callable[[str], str]) -> str:
    if word.reading is None or knows(word.text, grade):
        return escape(word.text)
    return f"<ruby>{html.escape(word.text)}<rp>(</rp><rt>{html.escape(word.reading)}</rt><rp>)</rp></ruby>"


def _as_is(text: str) -> str:
    return text


def _drop_backslash(text: str) -> str:
    return re.sub(r"\\([{|}\\])", r"\1", text)
