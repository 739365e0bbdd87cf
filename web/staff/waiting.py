"""What waits for somebody, as counts: each line is one query, shown to those roles who may do something about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from web.access import ACCESS, Role
from web.clock import stamp
from web.data import Row, every, value


@dataclass(frozen=True)
class Waiting:
    """One kind of thing that waits. ``sql`` counts it with ``:now``, ``:soon`` (a day ahead) and ``:ahead`` (two weeks ahead)."""

    words: str
    sql: str
    endpoint: str
    roles: frozenset[Role] = frozenset({"director", "clerk"})


KINDS: tuple[Waiting, ...] = (
    Waiting("出前授業の新しい依頼", "select count(*) from outreach_requests where state = 'new'", "outreach.desk"),
    Waiting(
        "申し込みが終わった抽選",
        "select count(*) from classes where admission = 'lottery' and state = 'published' and apply_to <= :now"
        " and not exists (select 1 from draws where draws.class = classes.id and draws.state = 'confirmed')"
        " and exists (select 1 from entries where entries.class = classes.id and entries.state = 'applied')",
        "lottery.desk",
    ),
    Waiting(
        "決定を待つ選考",
        "select count(distinct classes.id) from classes join entries on entries.class = classes.id and entries.state = 'applied'"
        " where admission = 'selection' and classes.state = 'published' and apply_to <= :now",
        "selection.desk",
        frozenset({"director", "clerk", "reviewer"}),
    ),
    Waiting(
        "1日のうちに返事の期限が来る案内",
        "select count(*) from entries where state = 'offered' and offered_until > :now and offered_until <= :soon",
        "apply.desk",
    ),
    Waiting(
        "手で案内する、空いた席のある教室",
        "select count(*) from classes where state = 'published' and not auto_promote"
        " and exists (select 1 from entries where class = classes.id and entries.state = 'waiting')"
        " and (select count(*) from entries where class = classes.id and entries.state in ('accepted', 'offered')) < capacity",
        "apply.desk",
    ),
    Waiting(
        "2週間以内で、リーダーのいない回",
        "select count(*) from sessions join classes on classes.id = sessions.class where sessions.state = 'planned'"
        " and classes.state = 'published' and starts_at > :now and starts_at <= :ahead"
        " and exists (select 1 from class_mentors where class_mentors.class = classes.id and role = 'lead')"
        " and not exists (select 1 from assignments where session = sessions.id and role = 'lead'"
        " and assignments.state in ('accepted', 'done'))",
        "dispatch.desk",
    ),
    Waiting("メンターの新しい申し込み", "select count(*) from mentors where state = 'applied' and erased_at is null", "mentors.desk"),
    Waiting("機材の新しい依頼", "select count(*) from reservations where state = 'asked'", "kits.desk"),
    Waiting("返却の期限を過ぎた機材", "select count(*) from reservations where state = 'out' and until <= :now", "kits.desk"),
    Waiting("届かなかったメールのあて先", "select count(*) from bounces where seen_at is null", "mail.desk"),
    Waiting("送れていないメール", "select count(*) from mails where state = 'failed'", "mail.desk"),
)


def waiting_for(db: Database, role: Role, at: datetime) -> list[Row]:
    """``words, count, endpoint`` of what waits and this role may do something about; nothing that is zero."""
    times = {"now": stamp(at), "soon": stamp(at + timedelta(days=1)), "ahead": stamp(at + timedelta(days=14))}
    lines = [
        {"words": kind.words, "count": int(value(db, kind.sql, times)), "endpoint": kind.endpoint if _opens(kind.endpoint, role) else ""}
        for kind in KINDS
        if role in kind.roles
    ]
    return [line for line in lines if line["count"]]


def _opens(endpoint: str, role: Role) -> bool:
    access = ACCESS.get(endpoint, frozenset())
    return isinstance(access, str) or role in access


def todays_sessions(db: Database, at: datetime) -> list[Row]:
    """Today's sessions that were not cancelled, with place and how many are expected."""
    return every(
        db,
        "select sessions.id, starts_at, ends_at, sessions.number, classes.id as class, classes.title, places.name as place,"
        " (select count(*) from entries where entries.class = classes.id and entries.state = 'accepted') as expected"
        " from sessions join classes on classes.id = sessions.class join places on places.id = sessions.place"
        " where substr(starts_at, 1, 10) = ? and sessions.state <> 'cancelled' and classes.state = 'published'"
        " order by starts_at, sessions.id",
        (stamp(at)[:10],),
    )
