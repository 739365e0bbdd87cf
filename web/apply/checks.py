"""Whether a class takes applications of families now, and whether a child is among those for whom it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from web.classes.rules import Person, Window, fits, window
from web.classes.words import for_whom
from web.clock import stamp
from web.language import Text, day_words
from web.school_years import age, school_year, year_words


def window_of(of_class: Mapping[str, Any], first_session: str | None, moment: datetime) -> Window:
    """Where the class's time for applications stands; without an end of its own it ends when the first session begins."""
    now = window(of_class, moment)
    begun = not of_class["apply_to"] and first_session is not None and first_session <= stamp(moment)
    return "closed" if now == "open" and begun else now


def not_for(of_class: Mapping[str, Any], birth: date, on: date, name: str = "") -> Text | None:
    """Why a child born on ``birth`` is not among those for whom the class is, on the day it begins; None when it is."""
    year, years = school_year(birth, on), age(birth, on)
    if fits(of_class, Person((year, year), (years, years))):
        return None
    no_grades = of_class["grade_from"] is None and of_class["grade_to"] is None
    asks_age = no_grades and (of_class["age_from"] is not None or of_class["age_to"] is not None or year > 9)
    now = Text(f"{years}歳", f"{years}{{歳|さい}}", f"{years} years old") if asks_age else year_words(year)
    wanted, day = for_whom(dict(of_class)), day_words(on)
    who = "".join(letter for letter in name if letter not in "{|}\\<>")
    ja, easy, en = (f"{who}さんは", f"{who}さんは", who) if who else ("このお子さんは", "この {子|こ}は", "This child")
    verb = "will be" if asks_age else "will be in"
    return Text(
        f"{ja} {day.ja}に {now.ja}です。この教室の対象は {wanted.ja}です",
        f"{easy} {day.easy}に {now.easy}です。この {{教室|きょうしつ}}は {wanted.easy}の {{人|ひと}}の ものです",
        f"{en} {verb} {now.en} on {day.en}; this class is for {wanted.en}",
    )
