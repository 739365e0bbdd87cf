"""Reading a class's draw: its row, what of it is published by now, who has which number."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from web.clock import stamp
from web.data import Row, every, one
from web.lottery.freeze import Applicant
from web.lottery.records import DrawList, Promise, Publication, Result, Rules

UNLUCKY_FOR = timedelta(days=365)
"""How long it counts that a child was not drawn."""


class BookError(KanikkoError):
    """This step of the lottery cannot be taken now; the message is for staff."""


def lottery_class(db: Database, class_id: str) -> Row:
    """The class. Raises BookError when there is none that is decided by lottery."""
    found = one(db, "select * from classes where id = ? and admission = 'lottery'", (class_id,))
    if found is None:
        raise BookError("抽選の教室ではありません。")
    return found


def draw_of(db: Database, class_id: str) -> Row | None:
    """The row of ``draws``; None before the promise is sealed."""
    return one(db, "select * from draws where class = ?", (class_id,))


def sealed_draw(db: Database, class_id: str) -> Row:
    """As :func:`draw_of`. Raises BookError before the promise is sealed."""
    found = draw_of(db, class_id)
    if found is None:
        raise BookError("まだ封をしていません。")
    return found


def rules_of(of_class: Row) -> Rules:
    return Rules(residents_first=bool(of_class["residents_first"]), not_drawn_first=bool(of_class["priority_not_drawn"]))


def promise_of(draw: Row) -> Promise:
    return Promise.model_validate_json(draw["rules_json"])


def list_of(draw: Row) -> DrawList:
    return DrawList.model_validate_json(draw["list_json"])


def result_in(draw: Row) -> Result | None:
    return Result.model_validate_json(draw["result_json"]) if draw["result_json"] else None


def publication_of(draw: Row, seed: str | None = None) -> Publication:
    """What families get by now. ``seed`` stands in for one that is not out yet: the file as it will be, for staff to check beforehand."""
    facts: dict[str, Any] = {"promise": promise_of(draw), "commitment": draw["commitment"], "public_value": draw["public_value"] or None}
    if draw["list_json"]:
        facts |= {"list": list_of(draw), "list_hash": draw["list_hash"]}
    shown = draw["seed"] if draw["state"] == "confirmed" else seed
    if shown:
        facts |= {"seed": shown, "result": result_in(draw)}
    return Publication(**facts)


# ---------------------------------------------------------------------- who takes part
def numbered(db: Database, class_id: str) -> list[Row]:
    """Entries with a number, in its order, with what of them the frozen list holds and the child they belong to."""
    return every(
        db,
        "select entries.id, number, entries.state, application, mode, entries.participant, not_drawn_before, name, kana, birth_date,"
        " applications.family from entries join applications on applications.id = application"
        " join participants on participants.id = entries.participant"
        " where entries.class = ? and number is not null order by number",
        (class_id,),
    )


def waiting_to_be_drawn(db: Database, class_id: str) -> list[Row]:
    """Entries that will be frozen, in order of arrival; ``child``: the same for two records of one child."""
    return every(
        db,
        "select entries.id, application, applications.arrival, mode, families.resident, coalesce(same_as, participants.id) as child"
        " from entries join applications on applications.id = application join participants on participants.id = entries.participant"
        " join families on families.id = applications.family"
        " where entries.class = ? and entries.state = 'applied' order by arrival, entries.rowid",
        (class_id,),
    )


def applicants(rows: list[Row], unlucky: set[str]) -> list[Applicant]:
    return [Applicant(row["child"], row["application"], row["mode"], bool(row["resident"]), row["child"] in unlucky) for row in rows]


def doubles(rows: list[Row]) -> list[list[Row]]:
    """Entries of one child, where there is more than one: staff withdraws all but one before freezing."""
    of_child: dict[str, list[Row]] = {}
    for row in rows:
        of_child.setdefault(row["child"], []).append(row)
    return [found for found in of_child.values() if len(found) > 1]


def not_drawn_before(db: Database, class_id: str, moment: datetime) -> set[str]:
    """Children who waited in vain in another lottery that was drawn within the last 365 days.

    Whoever got a place after all, refused one that was offered, or gave up waiting does not count.
    """
    rows = every(
        db,
        "select distinct coalesce(child.same_as, child.id) as child from entries"
        " join participants as child on child.id = entries.participant"
        " join draws on draws.class = entries.class and draws.state = 'confirmed' and draws.confirmed_at >= :since"
        " where entries.class <> :class and entries.number is not null and entries.state in ('waiting', 'rejected')"
        " and not exists (select 1 from entries as other join participants as again on again.id = other.participant"
        " where other.class = entries.class and coalesce(again.same_as, again.id) = coalesce(child.same_as, child.id)"
        " and other.state in ('accepted', 'offered'))",
        {"class": class_id, "since": stamp(moment - UNLUCKY_FOR)},
    )
    return {row["child"] for row in rows}
