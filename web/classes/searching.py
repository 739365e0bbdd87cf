"""The search form and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database
from wtforms import BooleanField, SearchField

from web.classes import words
from web.classes.fields import Choice, Day
from web.classes.queries import Wanted, areas
from web.classes.rules import SENIOR_FROM, Person, of_ages, of_grade
from web.data import every
from web.forms import SiteForm, at_most, optional
from web.language import Text, text_of
from web.school_years import year_words

ANY = ("", Text("こだわらない", "どれでも", "Any"))
YEARS = range(-1, 10)
ADULT_FROM = 16


def _people() -> list[tuple[str, Text]]:
    def of_year(year: int) -> Text:
        grade, ages = year_words(year), f"{year + 5}〜{year + 6}"
        return Text(f"{grade}（{ages}歳）", f"{grade.easy}（{ages}{{歳|さい}}）", f"{grade.en} (age {ages.replace('〜', '–')})")

    adults = Text("高校生以上・大人", "{高校生|こうこうせい}・おとな", "Older than junior high, adults")
    seniors = Text(f"シニア（{SENIOR_FROM}歳以上）", f"{SENIOR_FROM}{{歳|さい}}から", f"Seniors ({SENIOR_FROM} and older)")
    return [*((f"g{year}", of_year(year)) for year in YEARS), ("adult", adults), ("senior", seniors)]


PEOPLE = _people()


def person_of(who: str) -> Person | None:
    """Who is meant by a choice of the form; None: anybody."""
    if who.startswith("g"):
        return of_grade(int(who[1:]))
    return {"adult": of_ages(ADULT_FROM), "senior": of_ages(SENIOR_FROM)}.get(who)


def _choices(named: Mapping[str, Text], *without: str) -> list[tuple[str, Text]]:
    return [ANY, *((key, text) for key, text in named.items() if key not in without)]


class SearchForm(SiteForm):
    """A GET form: every search has an address of its own."""

    wanted = SearchField(Text("ことば", "ことば", "Words"), [optional(), at_most()], name="q", render_kw={"enterkeyhint": "search"})
    who = Choice(Text("だれが", "だれが", "For whom"), choices=[ANY, *PEOPLE])
    day = Choice(Text("曜日", "{曜日|ようび}", "Day"), choices=_choices(words.DAYS))
    area = Choice(Text("地区", "ところ", "Area"))
    level = Choice(Text("レベル", "レベル", "Level"), choices=_choices(words.LEVELS, "any"))
    admission = Choice(Text("決め方", "{決|き}めかた", "How places are given"), name="how", choices=_choices(words.ADMISSIONS, "invited"))
    language = Choice(
        Text("教室のことば", "{教室|きょうしつ}の ことば", "Language of the class"), name="in", choices=_choices(words.LANGUAGES)
    )
    programme = Choice(Text("取り組み", "とりくみ", "Programme"))
    from_day = Day(Text("この日から", "この{日|ひ}から", "From"), [optional()], name="from")
    to_day = Day(Text("この日まで", "この{日|ひ}まで", "Until"), [optional()], name="to")
    free = BooleanField(Text("いま申し込めるものだけ", "いま {申|もう}し{込|こ}める ものだけ", "Only those open with places left"))

    def fill_choices(self, db: Database) -> None:
        """The choices that come from the database."""
        self.area.offer([ANY, *((area, area) for area in areas(db))])
        programmes = every(db, "select * from programmes where id in (select programme from classes) order by position")
        self.programme.offer([ANY, *((row["id"], text_of(row, "name")) for row in programmes)])

    def asked(self) -> Wanted:
        """What is looked for; a field that makes no sense (and is marked so) asks for nothing."""

        def given(name: str) -> Any:
            field = self[name]
            return field.data if field.data and not field.errors else None

        return Wanted(
            words=given("wanted") or "",
            person=person_of(given("who") or ""),
            area=given("area") or "",
            day=given("day") or "",
            from_day=given("from_day"),
            to_day=given("to_day"),
            level=given("level") or "",
            admission=given("admission") or "",
            language=given("language") or "",
            programme=given("programme") or "",
            free=bool(given("free")),
        )

    @property
    def more_asked(self) -> bool:
        """Is something asked in the part that is folded away?"""
        return any(self[name].data or self[name].errors for name in ("level", "admission", "language", "programme", "from_day", "to_day"))
