"""How often a wrong answer may be given. Rules are pure functions; :class:`Limits` keeps the counts in ``signin.db``.

Two counts, for two kinds of attack:

* one **account** (guessing its PIN): every wrong answer from the fifth on costs a wait that grows;
* one **origin** (an address, or a browser that signed in before): a leaky bucket, wide enough for a whole school
  with its typing errors, that slows who tries class codes or a few guesses on many accounts.

An attempt is counted *before* it is checked and taken back when it was right, so that a thousand guesses sent at
the same moment cannot all be checked before the first is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlite_utils import Database

from hub.signin.store import Store

WAITS: tuple[tuple[int, float], ...] = ((20, 3600.0), (15, 1800.0), (10, 300.0), (5, 30.0))
"""From so many wrong answers on, each costs so many seconds of waiting."""

FORGET_SECONDS = 24 * 3600.0
"""Wrong answers this old count no more."""

CREDIT_SECONDS = 3600.0
"""An account's good sign-in makes room in the origin's bucket once in this time."""


# ---------------------------------------------------------------------- rules (pure)
@dataclass(frozen=True)
class Count:
    """Wrong answers of one account; times are seconds since the epoch."""

    failures: int = 0
    last: float = 0.0
    until: float = 0.0


@dataclass(frozen=True)
class BucketRule:
    """``capacity`` wrong answers at once, and one more every ``seconds_each``."""

    capacity: float
    seconds_each: float


@dataclass(frozen=True)
class Bucket:
    """How full an origin's bucket was at a time."""

    level: float = 0.0
    at: float = 0.0


GUESSES = BucketRule(capacity=200, seconds_each=10)
"""PINs and passwords from one origin: a class of 40 may each err five times at once."""

CODES = BucketRule(capacity=120, seconds_each=15)
"""Class codes from one origin: 40 children may each mistype it three times at once."""


def count_wait(count: Count, now: float) -> float:
    """Seconds until the account may be tried again; 0 means now."""
    return max(0.0, count.until - now)


def count_failure(count: Count, now: float) -> Count:
    """The count after one more wrong answer."""
    failures = 1 if now - count.last > FORGET_SECONDS else count.failures + 1
    wait = next((seconds for least, seconds in WAITS if failures >= least), 0.0)
    return Count(failures, now, now + wait if wait else 0.0)


def count_forgiven(count: Count) -> Count:
    """The count after an attempt turned out right: as if it had not been made."""
    return Count(max(0, count.failures - 1), count.last, 0.0)


def bucket_level(bucket: Bucket, rule: BucketRule, now: float) -> float:
    """What is left in the bucket now. A clock that went back leaks nothing."""
    return max(0.0, bucket.level - max(0.0, now - bucket.at) / rule.seconds_each)


def bucket_wait(bucket: Bucket, rule: BucketRule, now: float) -> float:
    """Seconds until one more fits; 0 means now."""
    return max(0.0, (bucket_level(bucket, rule, now) + 1 - rule.capacity) * rule.seconds_each)


def bucket_changed(bucket: Bucket, rule: BucketRule, now: float, by: float) -> Bucket:
    """The bucket after ``by`` was poured in (or, negative, taken out)."""
    return Bucket(max(0.0, bucket_level(bucket, rule, now) + by), now)


# ---------------------------------------------------------------------- counts that survive a restart
@dataclass(frozen=True)
class Attempt:
    """What an attempt counts against. ``account`` is None where no account is named (a class code)."""

    origin: str
    rule: BucketRule
    account: str | None = None


class Limits:
    """The counts, in ``signin.db``; every process that opens it sees the same ones."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def admit(self, attempt: Attempt) -> float:
        """Count an attempt that is about to be checked. Returns 0, or the seconds to wait (then it is not counted)."""
        now = self._clock()
        with self._store.write() as db:
            bucket = _bucket(db, attempt)
            count = _count(db, attempt.account)
            wait = max(bucket_wait(bucket, attempt.rule, now), count_wait(count, now))
            if wait > 0:
                return wait
            _keep_bucket(db, attempt, bucket_changed(bucket, attempt.rule, now, +1))
            if attempt.account is not None:
                _keep_count(db, attempt.account, count_failure(count, now))
        return 0.0

    def forgive(self, attempt: Attempt) -> None:
        """Take back an attempt that was right but does not sign anybody in yet (a password before its code)."""
        now = self._clock()
        with self._store.write() as db:
            _keep_bucket(db, attempt, bucket_changed(_bucket(db, attempt), attempt.rule, now, -1))
            if attempt.account is not None:
                _keep_count(db, attempt.account, count_forgiven(_count(db, attempt.account)))

    def signed_in(self, attempt: Attempt) -> None:
        """Take back an attempt that signed somebody in: the account starts afresh, and its origin has earned room."""
        now = self._clock()
        with self._store.write() as db:
            room = 1.0 + self._credit(db, attempt, now)
            _keep_bucket(db, attempt, bucket_changed(_bucket(db, attempt), attempt.rule, now, -room))
            db.execute("DELETE FROM counts WHERE key = ?", [attempt.account])
            _sweep(db, now)

    def unlock(self, account: str) -> None:
        """Let an account in again at once, whatever was tried before."""
        with self._store.write() as db:
            db.execute("DELETE FROM counts WHERE key = ? OR key LIKE ? || '@%'", [account, account])

    def wait_of(self, account: str) -> float:
        """Seconds for which an account is locked out; 0 when it is not."""
        row = self._store.row("SELECT failures, last, until FROM counts WHERE key = ?", account)
        return count_wait(Count(*row), self._clock()) if row else 0.0

    def _credit(self, db: Database, attempt: Attempt, now: float) -> float:
        """1 the first time in an hour that this account signs in from here: one account cannot earn room without end."""
        key = f"{attempt.origin}|{attempt.account}"
        row = db.execute("SELECT at FROM credits WHERE key = ?", [key]).fetchone()
        if row and now - float(row[0]) < CREDIT_SECONDS:
            return 0.0
        db.table("credits").upsert({"key": key, "at": now}, pk="key")
        return 1.0


def _bucket_key(attempt: Attempt) -> str:
    return f"{attempt.origin}|{attempt.rule.capacity:g}/{attempt.rule.seconds_each:g}"


def _bucket(db: Database, attempt: Attempt) -> Bucket:
    row = db.execute("SELECT level, at FROM buckets WHERE key = ?", [_bucket_key(attempt)]).fetchone()
    return Bucket(*row) if row else Bucket()


def _keep_bucket(db: Database, attempt: Attempt, bucket: Bucket) -> None:
    db.table("buckets").upsert({"key": _bucket_key(attempt), "level": bucket.level, "at": bucket.at}, pk="key")


def _count(db: Database, account: str | None) -> Count:
    row = db.execute("SELECT failures, last, until FROM counts WHERE key = ?", [account]).fetchone()
    return Count(*row) if row else Count()


def _keep_count(db: Database, account: str, count: Count) -> None:
    row = {"key": account, "failures": count.failures, "last": count.last, "until": count.until}
    db.table("counts").upsert(row, pk="key")


def _sweep(db: Database, now: float) -> None:
    """Forget what counts no more; addresses are not kept longer than they are needed."""
    for table, column in (("counts", "last"), ("buckets", "at"), ("credits", "at")):
        db.table(table).delete_where(f"{column} < ?", [now - FORGET_SECONDS])
