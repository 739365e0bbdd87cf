"""Finding a person's records, for erasure."""

from __future__ import annotations

from sqlite_utils import Database

from web.apply.states import DESK_WORDS
from web.clock import stamp
from web.data import Row, every, one, value

KIND_WORDS = {"family": "家庭", "mentor": "メンター", "reservation": "機材を借りた人", "outreach": "出前授業を頼んだ人"}
MOST = 50

_FIND = {
    "family": "select families.id, guardian_name as name, families.created_at as at from families where erased_at is null and"
    " (families.id = :id or guardian_name like :term escape '\\' or guardian_kana like :term escape '\\' or email like :term escape '\\'"
    " or (:digits <> '' and phone like :digits) or exists (select 1 from participants where family = families.id"
    " and (participants.id = :id or name like :term escape '\\' or kana like :term escape '\\')))",
    "mentor": "select id, name, joined_at as at from mentors where erased_at is null and (id = :id or name like :term escape '\\'"
    " or kana like :term escape '\\' or email like :term escape '\\' or (:digits <> '' and phone like :digits))",
    "reservation": "select id, borrower_name as name, created_at as at from reservations where erased_at is null and"
    " borrower_name || borrower_email || borrower_contact <> '' and (id = :id or borrower_name like :term escape '\\'"
    " or borrower_email like :term escape '\\' or borrower_contact like :term escape '\\')",
    "outreach": "select id, contact_name || '（' || organisation || '）' as name, received_at as at from outreach_requests"
    " where erased_at is null and (id = :id or contact_name like :term escape '\\' or organisation like :term escape '\\'"
    " or email like :term escape '\\' or (:digits <> '' and phone like :digits))",
}


def find_people(db: Database, term: str) -> list[Row]:
    """``kind, id, name, at`` of whoever matches; nobody who was erased."""
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    digits = "".join(letter for letter in term if letter.isascii() and letter.isdigit())
    values = {"id": term, "term": f"%{escaped}%", "digits": f"%{digits}" if len(digits) >= 4 else ""}
    return [{"kind": kind, **row} for kind, sql in _FIND.items() for row in every(db, f"{sql} order by at desc limit {MOST}", values)]


def person(db: Database, kind: str, record: str) -> list[tuple[str, str]] | None:
    """What erasing would take away, as pairs for the page; None when there is nobody to erase."""
    return {"family": _family, "mentor": _mentor, "reservation": _borrower, "outreach": _outreach}[kind](db, record)


def _family(db: Database, record: str) -> list[tuple[str, str]] | None:
    row = one(db, "select * from families where id = ? and erased_at is null", (record,))
    if row is None:
        return None
    children = every(db, "select name, kana, birth_date from participants where family = ?", (record,))
    entries = every(
        db,
        "select classes.title, entries.state, count(*) as n from entries join applications on applications.id = application"
        " join classes on classes.id = entries.class where family = ? group by classes.id, entries.state order by classes.created_at",
        (record,),
    )
    mails = value(db, "select count(*) from mails where recipient = ?", (row["email"] or "-",))
    return [
        ("保護者", row["guardian_name"]),
        ("連絡先", " ".join(part for part in (row["email"], row["phone"]) if part)),
        ("お子さん・参加者", "、".join(f"{child['name']}（{child['birth_date'] or '生年月日なし'}）" for child in children)),
        ("申し込み", "、".join(f"{entry['title']} {DESK_WORDS[entry['state']]} {entry['n']}" for entry in entries)),
        ("メール", f"{mails}通"),
    ]


def _mentor(db: Database, record: str) -> list[tuple[str, str]] | None:
    row = one(db, "select * from mentors where id = ? and erased_at is null", (record,))
    if row is None:
        return None
    ahead = value(
        db,
        "select count(*) from assignments join sessions on sessions.id = session where mentor = ? and starts_at > ?"
        " and assignments.state in ('planned', 'offered', 'accepted')",
        (record, stamp()),
    )
    return [
        ("名前", row["name"]),
        ("連絡先", " ".join(part for part in (row["email"], row["phone"]) if part)),
        ("これからの派遣", f"{ahead}回（取り消します）" if ahead else "ありません"),
    ]


def _borrower(db: Database, record: str) -> list[tuple[str, str]] | None:
    row = one(db, "select * from reservations where id = ? and erased_at is null", (record,))
    if row is None:
        return None
    return [
        ("名前", row["borrower_name"]),
        ("連絡先", f"{row['borrower_email']} {row['borrower_contact']}".strip()),
        ("目的", row["purpose"]),
    ]


def _outreach(db: Database, record: str) -> list[tuple[str, str]] | None:
    row = one(db, "select * from outreach_requests where id = ? and erased_at is null", (record,))
    if row is None:
        return None
    return [
        ("団体（残ります）", row["organisation"]),
        ("担当の人", row["contact_name"]),
        ("連絡先", f"{row['email']} {row['phone']} {row['address']}".strip()),
        ("書かれたこと", f"{row['wishes']} {row['notes']}".strip()),
    ]
