"""Accounts: inviting, roles, closing, and the director who must stay."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from kanikko.settings import Settings, get_settings
from tests.web.conftest import As
from tests.web.make import make_staff
from tests.web.staff.people import accept, give_password, member
from web.data import every, one, value
from web.staff.accounts import AccountError, change_role, deactivate, reset_totp
from web.staff.cli import staff as commands


def test_a_director_invites_by_mail_and_the_link_opens_the_account(site: Flask, db: Database, as_role: As) -> None:
    director = as_role("director")
    answer = director.post("/staff/accounts", data={"login": "Mika@City.example.jp", "name": "見本 美香", "role": "clerk"})
    assert answer.status_code == 303
    mail = one(db, "select * from mails")
    assert mail and mail["recipient"] == "mika@city.example.jp" and mail["state"] == "queued"
    path = re.findall(r"http://[^/]+(/staff/invitation/\S+)", mail["body"])[0]
    row = one(db, "select * from staff where login = 'mika@city.example.jp'")
    assert row and path.rpartition("/")[2] not in str(row), "only a hash of the link is kept"
    who = accept(site.test_client(), path, row["id"], "mika@city.example.jp")
    assert not every(db, "select 1 from mails where body like '%invitation%'"), "the outbox opens nothing any more"
    assert give_password(site.test_client(), who.login).status_code == 303


def test_a_login_is_given_once(site: Flask, db: Database, as_role: As) -> None:
    director = as_role("director")
    for status in (303, 422):
        answer = director.post("/staff/accounts", data={"login": "a@city.example.jp", "name": "甲", "role": "duty"})
        assert answer.status_code == status
    assert "もうあります" in answer.text and 'value="甲"' in answer.text, "what was typed is still there"


@pytest.mark.parametrize("fields", [{"login": "x"}, {"role": "king"}, {"name": ""}, {"name": "x" * 200}])
def test_a_wrong_invitation_writes_nothing(site: Flask, db: Database, as_role: As, fields: dict[str, str]) -> None:
    director = as_role("director")
    right = {"login": "a@city.example.jp", "name": "甲", "role": "duty"}
    assert director.post("/staff/accounts", data=right | fields).status_code == 422
    assert value(db, "select count(*) from staff") == 1 and value(db, "select count(*) from mails") == 0


def test_the_last_director_who_can_sign_in_stays(site: Flask, db: Database, client: FlaskClient) -> None:
    only = member(db, site)
    make_staff(db, role="director")  # invited, never came
    settings: Settings = site.config["SITE"].settings
    for change in (
        lambda: deactivate(db, only.id, "system"),
        lambda: change_role(db, only.id, "clerk", "system"),
        lambda: reset_totp(db, settings, only.id, "system"),
    ):
        with pytest.raises(AccountError, match="ほかにいません"):
            change()
    assert give_password(client, only.login).status_code == 303
    second = member(db, site, login="b@city.example.jp")
    deactivate(db, only.id, second.id)
    with pytest.raises(AccountError):
        change_role(db, second.id, "reader", "system")


def test_the_page_says_why_the_last_director_stays(site: Flask, db: Database) -> None:
    only = member(db, site)
    client = site.test_client()
    give_password(client, only.login)
    client.post("/staff/sign-in/code", data={"code": only.codes[0]})
    client.post(f"/staff/accounts/{only.id}/close")
    assert "ほかにいません" in client.get(f"/staff/accounts/{only.id}").text
    assert value(db, "select active from staff where id = ?", (only.id,)) == 1


def test_who_is_closed_is_out_at_once(site: Flask, db: Database, as_role: As) -> None:
    director, clerk = as_role("director"), as_role("clerk")
    assert clerk.get("/staff/").status_code == 200
    staff = value(db, "select id from staff where role = 'clerk'")
    assert director.post(f"/staff/accounts/{staff}/close").status_code == 303
    assert clerk.get("/staff/").status_code == 302


def test_a_new_role_counts_at_the_next_page(site: Flask, db: Database, as_role: As) -> None:
    director, clerk = as_role("director"), as_role("clerk")
    staff = value(db, "select id from staff where role = 'clerk'")
    assert clerk.get("/staff/log").status_code == 403
    director.post(f"/staff/accounts/{staff}/role", data={"role": "director"})
    assert clerk.get("/staff/log").status_code == 200


def test_a_lost_phone_is_replaced_by_a_new_invitation(site: Flask, db: Database, as_role: As) -> None:
    director = as_role("director")
    who = member(db, site, "clerk", "c@city.example.jp")
    assert director.post(f"/staff/accounts/{who.id}/invite").status_code == 303
    assert give_password(site.test_client(), who.login).status_code == 422, "the old password is gone"
    path = re.findall(r"/staff/invitation/\S+", value(db, "select body from mails order by rowid desc"))[0]
    again = accept(site.test_client(), path, who.id, who.login)
    assert again.secret != who.secret
    assert give_password(site.test_client(), who.login).status_code == 303


def test_a_new_invitation_replaces_the_one_before(site: Flask, db: Database, as_role: As, client: FlaskClient) -> None:
    director = as_role("director")
    director.post("/staff/accounts", data={"login": "a@city.example.jp", "name": "甲", "role": "duty"})
    staff = value(db, "select id from staff where login = 'a@city.example.jp'")
    first = re.findall(r"/staff/invitation/\S+", value(db, "select body from mails"))[0]
    director.post(f"/staff/accounts/{staff}/invite")
    second = re.findall(r"/staff/invitation/\S+", value(db, "select body from mails where body <> ''"))[0]
    assert client.get(first).status_code == 404 and client.get(second).status_code == 200
    assert value(db, "select count(*) from mails") == 1, "the first mail was still waiting and is not sent"


def test_a_closed_account_opens_again_with_an_invitation(site: Flask, db: Database, as_role: As) -> None:
    director = as_role("director")
    who = member(db, site, "clerk", "c@city.example.jp")
    director.post(f"/staff/accounts/{who.id}/close")
    assert give_password(site.test_client(), who.login).status_code == 422
    director.post(f"/staff/accounts/{who.id}/invite")
    path = re.findall(r"/staff/invitation/\S+", value(db, "select body from mails order by rowid desc"))[0]
    assert accept(site.test_client(), path, who.id, who.login)


def test_every_change_of_an_account_is_in_the_log_without_names(site: Flask, db: Database, as_role: As) -> None:
    director = as_role("director")
    director.post("/staff/accounts", data={"login": "a@city.example.jp", "name": "名前花子", "role": "duty"})
    staff = value(db, "select id from staff where login = 'a@city.example.jp'")
    director.post(f"/staff/accounts/{staff}/role", data={"role": "reader"})
    director.post(f"/staff/accounts/{staff}/close")
    lines = every(db, "select * from audit where subject = ? order by id", (staff,))
    assert [line["action"] for line in lines] == ["staff.invite", "staff.change_role", "staff.deactivate"]
    assert "名前花子" not in str(lines) and "a@city" not in str(lines)
    assert all(line["actor"] == value(db, "select id from staff where role = 'director'") for line in lines)


def test_the_first_director_comes_by_the_command(site: Flask, db: Database, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANIKKO_VAR", str(site.config["SITE"].settings.var))
    get_settings.cache_clear()
    try:
        run = CliRunner()
        made = run.invoke(commands, ["invite", "first@city.example.jp", "見本 一", "director"])
        assert made.exit_code == 0, made.output
        path = "/staff/invitation/" + made.output.strip().rpartition("/")[2]
        staff = value(db, "select id from staff")
        accept(client, path, staff, "first@city.example.jp")
        assert "first@city.example.jp\tdirector（責任者）\tactive\t見本 一" in run.invoke(commands, ["list"]).output
        assert isinstance(run.invoke(commands, ["deactivate", "first@city.example.jp"]).exception, AccountError)
        assert isinstance(run.invoke(commands, ["reset-totp", "nobody"]).exception, AccountError)
        assert run.invoke(commands, ["invite", "x", "y", "king"]).exit_code == 2
        run.invoke(commands, ["invite", "b@city.example.jp", "見本 二", "clerk"])
        assert "/staff/invitation/" in run.invoke(commands, ["reset-totp", "b@city.example.jp"]).output
        assert run.invoke(commands, ["deactivate", "b@city.example.jp"]).exit_code == 0
    finally:
        get_settings.cache_clear()
