"""What a check found. The words for it are in :mod:`web.lottery.words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kanikko.errors import KanikkoError
from web.language import Text
from web.lottery.words import WORDS

State = Literal["holds", "wrong", "open"]
"""``open``: cannot be said yet, because the draw has not come so far or because something before it is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    state: State
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def words(self) -> Text:
        return WORDS[self.code].fill(**self.values)


class LotteryError(KanikkoError):
    """A list that cannot be drawn. ``finding`` has the words in every language."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.words.plain("ja"))
        self.finding = finding
