"""The states of an entry, what may follow which, and their words."""

from __future__ import annotations

from typing import Literal

from web.language import Text

State = Literal["applied", "accepted", "waiting", "offered", "declined", "expired", "rejected", "withdrawn", "cancelled"]

HOLDS_A_PLACE: tuple[State, ...] = ("accepted", "offered")
LIVE: tuple[State, ...] = ("applied", "accepted", "waiting", "offered")
"""Something may still come of it."""

AFTER: dict[State, tuple[State, ...]] = {
    "applied": ("accepted", "waiting", "rejected", "withdrawn", "cancelled"),
    "waiting": ("offered", "accepted", "rejected", "withdrawn", "cancelled"),
    "offered": ("accepted", "declined", "expired", "withdrawn", "cancelled"),
    "accepted": ("withdrawn", "cancelled"),
    "rejected": ("accepted", "waiting", "cancelled"),  # staff decides again after a place became free
    "declined": (),
    "expired": (),
    "withdrawn": (),
    "cancelled": (),
}

WORDS: dict[State, Text] = {
    "applied": Text("結果待ち", "{結果|けっか}を まっています", "Awaiting the decision"),
    "accepted": Text("参加できます", "{参加|さんか}できます", "You have a place"),
    "waiting": Text("キャンセル待ち", "{空|あ}くのを まっています", "On the waiting list"),
    "offered": Text(
        "席が空きました（お返事ください）",
        "{席|せき}が {空|あ}きました。{返事|へんじ}を してください",
        "A place is offered – please answer",
    ),
    "declined": Text("辞退しました", "ことわりました", "Declined"),
    "expired": Text("期限までにお返事がありませんでした", "{返事|へんじ}が {間|ま}に{合|あ}いませんでした", "The offer ran out"),
    "rejected": Text("今回はご参加いただけません", "{今回|こんかい}は {参加|さんか}できません", "Not admitted this time"),
    "withdrawn": Text("取り下げました", "やめました", "Withdrawn"),
    "cancelled": Text("教室が中止になりました", "{教室|きょうしつ}が なくなりました", "The class was cancelled"),
}

DESK_WORDS: dict[State, str] = {
    "applied": "申込",
    "accepted": "参加",
    "waiting": "待ち",
    "offered": "連絡中",
    "declined": "辞退",
    "expired": "期限切れ",
    "rejected": "落選",
    "withdrawn": "取下げ",
    "cancelled": "中止",
}

LOOKS: dict[State, tuple[str, str]] = {
    "applied": ("info", "clock"),
    "accepted": ("success", "check"),
    "waiting": ("warning", "clock"),
    "offered": ("accent", "mail"),
    "declined": ("plain", "close"),
    "expired": ("plain", "clock"),
    "rejected": ("plain", "close"),
    "withdrawn": ("plain", "close"),
    "cancelled": ("error", "warning"),
}
"""Kind and icon of the badge that shows it (look/macros.html)."""
