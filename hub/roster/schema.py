"""The tables of ``roster.db``, one migration a change of shape."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("kanikko.roster")


@migrations(name="0001_first")
def first(db: Database, /) -> None:
    for statement in FIRST.split(";"):
        db.execute(statement)


# sourced_id is the roster file's id; it is null for people added by hand, whom no import touches.
FIRST = """
create table schools (
    sourced_id text primary key,
    name text not null,
    kind text not null,
    code text not null,
    parent text not null,
    active integer not null
) strict;
create table people (
    account text primary key,
    sourced_id text unique,
    role text not null check (role in ('student', 'teacher', 'operator')),
    family_name text not null,
    given_name text not null,
    family_kana text not null,
    given_kana text not null,
    grade integer,
    email text,
    school text not null,
    active integer not null
) strict;
create index people_email on people (email);
create index people_role on people (role);
create table classes (
    course text primary key,
    sourced_id text unique,
    title text not null,
    grades text not null,
    school text not null,
    class_code text not null,
    class_type text not null,
    course_ref text not null,
    terms text not null,
    signin_code text not null unique,
    active integer not null
) strict;
create table enrollments (
    course text not null references classes (course),
    account text not null references people (account),
    role text not null check (role in ('student', 'teacher')),
    sourced_id text not null,
    number integer,
    is_primary integer not null,
    begins text,
    ends text,
    active integer not null,
    primary key (course, account, role)
) strict, without rowid;
create index enrollments_account on enrollments (account);
create table version (
    only integer primary key check (only = 1),
    number integer not null
) strict;
insert into version values (1, 1)
"""
