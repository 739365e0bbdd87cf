"""Where a lottery stands and what is to be done next. Pure: rows and a moment in, words out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from web.clock import stamp
from web.data import Row
from web.lottery.reading import promise_of

Step = Literal["seal", "none", "announced", "closing", "freeze", "number", "preview", "confirm", "done", "cancelled"]


class Todo(NamedTuple):
    """What the desk says of a step: where the lottery stands, what is next, and the badge; ``due``: staff's turn."""

    stands: str
    next: str
    kind: str
    icon: str
    due: bool = False


TODOS: dict[Step, Todo] = {
    "seal": Todo("封をしていません", "約束に封をして、封印の値を公開する", "warning", "warning", due=True),
    "none": Todo("抽選なし", "決定を待つ申し込みはありません", "plain", "check"),
    "announced": Todo("公開前・受付前", "受付が始まるのを待つ（約束はまだ変えられます）", "info", "clock"),
    "closing": Todo("受付中", "受付が終わるのを待つ", "info", "clock"),
    "freeze": Todo("受付終了", "一覧を凍結して、番号を公開する", "warning", "warning", due=True),
    "number": Todo("一覧を公開", "公の数字が発表されたら入れる", "warning", "warning", due=True),
    "preview": Todo("一覧を公開", "くじを引いて、結果を下見する", "warning", "warning", due=True),
    "confirm": Todo("下見ずみ", "責任者が確定して、家族に知らせる", "accent", "warning", due=True),
    "done": Todo("確定", "終わりました", "success", "check"),
    "cancelled": Todo("教室は中止", "何もしない", "plain", "close"),
}

STAGES = ("封をする", "受付が終わる", "一覧を凍結", "公の数字", "下見", "確定")
_STAGE: dict[Step, int] = {
    "seal": 1,
    "announced": 2,
    "closing": 2,
    "freeze": 3,
    "number": 4,
    "preview": 5,
    "confirm": 6,
    "done": 7,
    "none": 7,
}


def step_of(of_class: Row, draw: Row | None, moment: datetime, undecided: int) -> Step:
    """``draw``: the row of ``draws``, or None; ``undecided``: how many entries wait for a decision."""
    if draw is not None and draw["state"] == "confirmed":
        return "done"
    if of_class["state"] == "cancelled":
        return "cancelled"
    at = stamp(moment)
    closed = bool(of_class["apply_to"] and at >= of_class["apply_to"])
    if draw is None:
        return "none" if closed and not undecided else "seal"
    if draw["state"] == "previewed":
        return "confirm"
    if draw["state"] == "frozen":
        return "number" if promise_of(draw).public_number and not draw["public_value"] else "preview"
    if of_class["state"] == "draft" or (of_class["apply_from"] and at < of_class["apply_from"]):
        return "announced"
    return "freeze" if closed else "closing"


def stages(step: Step, *, with_number: bool) -> tuple[list[str], int]:
    """The names of the steps of this lottery and the number (from 1) of the one it is at."""
    at = _STAGE.get(step, 1)
    if with_number:
        return list(STAGES), at
    return [name for name in STAGES if name != "公の数字"], at - (at > 4)
