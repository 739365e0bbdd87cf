"""Every sentence that sign-in says to a child or a teacher, and furigana for them."""

from __future__ import annotations

import math

from markupsafe import Markup

from hub.signin.errors import MustWait, Refused
from lessons.furigana import ruby

WRONG_CODE = "その {組|くみ}の コードは みつかりませんでした。もういちど、1もじずつ みてみてね。"
WRONG_PIN = "えが ちがったみたい。だいじょうぶ、もういちど やってみよう。"
WRONG_BADGE = "この カードは つかえませんでした。{先生|せんせい}に あたらしい カードを もらってね。"
WRONG_PASSWORD = "アカウント（またはメールアドレス）かパスワードが違います。"  # noqa: S105 - a sentence
WRONG_TOTP = "数字が違うか、いちど使った数字です。アプリに次の数字が出てから入力してください。"
WRONG_INVITATION = "この招待は使えません。期限が切れたか、もう使われています。運用担当に新しい招待を頼んでください。"
STALE_STEP = "時間がたったので、もういちどパスワードから入力してください。"
DIFFERENT_PASSWORDS = "2つのパスワードが同じではありません。"
STALE_FORM = "しばらく つかわなかったので、もういちど おしてね。"
NOT_IN_ROSTER = "このアカウントは、かにっこの名簿にありません。学校の先生か、運用担当に聞いてください。"


def furigana(text: str) -> Markup:
    """``{漢字|かんじ}`` as ruby. Before signing in we know nobody's grade, so every marked word gets its reading."""
    return Markup(ruby(text, 1))  # noqa: S704 - lessons.furigana escapes


def how_long(seconds: float) -> str:
    """A wait as a child would say it, never shorter than it is."""
    if seconds <= 90:
        return f"{max(1, math.ceil(seconds))}びょう"
    return f"{math.ceil(seconds / 60)}ふん"


def refusal(error: Refused, wrong: str) -> Markup:
    """What to say when ``error`` stopped somebody: how long to wait, or else ``wrong``."""
    if isinstance(error, MustWait):
        return furigana(
            f"なんども ちがったので、ちょっと おやすみ。あと {how_long(error.seconds)} まってから、もういちど ためしてね。"
            " こまったら {先生|せんせい}を よんでね。"
        )
    return furigana(wrong)


def staff_refusal(error: Refused, wrong: str) -> Markup:
    """As :func:`refusal`, for grown-ups."""
    if isinstance(error, MustWait):
        wait = how_long(error.seconds).replace("びょう", "秒").replace("ふん", "分")
        return furigana(f"間違いが続いたため、あと {wait} は試せません。お急ぎのときは、運用担当に解除を頼んでください。")
    return furigana(wrong)
