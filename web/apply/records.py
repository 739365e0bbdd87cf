"""What the desk reads: the applications of a class, families to be found while somebody is on the phone, suspected duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlite_utils import Database

from web.apply.intake import sound
from web.apply.states import DESK_WORDS, State
from web.data import Row, every, one, value, writing
from web.forms import clean, clean_phone
from web.school_years import school_year, year_words

STATE_ORDER: tuple[State, ...] = (
    "accepted",
    "offered",
    "applied",
    "waiting",
    "rejected",
    "declined",
    "expired",
    "withdrawn",
    "cancelled",
)
_CLASSES = (
    "select classes.*, min(starts_at) as first_day, max(ends_at) as last_day,"
    " (select count(*) from entries where class = classes.id and entries.state = 'accepted') as accepted,"
    " (select count(*) from entries where class = classes.id and entries.state = 'offered') as offered,"
    " (select count(*) from entries where class = classes.id and entries.state = 'applied') as applied,"
    " (select count(*) from entries where class = classes.id and entries.state = 'waiting') as waiting"
    " from classes left join sessions on sessions.class = classes.id and sessions.state <> 'cancelled'"
    " where classes.state <> 'draft' and admission <> 'invited' group by classes.id"
    " having (coalesce(max(ends_at), '9') < :today) = :past order by first_day"
)
_ENTRIES = (
    "select entries.*, applications.arrival, arrived_at, applications.via, mode, applications.family, participants.name, participants.kana,"
    " birth_date, gender, care_note, same_as, guardian_name, guardian_kana, phone, email, resident, emergency_name, emergency_phone"
    " from entries join applications on applications.id = application join participants on participants.id = participant"
    " join families on families.id = applications.family"
)


def classes_with_counts(db: Database, today: str, *, past: bool) -> list[Row]:
    """Classes that take applications, with the numbers of entries by state and their first day; ``past``: those that are over."""
    found = every(db, _CLASSES, {"today": today, "past": past})
    return found[::-1] if past else found


def entries_of_class(db: Database, class_id: str) -> list[Row]:
    """All entries of a class as the desk lists them: by state, the waiting ones in their order, the others as they came."""
    rows = every(db, f"{_ENTRIES} where entries.class = ? order by arrival, entries.rowid", (class_id,))
    rows.sort(key=lambda row: (STATE_ORDER.index(row["state"]), row["waiting_order"] or 0))
    position = 0
    for row in rows:
        position += row["state"] == "waiting"
        row["position"] = position if row["state"] == "waiting" else None
    return rows


def matching(rows: Sequence[Row], state: str, typed: str) -> list[Row]:
    """Of :func:`entries_of_class` those in this state ('' for all) whose names, readings or telephone hold what was typed."""
    words = clean(typed) or ""
    reading, number = sound(words), clean_phone(words) or ""
    number = number if number.lstrip("+").isdigit() and len(number) >= 4 else ""
    names = ("name", "kana", "guardian_name", "guardian_kana")
    return [
        row
        for row in rows
        if state in ("", row["state"])
        and (not words or any(reading in sound(row[name]) for name in names) or (number and number in row["phone"]))
    ]


def entries_of_application(db: Database, application: str) -> list[Row]:
    """The entries of one application with the child and the family, and ``answers``: rows of question and text."""
    rows = every(db, f"{_ENTRIES} where applications.id = ? order by entries.rowid", (application,))
    for row in rows:
        row["answers"] = every(
            db,
            "select class_questions.text as question, kind, answers.text from answers join class_questions on class_questions.id = question"
            " where entry = ? order by position",
            (row["id"],),
        )
    return rows


def year_on(birth: str | None, day: str | None) -> str:
    """The school year of a child on a day, in Japanese; empty when its birth date is not known."""
    return year_words(school_year(date.fromisoformat(birth), date.fromisoformat(day[:10]))).ja if birth and day else ""


# ---------------------------------------------------------------------- finding a family
def find_families(db: Database, typed: str, most: int = 10) -> list[Row]:
    """Families whose telephone, e-mail address or reading (of the guardian or a child) holds what was typed; with ``children``."""
    words = clean(typed) or ""
    number = clean_phone(words) or ""
    digits = number if number.lstrip("+").isdigit() and len(number) >= 4 else None
    reading = sound(words) if len(words) >= 2 else None
    found = every(
        db,
        "select * from families where erased_at is null and ((:digits is not null and instr(phone, :digits)) or email = :words"
        " or (:reading is not null and (instr(replace(guardian_kana, ' ', ''), :reading)"
        " or instr(replace(guardian_name, ' ', ''), :reading)"
        " or exists (select 1 from participants where family = families.id and participants.erased_at is null"
        " and (instr(replace(kana, ' ', ''), :reading) or instr(replace(name, ' ', ''), :reading))))))"
        " order by guardian_kana, created_at limit :most",
        {"digits": digits, "words": words, "reading": reading, "most": most},
    )
    for family in found:
        family["children"] = every(
            db, "select * from participants where family = ? and erased_at is null order by birth_date", (family["id"],)
        )
    return found


# ---------------------------------------------------------------------- one child in two families
def suspects(db: Database, class_id: str) -> list[Row]:
    """Children of this class who may be recorded in another family too: same reading, same birth date, not yet joined."""
    return every(
        db,
        "select distinct child.id, child.name, child.kana, child.birth_date, other.id as other, other.name as other_name,"
        " mine.guardian_name, mine.phone, theirs.guardian_name as other_guardian, theirs.phone as other_phone"
        " from entries join participants as child on child.id = entries.participant"
        " join participants as other on other.birth_date = child.birth_date and replace(other.kana, ' ', '') = replace(child.kana, ' ', '')"
        " and other.id <> child.id and other.family <> child.family and other.erased_at is null"
        " join families as mine on mine.id = child.family join families as theirs on theirs.id = other.family"
        " where entries.class = ? and coalesce(child.same_as, child.id) <> coalesce(other.same_as, other.id)"
        " and not exists (select 1 from different_children where one = min(child.id, other.id) and other = max(child.id, other.id))"
        " order by child.kana, child.id, other.id",
        (class_id,),
    )


def join_children(db: Database, one_id: str, other_id: str) -> str | None:
    """Both records are one child: all records of it point to the oldest one, whose id is given back. None when one is missing."""
    with writing(db):
        roots = [value(db, "select coalesce(same_as, id) from participants where id = ?", (child,)) for child in (one_id, other_id)]
        if None in roots or one_id == other_id:
            return None
        rows = every(db, "select id from participants where id in (?, ?) order by created_at, rowid", roots)
        oldest, newest = rows[0]["id"], rows[-1]["id"]
        db.execute("update participants set same_as = ? where (id = ? or same_as = ?) and id <> ?", (oldest, newest, newest, oldest))
        return str(oldest)


def keep_apart(db: Database, one_id: str, other_id: str) -> bool:
    """Two records only look like one child: they are suspected no more. False when one is missing."""
    pair = sorted((one_id, other_id))
    with writing(db):
        if value(db, "select count(*) from participants where id in (?, ?)", pair) < 2:
            return False
        db.table("different_children").upsert({"one": pair[0], "other": pair[1]}, pk=("one", "other"))
        return True


def part_child(db: Database, participant: str) -> bool:
    """Undo :func:`join_children` for this record. False when it was not joined."""
    with writing(db):
        if not value(db, "select same_as from participants where id = ?", (participant,)):
            return False
        db.execute("update participants set same_as = null where id = ?", (participant,))
        return True


# ---------------------------------------------------------------------- the table for a spreadsheet
def sheet(db: Database, class_id: str) -> list[list[str]]:
    """The class's entries as rows of text, headers first; every question is a column."""
    first = value(db, "select min(starts_at) from sessions where class = ? and state <> 'cancelled'", (class_id,))
    questions = every(db, "select id, text from class_questions where class = ? order by position, rowid", (class_id,))
    given = {
        (row["entry"], row["question"]): row["text"]
        for row in every(db, "select answers.* from answers join entries on entries.id = entry where class = ?", (class_id,))
    }
    rows = [[*HEADERS, *(question["text"] for question in questions)]]
    for row in entries_of_class(db, class_id):
        rows.append(
            [
                DESK_WORDS[row["state"]],
                str(row["position"] or ""),
                row["arrived_at"][:19].replace("T", " "),
                VIA[row["via"]],
                row["name"],
                row["kana"],
                row["birth_date"] or "",
                year_on(row["birth_date"], first),
                GENDER[row["gender"]],
                row["care_note"],
                row["guardian_name"],
                row["guardian_kana"],
                row["phone"],
                row["email"] or "",
                "市内" if row["resident"] else "市外",
                row["emergency_name"],
                row["emergency_phone"],
                row["checkin_code"],
                *(given.get((row["id"], question["id"]), "") for question in questions),
            ]
        )
    return rows


HEADERS = (
    *("状態", "待ち順", "申込日時", "経路", "氏名", "ふりがな", "生年月日", "学年", "性別", "配慮"),
    *("保護者", "保護者ふりがな", "電話", "メール", "市内", "緊急連絡先", "緊急電話", "受付番号"),
)
VIA: dict[str, str] = {"web": "ウェブ", "phone": "電話", "walk_in": "当日"}
GENDER: dict[str | None, str] = {None: "", "female": "女", "male": "男", "other": "その他"}


def application_of(db: Database, application_id: str) -> Row | None:
    """An application with its class's title and first day."""
    return one(
        db,
        "select applications.*, title, admission, capacity, classes.state as class_state,"
        " (select min(starts_at) from sessions where sessions.class = classes.id and sessions.state <> 'cancelled') as first_day"
        " from applications join classes on classes.id = applications.class where applications.id = ?",
        (application_id,),
    )
