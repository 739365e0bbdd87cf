"""The gate: who may come in from where, without any page."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from signin_house import small_city
from traitlets.config import Config

from hub.roster import Person, Roster
from hub.signin.authenticator import KanikkoAuthenticator
from hub.signin.configure import OPERATORS, configure
from hub.signin.credentials import Credentials
from hub.signin.errors import MustWait, Refused
from hub.signin.gate import Gate, Origin, network_of
from hub.signin.limits import GUESSES
from hub.signin.words import how_long
from kanikko.settings import Settings

PASSWORD = "correct horse battery"
WRONG = ["cat", "cup", "car", "key"]
SCHOOL = Origin("203.0.113.7")


@pytest.fixture
def gate(settings: Settings, clock) -> Gate:
    small_city(settings)
    return Gate(settings, Roster(settings.roster_db), Credentials(settings, clock=clock))


@pytest.fixture
def course(gate: Gate) -> str:
    return gate.roster.classes()[0].course


@pytest.fixture
def pupil(gate: Gate, course: str) -> Person:
    return gate.pupils(course)[0]


@pytest.fixture
def teacher(gate: Gate, course: str) -> Person:
    person = gate.roster.teachers(course)[0]
    gate.credentials.set_password(person.account, PASSWORD)
    return person


def answer(work: Coroutine[Any, Any, Any]) -> str:
    """What came of it, in a word."""
    try:
        asyncio.run(work)
    except MustWait:
        return "wait"
    except Refused:
        return "refused"
    return "in"


def test_a_naughty_classmate_does_not_lock_a_child_out_of_its_own_tablet(gate: Gate, course: str, pupil: Person) -> None:
    pin = gate.credentials.new_pin(pupil.account)
    wrong = WRONG if pin != WRONG else WRONG[::-1]
    assert [answer(gate.pin(course, pupil.account, wrong, SCHOOL)) for _ in range(6)] == ["refused"] * 5 + ["wait"]
    assert answer(gate.pin(course, pupil.account, pin, SCHOOL)) == "wait"
    own = Origin(SCHOOL.address, gate.mark_of(pupil.account))
    assert answer(gate.pin(course, pupil.account, pin, own)) == "in"


def test_someone_who_floods_the_schools_address_does_not_stop_tablets_that_signed_in_before(
    gate: Gate, course: str, pupil: Person, clock
) -> None:
    pin = gate.credentials.new_pin(pupil.account)
    for number in range(int(GUESSES.capacity)):
        asyncio.run(gate._admit(gate._attempt(SCHOOL, f"u{number}")))
    assert answer(gate.pin(course, pupil.account, pin, SCHOOL)) == "wait"
    assert answer(gate.pin(course, pupil.account, pin, Origin(SCHOOL.address, gate.mark_of("another pupil")))) == "in"


def test_a_made_up_mark_is_only_another_stranger(gate: Gate, course: str, pupil: Person) -> None:
    gate.credentials.new_pin(pupil.account)
    guesses = [answer(gate.pin(course, pupil.account, ["crab", "boat", "sun", str(n)], Origin("", f"mark{n}"))) for n in range(8)]
    assert guesses == ["refused"] * 5 + ["wait"] * 3


def test_a_badge_works_while_the_pin_is_locked(gate: Gate, course: str, pupil: Person) -> None:
    gate.credentials.new_pin(pupil.account)
    for _ in range(6):
        answer(gate.pin(course, pupil.account, WRONG, SCHOOL))
    assert asyncio.run(gate.badge(gate.credentials.issue_badge(pupil.account))).account == pupil.account


def test_a_right_pin_opens_nothing_in_another_class_nor_after_leaving(gate: Gate, course: str, pupil: Person) -> None:
    pin = gate.credentials.new_pin(pupil.account)
    other = gate.roster.classes()[1].course
    assert answer(gate.pin(other, pupil.account, pin, SCHOOL)) == "refused"
    assert answer(gate.pin(course, pupil.account, pin, SCHOOL)) == "in"
    with gate.roster.write() as db:
        db.execute("update people set active = 0 where account = ?", [pupil.account])
    assert answer(gate.pin(course, pupil.account, pin, SCHOOL)) == "refused"
    assert answer(gate.badge(gate.credentials.issue_badge(pupil.account))) == "refused"


def test_a_teacher_cannot_use_a_badge_nor_a_pupil_a_password(gate: Gate, pupil: Person, teacher: Person) -> None:
    gate.credentials.set_password(pupil.account, PASSWORD)
    assert answer(gate.badge(gate.credentials.issue_badge(teacher.account))) == "refused"
    assert answer(gate.password(pupil.account, PASSWORD, SCHOOL)) == "refused"
    assert answer(gate.password(teacher.account, PASSWORD, SCHOOL)) == "in"


def test_who_knows_the_password_cannot_guess_the_code_without_end(gate: Gate, teacher: Person) -> None:
    gate.credentials.totp_secret(teacher.account)
    said = []
    for _ in range(10):
        said += [answer(gate.password(teacher.account, PASSWORD, SCHOOL)), answer(gate.totp(teacher.account, "x", SCHOOL))]
    assert said.count("refused") == 5
    assert said[-2:] == ["wait", "wait"]


def test_teachers_see_their_own_classs_cards_operators_all_pupils_none(gate: Gate, course: str, pupil: Person, teacher: Person) -> None:
    operator = gate.roster.add_staff("運用", "花子", "operator")
    taught = {each.course for each in gate.roster.classes_of(teacher.account)}
    other = next(each.course for each in gate.roster.classes() if each.course not in taught)
    assert [gate.leads(teacher.account, each) for each in (course, other)] == [True, False]
    assert [gate.leads(operator.account, each) for each in (course, other)] == [True, True]
    assert not gate.leads(pupil.account, course)
    assert not gate.leads("u999999999", course)
    gate.roster.set_staff_active(operator.account, False)
    assert not gate.leads(operator.account, course)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_one_household_is_one_origin(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1びょう"), (30, "30びょう"), (90, "90びょう"), (91, "2ふん"), (3600, "60ふん")])
def test_a_wait_is_never_said_to_be_shorter_than_it_is(seconds: float, words: str) -> None:
    assert how_long(seconds) == words


# ---------------------------------------------------------------------- JupyterHub's configuration
def test_only_a_proof_made_by_our_pages_signs_in(gate: Gate, settings: Settings, pupil: Person) -> None:
    authenticator = KanikkoAuthenticator(settings=settings)
    for data in ({"username": pupil.account}, {"username": pupil.account, "proof": {"account": pupil.account}}, pupil.account, None):
        assert asyncio.run(authenticator.authenticate(None, data)) is None


def test_roles_set_before_stay_and_nobody_is_admin(settings: Settings) -> None:
    c = Config()
    c.JupyterHub.load_roles = [{"name": "exchange", "scopes": ["read:users:name"]}]
    c.JupyterHub.template_paths = ["/elsewhere"]
    configure(c, settings)
    assert [role["name"] for role in c.JupyterHub.load_roles] == ["exchange", "operators", "user"]
    assert c.JupyterHub.template_paths[0] == "/elsewhere"
    assert c.Authenticator.admin_users == set()
    assert not [scope for scope in OPERATORS["scopes"] if scope.startswith(("admin:", "access:", "tokens", "shares"))]


def test_cookies_are_kept_from_scripts_from_other_sites_and_from_plain_http(settings: Settings) -> None:
    c = Config()
    configure(c, Settings(var=settings.var, https=True, domain="kanikko.example", port=443))
    assert c.JupyterHub.tornado_settings["cookie_options"] == {"samesite": "Lax", "secure": True, "expires_days": None}
    assert c.JupyterHub.cookie_host_prefix_enabled is True
