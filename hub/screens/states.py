"""How a pupil stands with a lesson, as plain values: from what the exchange, the roster and the hub know to what a screen shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from kanikko.clock import CITY_TIME
from kanikko.exchange_client import Progress


class Standing(StrEnum):
    """Where a pupil is with a lesson. The exchange knows the last four; ``OPENED`` is ours."""

    NOT_YET = "not-yet"
    OPENED = "opened"
    QUEUED = "queued"
    GRADING = "grading"
    GRADED = "graded"
    FAILED = "failed"


HANDED_IN = frozenset({Standing.QUEUED, Standing.GRADING, Standing.GRADED, Standing.FAILED})


@dataclass(frozen=True)
class Look:
    """What stands for a state on a screen: always a word and a picture, never a colour alone."""

    key: str
    label: str
    icon: str


PUPIL_LOOKS: dict[Standing, Look] = {
    Standing.NOT_YET: Look("not-yet", "まだ", "seed"),
    Standing.OPENED: Look("opened", "とちゅう", "pencil"),
    Standing.QUEUED: Look("handed-in", "ていしゅつした", "plane"),
    Standing.GRADING: Look("handed-in", "ていしゅつした", "plane"),
    Standing.GRADED: Look("returned", "かえってきた", "flower"),
    # Ours to repair, not the child's: the teacher sees it as "採点できませんでした".
    Standing.FAILED: Look("handed-in", "ていしゅつした", "plane"),
}

TEACHER_LOOKS: dict[Standing, Look] = {
    Standing.NOT_YET: Look("not-yet", "まだ", "seed"),
    Standing.OPENED: Look("opened", "とちゅう", "pencil"),
    Standing.QUEUED: Look("handed-in", "採点待ち", "plane"),
    Standing.GRADING: Look("handed-in", "採点中", "plane"),
    Standing.GRADED: Look("returned", "採点済み", "flower"),
    Standing.FAILED: Look("failed", "採点できませんでした", "alert"),
}

SERVER_LOOKS: dict[str, Look] = {
    "off": Look("off", "開いていません", "moon"),
    "waiting": Look("waiting", "順番待ち", "clock"),
    "starting": Look("starting", "起動中", "sprout"),
    "failed": Look("failed", "開けませんでした", "alert"),
    "on": Look("on", "開いています", "sun"),
}


def standing(exchange_state: str | None, opened: bool) -> Standing:
    """The state by the exchange's word (``None`` or unknown: nothing handed in) and our own record of openings."""
    try:
        found = Standing(exchange_state or "")
    except ValueError:
        found = Standing.NOT_YET
    if found in HANDED_IN:
        return found
    return Standing.OPENED if opened else Standing.NOT_YET


def points(value: float | None) -> str:
    """Points as a person writes them: ``8``, ``7.5``, or nothing."""
    return "" if value is None else f"{value:g}"


def score_text(score: float | None, max_score: float | None) -> str:
    """``8 / 10``; empty before there is a score."""
    if score is None:
        return ""
    return f"{points(score)} / {points(max_score)}" if max_score is not None else points(score)


def full_marks(score: float | None, max_score: float | None) -> bool:
    return score is not None and max_score is not None and max_score > 0 and score >= max_score


def clock_text(when: datetime, now: datetime) -> str:
    """``13:05`` today, ``11/22 13:05`` on another day, by the classroom's clock."""
    there = when.astimezone(CITY_TIME)
    return f"{there:%H:%M}" if there.date() == now.astimezone(CITY_TIME).date() else f"{there.month}/{there.day} {there:%H:%M}"


@dataclass(frozen=True)
class Pupil:
    """A line of the class list, before any lesson."""

    account: str
    number: str
    name: str
    kana: str


@dataclass(frozen=True)
class Row:
    """One pupil's line on the teacher's page: all texts ready to show, none of them HTML."""

    account: str
    number: str
    name: str
    kana: str
    server: Look
    state: Look
    handed_in: bool
    started: bool
    full: bool
    submitted: str
    points: str
    flags: int
    note: str
    locked: bool

    def message(self) -> dict[str, object]:
        """As it travels to the page; names are on the page already and stay out of the stream."""
        sent = asdict(self)
        for private in ("name", "kana", "number"):
            del sent[private]
        return sent


@dataclass(frozen=True)
class Readiness:
    """How far the start of a class is. ``going``: a start is under way. ``said``: the same for a person."""

    pupils: int
    ready: int
    failed: int
    going: bool
    said: str

    @property
    def all_ready(self) -> bool:
        return self.ready == self.pupils


@dataclass(frozen=True)
class Summary:
    """The counters over the list."""

    pupils: int
    started: int
    handed_in: int
    full: int


def row(pupil: Pupil, server: str, opened: bool, progress: Progress | None, now: datetime, *, locked: bool = False) -> Row:
    """One line, from all that is known. ``progress`` is the exchange's word on the newest hand-in, if there is one.

    ``locked``: the pupil gave too many wrong pictures and has to wait.
    """
    state = standing(progress.state if progress else None, opened)
    graded = progress if progress is not None and state is Standing.GRADED else None
    return Row(
        account=pupil.account,
        number=pupil.number,
        name=pupil.name,
        kana=pupil.kana,
        server=SERVER_LOOKS[server],
        state=TEACHER_LOOKS[state],
        handed_in=state in HANDED_IN,
        started=state is not Standing.NOT_YET,
        full=graded is not None and full_marks(graded.score, graded.max_score),
        submitted=clock_text(progress.submitted_at, now) if progress else "",
        points=score_text(graded.score, graded.max_score) if graded else "",
        flags=len(progress.flags) if progress else 0,
        note=(progress.note or "") if progress else "",
        locked=locked,
    )


def summary(rows: list[Row]) -> Summary:
    return Summary(
        pupils=len(rows),
        started=sum(line.started for line in rows),
        handed_in=sum(line.handed_in for line in rows),
        full=sum(line.full for line in rows),
    )


def readiness(rows: list[Row], going: bool) -> Readiness:
    """From the lines of the list, and whether the hub is starting the class."""
    keys = [line.server.key for line in rows]
    pupils, ready, failed = len(rows), keys.count("on"), keys.count("failed")
    return Readiness(pupils, ready, failed, going, _ready_text(pupils, ready, failed, going))


def _ready_text(pupils: int, ready: int, failed: int, going: bool) -> str:
    if ready == pupils:
        return f"{pupils}人全員のじゅんびができました。"
    text = f"{ready} / {pupils} じゅんびができました。"
    if failed:
        text += f"{failed}人のノートブックが開けませんでした。表の「もう一度」を押してください。"
    elif not going:
        text += "「はじめる」を押すと、全員のノートブックを準備します。"
    return text
