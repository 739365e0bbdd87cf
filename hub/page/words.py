"""Every sentence the server says to a child, in hiragana (rooms have no furigana engine), with what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """``message`` says what happened, ``remedy`` what the child can do now."""

    message: str
    remedy: str


ASK = "せんせいに この がめんを みせてね。"

NOT_A_LESSON = Words("ここからは ていしゅつ できません。", "おうちに もどって、かだいを ひらきなおしてね。")
NO_LESSON = Words("この かだいは まだ ひらけません。", "せんせいが ひらくまで まってね。")
NOT_YOURS = Words("この かだいは ひらけません。", "おうちに もどって、じぶんの かだいを えらんでね。")
TOO_BIG = Words(
    "ファイルが おおきすぎて おくれません。",
    "「やりなおす」を おすと けっかが きえて ちいさくなります。それから もういちど だしてね。",
)
TOO_MANY = Words("ファイルが おおすぎて おくれません。", ASK)
NOT_READABLE = Words("ファイルを よめませんでした。", "もういちど ためしてね。だめなら せんせいに きいてね。")
DISK_FULL = Words("ばしょが いっぱいです。", "いらない ファイルを けすので、せんせいに きいてね。")
TOO_OFTEN = Words("つづけて たくさん だしました。", "すこし まってから もういちど だしてね。")
NO_ANSWER = Words("おくりさきに つながりませんでした。", "すこし まって、もういちど おしてね。かいたものは きえません。")
SIGN_IN = Words("サインインの じかんが おわりました。", "おうちに もどって、もういちど はいってね。")
UNEXPECTED = Words("うまく いきませんでした。", "もういちど ためしてね。だめなら せんせいに きいてね。")


def plain(text: str) -> str:
    """Text with furigana markup as a child reads it without: ``{今|いま}、ひらく`` → ``いま、ひらく``."""
    return re.sub(r"\{[^{}|]*\|([^{}|]*)\}", r"\1", text)
