"""Limits: a class with its typing errors never trips them, an attacker does, and a restart forgets nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hub.signin.limits import (
    CODES,
    FORGET_SECONDS,
    GUESSES,
    Attempt,
    Bucket,
    BucketRule,
    Count,
    Limits,
    bucket_changed,
    bucket_level,
    bucket_wait,
    count_failure,
    count_forgiven,
    count_wait,
)
from hub.signin.store import Store

SCHOOL = "address:school"
DAY = 24 * 3600


@pytest.fixture
def limits(var: Path, clock) -> Limits:
    return Limits(Store(var / "signin.db"), clock)


def fail(limits: Limits, account: str | None, origin: str = SCHOOL, rule: BucketRule = GUESSES) -> float:
    return limits.admit(Attempt(origin, rule, account))


# ---------------------------------------------------------------------- rules
@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0), (4, 0), (5, 30), (9, 30), (10, 300), (14, 300), (15, 1800), (20, 3600), (500, 3600)]
)
def test_the_wait_grows_with_the_wrong_answers(failures: int, seconds: float) -> None:
    count = Count()
    for _ in range(failures):
        count = count_failure(count, now=1000.0)
    assert count_wait(count, now=1000.0) == seconds


def test_a_wait_is_over_when_its_time_is_over() -> None:
    count = Count(failures=5, last=1000.0, until=1030.0)
    assert count_wait(count, 1029.0) == 1.0
    assert count_wait(count, 1030.0) == 0.0


def test_wrong_answers_of_yesterday_are_forgotten() -> None:
    assert count_failure(Count(19, last=0.0), now=FORGET_SECONDS + 1).failures == 1


def test_a_forgiven_attempt_is_as_if_it_had_not_been_made() -> None:
    before = count_failure(Count(3, last=5.0), now=6.0)
    after = count_forgiven(count_failure(before, now=7.0))
    assert (after.failures, count_wait(after, 7.0)) == (before.failures, 0.0)


def test_a_bucket_leaks_and_never_runs_backwards() -> None:
    rule = BucketRule(capacity=3, seconds_each=10)
    bucket = bucket_changed(Bucket(), rule, now=100.0, by=3)
    assert bucket_wait(bucket, rule, 100.0) == 10.0
    assert bucket_level(bucket, rule, 110.0) == 2.0
    assert bucket_wait(bucket, rule, 110.0) == 0.0
    assert bucket_level(bucket, rule, 90.0) == 3.0


# ---------------------------------------------------------------------- a class, and an attacker
@pytest.mark.parametrize("seed", range(5))
def test_a_whole_class_with_its_typing_errors_is_never_stopped(limits: Limits, clock, seed: int) -> None:
    """Forty children behind one address, all within three minutes; one in three answers is wrong, nobody errs five times."""
    chance = random.Random(seed)
    for pupil in (f"u{number:09d}" for number in range(40)):
        for attempt, rule in ((Attempt(SCHOOL, CODES), CODES), (Attempt(SCHOOL, GUESSES, pupil), GUESSES)):
            for _ in range(min(4, int(chance.expovariate(1.1)))):
                assert limits.admit(attempt) == 0
                clock.now += chance.random()
            assert limits.admit(attempt) == 0
            if rule is GUESSES:
                limits.signed_in(attempt)
            else:
                limits.forgive(attempt)
        clock.now += 2


def test_every_child_of_a_class_may_err_four_times_at_the_same_moment(limits: Limits) -> None:
    for pupil in range(40):
        assert [fail(limits, f"u{pupil}") for _ in range(4)] == [0] * 4


def test_many_schools_behind_the_citys_one_address_get_in(limits: Limits, clock) -> None:
    """One in ten errs once; good sign-ins from an address make room for its wrong ones."""
    for number in range(2500):
        attempt = Attempt("address:city", GUESSES, f"u{number}")
        for _ in range(2 if number % 10 == 0 else 1):
            assert limits.admit(attempt) == 0
        limits.signed_in(attempt)
        clock.now += 0.01


def test_guessing_one_childs_pin_for_a_day_gets_fewer_than_fifty_tries(limits: Limits, clock) -> None:
    tries, end = 0, clock.now + DAY
    while clock.now < end and tries < 50:
        wait = fail(limits, "u1", origin=f"address:{tries}")  # a new address each time
        tries += wait == 0
        clock.now += wait or 0.1
    assert tries < 50


def test_a_few_guesses_on_many_accounts_from_one_address_slow_down(limits: Limits, clock) -> None:
    admitted = sum(fail(limits, f"u{number}") == 0 for number in range(5000))
    assert admitted == GUESSES.capacity
    clock.now += GUESSES.seconds_each
    assert fail(limits, "u9999") == 0
    assert fail(limits, "u9998") > 0


def test_guessing_class_codes_slows_down(limits: Limits, clock) -> None:
    assert sum(fail(limits, None, rule=CODES) == 0 for _ in range(1000)) == CODES.capacity
    end, tries = clock.now + DAY, 0
    while clock.now < end:
        wait = fail(limits, None, rule=CODES)
        tries += wait == 0
        clock.now += wait or 0.1
    assert tries <= DAY / CODES.seconds_each + 1


def test_signing_in_again_and_again_earns_no_room_for_guessing(limits: Limits) -> None:
    own = Attempt(SCHOOL, GUESSES, "attacker")
    admitted = 0
    for number in range(2000):
        admitted += fail(limits, f"u{number}") == 0
        if limits.admit(own) == 0:
            limits.signed_in(own)
    assert admitted <= GUESSES.capacity + 1


def test_a_flood_of_guesses_at_one_moment_is_counted_before_it_is_checked(limits: Limits) -> None:
    assert [fail(limits, "u1") for _ in range(100)].count(0) == 5


# ---------------------------------------------------------------------- the store
def test_a_restart_keeps_the_counts(var: Path, limits: Limits, clock) -> None:
    for _ in range(5):
        fail(limits, "u1")
    again = Limits(Store(var / "signin.db"), clock)
    assert again.wait_of("u1") == 30
    assert fail(again, "u1") == 30


def test_a_good_sign_in_forgets_the_wrong_ones(limits: Limits) -> None:
    attempt = Attempt(SCHOOL, GUESSES, "u1")
    for _ in range(4):
        limits.admit(attempt)
    limits.signed_in(attempt)
    for _ in range(4):
        assert limits.admit(attempt) == 0


def test_unlocking_one_account_leaves_the_others_locked(limits: Limits) -> None:
    for account in ("u1", "u1@own", "u12"):
        for _ in range(5):
            fail(limits, account)
    limits.unlock("u1")
    assert [limits.wait_of(account) for account in ("u1", "u1@own", "u12")] == [0, 0, 30]


def test_a_right_password_does_not_reset_the_count_of_wrong_codes(limits: Limits, clock) -> None:
    """Else who knows the password could guess the one-time code without end."""
    attempt = Attempt(SCHOOL, GUESSES, "teacher")
    codes = 0
    for _ in range(200):
        if limits.admit(attempt) == 0:
            limits.forgive(attempt)  # the password, right
        codes += limits.admit(attempt) == 0  # the code, wrong
    assert codes == 5


def test_old_counts_are_swept_away(var: Path, limits: Limits, clock) -> None:
    fail(limits, "u1", origin="address:home")
    clock.now += FORGET_SECONDS + 1
    attempt = Attempt(SCHOOL, GUESSES, "u2")
    limits.admit(attempt)
    limits.signed_in(attempt)
    assert [row["key"] for row in Store(var / "signin.db").rows("SELECT key FROM buckets")] == [f"{SCHOOL}|200/10"]
