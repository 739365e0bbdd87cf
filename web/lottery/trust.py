"""Whether what a lottery's tables hold now is still what was frozen. Asked before the draw is shown to staff and again before it counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice

from cryptography.fernet import InvalidToken
from pydantic import ValidationError
from sqlite_utils import Database

from kanikko.settings import Settings
from web.data import Row, one
from web.lottery import seals
from web.lottery.reading import BookError, list_of, numbered, promise_of
from web.lottery.records import DrawList
from web.seal import unseal

MOST_SAID = 5
FROZEN = "lottery.freeze"


def numbers_seal(rows: Iterable[Row]) -> str:
    """A hash over who has which number: it goes into the audit log, whose lines cannot be changed unseen."""
    lines = (json.dumps([row[name] for name in ("number", "id", "participant", "application", "mode", "not_drawn_before")]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check_unchanged(db: Database, settings: Settings, draw: Row) -> str:
    """The seed, when everything is as it was frozen. Raises BookError that says what is not."""
    found = list(islice(_contradictions(db, draw), MOST_SAID))
    seed = _opened(settings, draw)
    if seed is None or seals.commitment(promise_of(draw), seed) != draw["commitment"]:
        found.append("封をした種が、公開した封印の値と合いません。")
    if found or seed is None:
        raise BookError(
            " ".join(found), remedy="抽選を進めないでください。記録（監査ログ）を調べ、凍結したときのバックアップと比べてください。"
        )
    return seed


def _opened(settings: Settings, draw: Row) -> str | None:
    try:
        return unseal(settings, draw["seed_sealed"])
    except InvalidToken:
        return None


def _contradictions(db: Database, draw: Row) -> Iterator[str]:
    try:
        frozen = list_of(draw)
    except ValidationError:
        yield "凍結した一覧が読めません。"
        return
    noted = _noted(db, draw["class"])
    if seals.list_hash(frozen) != draw["list_hash"] or noted.get("list_hash") != draw["list_hash"]:
        yield "凍結した一覧が、公開した指紋と合いません。"
    rows = numbered(db, draw["class"])
    wrong = list(_changed_numbers(frozen, rows))
    for number in wrong:
        yield f"番号{number}の申し込みの記録が、凍結したときと違います。"
    if not wrong and numbers_seal(rows) != noted.get("numbers"):
        yield "どの申し込みがどの番号かの記録が、凍結したときと違います。"


def _noted(db: Database, class_id: str) -> dict[str, str]:
    """What the audit log says of the freezing."""
    line = one(
        db,
        "select detail_json from audit where kind = 'class' and subject = ? and action = ? order by id desc limit 1",
        (class_id, FROZEN),
    )
    return dict(json.loads(line["detail_json"])) if line else {}


def _changed_numbers(frozen: DrawList, rows: list[Row]) -> Iterator[int]:
    """Numbers whose entry differs from the list. Residence is not looked at: a family may move meanwhile, and the list stays."""
    groups: dict[str, int] = {}
    now = {row["number"]: (groups.setdefault(row["application"], len(groups) + 1), row["mode"], row["not_drawn_before"]) for row in rows}
    then = {entry.number: (entry.group, entry.mode, int(entry.not_drawn)) for entry in frozen.entries}
    yield from sorted(number for number in then.keys() | now.keys() if then.get(number) != now.get(number))
