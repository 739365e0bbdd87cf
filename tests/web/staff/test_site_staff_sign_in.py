"""Signing in: both factors, no second use of a code, growing waits, the same answer for everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.make import make_staff
from tests.web.staff.people import PASSWORD, accept, give_password, invited, member, sign_in
from web import clock
from web.data import every, one, value
from web.staff import credentials
from web.staff.credentials import password_fault, right_password
from web.staff.redirects import safe_next
from web.staff.sessions import COOKIE

LATER = timedelta(seconds=31)


def _later(by: timedelta) -> None:
    clock.travel_to(clock.now() + by)


def test_an_invitation_sets_password_and_authenticator_once(site: Flask, db: Database, client: FlaskClient) -> None:
    staff, path = invited(db, site)
    made = accept(client, path, staff, "hana@city.example.jp")
    assert len(set(made.codes)) == 10
    assert client.get("/staff/").status_code == 200, "signed in at once"
    assert site.test_client().get(path).status_code == 404, "the link works once"
    row = one(db, "select * from staff where id = ?", (staff,))
    assert row and row["invitation_hash"] is None and made.secret not in str(row) and PASSWORD not in str(row)


def test_an_invitation_ends_after_a_week(site: Flask, db: Database, client: FlaskClient) -> None:
    _, path = invited(db, site)
    _later(timedelta(days=7, minutes=1))
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        ("short", "short", "12文字"),
        ("password1234", "password1234", "よくある"),
        ("ながいながい合言葉です五", "ちがう", "同じではありません"),
    ],
)
def test_an_invitation_with_a_weak_password_says_what_to_do(
    site: Flask, db: Database, client: FlaskClient, password: str, again: str, words: str
) -> None:
    _, path = invited(db, site)
    answer = client.post(path, data={"password": password, "again": again, "code": "000000"})
    assert answer.status_code == 422 and words in answer.text
    assert client.get(path).status_code == 200, "still open"


def test_password_and_code_open_the_desk_and_lead_where_one_was_going(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    _later(LATER)
    going = client.get("/staff/log?kind=staff").headers["Location"]
    assert going.startswith("/staff/sign-in?next=")
    answer = sign_in(client, who, next="/staff/log?kind=staff")
    assert answer.status_code == 303 and answer.headers["Location"] == "/staff/log?kind=staff"
    assert client.get("/staff/log").status_code == 200


def test_the_password_alone_opens_nothing(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    answer = give_password(client, who.login)
    assert answer.headers["Location"].startswith("/staff/sign-in/code")
    assert client.get("/staff/").status_code == 302
    assert client.get("/staff/sign-in/code").status_code == 200
    _later(timedelta(minutes=11))
    assert client.get("/staff/sign-in/code").headers["Location"] == "/staff/sign-in", "the half-open door closes"


def test_a_code_is_worth_nothing_the_second_time(site: Flask, db: Database) -> None:
    who = member(db, site)
    _later(LATER)
    code = who.code()
    assert sign_in(site.test_client(), who, code).status_code == 303
    assert sign_in(site.test_client(), who, code).status_code == 422
    assert sign_in(site.test_client(), who, who.code(-LATER)).status_code == 422, "nor an older one"
    assert sign_in(site.test_client(), who, who.code(LATER)).status_code == 303


def test_a_recovery_code_opens_once(site: Flask, db: Database) -> None:
    who = member(db, site)
    assert sign_in(site.test_client(), who, who.codes[3].upper().replace("-", " ")).status_code == 303
    assert sign_in(site.test_client(), who, who.codes[3]).status_code == 422
    assert sign_in(site.test_client(), who, who.codes[4]).status_code == 303


def test_unknown_logins_and_wrong_passwords_get_the_same_answer(site: Flask, db: Database) -> None:
    who = member(db, site)
    make_staff(db, login="never@city.example.jp")  # invited, has no password yet
    answers = []
    for login in (who.login, "nobody@city.example.jp", "never@city.example.jp"):
        answer = give_password(site.test_client(), login, "wrong wrong wrong")
        answers.append((answer.status_code, answer.text.replace(login, "LOGIN"), "Set-Cookie" in answer.headers))
    assert answers[0] == answers[1] == answers[2] and answers[0][0] == 422


def test_a_password_is_hashed_also_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the time: a login that nobody has costs as much as a wrong password."""
    checked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            checked.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(credentials, "HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    assert not right_password(None, "x") and not right_password(credentials.HASHER.hash("y"), "x")
    assert len(checked) == 2 and checked[0].split("$")[:4] == checked[1].split("$")[:4], "the same cost"


def test_passwords_are_hashed_as_rfc_9106_says(cheap_hashes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    cost = credentials.HASHER
    assert (cost.time_cost, cost.memory_cost) == (RFC_9106_LOW_MEMORY.time_cost, RFC_9106_LOW_MEMORY.memory_cost)


def test_wrong_passwords_cost_a_wait_that_grows_for_known_and_unknown_alike(site: Flask, db: Database) -> None:
    who = member(db, site)
    for login in (who.login, "nobody@city.example.jp"):
        client = site.test_client()
        for _ in range(5):
            assert give_password(client, login, "wrong").status_code == 422
        answer = give_password(client, login)
        assert answer.status_code == 429 and re.search(r"あと \d\d秒", answer.text), "the right one too"
    _later(timedelta(seconds=31))
    client = site.test_client()
    assert give_password(client, who.login, "wrong").status_code == 422
    assert give_password(client, who.login).status_code == 429, "one more wrong answer, one more wait"
    _later(timedelta(seconds=31))
    assert give_password(client, who.login).status_code == 303


def test_wrong_codes_count_like_wrong_passwords(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    give_password(client, who.login)
    states = [client.post("/staff/sign-in/code", data={"code": f"{n:06}"}).status_code for n in range(6)]
    assert states == [422] * 5 + [429]


def test_who_signed_in_here_before_is_not_locked_out_by_others(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    _later(LATER)
    sign_in(client, who)
    client.post("/staff/sign-out")
    for _ in range(6):
        give_password(site.test_client(), who.login, "wrong")
    assert give_password(site.test_client(), who.login).status_code == 429
    assert give_password(client, who.login).status_code == 303


def test_one_address_that_tries_many_logins_must_wait(
    site: Flask, db: Database, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.staff.sign_in_pages.right_password", lambda stored, password: False)  # 51 hashes would only cost time
    states = [give_password(client, f"n{n}@city.example.jp", "x").status_code for n in range(51)]
    assert states[:50] == [422] * 50 and states[50] == 429


def test_each_sign_in_has_a_new_session_and_the_old_one_is_over(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    _later(LATER)
    give_password(client, who.login)
    half = client.get_cookie(COOKIE)
    sign_in(client, who)
    whole = client.get_cookie(COOKIE)
    assert half and whole and half.value != whole.value
    thief = site.test_client()
    thief.set_cookie(COOKIE, half.value)
    assert thief.get("/staff/").status_code == 302


def test_signing_out_ends_the_session_on_the_server(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    _later(LATER)
    sign_in(client, who)
    kept = client.get_cookie(COOKIE)
    assert kept and client.post("/staff/sign-out").status_code == 303
    thief = site.test_client()
    thief.set_cookie(COOKIE, kept.value)
    assert thief.get("/staff/").status_code == 302


def test_all_other_sessions_can_be_ended(site: Flask, db: Database) -> None:
    who = member(db, site)
    here, there = site.test_client(), site.test_client()
    _later(LATER)
    sign_in(here, who)
    _later(LATER)
    sign_in(there, who)
    assert here.get("/staff/me").text.count("ほかの場所</span>") >= 1
    here.post("/staff/me/sessions", data={"which": "others"})
    assert here.get("/staff/").status_code == 200 and there.get("/staff/").status_code == 302
    here.post("/staff/me/sessions", data={"which": "all"})
    assert here.get("/staff/").status_code == 302
    assert value(db, "select count(*) from staff_sessions") == 0


def test_a_session_is_over_after_two_quiet_hours(site: Flask, db: Database, as_role: As) -> None:
    clerk = as_role("clerk")
    _later(timedelta(hours=1, minutes=59))
    assert clerk.get("/staff/").status_code == 200
    _later(timedelta(hours=1, minutes=59))
    assert clerk.get("/staff/").status_code == 200, "each use counts"
    _later(timedelta(hours=2, minutes=1))
    assert clerk.get("/staff/").status_code == 302


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(site: Flask, db: Database) -> None:
    who = member(db, site)
    here, there = site.test_client(), site.test_client()
    _later(LATER)
    sign_in(here, who)
    _later(LATER)
    sign_in(there, who)
    fresh = "あたらしい 7 つの星と山"
    assert here.post("/staff/me/password", data={"now": "wrong", "new": fresh, "again": fresh}).status_code == 422
    assert here.post("/staff/me/password", data={"now": PASSWORD, "new": "hana hana hana", "again": "hana hana hana"}).status_code == 422
    assert here.post("/staff/me/password", data={"now": PASSWORD, "new": fresh, "again": fresh}).status_code == 303
    assert here.get("/staff/").status_code == 200 and there.get("/staff/").status_code == 302
    assert give_password(site.test_client(), who.login).status_code == 422
    assert give_password(site.test_client(), who.login, fresh).status_code == 303


def test_new_recovery_codes_replace_the_old_ones(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    _later(LATER)
    sign_in(client, who)
    answer = client.post("/staff/me/recovery-codes", data={"codes-now": PASSWORD})
    assert answer.status_code == 200 and answer.text.count("<code>") == 10 and who.codes[0] not in answer.text
    assert sign_in(site.test_client(), who, who.codes[0]).status_code == 422


@pytest.mark.parametrize(
    "hostile",
    [
        "//evil.example/", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
        "evil.example",
        "http:/evil", "/ /evil", "///evil.example", "/\r\nSet-Cookie: x=1", "/x" * 900, "", None, "/\u0000", "https:evil", "/\x7f/evil",
    ],
)  # fmt: skip
def test_nobody_is_led_away_after_signing_in(hostile: str | None) -> None:
    assert safe_next(hostile, "/staff/") == "/staff/"


@pytest.mark.parametrize("own", ["/staff/log?kind=class&page=2", "/door/", "/staff/教室", "/a//b", "/x?next=https://evil.example"])
def test_paths_of_the_site_are_kept(own: str) -> None:
    assert safe_next(own, "/staff/") == own


def test_the_cookie_is_only_for_http_and_this_site(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    cookie = next(one for one in give_password(client, who.login).headers.getlist("Set-Cookie") if one.startswith(COOKIE))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Secure" not in cookie
    site.config["SESSION_COOKIE_SECURE"] = True
    cookie = next(one for one in give_password(client, who.login).headers.getlist("Set-Cookie") if one.startswith(COOKIE))
    assert "Secure" in cookie


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("correct horse battery staple", True), ("よるの海で光る9ひきのイカ", True), ("hana@city.example.jp", False),
        ("Hana-Hana-Hana!", False),
        ("aaaaaaaaaaaaaaaa", False), ("1234567890123", False), ("qwertyuiop[]", False), ("Password!2026", False),
        ("!!!!!!!!!!!!!!", False), ("11文字のpassx", False),
    ],
)  # fmt: skip
def test_common_words_names_and_rows_of_keys_are_no_password(password: str, good: bool) -> None:
    assert (password_fault(password, ("hana@city.example.jp", "見本 花")) is None) is good


def test_the_log_says_who_signed_in_and_how(site: Flask, db: Database, client: FlaskClient) -> None:
    who = member(db, site)
    sign_in(client, who, who.codes[0])
    client.post("/staff/sign-out")
    actions = [(row["action"], row["detail_json"]) for row in every(db, "select * from audit where actor = ? order by id", (who.id,))]
    assert actions == [("staff.accept_invitation", "{}"), ("staff.sign_in", '{"by": "recovery"}'), ("staff.sign_out", "{}")]
