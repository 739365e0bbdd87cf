"""Sign-in through a real OpenID Connect provider on this machine, over HTTP."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread
from signin_house import House, Tablet, free_port, running_house, small_city
from traitlets.config import Config

from hub.roster import Roster
from hub.signin.configure import configure
from kanikko.errors import SettingsError
from kanikko.settings import Settings


@contextmanager
def provider(people: list[User]) -> Iterator[str]:
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


def claims(email: str, verified: bool | None = True) -> User:
    values: dict[str, object] = {"email": email}
    if verified is not None:
        values["email_verified"] = verified
    return User(sub=email.partition("@")[0], claims=values)


@pytest.fixture(scope="module")
def oidc_house() -> Iterator[House]:
    folder = Path("/tmp") / f"kk{os.urandom(5).hex()}"
    settings = small_city(Settings(var=folder, port=free_port()))
    roster = Roster(settings.roster_db)
    roster.add_staff("認証", "一子", "teacher", "ichiko@kanikko.example")
    roster.add_staff("認証", "二郎", "operator", "jiro@kanikko.example")
    left = roster.add_staff("転出", "三郎", "teacher", "saburo@kanikko.example")
    roster.set_staff_active(left.account, False)
    people = [
        claims("Ichiko@Kanikko.example"),
        claims("jiro@kanikko.example"),
        claims("saburo@kanikko.example"),
        claims("stranger@kanikko.example"),
        User(sub="thief", claims={"email": "jiro@kanikko.example", "email_verified": False}),
        User(sub="silent", claims={"email": "jiro@kanikko.example"}),
        User(sub="nobody", claims={}),
    ]
    with provider(people) as issuer:
        environment = {
            "KANIKKO_SIGNIN": "oidc",
            "KANIKKO_OIDC_ISSUER": issuer,
            "KANIKKO_OIDC_CLIENT_ID": "kanikko",
            "KANIKKO_OIDC_CLIENT_SECRET": "a secret",
        }
        with running_house(settings, environment) as running:
            yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def browser(oidc_house: House) -> Iterator[Tablet]:
    own = Tablet(oidc_house)
    yield own
    own.client.close()


def sign_in(browser: Tablet, sub: str, path: str = "/hub/login") -> httpx.Response:
    """Press our button, and be ``sub`` at the provider."""
    browser.open(path)
    browser.page = browser.client.get("/hub/oauth_login")
    assert browser.page.url.host == "localhost", browser.page.text
    browser.page = browser.client.post(str(browser.page.url), data={"sub": sub})
    return browser.page


def account_of(house: House, email: str) -> str:
    person = house.roster.person_by_email(email)
    assert person
    return person.account


def test_a_teacher_comes_in_by_the_schools_account(oidc_house: House, browser: Tablet) -> None:
    sign_in(browser, "Ichiko")
    assert browser.at == "/hub/home"
    assert browser.account == account_of(oidc_house, "ichiko@kanikko.example")


def test_an_operator_is_in_the_operators_group_and_no_admin(oidc_house: House, browser: Tablet) -> None:
    sign_in(browser, "jiro")
    xsrf = browser.client.cookies.get("_xsrf", path="/hub/")
    user = browser.client.get("/hub/api/user", headers={"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors"}).json()
    assert user["groups"] == ["operators"]
    assert user["admin"] is False
    assert "admin-ui" in user["scopes"]
    assert not [scope for scope in user["scopes"] if scope.startswith(("admin:", "access:servers", "tokens")) and "!" not in scope]


@pytest.mark.parametrize("sub", ["stranger", "saburo", "thief", "silent", "nobody"])
def test_nobody_outside_the_roster_or_with_an_unverified_address_gets_in(oidc_house: House, browser: Tablet, sub: str) -> None:
    answer = sign_in(browser, sub)
    assert answer.status_code == 403
    assert "名簿にありません" in answer.text
    assert browser.account is None


def test_who_is_taken_off_the_roster_is_signed_out(oidc_house: House, browser: Tablet) -> None:
    sign_in(browser, "Ichiko")
    account = account_of(oidc_house, "ichiko@kanikko.example")
    oidc_house.roster.set_staff_active(account, False)
    try:
        assert _eventually_out(browser)
    finally:
        oidc_house.roster.set_staff_active(account, True)


def _eventually_out(browser: Tablet) -> bool:
    deadline = time.monotonic() + 75
    while time.monotonic() < deadline:
        if browser.account is None:
            return True
        time.sleep(0.5)
    return False


def test_the_provider_is_asked_with_pkce_and_state(oidc_house: House, browser: Tablet) -> None:
    answer = browser.client.get("/hub/oauth_login", follow_redirects=False)
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"]
    assert asked["redirect_uri"] == [f"{oidc_house.url}/hub/oauth_callback"]


def test_an_answer_of_the_provider_that_was_not_asked_for_is_refused(oidc_house: House, browser: Tablet) -> None:
    assert browser.open("/hub/oauth_callback?code=abc&state=eyJzdGF0ZV9pZCI6ICJ4In0=").status_code == 400
    assert browser.account is None


def test_the_own_sign_in_is_closed(oidc_house: House, browser: Tablet) -> None:
    for path in ("login/class", "login/staff", "badge", "invitation"):
        assert browser.open(f"/hub/{path}").status_code == 404
    assert "アカウントで" in browser.open("/hub/login").text


@pytest.mark.parametrize(
    ("issuer", "client", "says"),
    [
        ("", "kanikko", "issuer and a client id"),
        ("https://accounts.google.com", "", "issuer and a client id"),
        ("http://accounts.example", "kanikko", "https"),
        ("https://login.microsoftonline.com/common/v2.0", "kanikko", "every organisation"),
        ("https://login.microsoftonline.com/organizations/v2.0", "kanikko", "every organisation"),
    ],
)
def test_settings_that_would_let_strangers_in_are_refused(var: Path, issuer: str, client: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        configure(Config(), Settings(var=var, signin="oidc", oidc_issuer=issuer, oidc_client_id=client))
