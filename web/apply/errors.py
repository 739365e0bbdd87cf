"""What may stand in the way of a change of places. The message is for the family, in three languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from kanikko.errors import KanikkoError
from web.language import Text


class PlacesError(KanikkoError):
    """This cannot be done with this class or entry. ``words``: why, for whoever asked."""

    def __init__(self, words: Text) -> None:
        super().__init__(words)
        self.words = words

    @classmethod
    def no_class(cls) -> Self:
        return cls(Text("この教室はありません", "この {教室|きょうしつ}は ありません", "There is no such class"))

    @classmethod
    def no_entry(cls) -> Self:
        return cls(Text("この申し込みはありません", "この {申|もう}し{込|こ}みは ありません", "There is no such application"))

    @classmethod
    def not_open(cls) -> Self:
        return cls(
            Text(
                "この教室は いま申し込みを受け付けていません",
                "この {教室|きょうしつ}は いま {申|もう}し{込|こ}めません",
                "This class takes no applications now",
            )
        )

    @classmethod
    def being_drawn(cls) -> Self:
        return cls(
            Text(
                "ただいま抽選中です。結果が出るまでお待ちください",
                "いま {抽選|ちゅうせん}を しています。{待|ま}ってください",
                "The lottery is being drawn",
            )
        )

    @classmethod
    def group_too_large(cls, capacity: int) -> Self:
        return cls(
            Text(
                "定員は<n>人です。「全員いっしょ」ではなく「ひとりでも参加」を選ぶか、人数を減らしてください",
                "<n>{人|にん}までの {教室|きょうしつ}です。「ひとりでも」を えらんでください",
                "The class has <n> places. Choose “any of them”, or name fewer children",
            ).fill(n=capacity)
        )


class AlreadyApplied(PlacesError):
    """A child has a live entry in this class. ``participants``: which."""

    participants: list[str]

    @classmethod
    def of(cls, participants: Sequence[str]) -> Self:
        made = cls(
            Text(
                "このお子さんは もう申し込んでいます",
                "この {子|こ}は もう {申|もう}し{込|こ}んでいます",
                "This child has already applied for this class",
            )
        )
        made.participants = list(participants)
        return made


class NoPlace(PlacesError):
    """More would be in than there are places."""

    @classmethod
    def left(cls) -> Self:
        return cls(Text("空いている席が足りません", "{席|せき}が たりません", "There are not enough places left"))


class TooLate(PlacesError):
    """The entry has moved on meanwhile."""

    @classmethod
    def offer_over(cls) -> Self:
        return cls(
            Text(
                "お返事の期限が過ぎたため、席は次の方にご案内しました",
                "{返事|へんじ}の {時間|じかん}が すぎました。{席|せき}は {次|つぎ}の{人|ひと}の ものに なりました",
                "The time to answer is over; the place went to the next family",
            )
        )

    @classmethod
    def moved_on(cls) -> Self:
        return cls(
            Text(
                "この申し込みは もう変わっています。ページを開き直してください",
                "この {申|もう}し{込|こ}みは もう かわりました。もう{一度|いちど} ページを {開|ひら}いてください",
                "This application has changed meanwhile; please reload the page",
            )
        )
