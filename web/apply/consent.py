"""What a guardian agrees to. A change of meaning gets a new version; applications keep the version they were made under."""

from __future__ import annotations

from typing import NamedTuple

from web.language import Text

VERSION = "2026-11"


class Asked(NamedTuple):
    """Something we ask, and why."""

    what: Text
    why: Text


ASKED: tuple[Asked, ...] = (
    Asked(
        Text(
            "保護者のお名前・電話・メール", "{保護者|ほごしゃ}の {名前|なまえ}・{電話|でんわ}・メール", "Guardian’s name, telephone, e-mail"
        ),
        Text(
            "申し込みの結果や変更をお知らせし、当日の急な連絡に使います",
            "{結果|けっか}や {急|きゅう}な {連絡|れんらく}を するためです",
            "to tell you the result and changes, and to reach you on the day",
        ),
    ),
    Asked(
        Text("お子さんのお名前・生年月日", "{子|こ}どもの {名前|なまえ}・{生|う}まれた{日|ひ}", "Child’s name and date of birth"),
        Text(
            "対象の学年かどうかを確かめ、受付で本人を確かめます",
            "{何年生|なんねんせい}かを {見|み}るためと、{受付|うけつけ}の ためです",
            "to see that the class fits the age, and to check in at the door",
        ),
    ),
    Asked(
        Text(
            "性別（答えなくてもかまいません）", "{女|おんな}か {男|おとこ}か（{書|か}かなくても いいです）", "Gender (you need not answer)"
        ),
        Text("人数の統計にだけ使います", "{人数|にんずう}を {数|かぞ}えるだけです", "for head counts only"),
    ),
    Asked(
        Text(
            "アレルギーや配慮してほしいこと（任意）",
            "アレルギーや こまること（{書|か}かなくても いいです）",
            "Allergies and what we should know (optional)",
        ),
        Text(
            "当日の担当者だけが見て、安全のために使います",
            "{先生|せんせい}が {見|み}て、{気|き}をつけるためです",
            "seen by those in charge on the day only, for safety",
        ),
    ),
    Asked(
        Text("緊急連絡先", "{急|きゅう}なときの {電話|でんわ}", "Emergency contact"),
        Text(
            "保護者の方につながらないときにだけ使います",
            "{保護者|ほごしゃ}に {電話|でんわ}が つながらない ときだけ {使|つか}います",
            "used only when you cannot be reached",
        ),
    ),
)

PROMISES: tuple[Text, ...] = (
    Text(
        "教室の運営のためだけに使い、ほかの目的には使いません。",
        "{教室|きょうしつ}の ためだけに {使|つか}います。",
        "We use it for running the classes only.",
    ),
    Text(
        "公開する数字や資料に、お子さんを特定できる情報は入りません。",
        "{子|こ}どもの {名前|なまえ}を みんなに {見|み}せることは ありません。",
        "Nothing we publish identifies a child.",
    ),
    Text(
        "保存期間が過ぎた情報は消去します。いつでも、ご家族のページから消去を求められます。",
        "{時間|じかん}が たったら {消|け}します。いつでも「{消|け}してください」と {言|い}えます。",
        "It is erased after the retention period; you may ask for erasure at any time on your page.",
    ),
)

WORDS = Text(
    "上の内容を読み、同意します",
    "{上|うえ}の ことを {読|よ}みました。それで いいです",
    "I have read this and agree",
)
