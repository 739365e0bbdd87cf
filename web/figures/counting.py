"""Counting, right to the child: the one place where attendances, participants and sessions of the plan's programmes are counted.

Rules. A session belongs to the fiscal year in which it starts; a cancelled one to none. One child at three sessions is three
attendances and one participant, once a programme and fiscal year, also when its parents registered it twice (``same_as``). Where only
heads were counted nobody is known: each head is an attendance, and of a class's sessions the fullest one tells how many participants
there were at least.
What happened elsewhere is entered by hand with its source and added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from web.data import Row, every, one, value
from web.door.rules import band_of


@dataclass(frozen=True)
class Indicator:
    """One programme in one fiscal year. ``counted`` from records, ``by_hand`` with a source; ``target`` None where none was set."""

    programme: str
    fiscal_year: int
    kind: str
    counted: int
    by_hand: int
    target: int | None
    hand_entries: int

    @property
    def actual(self) -> int | None:
        """What stands in the report; None while an indicator that is only entered by hand has no entry."""
        return None if self.kind == "hand" and not self.hand_entries else self.counted + self.by_hand


def participants(db: Database, programme: str, fiscal_year: int) -> int:
    """Children and others who took part at least once, each counted once."""
    year = (programme, fiscal_year)
    known = value(db, "select count(distinct person) from who_came where programme = ? and fiscal_year = ?", year)
    fullest = "select max(heads) as most from session_counts where programme = ? and fiscal_year = ? group by class"
    return int(known) + int(value(db, f"select coalesce(sum(most), 0) from ({fullest})", year))  # noqa: S608 (ours)


def attendances(db: Database, programme: str, fiscal_year: int) -> int:
    """One for each time that somebody came."""
    return sum(row["names"] + row["heads"] for row in by_session(db, programme, fiscal_year))


def sessions_held(db: Database, programme: str, fiscal_year: int) -> int:
    """Sessions that took place: closed at the door, or with anybody counted."""
    return sum(row["state"] == "held" or row["names"] + row["heads"] > 0 for row in by_session(db, programme, fiscal_year))


def by_session(db: Database, programme: str, fiscal_year: int) -> list[Row]:
    """The sessions of a programme's year with ``names`` and ``heads``: what its figures are made of."""
    return every(
        db, "select * from session_counts where programme = ? and fiscal_year = ? order by starts_at, id", (programme, fiscal_year)
    )


def indicator(db: Database, programme: str, fiscal_year: int) -> Indicator:
    """The programme's indicator in that year. Raises KeyError for a programme that there is not."""
    found = one(db, "select indicator from programmes where id = ?", (programme,))
    if found is None:
        raise KeyError(programme)
    kind = str(found["indicator"])
    counted = {"participants": participants, "sessions": sessions_held}.get(kind)
    entries = every(
        db, "select value from hand_figures where programme = ? and fiscal_year = ? and withdrawn_at is null", (programme, fiscal_year)
    )
    target = value(db, "select target from programme_years where programme = ? and fiscal_year = ?", (programme, fiscal_year))
    return Indicator(
        programme=programme,
        fiscal_year=fiscal_year,
        kind=kind,
        counted=counted(db, programme, fiscal_year) if counted else 0,
        by_hand=sum(entry["value"] for entry in entries),
        target=target,
        hand_entries=len(entries),
    )


def who_came(db: Database, session: str) -> list[Row]:
    """Attendances of one session by ``age_band`` and ``gender`` ('' where not given), names and heads together."""
    counts: dict[tuple[str, str], int] = {}
    for child in every(db, "select birth_date, cohort, gender, starts_at from who_came where session = ?", (session,)):
        key = (band_of(child["birth_date"], child["cohort"], date.fromisoformat(child["starts_at"][:10])), child["gender"] or "")
        counts[key] = counts.get(key, 0) + 1
    for heads in every(db, "select age_band, gender, count from headcounts where session = ?", (session,)):
        key = (heads["age_band"], heads["gender"] or "")
        counts[key] = counts.get(key, 0) + heads["count"]
    return [{"age_band": band, "gender": gender, "count": number} for (band, gender), number in sorted(counts.items())]
