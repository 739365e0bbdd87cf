"""What can go wrong at the hand-in service, and the words for it: the one place where they stand."""

from __future__ import annotations

from pydantic import TypeAdapter

from kanikko.errors import KanikkoError

WORDS: dict[str, tuple[str, str, str]] = {
    # code: (for a pupil, for a teacher, what the teacher can do)
    "down": (
        "{今|いま}、つながりません。すこし まってから もういちど おしてね。",
        "提出サービスにつながりません。",
        "少し待って、もう一度お試しください。",
    ),
    "sign-in": ("もういちど ログインしてね。", "ログインの期限が切れています。", "ログインし直してください。"),
    "not-allowed": ("ここは {見|み}られません。", "この操作をする権限がありません。", "担当のクラスか確かめてください。"),
    "not-found": ("{見|み}つかりませんでした。", "見つかりません。", "名前を確かめてください。"),
    "not-released": (
        "この {課題|かだい}は まだ はじまっていません。",
        "この課題はまだ配布されていません。",
        "先に課題を配布してください。",
    ),
    "exists": ("もう あります。", "もう配布されています。", "置き換えるときは --force を付けてください。"),
    "too-big": (
        "ファイルが {大|おお}きすぎます。いらない ファイルを けしてね。",
        "提出物が大きすぎます。",
        "不要なファイルを消してください。",
    ),
    "too-many-files": (
        "ファイルが {多|おお}すぎます。いらない ファイルを けしてね。",
        "ファイルの数が多すぎます。",
        "不要なファイルを消してください。",
    ),
    "too-often": (
        "たくさん ていしゅつ しました。すこし まってから もういちど おしてね。",
        "提出の回数が上限に達しました。",
        "時間をおいてお試しください。",
    ),
    "not-a-notebook": (
        "ノートブックが こわれています。{先生|せんせい}に {見|み}せてね。",
        "ノートブックの形式が正しくありません。",
        "ファイルを開いて確かめてください。",
    ),
    "no-notebook": (
        "{課題|かだい}の ノートブックが ありません。",
        "課題のノートブックが入っていません。",
        "ノートブックの名前を変えていないか確かめてください。",
    ),
    "bad-files": (
        "ていしゅつ できない ファイルが あります。{先生|せんせい}に きいてね。",
        "受け付けられないファイルがあります。",
        "リンクや特別な名前のファイルを除いてください。",
    ),
    "bad-request": ("うまく いきませんでした。{先生|せんせい}に きいてね。", "リクエストを読み取れません。", "管理者に知らせてください。"),
    "disk-full": (
        "{今|いま}、うけとれません。{先生|せんせい}に しらせてね。",
        "サーバーの空き容量が足りません。",
        "管理者に知らせてください。",
    ),
    "broken": (
        "うまく いきませんでした。すこし まってから もういちど おしてね。",
        "提出サービスで問題が起きました。",
        "管理者に知らせてください。",
    ),
}


class ExchangeFault(KanikkoError):
    """The exchange did not do what was asked. ``detail`` is English, for a log; ``status`` 0 means it was not reached."""

    def __init__(self, code: str, detail: str = "", *, status: int = 0) -> None:
        self.code = code if code in WORDS else "broken"
        self.for_pupil, self.for_teacher, remedy = WORDS[self.code]
        super().__init__(f"{self.for_teacher} ({self.code}: {detail})" if detail else self.for_teacher, remedy=remedy)
        self.detail = detail
        self.status = status

    @property
    def worth_retrying(self) -> bool:
        """Nothing is wrong with the request; the same one may succeed in a moment."""
        return self.code in ("down", "broken")


class ExchangeDown(ExchangeFault):
    """The service could not be reached, or went away in the middle. Was it a hand-in, it may or may not have arrived."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("down", detail)


def fault(status: int, body: bytes) -> ExchangeFault:
    """The fault that an error answer tells of."""
    usual = {401: "sign-in", 403: "not-allowed", 404: "not-found", 409: "exists", 413: "too-big", 429: "too-often", 503: "down"}
    try:
        told = TypeAdapter(dict[str, dict[str, str]]).validate_json(body)["error"]
        return ExchangeFault(told["code"], told.get("detail", ""), status=status)
    except (ValueError, KeyError):
        return ExchangeFault(usual.get(status, "bad-request" if status < 500 else "broken"), f"HTTP {status}", status=status)
