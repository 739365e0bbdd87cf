"""Reading a selection: its classes, criteria, entries as numbers, points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from web.clock import stamp
from web.data import Row, every, one, value
from web.school_years import school_year, year_words
from web.selection.ranking import Criterion, Points, is_complete


class SelectionError(KanikkoError):
    """This cannot be done with this selection now; the message is for staff."""


def selection_class(db: Database, class_id: str) -> Row | None:
    return one(db, "select * from classes where id = ? and admission = 'selection'", (class_id,))


def classes_of(db: Database, staff: str, *, only_mine: bool) -> list[Row]:
    """Selection classes with numbers for the desk; ``mine``: this member of staff reviews it."""
    return every(
        db,
        "select classes.*, (select count(*) from entries where entries.class = classes.id and entries.state = 'applied') as applied,"
        " (select count(*) from entries where entries.class = classes.id and entries.state = 'accepted') as accepted,"
        " (select count(*) from criteria where criteria.class = classes.id) as criteria,"
        " (select count(*) from reviewers where reviewers.class = classes.id) as reviewers,"
        " exists (select 1 from reviewers where reviewers.class = classes.id and staff = :me) as mine"
        " from classes where admission = 'selection' and (not :only or exists"
        " (select 1 from reviewers where reviewers.class = classes.id and staff = :me)) order by apply_to desc, id",
        {"me": staff, "only": only_mine},
    )


def is_decided(db: Database, class_id: str) -> bool:
    """Was anybody of the class admitted, put on the waiting list or refused? Who comes later is treated as first come."""
    return bool(
        value(
            db,
            "select 1 from entries where class = ? and state not in ('applied', 'withdrawn', 'cancelled') limit 1",
            (class_id,),
        )
    )


def is_closed(of_class: Row, moment: datetime) -> bool:
    """Has the application window ended? Reviewing begins then."""
    return bool(of_class["state"] == "published" and of_class["apply_to"] and of_class["apply_to"] <= stamp(moment))


# ---------------------------------------------------------------------- criteria and reviewers
def criteria_of(db: Database, class_id: str) -> list[Row]:
    return every(db, "select * from criteria where class = ? order by position, rowid", (class_id,))


def as_rules(rows: list[Row]) -> list[Criterion]:
    return [Criterion(row["id"], row["most"], row["weight"]) for row in rows]


def has_reviews(db: Database, class_id: str) -> bool:
    return bool(value(db, "select 1 from reviews join criteria on criteria.id = criterion where class = ? limit 1", (class_id,)))


def reviewers_of(db: Database, class_id: str) -> list[Row]:
    return every(
        db,
        "select staff.id, name, role, active from reviewers join staff on staff.id = reviewers.staff where class = ? order by name",
        (class_id,),
    )


def may_review(db: Database, class_id: str, staff: str) -> bool:
    return bool(value(db, "select 1 from reviewers where class = ? and staff = ?", (class_id, staff)))


def possible_reviewers(db: Database) -> list[Row]:
    return every(db, "select id, name, role from staff where role in ('reviewer', 'director') and active order by role desc, name")


# ---------------------------------------------------------------------- entries as numbers
def entries_of(db: Database, class_id: str) -> list[Row]:
    """Entries that wait for the decision, by ``code``: their order of arrival among all of the class, which never changes."""
    return [row for row in _all_entries(db, class_id) if row["state"] == "applied"]


def _all_entries(db: Database, class_id: str) -> list[Row]:
    rows = every(
        db,
        "select entries.id, entries.state, entries.application, mode from entries join applications on applications.id = application"
        " where entries.class = ? order by arrival, entries.rowid",
        (class_id,),
    )
    return [{**row, "code": code} for code, row in enumerate(rows, 1)]


def decided_of(db: Database, class_id: str) -> list[Row]:
    """All entries after the decision, with their code."""
    return [row for row in _all_entries(db, class_id) if row["state"] not in ("withdrawn", "cancelled")]


def sheet_of(db: Database, entry: str) -> Row:
    """What a reviewer sees of an entry: school year and answers; no name, no gender, no address."""
    found = one(
        db,
        "select birth_date, cohort, (select min(starts_at) from sessions where sessions.class = entries.class"
        " and sessions.state <> 'cancelled') as first_day from entries join participants on participants.id = participant"
        " where entries.id = ?",
        (entry,),
    )
    answers = every(
        db,
        "select class_questions.text as question, kind, coalesce(answers.text, '') as text from entries"
        " join class_questions on class_questions.class = entries.class"
        " left join answers on answers.question = class_questions.id and answers.entry = entries.id"
        " where entries.id = ? order by position, class_questions.rowid",
        (entry,),
    )
    return {"year": _year(found) if found else "", "answers": answers}


def _year(row: Row) -> str:
    """The school year on the first day of the class, in words; empty when no birth date is known."""
    if not row["first_day"] or not (row["birth_date"] or row["cohort"]):
        return ""
    birth = date.fromisoformat(row["birth_date"]) if row["birth_date"] else date(row["cohort"], 4, 2)
    return year_words(school_year(birth, date.fromisoformat(row["first_day"][:10]))).ja


def names_of(db: Database, class_id: str) -> dict[str, Row]:
    """Entry → name and application, for who decides."""
    rows = every(
        db,
        "select entries.id, name, kana, application from entries join participants on participants.id = participant where class = ?",
        (class_id,),
    )
    return {row["id"]: row for row in rows}


# ---------------------------------------------------------------------- points
def sheets(db: Database, class_id: str) -> dict[str, dict[str, dict[str, int]]]:
    """Entry → reviewer → criterion → points, of those who review the class now."""
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in every(
        db,
        "select reviews.* from reviews join criteria on criteria.id = criterion"
        " join reviewers on reviewers.class = criteria.class and reviewers.staff = reviewer where criteria.class = ?",
        (class_id,),
    ):
        found[row["entry"]][row["reviewer"]][row["criterion"]] = row["points"]
    return found


def own_reviews(db: Database, entry: str, reviewer: str) -> dict[str, Row]:
    """Criterion → the review of one reviewer."""
    return {row["criterion"]: row for row in every(db, "select * from reviews where entry = ? and reviewer = ?", (entry, reviewer))}


def comments_of(db: Database, entry: str) -> list[Row]:
    return every(
        db,
        "select staff.name as reviewer, criteria.name as criterion, points, most, comment from reviews"
        " join criteria on criteria.id = criterion join staff on staff.id = reviewer"
        " join reviewers on reviewers.class = criteria.class and reviewers.staff = reviewer where entry = ? order by staff.name, position",
        (entry,),
    )


def done_by(reviewer: str, entries: list[Row], given: Mapping[str, Mapping[str, Points]], criteria: list[Criterion]) -> set[str]:
    """Entries of which this reviewer gave points by every criterion."""
    return {row["id"] for row in entries if is_complete(given.get(row["id"], {}).get(reviewer, {}), criteria)}
