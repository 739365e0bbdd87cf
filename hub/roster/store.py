"""``Roster``: who is who, and who belongs to which class. The only place that holds names."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from hub.roster import ids
from hub.roster.errors import RosterError
from hub.roster.model import OPERATORS_GROUP, ROLES, Person, Role, SchoolClass, pupils_group, teachers_group, tidy_email
from hub.roster.schema import migrations

T = TypeVar("T")

WAIT_SECONDS = 30
"""How long a writer waits for another writer. Readers wait for nobody (write-ahead log)."""

PERSON = "p.account, p.role, p.family_name, p.given_name, p.family_kana, p.given_kana, p.grade, p.email, p.active"
CLASS = """
    select c.course, c.title, coalesce(s.name, '') as school, c.grades, c.signin_code, c.active
    from classes c left join schools s on s.sourced_id = c.school
"""
# One who has left, or whose class has ended, is in no class: every reading goes through this.
MEMBERS = """
    from enrollments e
    join people p on p.account = e.account and p.active
    join classes c on c.course = e.course and c.active
    where e.active
"""


class Roster:
    """The roster in one SQLite file. Safe to use from several threads and processes; each thread has its connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._prepare()

    # ------------------------------------------------------------------ people
    def person(self, account: str) -> Person | None:
        """The person behind an account, also one who has left (``active`` is False then)."""
        return _first(self._people("where p.account = ?", [account]))

    def person_by_email(self, email: str) -> Person | None:
        """The one active person with this address; None if nobody or more than one has it."""
        found = self._people("where p.email = ? and p.active", [tidy_email(email)])
        return found[0] if len(found) == 1 else None

    def people(self, role: Role | None = None, *, include_left: bool = False) -> list[Person]:
        """Everybody with this role, or everybody, by account."""
        conditions = ["p.role = :role"] if role else []
        if not include_left:
            conditions.append("p.active")
        where = f"where {' and '.join(conditions)} " if conditions else ""
        return self._people(f"{where}order by p.account", {"role": role} if role else [])

    def pupils(self, course: str) -> list[Person]:
        """A class's pupils by attendance number; those without one come last, by reading."""
        return self._members(course, "student", "e.number is null, e.number, p.family_kana, p.given_kana, p.account")

    def teachers(self, course: str) -> list[Person]:
        """A class's teachers, the form teacher first."""
        return self._members(course, "teacher", "e.is_primary desc, p.family_kana, p.given_kana, p.account")

    def attendance_numbers(self, course: str) -> dict[str, int | None]:
        """Each pupil's 出席番号 in a class, by account."""
        rows = self.db.execute(f"select e.account, e.number {MEMBERS} and e.course = ? and e.role = 'student'", [course])
        return dict(rows.fetchall())

    # ------------------------------------------------------------------ classes
    def school_class(self, course: str) -> SchoolClass | None:
        """The class behind a course id, also one that has ended."""
        return _first(self._classes("where c.course = ?", [course]))

    def class_by_signin_code(self, code: str) -> SchoolClass | None:
        """The running class whose pupils sign in with this code; capitals, width and hyphens do not matter."""
        return _first(self._classes("where c.signin_code = ? and c.active", [ids.tidy_signin_code(code)]))

    def classes(self, *, include_ended: bool = False) -> list[SchoolClass]:
        """Every class, by school, grade and title."""
        where = "" if include_ended else "where c.active "
        return self._classes(f"{where}order by s.code, s.name, c.grades, c.title, c.course")

    def classes_of(self, account: str) -> list[SchoolClass]:
        """The classes in which someone learns or teaches."""
        mine = f"select e.course {MEMBERS} and e.account = ?"
        return self._classes(f"where c.course in ({mine}) order by s.code, s.name, c.grades, c.title, c.course", [account])

    # ------------------------------------------------------------------ the hub's groups
    def groups_of(self, account: str) -> list[str]:
        """The groups that JupyterHub must put someone in; none for one who has left or whom we do not know."""
        person = self.person(account)
        if person is None or not person.active:
            return []
        rows = self.db.execute(f"select e.course, e.role {MEMBERS} and e.account = ? order by e.course", [account])
        groups = [_group(course, role) for course, role in rows]
        return [*groups, OPERATORS_GROUP] if person.role == "operator" else groups

    def all_groups(self) -> dict[str, list[str]]:
        """``groups_of`` for every active person at once, in one reading."""
        with self._one_reading():
            everybody = self.db.execute("select account, role from people where active").fetchall()
            groups: dict[str, list[str]] = {account: [] for account, _ in everybody}
            for account, course, role in self.db.execute(f"select e.account, e.course, e.role {MEMBERS} order by e.course"):
                groups[account].append(_group(course, role))
        for account, role in everybody:
            if role == "operator":
                groups[account].append(OPERATORS_GROUP)
        return groups

    def version(self) -> int:
        """Grows with each change of the roster, and only then."""
        return int(self.db.execute("select number from version").fetchone()[0])

    # ------------------------------------------------------------------ changes by hand
    def add_staff(
        self,
        family_name: str,
        given_name: str,
        role: Role,
        email: str | None = None,
        *,
        family_kana: str = "",
        given_kana: str = "",
    ) -> Person:
        """Add an operator or a teacher who is in no roster file. Imports never touch them.

        Raises RosterError for pupils (they come from the file) and for names that are empty.
        """
        if role not in ROLES or role == "student":
            raise RosterError("手で加えられるのは先生と運用担当者だけです。", remedy="児童生徒は名簿ファイルから取り込んでください。")
        if not family_name.strip() or not given_name.strip():
            raise RosterError("姓と名の両方がいります。", remedy="姓と名を入れてください。")
        account = ids.new_account()
        with self.write() as db:
            db.table("people").insert(  # a clash of random ids fails here and leaves all as it was
                {
                    "account": account, "sourced_id": None, "role": role,
                    "family_name": family_name.strip(), "given_name": given_name.strip(),
                    "family_kana": family_kana.strip(), "given_kana": given_kana.strip(),
                    "grade": None, "email": tidy_email(email), "school": "", "active": 1,
                }
            )  # fmt: skip
            bump_version(db)
        return self._people("where p.account = ?", [account])[0]

    def set_staff_active(self, account: str, active: bool) -> Person:
        """Take access from someone added by hand, or give it back. Raises RosterError for people from a roster file."""
        with self.write() as db:
            changed = db.execute(
                "update people set active = ? where account = ? and sourced_id is null and active <> ?",
                [int(active), account, int(active)],
            ).rowcount
            known = db.execute("select 1 from people where account = ? and sourced_id is null", [account]).fetchone()
            if not known:
                raise RosterError(f"{account} は手で加えた人ではありません。", remedy="名簿ファイルで直して、取り込んでください。")
            if changed:
                bump_version(db)
        return self._people("where p.account = ?", [account])[0]

    def renew_signin_code(self, course: str) -> SchoolClass:
        """Give a class a new sign-in code; the old one stops working. Raises RosterError for an unknown class."""
        with self.write() as db:
            taken = {code for (code,) in db.execute("select signin_code from classes")}
            code = ids.new_signin_code(taken)
            if not db.execute("update classes set signin_code = ? where course = ?", [code, course]).rowcount:
                raise RosterError(f"{course} というクラスはありません。", remedy="`kanikko roster classes` で確かめてください。")
            bump_version(db)
        return self._classes("where c.course = ?", [course])[0]

    # ------------------------------------------------------------------ the file
    @property
    def db(self) -> Database:
        """This thread's connection."""
        if not hasattr(self._local, "db"):
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS)
            self._local.db = Database(connection)
            self._local.db.execute("pragma foreign_keys = on")
        db: Database = self._local.db
        return db

    @contextmanager
    def write(self) -> Iterator[Database]:
        """One transaction that no other writer can slip into; all of it or nothing. Raises RosterError if one is at it for long."""
        db = self.db
        try:
            # Immediate: what we read to decide on must still hold when we write.
            db.execute("begin immediate")
        except sqlite3.OperationalError as error:
            raise RosterError(
                "名簿はいま、ほかの取り込みで使われています。", remedy="終わるのを待って、もういちどやってください。"
            ) from error
        try:
            yield db
            db.execute("commit")
        except BaseException:
            db.rollback()
            raise

    def close(self) -> None:
        """Close this thread's connection."""
        if hasattr(self._local, "db"):
            self._local.db.close()
            del self._local.db

    def _prepare(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The file holds children's names: it is private before SQLite ever writes to it (the -wal follows its mode).
        self.path.touch(mode=0o600, exist_ok=True)
        # Hub, exchange and grader start together; SQLite does not wait when two switch the journal mode at once.
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self.db.enable_wal()
            if migrations.pending(self.db):
                with self.write() as db:
                    migrations.apply(db)
        finally:
            os.close(folder)

    @contextmanager
    def _one_reading(self) -> Iterator[None]:
        """Several selects that see one and the same roster."""
        with self.db.atomic():
            yield

    # ------------------------------------------------------------------ rows to values
    def _people(self, rest: str, arguments: list[Any] | dict[str, Any]) -> list[Person]:
        rows = self.db.execute(f"select {PERSON} from people p {rest}", arguments)  # noqa: S608 - fixed texts of this module
        return [Person(*last_is_bool(row)) for row in rows]

    def _members(self, course: str, role: str, order: str) -> list[Person]:
        rows = self.db.execute(f"select {PERSON} {MEMBERS} and e.course = ? and e.role = ? order by {order}", [course, role])
        return [Person(*last_is_bool(row)) for row in rows]

    def _classes(self, rest: str, arguments: list[Any] | None = None) -> list[SchoolClass]:
        found = []
        for course, title, school, grades, code, active in self.db.execute(f"{CLASS} {rest}", arguments or []):
            years = [int(grade) for grade in grades.split(",") if grade]
            found.append(SchoolClass(course, title, school, min(years, default=None), code, bool(active)))
        return found


def last_is_bool(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row whose last column is a flag; SQLite has no truth values of its own."""
    return (*row[:-1], bool(row[-1]))


def bump_version(db: Database) -> None:
    """Tell everyone who looks at ``version()`` that the roster has changed; inside the transaction that changes it."""
    db.execute("update version set number = number + 1")


def _group(course: str, role: str) -> str:
    return teachers_group(course) if role == "teacher" else pupils_group(course)


def _first(found: list[T]) -> T | None:
    return found[0] if found else None
