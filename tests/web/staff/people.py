"""A member of staff who can really sign in: password, authenticator, recovery codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.test import TestResponse

from web.access import Role
from web.clock import now
from web.staff.accounts import add

PASSWORD = "よるの海で光る 9 ひきのイカ"


@dataclass
class Member:
    """Somebody with an authenticator app whose secret we know."""

    id: str
    login: str
    secret: str
    codes: list[str]

    def code(self, later: timedelta = timedelta()) -> str:
        return pyotp.TOTP(self.secret).at(now() + later)


def invited(db: Database, site: Flask, role: Role = "director", login: str = "hana@city.example.jp") -> tuple[str, str]:
    """An account and its invitation's path."""
    staff, token = add(db, site.config["SITE"].settings, login, "見本 花", role, "system")
    return staff, f"/staff/invitation/{token}"


def accept(client: FlaskClient, path: str, staff: str, login: str, *, password: str = PASSWORD) -> Member:
    """Walk through the invitation as its page asks; signed in afterwards."""
    page = client.get(path).text
    secret = "".join(re.findall(r"<code>([A-Z2-7 ]+)</code>", page)).replace(" ", "")
    answer = client.post(path, data={"password": password, "again": password, "code": pyotp.TOTP(secret).at(now())})
    assert answer.status_code == 200, answer.text
    return Member(staff, login, secret, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", answer.text))


def member(db: Database, site: Flask, role: Role = "director", login: str = "hana@city.example.jp") -> Member:
    staff, path = invited(db, site, role, login)
    return accept(site.test_client(), path, staff, login)


def give_password(client: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/staff/sign-in", data={"login": login, "password": password, **more})


def sign_in(client: FlaskClient, who: Member, code: str | None = None, **more: str) -> TestResponse:
    """Both steps; the second one's answer."""
    give_password(client, who.login, **more)
    return client.post("/staff/sign-in/code", data={"code": code or who.code(), **more})
