"""What a mentor agrees to. A change of meaning gets a new version."""

from __future__ import annotations

from web.language import Text

VERSION = "2026-11"

PROMISES: tuple[Text, ...] = (
    Text(
        "お名前・連絡先・予定は、派遣の相談と連絡、交通費のお支払いのためだけに使います。",
        "{名前|なまえ}や {電話|でんわ}は、{連絡|れんらく}と {交通費|こうつうひ}の ためだけに {使|つか}います。",
        "Your name, contacts and times are used only to plan, to reach you and to pay your travel.",
    ),
    Text(
        "見るのは市の担当者だけです。公開する資料に、お名前は載りません。",
        "{見|み}るのは {市|し}の {人|ひと}だけです。みんなに {見|み}せることは ありません。",
        "Only the city’s staff see them. Your name is not published.",
    ),
    Text(
        "教室で知った子どもやご家族のことは、ほかで話さず、写真も撮りません。",
        "{教室|きょうしつ}の {子|こ}どもの ことを、ほかの {人|ひと}に {話|はな}しません。{写真|しゃしん}も とりません。",
        "What you learn about children and families stays in the class, and you take no photographs.",
    ),
    Text(
        "いつでもやめられ、情報の消去を求められます。",
        "いつでも やめることが できます。「{消|け}してください」と {言|い}うことも できます。",
        "You may leave, and have your data erased, at any time.",
    ),
)

WORDS = Text(
    "上の内容を読み、守ります・同意します",
    "{上|うえ}の ことを {読|よ}みました。{約束|やくそく}します",
    "I have read this, will keep to it and agree",
)
