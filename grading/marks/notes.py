"""What a child reads when grading did not go the ordinary way. In one place, so that one person can read it all aloud."""

from __future__ import annotations

from grading.sandbox import Executed

BROKEN = "ノートブックの なかみが こわれて いて、さいてん できませんでした。先生に きいて みましょう。"
OUR_FAULT = "いま さいてんが できませんでした。きみの せいでは ありません。先生に つたえて ください。"
HIDDEN = "見える たしかめは できて います。ほかの ばあいでも うまく いくか、もう いちど かんがえて みましょう。"
NOT_REACHED = "プログラムが とちゅうで おわったので、ここは たしかめられませんでした。"
NO_CELL = "たしかめの セルが きえて います。先生に きいて みましょう。"

ENDED = {
    "timeout": "じかんが かかりすぎたので、とちゅうで とめました。くりかえしが おわるか、見なおして みましょう。",
    "memory": "メモリーが いっぱいに なりました。とても 大きな データを つくって いないか、見なおして みましょう。",
    "output": "ひょうじが 多すぎたので、とちゅうで とめました。print が なんども くりかえされて いないか、見なおして みましょう。",
    "disk": "ファイルが 大きく なりすぎました。かきこむ りょうを 見なおして みましょう。",
    "died": "プログラムが とつぜん おわって しまいました。さいごに なおした ところを 見なおして みましょう。",
}


def of_run(executed: Executed) -> str | None:
    """The note for a run that did not end in the ordinary way."""
    return ENDED.get(executed.ended)
