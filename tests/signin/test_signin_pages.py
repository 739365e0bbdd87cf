"""Signing in at a real hub, over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pyotp
import pytest
from signin_house import House, Tablet

from hub.signin.invitations import Invitations
from hub.signin.limits import CODES

Tablets = Callable[..., Tablet]
PASSWORD = "correct horse battery"


@dataclass
class Staff:
    account: str
    email: str


@pytest.fixture
def teacher(house: House) -> Staff:
    """A teacher who has a password and a fresh authenticator."""
    person = house.teacher
    house.credentials.set_password(person.account, PASSWORD)
    house.credentials.set_totp_secret(person.account, pyotp.random_base32())
    house.credentials.unlock(person.account)
    return Staff(person.account, person.email or "")


def code_of(house: House, account: str) -> str:
    return pyotp.TOTP(house.credentials.totp_secret(account)).now()


def sign_in_pupil(house: House, tablet: Tablet, at: int) -> str:
    pupil = house.pupil(at)
    pin = house.credentials.new_pin(pupil.account)
    tablet.enter_class(house.fifth_grade.signin_code)
    tablet.enter_pictures(pupil.account, pin)
    assert tablet.account == pupil.account
    return pupil.account


def sign_in_teacher(house: House, tablet: Tablet, teacher: Staff) -> None:
    tablet.enter_password(teacher.account, PASSWORD)
    tablet.send(code=code_of(house, teacher.account))
    assert tablet.account == teacher.account


# ---------------------------------------------------------------------- pupils
def test_a_pupil_signs_in_by_class_code_name_and_pictures(house: House, tablet: Tablets) -> None:
    own = tablet()
    pupil = house.pupil(0)
    pin = house.credentials.new_pin(pupil.account)

    names = own.enter_class(house.fifth_grade.signin_code.upper())
    assert own.at == "/hub/login/class"
    assert f"<ruby>{pupil.family_name}<rp>(</rp><rt>{pupil.family_kana}</rt>" in names.text
    assert names.text.count('class="kk-name"') == 40

    own.enter_pictures(pupil.account, pin)

    assert own.at == "/hub/home"
    assert own.account == pupil.account


def test_the_hub_puts_a_pupil_into_the_groups_of_the_roster(house: House, tablet: Tablets) -> None:
    own = tablet()
    sign_in_pupil(house, own, 1)
    xsrf = own.client.cookies.get("_xsrf", path="/hub/")
    user = own.client.get("/hub/api/user", headers={"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors"}).json()
    assert user["groups"] == [f"nbgrader-{house.fifth_grade.course}"]
    assert user["admin"] is False
    assert not any(scope.startswith(("admin", "tokens", "shares", "list:")) for scope in user["scopes"])


def test_a_wrong_picture_gets_a_kind_message_and_another_try(house: House, tablet: Tablets) -> None:
    own = tablet()
    pupil = house.pupil(2)
    pin = house.credentials.new_pin(pupil.account)
    own.enter_class(house.fifth_grade.signin_code)

    answer = own.enter_pictures(pupil.account, pin[::-1])
    assert answer.status_code == 403
    assert "だいじょうぶ" in answer.text
    assert own.account is None

    own.send(pictures=" ".join(pin))
    assert own.account == pupil.account


def test_five_wrong_pins_make_a_child_wait_half_a_minute_even_with_the_right_one(house: House, tablet: Tablets) -> None:
    own = tablet()
    pupil = house.pupil(3)
    pin = house.credentials.new_pin(pupil.account)
    own.enter_class(house.fifth_grade.signin_code)
    for _ in range(5):
        own.enter_pictures(pupil.account, pin[::-1])
    answer = own.enter_pictures(pupil.account, pin)
    assert re.search(r"あと (2\d|30)びょう まって", answer.text)
    assert own.account is None

    house.credentials.unlock(pupil.account)  # what the teacher's button does
    own.enter_pictures(pupil.account, pin)
    assert own.account == pupil.account


def test_the_tablet_remembers_its_class_without_any_name(house: House, tablet: Tablets) -> None:
    own = tablet()
    own.enter_class(house.fifth_grade.signin_code)
    cookie = own.client.cookies["kk-class"]
    assert house.fifth_grade.title in own.open("/hub/login").text
    assert all(pupil.account not in cookie and pupil.family_name not in cookie for pupil in house.roster.pupils(house.fifth_grade.course))


def test_a_made_up_class_code_shows_no_names(house: House, tablet: Tablets) -> None:
    own = tablet()
    answer = own.enter_class("aaaaaa")
    assert answer.status_code == 403
    assert "みつかりませんでした" in answer.text
    assert own.open("/hub/login/class").url.path == "/hub/login"


def test_a_pupil_of_another_class_cannot_be_reached_through_this_one(house: House, tablet: Tablets) -> None:
    own = tablet()
    other = next(each for each in house.roster.classes() if each.grade == 3)
    stranger = house.roster.pupils(other.course)[0]
    pin = house.credentials.new_pin(stranger.account)
    own.enter_class(house.fifth_grade.signin_code)
    token = re.search(r'name="_xsrf" value="([^"]+)"', own.open("/hub/login").text)
    assert token
    own.client.post(f"/hub/login/pictures?pupil={stranger.account}", data={"_xsrf": token[1], "pictures": " ".join(pin)})
    assert own.account is None


def test_a_badge_signs_in_and_a_reissued_one_ends_the_first(house: House, tablet: Tablets) -> None:
    pupil = house.pupil(4)
    first = house.credentials.issue_badge(pupil.account)
    one = tablet()
    one.enter_badge(first)
    assert one.account == pupil.account

    second = house.credentials.issue_badge(pupil.account)
    other = tablet()
    assert "つかえませんでした" in other.enter_badge(first).text
    assert other.account is None
    other.enter_badge(second)
    assert other.account == pupil.account


def test_the_next_child_on_a_tablet_signs_the_one_before_out(house: House, tablet: Tablets) -> None:
    own = tablet()
    first = sign_in_pupil(house, own, 5)
    session = own.client.cookies["jupyterhub-session-id"]
    second = house.pupil(6).account
    own.enter_pictures(second, house.credentials.new_pin(second))
    assert own.account == second != first
    assert own.client.cookies["jupyterhub-session-id"] != session


def test_a_form_left_open_overnight_is_shown_afresh_instead_of_an_error(house: House, tablet: Tablets) -> None:
    own = tablet()
    pupil = house.pupil(7)
    pin = house.credentials.new_pin(pupil.account)
    own.enter_class(house.fifth_grade.signin_code)
    own.open(f"/hub/login/pictures?pupil={pupil.account}")
    stale = own.client.post(str(own.page.url), data={"_xsrf": "of yesterday", "pictures": " ".join(pin)})
    assert stale.status_code == 200
    assert "もういちど" in stale.text
    own.page = stale
    own.send(pictures=" ".join(pin))
    assert own.account == pupil.account


def test_signing_in_needs_the_form_of_our_own_page(house: House, tablet: Tablets) -> None:
    own = tablet()
    secret = house.credentials.issue_badge(house.pupil(8).account)
    own.client.post("/hub/badge", data={"badge": secret})
    assert own.account is None


# ---------------------------------------------------------------------- the roster decides
def test_a_pupil_who_left_is_signed_out_and_cannot_come_back(house: House, tablet: Tablets) -> None:
    own = tablet()
    account = sign_in_pupil(house, own, 39)
    badge = house.credentials.issue_badge(account)
    with house.roster.write() as db:  # as an import without this pupil does
        db.execute("update people set active = 0 where account = ?", [account])
        db.execute("update version set number = number + 1")

    deadline = time.monotonic() + 75
    while own.account is not None and time.monotonic() < deadline:
        time.sleep(0.5)
    assert own.account is None

    own.enter_badge(badge)
    assert own.account is None


def test_credentials_of_somebody_outside_the_roster_open_nothing(house: House, tablet: Tablets) -> None:
    own = tablet()
    ghost = "u234567892"
    house.credentials.set_password(ghost, PASSWORD)
    house.credentials.totp_secret(ghost)
    own.enter_password(ghost, PASSWORD)
    assert own.at == "/hub/login/staff"
    own.enter_badge(house.credentials.issue_badge(ghost))
    assert own.account is None


def test_the_hubs_api_takes_no_password_in_our_place(house: House, teacher: Staff) -> None:
    body = {"auth": {"username": teacher.account, "password": PASSWORD, "proof": {"account": teacher.account}}}
    answer = httpx.post(f"{house.url}/hub/api/users/{teacher.account}/tokens", json=body)
    assert answer.status_code == 403


# ---------------------------------------------------------------------- staff
def test_a_teacher_signs_in_by_password_and_code(house: House, tablet: Tablets, teacher: Staff) -> None:
    own = tablet()
    own.enter_password(teacher.account, PASSWORD)
    assert own.at == "/hub/login/staff/code"
    assert own.account is None
    own.send(code=code_of(house, teacher.account))
    assert own.account == teacher.account


def test_a_used_code_is_refused_on_another_browser(house: House, tablet: Tablets, teacher: Staff) -> None:
    one, other = tablet(), tablet()
    one.enter_password(teacher.account, PASSWORD)
    other.enter_password(teacher.account, PASSWORD)
    code = code_of(house, teacher.account)
    one.send(code=code)
    assert one.account == teacher.account
    assert "いちど使った" in other.send(code=code).text
    assert other.account is None


def test_the_code_alone_is_not_enough(house: House, tablet: Tablets, teacher: Staff) -> None:
    own = tablet()
    assert own.open("/hub/login/staff/code").url.path == "/hub/login/staff"
    assert own.account is None


def test_wrong_passwords_lock_the_same_for_who_exists_and_who_does_not(house: House, tablet: Tablets, teacher: Staff) -> None:
    own = tablet()
    answers = {}
    for identifier in (teacher.account, "nobody@example.jp"):
        answers[identifier] = [own.enter_password(identifier, "wrong wrong wrong") for _ in range(6)]
    real, unknown = (["秒" in answer.text for answer in each] for each in answers.values())
    assert real == unknown == [False] * 5 + [True]
    house.credentials.unlock(teacher.account)


def test_an_invited_teacher_sets_password_and_authenticator_once(house: House, tablet: Tablets) -> None:
    person = house.roster.add_staff("見本", "花子", "teacher", "hanako@example.jp")
    code = Invitations(house.credentials).invite(person.account)
    own = tablet()
    own.open("/hub/invitation")
    page = own.send(invitation=code)
    secret = re.search(r'kk-secret">([A-Z2-7]{32})<', page.text)
    assert secret, page.text

    short = own.send(invitation=code, password="short", again="short", code=pyotp.TOTP(secret[1]).now())
    assert "12文字以上" in short.text
    own.send(invitation=code, password=PASSWORD, again=PASSWORD, code=pyotp.TOTP(secret[1]).now())
    assert own.account == person.account

    again = tablet()
    again.open("/hub/invitation")
    assert "この招待は使えません" in again.send(invitation=code).text


def test_next_leads_to_our_own_pages_only(house: House, tablet: Tablets) -> None:
    pupil = house.pupil(9)
    secret = house.credentials.issue_badge(pupil.account)
    for target, arrives in (("/hub/token", "/hub/token"), ("//evil.example/", "/hub/home"), ("https://evil.example/x", "/hub/home")):
        own = tablet()
        own.open(f"/hub/badge?next={target}")
        own.send(badge=secret)
        assert own.at == arrives, target


# ---------------------------------------------------------------------- cards and PINs
def test_the_teacher_prints_the_classs_cards_and_each_signs_in(house: House, tablet: Tablets, teacher: Staff) -> None:
    own = tablet()
    sign_in_teacher(house, own, teacher)
    own.open(f"/hub/class/{house.fifth_grade.course}/cards")
    sheet = own.send(whom="all")
    assert sheet.text.count('class="kk-idcard"') == len(house.roster.pupils(house.fifth_grade.course))
    assert sheet.headers["Cache-Control"] == "no-store"


def test_the_teacher_renews_one_pin_and_sees_it_once(house: House, tablet: Tablets, teacher: Staff) -> None:
    own = tablet()
    sign_in_teacher(house, own, teacher)
    pupil = house.pupil(11)
    old = house.credentials.new_pin(pupil.account)
    address = f"/hub/class/{house.fifth_grade.course}/pins"
    own.open(address)
    shown = re.findall(r'data-picture="(\w+)"', own.send(whom=pupil.account).text)
    assert len(shown) == 4
    assert house.credentials.check_pin(pupil.account, shown)
    assert shown == old or not house.credentials.check_pin(pupil.account, old)
    assert "data-picture" not in own.open(address).text


def test_the_teacher_ends_a_childs_wait(house: House, tablet: Tablets, teacher: Staff) -> None:
    own, child = tablet(), tablet()
    sign_in_teacher(house, own, teacher)
    pupil = house.pupil(12)
    pin = house.credentials.new_pin(pupil.account)
    child.enter_class(house.fifth_grade.signin_code)
    for _ in range(6):
        child.enter_pictures(pupil.account, pin[::-1])
    own.open(f"/hub/class/{house.fifth_grade.course}/pins")
    own.send(unlock=pupil.account)
    child.enter_pictures(pupil.account, pin)
    assert child.account == pupil.account


def test_cards_of_other_classes_do_not_exist_for_pupils_and_other_teachers(house: House, tablet: Tablets, teacher: Staff) -> None:
    child, own = tablet(), tablet()
    sign_in_pupil(house, child, 13)
    sign_in_teacher(house, own, teacher)
    taught = {each.course for each in house.roster.classes_of(teacher.account)}
    other = next(each for each in house.roster.classes() if each.course not in taught)
    for page in ("cards", "pins"):
        assert child.open(f"/hub/class/{house.fifth_grade.course}/{page}").status_code == 404
        assert own.open(f"/hub/class/{other.course}/{page}").status_code == 404
    assert tablet().open(f"/hub/class/{house.fifth_grade.course}/cards").url.path == "/hub/login"


# ---------------------------------------------------------------------- what leaks
@pytest.mark.parametrize("path", ["login", "login/class", "badge", "login/staff", "invitation"])
def test_pages_forbid_foreign_and_inline_scripts(house: House, tablet: Tablets, path: str) -> None:
    own = tablet()
    own.enter_class(house.fifth_grade.signin_code)
    page = own.open(f"/hub/{path}")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page.text
    assert not re.search(r'\s(style|on\w+)="', page.text)
    assert not re.search(r'(src|href)="(https?:)?//', page.text)


def test_no_name_pin_or_secret_is_in_the_hubs_log(house: House, tablet: Tablets, teacher: Staff) -> None:
    own = tablet()
    account = sign_in_pupil(house, own, 14)
    secret = house.credentials.issue_badge(account)
    own.enter_badge(secret)
    log = house.log.read_text()
    assert secret not in log
    assert PASSWORD not in log
    person = house.roster.person(account)
    assert person and person.family_name not in log
    assert person.family_kana not in log


def test_class_codes_cannot_be_tried_without_end_whatever_address_one_claims(house: House, tablet: Tablets) -> None:
    own = tablet()
    own.open("/hub/login")
    with house.credentials.store.write() as db:
        db.execute("DELETE FROM buckets")  # what other tests of this hub have used
    waits, begun = 0, time.monotonic()
    try:
        for number in range(140):
            own.client.headers["X-Real-Ip"] = f"198.51.100.{number}"
            own.client.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            own.open("/hub/login")
            waits += "まってから" in own.send(code=f"aaaaa{number}").text
        given_back = (time.monotonic() - begun) / CODES.seconds_each
        assert 140 - CODES.capacity - given_back - 1 <= waits <= 140 - CODES.capacity
    finally:
        with house.credentials.store.write() as db:
            db.execute("DELETE FROM buckets")
