"""The opening minute against the real server: 300 families for 20 places, from 50 browsers at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.apply.opening import Family, RunningSite, Watcher, running_site
from tests.web.make import make_class
from web.app import create_app
from web.apply import confirmations
from web.clock import now
from web.data import Row, every, open_database, writing

FAMILIES, BROWSERS, PLACES = 300, 50, 20


@pytest.mark.parametrize("killed", [False, True], ids=["in peace", "with the server killed in the middle"])
def test_300_families_for_20_places_all_get_a_place_or_a_turn(var: Path, killed: bool) -> None:
    settings = Settings(var=var, site_port=0)
    create_app(settings)
    db = open_database(settings.site_db)
    of_class = make_class(db, capacity=PLACES)
    families = confirmed_families(db, of_class)
    with running_site(var) as site, Watcher(settings, of_class["id"]) as watcher:
        everybody_applies(site, families, when=100 if killed else None)
    slowest = max(family.slowest for family in families)
    print(f"slowest answer {slowest:.2f} s, {sum(family.tries for family in families)} tries again")

    assert max(status for family in families for status in family.statuses) < 400, "a visitor saw an error"
    assert watcher.most == PLACES, "more children than places at some moment"
    if killed:
        assert sum(family.tries for family in families), "nobody noticed that the server was killed"
    rows = entries(db, of_class)
    assert [row["email"] for row in sorted(rows, key=lambda row: row["email"])] == sorted(email(family.number) for family in families)
    assert [row["state"] for row in rows] == ["accepted"] * PLACES + ["waiting"] * (FAMILIES - PLACES)
    assert [row["waiting_order"] for row in rows[PLACES:]] == list(range(1, FAMILIES - PLACES + 1))
    who_looked_was_told_what_is_stored(families, rows)
    nobody_overtook(families, {row["email"]: row["arrival"] for row in rows})
    assert [row["n"] for row in every(db, "select count(*) as n from mails where template = 'apply/received'")] == [FAMILIES]
    db.close()


def email(number: int) -> str:
    return f"family{number:03}@example.jp"


def confirmed_families(db: Database, of_class: Row) -> list[Family]:
    """Families who confirmed their address before the opening."""
    with writing(db):
        tokens = [confirmations.make(db, of_class, email(number), "ja", now()) for number in range(FAMILIES)]
    return [Family(f"/apply/{of_class['id']}/form/{token}", number) for number, token in enumerate(tokens)]


def everybody_applies(site: RunningSite, families: list[Family], when: int | None) -> None:
    """All at once; the server is killed (and started again) after so many are through."""
    through = count(1)
    with ThreadPoolExecutor(BROWSERS) as browsers:
        visits = [browsers.submit(_visit(family, site, through, when)) for family in families]
        for visit in visits:
            visit.result()


def _visit(family: Family, site: RunningSite, through: count[int], when: int | None) -> Callable[[], None]:
    def visit() -> None:
        family.applies(site.url)
        if next(through) == when:
            site.pull_the_plug()
            site.start()

    return visit


def entries(db: Database, of_class: Row) -> list[Row]:
    return every(
        db,
        "select entries.state, waiting_order, arrival, email from entries join applications on applications.id = application"
        " join families on families.id = applications.family where entries.class = ? order by arrival",
        (of_class["id"],),
    )


def who_looked_was_told_what_is_stored(families: list[Family], rows: list[Row]) -> None:
    stored = {row["email"]: row for row in rows}
    for family in (family for family in families if family.done):
        row = stored[email(family.number)]
        words = "参加できます" if row["state"] == "accepted" else f"キャンセル待ち {row['waiting_order']}番目"
        assert words in family.done


def nobody_overtook(families: list[Family], arrival: dict[str, int]) -> None:
    """Whoever had an answer before another sent the form came before it."""
    for early in families:
        for late in families:
            if early.answered_at < late.sent_at:
                assert arrival[email(early.number)] < arrival[email(late.number)]
