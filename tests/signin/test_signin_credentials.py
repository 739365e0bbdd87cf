"""Credentials: what is kept tells nothing, what was reissued opens nothing, and a class is checked in time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest

from hub.signin.credentials import Credentials
from hub.signin.errors import Refused, SigninError
from hub.signin.invitations import VALID_SECONDS, Invitations
from hub.signin.pictures import PICTURES
from kanikko.settings import Settings

PIN = ["crab", "boat", "sun", "key"]
PASSWORD = "correct horse battery"


@pytest.fixture
def credentials(settings: Settings, clock) -> Credentials:
    return Credentials(settings, clock=clock)


def everything_kept(settings: Settings) -> bytes:
    return b"".join(place.read_bytes() for place in settings.var.glob("signin.db*"))


# ---------------------------------------------------------------------- PINs
def test_only_the_same_pictures_in_the_same_order_are_the_pin(credentials: Credentials) -> None:
    credentials.set_pin("u1", PIN)
    assert credentials.check_pin("u1", PIN)
    assert not credentials.check_pin("u1", PIN[::-1])
    assert not credentials.check_pin("u1", PIN[:3])
    assert not credentials.check_pin("u1", ["crab boat", "sun", "key"])
    assert not credentials.check_pin("u2", PIN)


@pytest.mark.parametrize("pictures", [[], PIN[:3], [*PIN, "cat"], ["crab"] * 4, ["crab", "boat", "sun", "dragon"]])
def test_a_pin_is_four_different_known_pictures(credentials: Credentials, pictures: list[str]) -> None:
    with pytest.raises(SigninError, match="4 different pictures"):
        credentials.set_pin("u1", pictures)


def test_a_new_pin_ends_the_old_one_and_the_lock_out(credentials: Credentials) -> None:
    old = credentials.new_pin("u1")
    new = next(pin for pin in iter(lambda: credentials.new_pin("u1"), None) if pin != old)
    assert credentials.check_pin("u1", new)
    assert not credentials.check_pin("u1", old)


def test_without_the_pepper_the_hashes_are_worth_nothing(credentials: Credentials, settings: Settings, monkeypatch) -> None:
    credentials.set_pin("u1", PIN)
    monkeypatch.setenv("KANIKKO_SECRET_PIN_PEPPER", "another")
    assert not Credentials(settings).check_pin("u1", PIN)


def test_a_hash_moved_to_another_account_opens_nothing(credentials: Credentials) -> None:
    credentials.set_pin("u1", PIN)
    with credentials.store.write() as db:
        db.execute("INSERT INTO pins SELECT 'u2', hash, set_at FROM pins")
    assert not credentials.check_pin("u2", PIN)


def test_the_pictures_differ_in_name_and_shape() -> None:
    assert len({each.id for each in PICTURES}) == len({each.name for each in PICTURES}) == len({each.shape for each in PICTURES}) == 16


def test_forty_children_at_once_cost_little_over_a_second_of_one_core(credentials: Credentials) -> None:
    accounts = [f"u{number}" for number in range(40)]
    for account in accounts:
        credentials.set_pin(account, PIN)
    start = time.process_time()  # all threads' CPU time: what else the machine does is not our affair
    with ThreadPoolExecutor(2) as threads:
        assert all(threads.map(lambda account: credentials.check_pin(account, PIN), accounts))
    assert (time.process_time() - start) / 40 < 0.030, "each child costs more than 30 ms of one core"


# ---------------------------------------------------------------------- badges
def test_a_badge_is_known_until_it_is_reissued(credentials: Credentials) -> None:
    first = credentials.issue_badge("u1")
    assert credentials.check_badge(first) == "u1"
    second = credentials.issue_badge("u1")
    assert credentials.check_badge(first) is None
    assert credentials.check_badge(second) == "u1"
    assert credentials.check_badge("") is None


# ---------------------------------------------------------------------- passwords and codes
def test_passwords(credentials: Credentials) -> None:
    credentials.set_password("u1", PASSWORD)
    assert credentials.check_password("u1", PASSWORD)
    assert not credentials.check_password("u1", PASSWORD + " ")
    assert not credentials.check_password("u2", PASSWORD)
    with pytest.raises(SigninError, match="12文字以上"):
        credentials.set_password("u1", "short")


def test_a_code_counts_once_and_never_an_older_one_after_it(credentials: Credentials, clock) -> None:
    totp = pyotp.TOTP(credentials.totp_secret("u1"))
    before, now = totp.at(int(clock.now) - 30), totp.at(int(clock.now))
    assert credentials.check_totp("u1", now)
    assert not credentials.check_totp("u1", now)
    assert not credentials.check_totp("u1", before)
    clock.now += 30
    assert credentials.check_totp("u1", totp.at(int(clock.now)))


def test_a_tablets_clock_may_be_half_a_minute_off_but_no_more(credentials: Credentials, clock) -> None:
    totp = pyotp.TOTP(credentials.totp_secret("u1"))
    assert not credentials.check_totp("u1", totp.at(int(clock.now) - 90))
    assert credentials.check_totp("u1", totp.at(int(clock.now) - 30))


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "１２３４５６", "0" * 10_000])
def test_what_is_no_code_is_refused(credentials: Credentials, code: str) -> None:
    credentials.totp_secret("u1")
    assert not credentials.check_totp("u1", code)


def test_a_code_used_twice_at_the_same_moment_counts_once(settings: Settings) -> None:
    one, other = Credentials(settings), Credentials(settings)
    code = pyotp.TOTP(one.totp_secret("u1")).now()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda each: each.check_totp("u1", code), [one, other] * 8))
    assert answers.count(True) == 1


# ---------------------------------------------------------------------- what is kept
def test_nothing_kept_can_be_used_by_who_reads_the_file(credentials: Credentials, settings: Settings) -> None:
    secrets = [credentials.issue_badge("u1"), credentials.totp_secret("u1"), Invitations(credentials).invite("u1"), PASSWORD]
    credentials.set_password("u1", PASSWORD)
    credentials.set_pin("u1", PIN)
    kept = everything_kept(settings)
    assert not [secret for secret in (*secrets, "crab", "boat") if secret.encode() in kept]
    assert (settings.signin_db.stat().st_mode & 0o777) == 0o600


def test_a_totp_secret_without_its_key_says_what_to_do(credentials: Credentials, settings: Settings, monkeypatch) -> None:
    credentials.totp_secret("u1")
    monkeypatch.setenv("KANIKKO_SECRET_TOTP_KEY", "another")
    with pytest.raises(SigninError, match="kanikko staff invite u1"):
        Credentials(settings).totp_secret("u1")


def test_revoking_takes_everything(credentials: Credentials) -> None:
    badge, code = credentials.issue_badge("u1"), Invitations(credentials).invite("u1")
    credentials.set_pin("u1", PIN)
    credentials.set_password("u1", PASSWORD)
    credentials.revoke("u1")
    assert credentials.check_badge(badge) is None
    assert not credentials.check_pin("u1", PIN)
    assert not credentials.check_password("u1", PASSWORD)
    with pytest.raises(Refused):
        Invitations(credentials).find(code)


# ---------------------------------------------------------------------- invitations
def test_an_invitation_works_once(credentials: Credentials, clock) -> None:
    invitations = Invitations(credentials, clock=clock)
    code = invitations.invite("u1")
    totp = pyotp.TOTP(invitations.find(code).totp)
    used = totp.at(int(clock.now))
    assert invitations.accept(code, PASSWORD, used) == "u1"
    assert credentials.check_password("u1", PASSWORD)
    assert not credentials.check_totp("u1", used)
    with pytest.raises(Refused):
        invitations.accept(code, "another password", used)


def test_a_bad_password_or_code_leaves_the_invitation_open_and_sets_nothing(credentials: Credentials, clock) -> None:
    invitations = Invitations(credentials, clock=clock)
    code = invitations.invite("u1")
    good = pyotp.TOTP(invitations.find(code).totp).at(int(clock.now))
    for password, totp_code in ((PASSWORD, "000000" if good != "000000" else "111111"), ("short", good)):
        with pytest.raises(SigninError):
            invitations.accept(code, password, totp_code)
    assert not credentials.has_password("u1")
    assert not credentials.has_totp("u1")
    assert invitations.accept(code, PASSWORD, good) == "u1"


def test_a_newer_invitation_ends_the_older_and_a_week_ends_both(credentials: Credentials, clock) -> None:
    invitations = Invitations(credentials, clock=clock)
    old, new = invitations.invite("u1"), invitations.invite("u1")
    with pytest.raises(Refused):
        invitations.find(old)
    assert invitations.find(new).account == "u1"
    clock.now += VALID_SECONDS + 1
    with pytest.raises(Refused):
        invitations.find(new)


def test_two_processes_may_open_the_file_at_the_same_moment(var: Path) -> None:
    from hub.signin.store import Store

    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: Store(var / "signin.db"), range(8)))
    assert len(stores) == 8
