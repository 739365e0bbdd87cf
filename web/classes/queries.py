"""Reading classes with their sessions, places and programme."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import jpholiday
from sqlite_utils import Database

from web.classes.rules import PUBLIC, Person, Room, Window, first_session, fits, is_open, is_public, room, window
from web.clock import stamp
from web.data import Row, every
from web.language import Text, text_of

__all__ = [
    "ClassView", "SessionView", "Wanted", "areas", "first_session", "is_open", "is_public", "load_class", "load_classes", "month_sessions",
    "published", "search", "upcoming",
]  # fmt: skip


@dataclass(frozen=True)
class SessionView:
    """A session and where it is: rows of ``sessions`` and ``places``."""

    row: Row
    place: Row

    @property
    def day(self) -> date:
        return date.fromisoformat(self.row["starts_at"][:10])

    @property
    def cancelled(self) -> bool:
        return bool(self.row["state"] == "cancelled")


@dataclass(frozen=True)
class ClassView:
    """A class with what belongs to it. ``row`` and ``programme`` are rows of their tables; ``sessions`` in order of time."""

    row: Row
    programme: Row
    sessions: list[SessionView]
    room: Room

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def title(self) -> Text:
        return text_of(self.row, "title")

    @property
    def description(self) -> Text:
        return text_of(self.row, "description")

    @property
    def together(self) -> bool:
        """May siblings ask for "all or none"? A selection chooses each child by what it wrote."""
        return bool(self.row["sibling_modes"]) and self.row["admission"] != "selection"

    @property
    def live(self) -> list[SessionView]:
        """Sessions that were not cancelled."""
        return [session for session in self.sessions if not session.cancelled]

    @property
    def first(self) -> SessionView | None:
        return next(iter(self.live), None)

    @property
    def last(self) -> SessionView | None:
        return next(reversed(self.live), None)

    def next(self, moment: datetime) -> SessionView | None:
        """The first session that has not ended."""
        return next((session for session in self.live if session.row["ends_at"] > stamp(moment)), None)

    def window(self, moment: datetime) -> Window:
        """Where its applications stand."""
        return window(self.row, moment)

    def is_open(self, moment: datetime) -> bool:
        return is_open(self.row, moment)

    @property
    def shown_room(self) -> Room | None:
        """Places to show to visitors; None where nobody applies or the class is off."""
        return None if self.row["admission"] == "invited" or self.row["state"] != "published" else self.room


@dataclass(frozen=True)
class Wanted:
    """What a visitor looks for; empty: anything. ``day``: what :func:`kind_of_day` gives; ``from_day`` and ``to_day`` are inclusive."""

    words: str = ""
    person: Person | None = None
    area: str = ""
    day: str = ""
    from_day: date | None = None
    to_day: date | None = None
    level: str = ""
    admission: str = ""
    language: str = ""
    programme: str = ""
    free: bool = False


def load_class(db: Database, class_id: str) -> ClassView | None:
    """One class in whatever state, or None."""
    return next(iter(load_classes(db, "classes.id = ?", (class_id,))), None)


def load_classes(db: Database, where: str = "1", values: Sequence[object] = (), order: str = "classes.id") -> list[ClassView]:
    """Classes that an SQL condition of ours on ``classes`` names; three queries in all."""
    rows = every(db, f"select * from classes where {where} order by {order}", list(values))  # noqa: S608 (ours)
    chosen = f"(select id from classes where {where})"  # noqa: S608 (ours)
    sessions = _sessions(db, f"sessions.class in {chosen}", values)
    states: dict[str, dict[str, int]] = defaultdict(dict)
    for count in every(db, f"select class, state, count(*) as n from entries where class in {chosen} group by class, state", list(values)):  # noqa: S608 (ours)
        states[count["class"]][count["state"]] = count["n"]
    programmes = {row["id"]: row for row in every(db, "select * from programmes")}
    return [ClassView(row, programmes[row["programme"]], sessions[row["id"]], room(row, states[row["id"]])) for row in rows]


def _sessions(db: Database, where: str, values: Sequence[object]) -> dict[str, list[SessionView]]:
    rows = every(db, f"select * from sessions where {where} order by starts_at, id", list(values))  # noqa: S608 (ours)
    places = {row["id"]: row for row in every(db, "select * from places")}
    found: dict[str, list[SessionView]] = defaultdict(list)
    for row in rows:
        found[row["class"]].append(SessionView(row, places[row["place"]]))
    return found


def published(db: Database) -> list[ClassView]:
    """Every class that visitors may see, also past and cancelled ones, by first session."""
    return _by_time(load_classes(db, PUBLIC))


def upcoming(db: Database, moment: datetime, *, programme: str | None = None) -> list[ClassView]:
    """Published classes of which a session is still to come: those one can apply for first, then by next session."""
    where, values = _still_to_come(moment)
    if programme is not None:
        where, values = f"{where} and programme = ?", [*values, programme]
    found = [view for view in load_classes(db, where, values) if view.row["state"] == "published"]
    return sorted(_by_time(found, moment), key=lambda view: view.window(moment) != "open")


def _still_to_come(moment: datetime) -> tuple[str, list[object]]:
    where = f"{PUBLIC} and exists (select 1 from sessions where class = classes.id and ends_at > ? and sessions.state <> 'cancelled')"  # noqa: S608 (ours)
    return where, [stamp(moment)]


def _by_time(views: Iterable[ClassView], moment: datetime | None = None) -> list[ClassView]:
    def key(view: ClassView) -> tuple[str, str]:
        session = view.next(moment) if moment else view.first
        return (session.row["starts_at"] if session else "9", view.id)

    return sorted(views, key=key)


def search(db: Database, wanted: Wanted, moment: datetime) -> list[ClassView]:
    """Upcoming published classes that are what a visitor looks for, in the order of :func:`upcoming`."""
    return [view for view in upcoming(db, moment, programme=wanted.programme or None) if _suits(view, wanted, moment)]


def _suits(view: ClassView, wanted: Wanted, moment: datetime) -> bool:
    row = view.row
    chosen = (("level", wanted.level), ("admission", wanted.admission), ("language", wanted.language))
    if any(value and row[name] != value and not (name == "level" and row[name] == "any") for name, value in chosen):
        return False
    if wanted.person and not fits(row, wanted.person):
        return False
    if wanted.free and not (is_open(row, moment) and (view.room.decided_later or view.room.free)):
        return False
    coming = [session for session in view.live if session.row["ends_at"] > stamp(moment)]
    return any(_session_suits(session, wanted) for session in coming) and _has_words(view, wanted.words)


def _session_suits(session: SessionView, wanted: Wanted) -> bool:
    return (
        (not wanted.area or session.place["area"] == wanted.area)
        and (not wanted.day or kind_of_day(session.day) == wanted.day)
        and (wanted.from_day is None or session.day >= wanted.from_day)
        and (wanted.to_day is None or session.day <= wanted.to_day)
    )


def kind_of_day(day: date) -> str:
    """``sunday`` (or a holiday), ``saturday`` or ``weekday``."""
    if day.weekday() == 6 or jpholiday.is_holiday(day):
        return "sunday"
    return "saturday" if day.weekday() == 5 else "weekday"


def _has_words(view: ClassView, words: str) -> bool:
    if not words:
        return True
    columns = ("title", "title_easy", "title_en", "title_kana", "description", "description_easy", "description_en")
    places = [session.place[name] for session in view.live for name in ("name", "name_kana", "name_en", "area", "address")]
    return all(word in _folded(" ".join([*(view.row[name] for name in columns), *places])) for word in _folded(words).split())


def _folded(text: str) -> str:
    """Small letters, katakana as hiragana, no readings: what is typed in either kana is found."""
    letters = unicodedata.normalize("NFKC", text).casefold()
    return "".join(chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヶ" else letter for letter in letters)


def month_sessions(db: Database, year: int, month: int) -> dict[date, list[tuple[ClassView, SessionView]]]:
    """What visitors see in a month's calendar: sessions by day, in order of time, cancelled ones too."""
    start, end = f"{year:04}-{month:02}", f"{year + month // 12:04}-{month % 12 + 1:02}"
    where = f"{PUBLIC} and exists (select 1 from sessions where class = classes.id and starts_at >= ? and starts_at < ?)"  # noqa: S608 (ours)
    pairs = [
        (view, session)
        for view in load_classes(db, where, (start, end))
        for session in view.sessions
        if start <= session.row["starts_at"] < end
    ]
    days: dict[date, list[tuple[ClassView, SessionView]]] = defaultdict(list)
    for view, session in sorted(pairs, key=lambda pair: (pair[1].row["starts_at"], pair[0].id)):
        days[session.day].append((view, session))
    return dict(days)


def areas(db: Database) -> list[str]:
    """Areas in which the city's places lie."""
    return [row["area"] for row in every(db, "select distinct area from places where area <> '' and active order by area")]
