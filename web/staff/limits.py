"""How often a wrong password or code may be given: per account and per address, with waits that grow.

The rules are pure. An attempt is counted before it is checked and taken back when it was right, so that a thousand guesses sent at
the same moment cannot all be checked before the first is counted. Keys are hashes: no login and no address is kept.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import moment, stamp
from web.data import one, writing

Waits = tuple[tuple[int, timedelta], ...]

ACCOUNT: Waits = (
    (20, timedelta(hours=1)),
    (15, timedelta(minutes=30)),
    (10, timedelta(minutes=5)),
    (5, timedelta(seconds=30)),
)
"""From so many wrong answers on, each costs so long a wait."""
ADDRESS: Waits = ((200, timedelta(hours=1)), (100, timedelta(minutes=10)), (50, timedelta(minutes=1)))
"""Wide: a whole city office shares one address."""
FORGET = timedelta(days=1)
"""Wrong answers this old count no more."""


# ---------------------------------------------------------------------- rules (pure)
@dataclass(frozen=True)
class Count:
    """Wrong answers so far, when the last one was, and until when nothing is looked at."""

    failures: int
    last: datetime
    until: datetime | None = None


def counted(before: Count | None, waits: Waits, at: datetime) -> Count:
    """The count after one more wrong answer."""
    failures = 1 if before is None or at - before.last > FORGET else before.failures + 1
    wait = next((wait for least, wait in waits if failures >= least), None)
    return Count(failures, at, at + wait if wait else None)


def forgiven(count: Count) -> Count:
    """The count after an attempt turned out right: as if it had not been made."""
    return Count(max(0, count.failures - 1), count.last)


def wait_left(count: Count | None, at: datetime) -> timedelta:
    """How long until the next try is looked at; zero: now."""
    return max(timedelta(), count.until - at) if count and count.until else timedelta()


# ---------------------------------------------------------------------- counts that survive a restart
@dataclass(frozen=True)
class Key:
    """What an attempt counts against."""

    hash: str
    waits: Waits


def key(settings: Settings, kind: str, name: str, waits: Waits) -> Key:
    """The key of an account's name, a browser or an address."""
    text = f"{kind}:{name}".encode(errors="replace")
    return Key(hmac.new(settings.secret("site").encode(), text, hashlib.sha256).hexdigest(), waits)


def admit(db: Database, keys: Iterable[Key], at: datetime) -> timedelta:
    """Count an attempt that is about to be checked. Zero, or how long to wait (then it is not counted)."""
    keys = list(keys)
    with writing(db):
        counts = {each: _read(db, each) for each in keys}
        wait = max(wait_left(count, at) for count in counts.values())
        if not wait:
            for each, count in counts.items():
                _keep(db, each, counted(count, each.waits, at))
    return wait


def forgive(db: Database, keys: Iterable[Key]) -> None:
    """Take back an attempt that was right but signs nobody in yet (a password before its code)."""
    with writing(db):
        for each in keys:
            count = _read(db, each)
            if count:
                _keep(db, each, forgiven(count))


def start_afresh(db: Database, account: Key) -> None:
    """Forget an account's wrong answers: somebody signed in, or got a new invitation."""
    with writing(db):
        db.execute("delete from sign_in_counts where key = ?", (account.hash,))


def forget_old(db: Database, at: datetime) -> None:
    """Remove what counts no more."""
    with writing(db):
        db.execute("delete from sign_in_counts where last_at < ?", (stamp(at - FORGET),))


def _read(db: Database, wanted: Key) -> Count | None:
    row = one(db, "select * from sign_in_counts where key = ?", (wanted.hash,))
    return Count(row["failures"], moment(row["last_at"]), moment(row["until"]) if row["until"] else None) if row else None


def _keep(db: Database, wanted: Key, count: Count) -> None:
    row = {"key": wanted.hash, "failures": count.failures, "last_at": stamp(count.last), "until": stamp(count.until) if count.until else ""}
    db.table("sign_in_counts").upsert(row, pk="key")
