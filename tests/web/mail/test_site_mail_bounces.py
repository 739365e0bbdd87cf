"""Delivery reports: those about our mail are shown to staff, whatever else comes does no harm."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from kanikko.errors import KanikkoError
from kanikko.settings import PROJECT, Settings
from tests.web.mail.test_site_mail_desk import queue
from web.data import every, value
from web.mail.bounces import record_failure
from web.mail.cli import bounce
from web.mail.dsn import failures

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.jp (Mail Delivery System)
To: site@city.example.jp
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.jp.

--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.jp
Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0900

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <{address}>:
    Recipient address rejected

--B
Content-Type: {kind}

{headers}
Subject: =?utf-8?b?5Y+X5LuY?=

--B--
"""


def report(mail: str = "", address: str = "hanako@example.jp", **more: str) -> bytes:
    headers = f"Message-ID: <{mail}.0@city.example.jp>" if mail else "Date: Tue, 24 Nov 2026 09:00:00 +0900"
    values = {"action": "failed", "status": "5.1.1", "kind": "message/rfc822", "headers": headers, "address": address}
    return POSTFIX.format(**(values | more)).encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_returned_mail_is_found_by_its_id(db: Database, kind: str) -> None:
    mail, other = queue(db, "sent"), queue(db, "sent")
    for _ in range(2):  # some servers report twice
        (failure,) = failures(report(mail, kind=kind))
        assert record_failure(db, failure)
    (bounce,) = every(db, "select * from bounces")
    assert bounce["address"] == "hanako@example.jp" and bounce["permanent"] and "Recipient address rejected" in bounce["reason"]
    assert value(db, "select state from mails where id = ?", (mail,)) == "bounced"
    assert value(db, "select state from mails where id = ?", (other,)) == "sent"


def test_a_report_without_the_mails_headers_speaks_of_the_last_one(db: Database) -> None:
    queue(db, "sent")
    (failure,) = failures(report(status="4.4.7"))
    assert record_failure(db, failure) and value(db, "select permanent from bounces") == 0


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", ""])
def test_a_delay_is_no_failure(action: str) -> None:
    assert failures(report("mlabcdefghj", action=action)) == []


def test_a_report_about_nobodys_mail_is_not_believed(db: Database) -> None:
    mail = queue(db, "sent")
    for made_up in (report("mlabcdefghj"), report(mail, address="other@example.jp"), report(address="never@example.jp")):
        for failure in failures(made_up):
            assert not record_failure(db, failure)
    assert every(db, "select * from bounces") == []


def test_the_mail_servers_pipe_records_what_came_back(db: Database, site_settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kanikko", "site", "bounce"], input=report(queue(db, "sent")), cwd=PROJECT, check=False,
        env=os.environ | {"KANIKKO_VAR": str(site_settings.var)},
    )  # fmt: skip
    assert done.returncode == 0 and value(db, "select count(*) from bounces") == 1


def test_the_pipe_gives_letters_back_and_keeps_reports_for_a_site_that_is_away(
    db: Database, site_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.mail.cli.as_service", lambda: site_settings)
    letter = CliRunner().invoke(bounce, input=b"From: hanako@example.jp\n\nThank you!")
    assert isinstance(letter.exception, KanikkoError) and "KANIKKO_SITE_CONTACT" in letter.exception.remedy
    site_settings.var = site_settings.var / "none"
    assert CliRunner().invoke(bounce, input=report("mlabcdefghj")).exit_code == 75


@settings(deadline=None, database=None, max_examples=60)
@given(st.binary(max_size=400), st.integers(0, 900), st.integers(0, 60))
def test_no_report_is_so_odd_that_reading_it_fails(junk: bytes, at: int, cut: int) -> None:
    whole = report("mlabcdefghj")
    failures(junk)
    failures(whole[:at] + junk + whole[at + cut :])
