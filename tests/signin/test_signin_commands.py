"""``kanikko staff`` and ``kanikko badges``."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result
from signin_house import small_city

import hub.signin.cli as cli
from hub.roster import Roster
from hub.signin.credentials import Credentials
from hub.signin.invitations import Invitations
from kanikko.errors import KanikkoError
from kanikko.settings import Settings

PASSWORD = "correct horse battery"


@pytest.fixture
def run(settings: Settings, monkeypatch):
    small_city(settings)
    monkeypatch.setattr(cli, "get_settings", lambda: settings)

    def call(*words: str, answers: str = "") -> Result:
        command = {"staff": cli.staff, "badges": cli.badges}[words[0]]
        return CliRunner().invoke(command, words[1:], input=answers)

    return call


@pytest.fixture
def teacher(run, settings: Settings) -> str:
    return Roster(settings.roster_db).people("teacher")[0].account


def test_adding_a_teacher_prints_account_and_invitation(run, settings: Settings) -> None:
    account, link = run("staff", "add", "見本", "花子", "--role", "teacher", "--email", "hanako@example.jp").output.split()
    assert link.startswith(f"{settings.public_url}/hub/invitation#")
    code = link.partition("#")[2]
    assert Invitations(Credentials(settings)).find(code).account == account


def test_a_password_typed_twice_is_set(run, settings: Settings, teacher: str) -> None:
    result = run("staff", "password", teacher, answers=f"{PASSWORD}\n{PASSWORD}\n")
    assert PASSWORD not in result.output
    assert Credentials(settings).check_password(teacher, PASSWORD)


def test_totp_prints_an_address_for_the_app_and_ends_the_old_secret(run, settings: Settings, teacher: str) -> None:
    credentials = Credentials(settings)
    before = credentials.totp_secret(teacher)
    uri = run("staff", "totp", teacher).output.strip()
    assert pyotp.parse_uri(uri).secret == credentials.totp_secret(teacher) != before


def test_codes_are_printed_in_the_demo_city_only(run, settings: Settings, teacher: str) -> None:
    assert isinstance(run("staff", "code", teacher).exception, KanikkoError)
    (settings.var / "demo").mkdir()
    (settings.var / "demo" / "sheet.json").write_text("{}")
    assert Credentials(settings).check_totp(teacher, run("staff", "code", teacher).output.strip())


def test_an_operator_unlocks_a_pupil(run, settings: Settings) -> None:
    credentials = Credentials(settings)
    pupil = Roster(settings.roster_db).people("student")[0].account
    from hub.signin.limits import GUESSES, Attempt

    for _ in range(5):
        credentials.limits.admit(Attempt("address:x", GUESSES, pupil))
    assert credentials.limits.wait_of(pupil) > 0
    assert run("staff", "unlock", pupil).exit_code == 0
    assert credentials.limits.wait_of(pupil) == 0


def test_the_list_says_what_is_missing(run, settings: Settings, teacher: str) -> None:
    line = next(each for each in run("staff", "list").output.splitlines() if each.startswith(teacher))
    assert line.endswith("no password and no totp")


@pytest.mark.parametrize("words", [("invite", "u999999999"), ("password", "u999999999"), ("unlock", "u999999999")])
def test_an_unknown_account_is_told_with_a_remedy(run, words: tuple[str, ...]) -> None:
    error = run("staff", *words).exception
    assert isinstance(error, KanikkoError)
    assert "kanikko staff list" in error.remedy


def test_badges_writes_a_private_sheet_that_needs_no_hub(run, settings: Settings, tmp_path: Path) -> None:
    course = Roster(settings.roster_db).classes()[0].course
    out = tmp_path / "cards.html"
    assert run("badges", course, "--out", str(out)).exit_code == 0
    sheet = out.read_text()
    assert out.stat().st_mode & 0o777 == 0o600
    assert sheet.count('class="kk-idcard"') == 40
    assert sheet.count('class="kk-a4"') == 4
    assert "@page" in sheet
    assert not re.search(r'(src|href)="', sheet)


def test_badges_for_one_pupil_leaves_the_others_theirs(run, settings: Settings, tmp_path: Path) -> None:
    roster, credentials = Roster(settings.roster_db), Credentials(settings)
    course = roster.classes()[0].course
    one, other = (pupil.account for pupil in roster.pupils(course)[:2])
    old, kept = credentials.issue_badge(one), credentials.issue_badge(other)
    run("badges", course, "--out", str(tmp_path / "card.html"), "--pupil", one)
    assert credentials.check_badge(old) is None
    assert credentials.check_badge(kept) == other


def test_a_sheet_that_cannot_be_written_costs_nobody_a_badge(run, settings: Settings, tmp_path: Path) -> None:
    roster, credentials = Roster(settings.roster_db), Credentials(settings)
    course = roster.classes()[0].course
    pupil = roster.pupils(course)[0].account
    badge = credentials.issue_badge(pupil)
    assert run("badges", course, "--out", str(tmp_path / "no" / "such" / "folder.html")).exception
    assert credentials.check_badge(badge) == pupil


def test_pins_may_be_printed_too(run, settings: Settings, tmp_path: Path) -> None:
    course = Roster(settings.roster_db).classes()[0].course
    out = tmp_path / "pins.html"
    run("badges", course, "--pins", "--out", str(out))
    shown = re.findall(r'data-picture="(\w+)"', out.read_text())
    pupils = Roster(settings.roster_db).pupils(course)
    assert Credentials(settings).check_pin(pupils[0].account, shown[:4])
    assert len(shown) == 4 * 40
