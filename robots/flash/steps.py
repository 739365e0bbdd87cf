"""Where a board is on its way to good, as one immutable value that table and page show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from robots.flash.faults import Fault


class Step(StrEnum):
    """A stage of the way, in order. The value is what the log keeps; ``WORDS`` has what people read."""

    FOUND = "found"
    IDENTIFY = "identify"
    FIRMWARE = "firmware"
    TEAM = "team"
    FILES = "files"
    VERIFY = "verify"
    SELF_TEST = "self-test"
    RESET = "reset"
    FINAL = "final"
    GOOD = "good"


WORDS: dict[Step, str] = {
    Step.FOUND: "みつけました",
    Step.IDENTIFY: "しらべています",
    Step.FIRMWARE: "ファームウェア",
    Step.TEAM: "しらべています",
    Step.FILES: "かいています",
    Step.VERIFY: "よみかえし",
    Step.SELF_TEST: "じこテスト",
    Step.RESET: "リセット",
    Step.FINAL: "さいごの かくにん",
    Step.GOOD: "できあがり",
}

_BEGINS = {
    Step.FOUND: 0.0, Step.IDENTIFY: 0.05, Step.FIRMWARE: 0.1, Step.TEAM: 0.3, Step.FILES: 0.35, Step.VERIFY: 0.7,
    Step.SELF_TEST: 0.8, Step.RESET: 0.85, Step.FINAL: 0.9, Step.GOOD: 1.0,
}  # fmt: skip
_ENDS = dict(zip(_BEGINS, [*list(_BEGINS.values())[1:], 1.0], strict=True))


@dataclass(frozen=True)
class View:
    """One row. ``number``: for people; ``port``: short; ``part``: how much of the step is done; ``note``: seen on the way."""

    number: int
    port: str
    step: Step = Step.FOUND
    part: float = 0.0
    uid: str = ""
    machine: str = ""
    profile: str = ""
    team: str = ""
    title: str = ""
    fault: Fault | None = None
    what: str = ""
    todo: str = ""
    note: str = ""
    plugged: bool = True
    asking: bool = False
    """Somebody has to say whose board it is."""
    handed_on: bool = False
    """A boot drive that has its firmware: the board goes on as another row."""

    @property
    def progress(self) -> float:
        """How far the board is on the whole way, 0 to 1."""
        return _BEGINS[self.step] + (_ENDS[self.step] - _BEGINS[self.step]) * min(max(self.part, 0.0), 1.0)

    @property
    def kind(self) -> str:
        """ "bad", "asks" (for its team), "busy", "good" or "passed" (a boot drive that is done): what a person looks for first, first."""
        if self.fault is not None:
            return "bad"
        if self.asking:
            return "asks"
        if self.step is Step.GOOD:
            return "passed" if self.handed_on else "good"
        return "busy"

    @property
    def sign(self) -> str:
        return SIGNS[self.kind]

    @property
    def words(self) -> str:
        """What the row says of its state."""
        if self.fault is not None:
            return self.what
        if self.step is Step.GOOD:
            return "ファームウェアを いれました" if self.handed_on else WORDS[Step.GOOD] if self.plugged else "できあがり（ぬきました）"
        return "チームは？" if self.asking else WORDS[self.step]

    @property
    def advice(self) -> str:
        """What to do now."""
        if self.fault is not None:
            return self.todo
        if self.asking:
            return "チームの QRを よみとるか、ばんごうを いれてください。"
        if self.step is Step.GOOD and not self.handed_on:
            return "ぬいて だいじょうぶです。" if self.plugged else ""
        return "そのまま まってください。" if self.step is not Step.GOOD else "じどうで つづきます。"


SIGNS = {"bad": "✕", "asks": "？", "busy": "…", "good": "○", "passed": "→"}
ORDER = ("bad", "asks", "busy", "good", "passed")


def in_order(views: list[View]) -> list[View]:
    """As a person wants them: what needs help first, each kind by row number."""
    return sorted(views, key=lambda view: (ORDER.index(view.kind), view.number))


def counts(views: list[View]) -> dict[str, int]:
    """How many rows of each kind."""
    return {kind: sum(view.kind == kind for view in views) for kind in ORDER}
