"""The steps of a class's lottery, as they are written down. Each is one transaction, leaves an audit line and may be repeated unharmed.

commit (the promise is sealed) → freeze (after the window closed) → public number, where one was promised → preview → confirm.
All raise BookError, with the words for staff.
"""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from kanikko.settings import Settings
from web import clock
from web.apply import places, standing
from web.apply.errors import PlacesError
from web.apply.places import Decision
from web.clock import stamp
from web.data import Row, every, value, writing
from web.lottery import seals
from web.lottery.check import Report, check
from web.lottery.draw import draw, result_of
from web.lottery.findings import LotteryError
from web.lottery.freeze import freeze as frozen_list
from web.lottery.reading import (
    BookError,
    applicants,
    draw_of,
    list_of,
    lottery_class,
    not_drawn_before,
    numbered,
    promise_of,
    publication_of,
    result_in,
    rules_of,
    sealed_draw,
    waiting_to_be_drawn,
)
from web.lottery.records import Promise, PublicNumber, Result
from web.lottery.trust import FROZEN, check_unchanged, numbers_seal
from web.seal import seal
from web.staff.audit import audit


# ---------------------------------------------------------------------- the promise
def commit(
    db: Database, settings: Settings, class_id: str, actor: str, public_number: PublicNumber | None = None, moment: datetime | None = None
) -> Row:
    """Make sure that the class's promise is sealed; its row of ``draws``.

    Called when a lottery class is published, and again whenever it is changed: while nobody could apply yet, the promise follows the
    class's rules (and ``public_number``, where one is given); from then on it stands and nothing is written.
    """
    moment = moment or clock.now()
    with writing(db):
        of_class, before = lottery_class(db, class_id), draw_of(db, class_id)
        named = public_number or (promise_of(before).public_number if before else None)
        promise = Promise(class_id=class_id, rules=rules_of(of_class), public_number=named)
        if before and (promise_of(before) == promise or not may_change(db, of_class, before, moment)):
            return before
        return _seal(db, settings, promise, before, actor, moment)


def name_number(
    db: Database, settings: Settings, class_id: str, actor: str, named: PublicNumber | None, moment: datetime | None = None
) -> Row:
    """Name the public number that will be mixed in, or do without one; only while nobody could apply yet."""
    moment = moment or clock.now()
    with writing(db):
        before = commit(db, settings, class_id, actor, moment=moment)
        of_class = lottery_class(db, class_id)
        promise = promise_of(before).model_copy(update={"public_number": named})
        if promise == promise_of(before):
            return before
        if not may_change(db, of_class, before, moment):
            raise BookError("受付が始まっているので、約束は変えられません。")
        return _seal(db, settings, promise, before, actor, moment)


def may_change(db: Database, of_class: Row, before: Row, moment: datetime) -> bool:
    """May the promise still be another one? While nobody could rely on it."""
    if before["state"] != "committed" or value(db, "select 1 from applications where class = ? limit 1", (of_class["id"],)):
        return False
    return bool(of_class["state"] == "draft" or not of_class["apply_from"] or stamp(moment) < of_class["apply_from"])


def _seal(db: Database, settings: Settings, promise: Promise, before: Row | None, actor: str, moment: datetime) -> Row:
    seed = seals.new_seed()
    row = {
        "class": promise.class_id,
        "state": "committed",
        "seed_sealed": seal(settings, seed),
        "commitment": seals.commitment(promise, seed),
        "rules_json": seals.canonical(promise),
        "committed_at": stamp(moment),
    }
    db.table("draws").insert(row, replace=True)
    replaces = before["commitment"] if before else None
    audit(db, actor, "lottery.commit", "class", promise.class_id, commitment=row["commitment"], replaces=replaces)
    return sealed_draw(db, promise.class_id)


# ---------------------------------------------------------------------- the list
def freeze(db: Database, class_id: str, actor: str, moment: datetime | None = None) -> Row:
    """Number the entries and fix the list that is published. Only after the application window closed."""
    moment = moment or clock.now()
    with writing(db):
        of_class, before = lottery_class(db, class_id), sealed_draw(db, class_id)
        if before["state"] != "committed":
            return before
        _check_closed(of_class, moment)
        rows = waiting_to_be_drawn(db, class_id)
        everybody = applicants(rows, not_drawn_before(db, class_id, moment))
        try:
            frozen = frozen_list(class_id, standing.free(db, class_id), promise_of(before).rules, everybody).list
        except LotteryError as error:
            raise BookError(error.message) from None
        for row, entry in zip(rows, frozen.entries, strict=True):
            db.table("entries").update(row["id"], {"number": entry.number, "not_drawn_before": int(entry.not_drawn)})
        list_hash = seals.list_hash(frozen)
        changed = {"state": "frozen", "list_json": seals.canonical(frozen), "list_hash": list_hash, "frozen_at": stamp(moment)}
        db.table("draws").update(class_id, changed)
        numbers = numbers_seal(numbered(db, class_id))
        audit(db, actor, FROZEN, "class", class_id, list_hash=list_hash, numbers=numbers, entries=len(rows), capacity=frozen.capacity)
        return sealed_draw(db, class_id)


def _check_closed(of_class: Row, moment: datetime) -> None:
    if of_class["state"] != "published":
        raise BookError("公開中の教室だけを抽選できます。")
    if not of_class["apply_to"]:
        raise BookError("受付の終わりが決まっていません。教室のページで決めてください。")
    if stamp(moment) < of_class["apply_to"]:
        raise BookError("まだ受付中です。受付が終わってから凍結してください。")


def enter_number(db: Database, class_id: str, actor: str, digits: str) -> Row:
    """The public number is out. Typed wrongly, it may be put right until the draw is confirmed; the audit log keeps each."""
    with writing(db):
        before = sealed_draw(db, class_id)
        named = promise_of(before).public_number
        if named is None:
            raise BookError("この抽選は、公の数字を使わない約束です。")
        if before["state"] not in ("frozen", "previewed"):
            raise BookError("公の数字は、一覧を凍結してから、抽選を確定するまでの間に入れます。")
        if len(digits) != named.digits or not (digits.isascii() and digits.isdigit()):
            raise BookError(f"数字{named.digits}けたの約束です。")
        if before["public_value"] != digits:
            db.table("draws").update(class_id, {"public_value": digits, "state": "frozen", "result_json": None})
            audit(db, actor, "lottery.number", "class", class_id, value=digits, replaces=before["public_value"] or None)
        return sealed_draw(db, class_id)


# ---------------------------------------------------------------------- the draw
def preview(db: Database, settings: Settings, class_id: str, actor: str) -> Row:
    """Draw, for staff's eyes only: there is one result, and looking at it changes nothing."""
    with writing(db):
        before = sealed_draw(db, class_id)
        if before["state"] in ("previewed", "confirmed"):
            return before
        if before["state"] != "frozen":
            raise BookError("先に一覧を凍結してください。")
        if promise_of(before).public_number and not before["public_value"]:
            raise BookError("先に公の数字を入れてください。")
        result = _drawn(before, check_unchanged(db, settings, before))
        db.table("draws").update(class_id, {"state": "previewed", "result_json": result.model_dump_json()})
        audit(db, actor, "lottery.preview", "class", class_id, drawn=len(result.drawn), waiting=len(result.waiting))
        return sealed_draw(db, class_id)


def confirm(db: Database, settings: Settings, class_id: str, actor: str, moment: datetime | None = None) -> Row:
    """The draw counts: every entry is decided, the seed comes out, families are told (:func:`web.apply.places.decide_all`).

    Who withdrew after freezing stays withdrawn; the place goes to the next who waits.
    """
    moment = moment or clock.now()
    with writing(db):
        before = sealed_draw(db, class_id)
        if before["state"] == "confirmed":
            return before
        if before["state"] != "previewed":
            raise BookError("先に結果を下見してください。")
        if lottery_class(db, class_id)["state"] != "published":
            raise BookError("中止になった教室の抽選は確定できません。")
        seed = check_unchanged(db, settings, before)
        _check_file(before, seed)
        changed = {"state": "confirmed", "seed": seed, "confirmed_at": stamp(moment), "confirmed_by": actor}
        db.table("draws").update(class_id, changed)
        audit(db, actor, "lottery.confirm", "class", class_id, seed=seed)
        try:
            places.decide_all(db, class_id, _decisions(db, before), actor, moment)
        except PlacesError as error:
            raise BookError(f"{error.words.ja}。", remedy="教室の定員と、もう決まっている人数を確かめてください。") from None
        return sealed_draw(db, class_id)


def _drawn(row: Row, seed: str) -> Result:
    return result_of(draw(list_of(row), promise_of(row).rules, seed, row["public_value"] or None))


def report_of(row: Row, seed: str | None = None) -> Report:
    """What a family would find that checks the published file; with the ``seed``, as it will be after confirming."""
    return check(seals.publication_text(publication_of(row, seed)).encode())


def rehearsal(db: Database, settings: Settings, row: Row) -> Report:
    """The check of the file as it will be published. Raises BookError when the tables were changed since freezing."""
    return report_of(row, check_unchanged(db, settings, row))


def _check_file(row: Row, seed: str) -> None:
    report = report_of(row, seed)
    if not (report.ok and report.is_complete):
        wrong = [finding.words.ja for finding in report.findings if finding.state == "wrong"]
        raise BookError(" ".join(["公開するファイルの検査が通りません。", *wrong]))


def _decisions(db: Database, row: Row) -> dict[str, Decision]:
    result = result_in(row)
    assert result is not None  # noqa: S101 (it was previewed)
    entries = {one["number"]: one["id"] for one in every(db, "select id, number from entries where class = ?", (row["class"],))}
    drawn = {entries[number]: Decision("accepted") for number in result.drawn}
    waiting = {entries[number]: Decision("waiting", place) for place, number in enumerate(result.waiting, 1)}
    return drawn | waiting
