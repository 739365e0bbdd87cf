"""Invented people. No name is anybody's: family and given names are drawn apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FAMILY_NAMES = [
    ("沢田", "サワダ"),
    ("浜口", "ハマグチ"),
    ("松任", "マットウ"),
    ("犀川", "サイガワ"),
    ("浅野", "アサノ"),
    ("能美", "ノミ"),
    ("白山", "シラヤマ"),
    ("寺町", "テラマチ"),
    ("橋場", "ハシバ"),
    ("材木", "ザイモク"),
    ("桜田", "サクラダ"),
    ("大友", "オオトモ"),
    ("北安", "キタヤス"),
    ("泉野", "イズミノ"),
    ("円光", "エンコウ"),
    ("額田", "ヌカダ"),
    ("長坂", "ナガサカ"),
    ("小立", "コダテ"),
    ("三馬", "ミンマ"),
    ("森山", "モリヤマ"),
    ("粟崎", "アワガサキ"),
    ("大徳", "ダイトク"),
    ("諸江", "モロエ"),
    ("田上", "タガミ"),
]
GIVEN_NAMES = [
    ("あおい", "アオイ", "female"),
    ("はると", "ハルト", "male"),
    ("ゆい", "ユイ", "female"),
    ("そうた", "ソウタ", "male"),
    ("ひなた", "ヒナタ", None),
    ("さくら", "サクラ", "female"),
    ("りく", "リク", "male"),
    ("めい", "メイ", "female"),
    ("かいと", "カイト", "male"),
    ("つむぎ", "ツムギ", "female"),
    ("いつき", "イツキ", None),
    ("ほのか", "ホノカ", "female"),
    ("れん", "レン", "male"),
    ("みお", "ミオ", "female"),
    ("なぎさ", "ナギサ", None),
    ("こはる", "コハル", "female"),
    ("だいち", "ダイチ", "male"),
    ("ゆうと", "ユウト", "male"),
]
GROWN_UPS = [
    ("一郎", "イチロウ"),
    ("和子", "カズコ"),
    ("正", "タダシ"),
    ("恵子", "ケイコ"),
    ("実", "ミノル"),
    ("幸子", "サチコ"),
    ("勇", "イサム"),
    ("節子", "セツコ"),
    ("進", "ススム"),
    ("洋子", "ヨウコ"),
    ("清", "キヨシ"),
    ("美代", "ミヨ"),
]


@dataclass(frozen=True)
class Child:
    name: str
    kana: str
    birth: date
    gender: str | None


def grown_up(dice: Random, family: tuple[str, str] | None = None) -> tuple[str, str]:
    """Name and reading of a guardian or mentor."""
    surname, given = family or dice.choice(FAMILY_NAMES), dice.choice(GROWN_UPS)
    return f"{surname[0]} {given[0]}", f"{surname[1]} {given[1]}"


def child(dice: Random, family: tuple[str, str], youngest: date, oldest: date) -> Child:
    """A child of that family, born between the two days."""
    given = dice.choice(GIVEN_NAMES)
    birth = oldest + timedelta(days=dice.randrange((youngest - oldest).days))
    return Child(f"{family[0]} {given[0]}", f"{family[1]} {given[1]}", birth, given[2])
