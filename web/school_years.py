"""School years from birth dates. Pure. A school year runs from April 2 to the next April 1 by birth."""

from __future__ import annotations

from datetime import date

from web.clock import fiscal_year
from web.language import Text

FIRST_AT = 6
"""Age on April 1 with which a child enters elementary school."""


def school_year(birth: date, on: date) -> int:
    """1 to 6: elementary school, 7 to 9: junior high, 0 and below: years before school (0: enters next April), above 9: older."""
    # Born on April 1 counts with the year before: by law one grows older at the end of the day before one's birthday.
    born_in = birth.year if (birth.month, birth.day) >= (4, 2) else birth.year - 1
    return fiscal_year(on) - born_in - FIRST_AT


def age(birth: date, on: date) -> int:
    """Completed years of life."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def year_words(year: int) -> Text:
    """「小学3年」 and so on."""
    if 1 <= year <= 6:
        return Text(f"小学{year}年", f"{{小学|しょうがく}}{year}{{年|ねん}}", f"grade {year}")
    if 7 <= year <= 9:
        return Text(f"中学{year - 6}年", f"{{中学|ちゅうがく}}{year - 6}{{年|ねん}}", f"junior high {year - 6}")
    before = {
        0: Text("年長", "{年長|ねんちょう}", "last year before school"),
        -1: Text("年中", "{年中|ねんちゅう}", "two years before school"),
    }
    if year in before:
        return before[year]
    return (
        Text("年少以下", "{年少|ねんしょう}より {小|ちい}さい", "younger")
        if year < 0
        else Text("高校生以上", "{高校生|こうこうせい}より {上|うえ}", "older than junior high")
    )
