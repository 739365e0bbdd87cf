"""What can go wrong with a board, and the words for it: what happened, and what to do now. The one place of these words."""

from __future__ import annotations

from enum import StrEnum

from kanikko.errors import KanikkoError
from robots.flash.text import clean


class Fault(StrEnum):
    """Why a board is not good. The value is what the log keeps."""

    UNPLUGGED = "unplugged"
    SILENT = "silent"
    GARBLED = "garbled"
    BUSY = "busy"
    NO_ACCESS = "no-access"
    NOT_MICROPYTHON = "not-micropython"
    OLD_FIRMWARE = "old-firmware"
    NO_RELEASE = "no-release"
    BAD_RELEASE = "bad-release"
    NO_DRIVE = "no-drive"
    DRIVE_REFUSED = "drive-refused"
    DRIVE_GONE = "drive-gone"
    FIRMWARE_VERIFY = "firmware-verify"
    FIRMWARE_TOOL = "firmware-tool"
    WRONG_BOARD = "wrong-board"
    WRONG_PROFILE = "wrong-profile"
    NO_TEAM = "no-team"
    PROGRAM = "program"
    FULL = "full"
    MEMORY = "memory"
    CORRUPT = "corrupt"
    FOREIGN = "foreign"
    SELF_TEST = "self-test"
    NOT_BACK = "not-back"
    OTHER_BOARD = "other-board"
    RESTART_LOOP = "restart-loop"
    STOPPED = "stopped"
    INTERNAL = "internal"


BOOTSEL = "BOOTSELボタンを おしながら もういちど さしてください。"
PUT_IN_AGAIN = "いちど ぬいて、もういちど さしてください。"
AGAIN = "もういちど さしてください。つづきから やりなおします。"

WORDS: dict[Fault, tuple[str, str]] = {
    Fault.UNPLUGGED: ("とちゅうで ぬけました", AGAIN),
    Fault.SILENT: (
        "ボードから へんじが ありません",
        f"ケーブル（データも とおる もの）を たしかめて、さしなおしてください。Picoで だめなら、{BOOTSEL}",
    ),
    Fault.GARBLED: ("ボードの へんじが わかりません", f"さしなおしてください。Picoで だめなら、{BOOTSEL}"),
    Fault.BUSY: ("ほかの プログラムが この ボードを つかっています", "それを とじてから「もういちど」を おしてください。"),
    Fault.NO_ACCESS: (
        "この ポートを ひらく けんりが ありません",
        "この パソコンの ユーザーを dialout グループに いれて、ログインしなおしてください。",
    ),
    Fault.NOT_MICROPYTHON: ("MicroPythonでは ない ものが うごいています", f"--releases で ファームウェアを わたして、{BOOTSEL}"),
    Fault.OLD_FIRMWARE: (
        "ファームウェアが ふるいか、ちがいます",
        "ファームウェアの フォルダーを --releases で わたして、もういちど はじめてください。",
    ),
    Fault.NO_RELEASE: ("この ボードの ファームウェアが フォルダーに ありません", "releases.toml に この ボードの ぶんを たしてください。"),
    Fault.BAD_RELEASE: (
        "ファームウェアの ファイルが こわれているか、ちがう ボードの ものです",
        "ファイルを もういちど ダウンロードして、kanikko flash releases check で たしかめてください。",
    ),
    Fault.NO_DRIVE: ("ファームウェアを いれる ドライブが でてきません", f"いちど ぬいて、{BOOTSEL}"),
    Fault.DRIVE_REFUSED: ("ボードが ファームウェアを うけとりませんでした", f"いちど ぬいて、{BOOTSEL}"),
    Fault.DRIVE_GONE: ("ファームウェアを いれている とちゅうで ドライブが きえました", BOOTSEL),
    Fault.FIRMWARE_VERIFY: (
        "ファームウェアを かいて よみかえしたら、ちがっていました",
        "「もういちど」を おしてください。つづくなら、この ボードは つかわないでください。",
    ),
    Fault.FIRMWARE_TOOL: (
        "ファームウェアを かけませんでした",
        "BOOTボタンを おしながら さしなおして、「もういちど」を おしてください。",
    ),
    Fault.WRONG_BOARD: ("この ボードの しゅるいは しりません", "きょうの ロボットの ボードか たしかめてください。なにも かえていません。"),
    Fault.WRONG_PROFILE: ("チームの プログラムと ボードの しゅるいが ちがいます", "チームばんごうと ボードを たしかめてください。"),
    Fault.NO_TEAM: ("どの チームの ロボットか わかりません", "チームの QRを よみとるか、チームばんごうを いれてください。"),
    Fault.PROGRAM: (
        "チームの プログラムに まちがいが あります",
        "その ぎょうを チームと なおして、もういちど パッケージに いれてください。",
    ),
    Fault.FULL: ("ボードが いっぱいです", "ここに ある ファイルが いらないなら、--wipe を つけて はじめると けします。"),
    Fault.MEMORY: ("ボードの メモリーが たりません", "さしなおしてください。つづくなら、ファームウェアを いれなおしてください。"),
    Fault.CORRUPT: (
        "かいた ものを よみかえしたら、ちがっていました",
        "「もういちど」を おしてください。つづくなら、この ボードは つかわないでください。",
    ),
    Fault.FOREIGN: (
        "けせない よその ファイルが のこっています",
        "「もういちど」を おしてください。つづくなら、ファームウェアを いれなおしてください。",
    ),
    Fault.SELF_TEST: (
        "じこテストで だめな ところが ありました",
        "モーター・センサー・でんちの せんを たしかめて、「じこテスト」を もういちど。",
    ),
    Fault.NOT_BACK: ("リセットの あと、もどってきません", PUT_IN_AGAIN),
    Fault.OTHER_BOARD: ("とちゅうで ちがう ボードに かわりました", "もとの ボードを もういちど さしてください。"),
    Fault.RESTART_LOOP: (
        "きえたり でたりを くりかえしています",
        "モーターと でんちを はずし、ケーブルと ハブの でんげんを たしかめてから「もういちど」を おしてください。",
    ),
    Fault.STOPPED: ("とちゅうで やめました", AGAIN),
    Fault.INTERNAL: (
        "ステーションの なかで まちがいが ありました",
        "「もういちど」を おしてください。つづくなら、この ひょうじを しらせてください。",
    ),
}


class FlashError(KanikkoError):
    """A board is not good, and why. ``detail`` (from wherever it came, cleaned here) says more than the fault's own words."""

    def __init__(self, fault: Fault, detail: object = "", *, remedy: str = "") -> None:
        self.fault = fault
        self.detail = clean(detail, 300)
        what, todo = WORDS[fault]
        super().__init__(f"{what}（{self.detail}）" if self.detail else what, remedy=remedy or todo)
