"""The staff's guide says what the tables of the code say."""

from __future__ import annotations

import re

from kanikko.settings import PROJECT
from web.access import ACCESS, ROLE_WORDS, ROLES, may
from web.front.nav import DESK
from web.staff.retention import PERIODS

GUIDE = (PROJECT / "docs" / "ja" / "staff.md").read_text()


def _table(heading: str) -> list[list[str]]:
    """The table's rows of cells, its header first."""
    part = GUIDE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return [row for row in rows if not re.fullmatch(r"-+", row[0])]


def test_the_guides_roles_are_those_of_the_permission_table() -> None:
    header, *rows = _table("役割")
    assert header == ["画面", *(ROLE_WORDS[role] for role in ROLES)]
    lines = [line for group in DESK.values() for line in group]
    expected = [[line.words.ja, *("○" if may(role, line.endpoint) else "–" for role in ROLES)] for line in lines if line.endpoint in ACCESS]
    assert [row for row in rows if row[0] in {line[0] for line in expected}] == expected
    assert {row[0] for row in rows} == {line.words.ja for line in lines}


def test_the_guides_periods_are_those_of_the_code() -> None:
    _, *rows = _table("保存する期間")
    assert rows == [[period.what.ja, period.since.ja, period.length.ja] for period in PERIODS.values()]


def test_who_may_see_emergency_contacts_is_as_the_guide_says() -> None:
    found = [endpoint for endpoint in ACCESS if "emergency" in endpoint]
    assert found and all(ACCESS[endpoint] == {"director", "duty"} for endpoint in found)
