"""Mail reaches a real SMTP server, whatever goes wrong on the way."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from pydantic import SecretStr
from sqlite_utils import Database

from kanikko.settings import PROJECT, Settings
from tests.web.mail.smtp_house import House
from web.clock import now, stamp
from web.clockwork import Clockwork, run_due
from web.data import every, one, value
from web.ids import new_id
from web.mail.delivery import LEASE, WAITS, deliver
from web.mail.outbox import Attachment, _packed


@pytest.fixture
def smtp(site_settings: Settings) -> Iterator[House]:
    with_house = House()
    with_house.start()
    point_at(site_settings, with_house)
    yield with_house
    with_house.stop()


def point_at(settings: Settings, house: House, security: str = "none") -> None:
    settings.smtp_host, settings.smtp_port, settings.smtp_security = "localhost", house.port, security  # type: ignore[assignment]
    settings.mail_from, settings.site_contact = "site@city.example.jp", "金沢市 manabi@city.example.jp / 076-220-0000"


def queue(db: Database, to: str = "hanako@example.jp", **more: Any) -> str:
    mail = {
        "id": new_id("mail"), "recipient": to, "language": "ja", "template": "apply/received", "subject": "受け付けました「かに」",
        "body": "加賀 花子 様\n\n.行頭の点\n" + "長" * 2000 + "\n", "next_try_at": stamp(), "queued_at": stamp(), **more,
    }  # fmt: skip
    db.table("mails").insert({"key": mail["id"], **mail})
    return str(mail["id"])


def row(db: Database, mail: str) -> dict[str, Any]:
    found = one(db, "select * from mails where id = ?", (mail,))
    assert found is not None
    return found


def test_a_mail_arrives_as_it_was_written(db: Database, site_settings: Settings, smtp: House) -> None:
    files = [
        Attachment("予定.ics", "text/calendar", "BEGIN:VCALENDAR\r\nSUMMARY:かに\r\nEND:VCALENDAR\r\n".encode()),
        Attachment("qr-1.png", "image/png", b"\x89PNG\r\n\x1a\n\x00"),
    ]
    mail = queue(db, attachments_json=__import__("json").dumps([_packed(file) for file in files]))
    deliver(db, site_settings, now())
    assert row(db, mail)["state"] == "sent" and row(db, mail)["sent_at"]
    (got,) = smtp.kept.inbox
    assert smtp.kept.senders == ["site@city.example.jp"]
    assert got["Subject"] == "受け付けました「かに」" and got["To"] == "hanako@example.jp"
    assert got["From"].addresses[0].display_name == site_settings.site_name and got["Reply-To"] == "manabi@city.example.jp"
    assert got["Message-ID"] == f"<{mail}.0@city.example.jp>" and got["Auto-Submitted"] == "auto-generated"
    assert abs(got["Date"].datetime - now()) < timedelta(minutes=1)
    body, calendar, picture = got.walk().__next__().iter_parts()
    assert body.get_content().replace("\r\n", "\n") == row(db, mail)["body"]
    assert calendar.get_content_type() == "text/calendar" and calendar.get_filename() == "予定.ics" and "かに" in calendar.get_content()
    assert picture.get_content() == b"\x89PNG\r\n\x1a\n\x00"


def test_one_connection_serves_all_that_is_due_and_nothing_goes_twice(db: Database, site_settings: Settings, smtp: House) -> None:
    mails = [queue(db, f"f{number}@example.jp") for number in range(5)]
    queue(db, "later@example.jp", next_try_at=stamp(now() + timedelta(hours=1)))
    deliver(db, site_settings, now())
    deliver(db, site_settings, now())
    assert [got["To"] for got in smtp.kept.inbox] == [f"f{number}@example.jp" for number in range(5)] and smtp.kept.connections == 1
    assert {row(db, mail)["state"] for mail in mails} == {"sent"}


def test_without_a_mail_server_mail_stays_in_the_outbox(db: Database, site_settings: Settings) -> None:
    mail = queue(db)
    deliver(db, site_settings, now())
    assert row(db, mail)["state"] == "queued" and row(db, mail)["tries"] == 0


def test_an_unknown_recipient_is_shown_to_staff_and_the_others_get_theirs(db: Database, site_settings: Settings, smtp: House) -> None:
    smtp.kept.answers["gone@example.jp"] = "550 5.1.1 <gone@example.jp> no such user"
    gone, fine = queue(db, "gone@example.jp"), queue(db, "fine@example.jp")
    deliver(db, site_settings, now())
    assert row(db, gone)["state"] == "bounced" and "no such user" in row(db, gone)["last_error"]
    assert row(db, fine)["state"] == "sent"
    (bounce,) = every(db, "select * from bounces")
    assert (bounce["address"], bounce["permanent"], bounce["seen_at"]) == ("gone@example.jp", 1, None)


def test_a_busy_server_is_asked_again_with_growing_waits_for_three_days(db: Database, site_settings: Settings, smtp: House) -> None:
    smtp.kept.answers["slow@example.jp"] = "451 4.3.0 try later"
    mail, moment, waits = queue(db, "slow@example.jp"), now(), []
    while row(db, mail)["state"] == "queued":
        deliver(db, site_settings, moment)
        due = datetime.fromisoformat(row(db, mail)["next_try_at"])
        waits.append(due - moment)
        moment = due
    assert row(db, mail)["state"] == "failed" and row(db, mail)["tries"] == len(WAITS) + 1
    assert waits[:-1] == sorted(waits[:-1]) and timedelta(days=2.5) < sum(waits, timedelta()) < timedelta(days=3.5)
    assert every(db, "select * from bounces") == [] and "451" in row(db, mail)["last_error"]


def test_a_message_that_is_refused_has_failed_but_its_address_is_not_blamed(db: Database, site_settings: Settings, smtp: House) -> None:
    smtp.kept.after_data = lambda envelope: "554 5.7.1 looks like advertising"
    spam = queue(db)
    deliver(db, site_settings, now())
    assert row(db, spam)["state"] == "failed" and every(db, "select * from bounces") == []
    smtp.kept.after_data = lambda envelope: "550 5.2.1 mailbox disabled"
    closed = queue(db)
    deliver(db, site_settings, now())
    assert row(db, closed)["state"] == "bounced"


def test_a_sender_that_is_refused_waits_for_better_settings(db: Database, site_settings: Settings, smtp: House) -> None:
    smtp.kept.on_mail = "550 5.7.1 who are you"
    mail = queue(db)
    deliver(db, site_settings, now())
    assert row(db, mail)["state"] == "queued" and "who are you" in row(db, mail)["last_error"]


def test_a_connection_that_drops_in_the_middle_loses_nothing(db: Database, site_settings: Settings, smtp: House) -> None:
    smtp.kept.drop_in_data = 1
    mails = [queue(db, f"f{number}@example.jp") for number in range(3)]
    deliver(db, site_settings, now())
    assert [row(db, mail)["state"] for mail in mails] == ["queued"] * 3 and row(db, mails[0])["tries"] == 1
    deliver(db, site_settings, now())  # the others do not wait for the one that failed
    assert [row(db, mail)["state"] for mail in mails] == ["queued", "sent", "sent"]
    deliver(db, site_settings, now() + WAITS[0] + timedelta(seconds=1))
    assert row(db, mails[0])["state"] == "sent" and len(smtp.kept.inbox) == 3


def test_what_the_server_took_before_it_dropped_comes_again_under_the_same_id(db: Database, site_settings: Settings, smtp: House) -> None:
    smtp.kept.drop_after_data = 1
    queue(db)
    deliver(db, site_settings, now())
    deliver(db, site_settings, now() + WAITS[0] + timedelta(seconds=1))
    assert len(smtp.kept.inbox) == 2 and len({got["Message-ID"] for got in smtp.kept.inbox}) == 1


def test_no_server_counts_as_a_try_and_when_it_is_back_nobody_waits_longer(db: Database, site_settings: Settings, smtp: House) -> None:
    right, site_settings.smtp_port = site_settings.smtp_port, 1
    mails = [queue(db, f"f{number}@example.jp") for number in range(2)]
    for wait in WAITS[:4]:
        deliver(db, site_settings, max(datetime.fromisoformat(row(db, mail)["next_try_at"]) for mail in mails))
    assert all(row(db, mail)["tries"] == 4 and row(db, mail)["last_error"].startswith("connection:") for mail in mails)
    site_settings.smtp_port = right
    new = queue(db, "new@example.jp")
    deliver(db, site_settings, now())
    assert {row(db, mail)["state"] for mail in (*mails, new)} == {"sent"}
    assert wait == WAITS[3]


def test_a_server_without_tls_gets_no_mail_where_tls_is_demanded(db: Database, site_settings: Settings, smtp: House) -> None:
    site_settings.smtp_security = "starttls"
    mail = queue(db)
    deliver(db, site_settings, now())
    assert row(db, mail)["state"] == "queued" and "STARTTLS" in row(db, mail)["last_error"] and smtp.kept.inbox == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=2000))
        .not_valid_after(datetime.now(UTC) + timedelta(days=2000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    place = tmp_path / "cert.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    place.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return place


def test_tls_is_checked_and_the_password_goes_only_where_it_belongs(
    db: Database, site_settings: Settings, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    house = House(tls=context, user="site", password="secret-word")
    house.start()
    try:
        point_at(site_settings, house, "starttls")
        site_settings.smtp_user, site_settings.smtp_password = "site", SecretStr("secret-word")
        mail = queue(db)
        deliver(db, site_settings, now())
        assert "certificate" in row(db, mail)["last_error"].lower()  # nobody we know
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        deliver(db, site_settings, now() + timedelta(hours=1))
        assert row(db, mail)["state"] == "sent"
        site_settings.smtp_password = SecretStr("wrong-word")
        refused = queue(db)
        deliver(db, site_settings, now())
        assert row(db, refused)["state"] == "queued" and "535" in row(db, refused)["last_error"]
        assert "word" not in row(db, refused)["last_error"]
    finally:
        house.stop()


def test_a_mail_that_cannot_be_written_holds_up_no_other(db: Database, site_settings: Settings, smtp: House) -> None:
    broken, fine = queue(db, attachments_json='[{"name": "x"}]'), queue(db)
    deliver(db, site_settings, now())
    assert row(db, broken)["state"] == "failed" and row(db, fine)["state"] == "sent"


def test_an_address_in_a_japanese_domain_is_reached(db: Database, site_settings: Settings, smtp: House) -> None:
    mail = queue(db, "hanako@金沢.example.jp")
    deliver(db, site_settings, now())
    assert row(db, mail)["state"] == "sent" and smtp.kept.inbox[0]["To"].endswith(".example.jp")


def test_mail_goes_out_by_itself_while_the_site_runs(site: Flask, db: Database, smtp: House, until: Callable[..., None]) -> None:
    clockwork = Clockwork(site, soon_seconds=0.05)
    clockwork.start()
    try:
        mail = queue(db)
        until(lambda: row(db, mail)["state"] == "sent")
    finally:
        clockwork.stop()


def test_a_deliverer_killed_in_the_middle_neither_loses_a_mail_nor_keeps_it(
    site: Flask, db: Database, site_settings: Settings, smtp: House, until: Callable[..., None]
) -> None:
    long_ago = "2020-01-01T00:00:00+09:00"  # the other process has a clock of its own
    mails = [queue(db, f"f{number}@example.jp", next_try_at=long_ago) for number in range(6)]
    stuck, go_on = threading.Event(), threading.Event()

    def third_hangs(envelope: Any) -> str:
        if len(smtp.kept.inbox) == 2 and not go_on.is_set():
            stuck.set()
            go_on.wait(30)
        return "250 kept"

    smtp.kept.after_data = third_hangs
    sender = subprocess.Popen(
        [sys.executable, "-c", "from web.app import create_app; from web.clockwork import run_due;"
         " from kanikko.settings import get_settings; run_due(create_app(get_settings()))"],
        cwd=PROJECT,
        env=os.environ | {
            "KANIKKO_VAR": str(site_settings.var), "KANIKKO_SMTP_HOST": "localhost", "KANIKKO_SMTP_PORT": str(smtp.port),
            "KANIKKO_SMTP_SECURITY": "none", "KANIKKO_MAIL_FROM": "site@city.example.jp",
        },
    )  # fmt: skip
    try:
        assert stuck.wait(30)
    finally:
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        go_on.set()
    states = [row(db, mail)["state"] for mail in mails]
    assert states.count("sending") == 1 and states.count("sent") == 2
    until(lambda: len(smtp.kept.inbox) == 3)
    deliver(db, site_settings, now() + timedelta(days=1))
    assert value(db, "select count(*) from mails where state = 'sent'") == 6
    arrived = [got["Message-ID"] for got in smtp.kept.inbox]
    assert set(arrived) == {f"<{mail}.0@city.example.jp>" for mail in mails}
    assert len(arrived) == 7  # the one that was under way came twice, under one id


def test_a_lease_is_kept_while_it_lasts(db: Database, site_settings: Settings, smtp: House) -> None:
    mail = queue(db, state="sending", next_try_at=stamp(now() + LEASE))
    deliver(db, site_settings, now())
    assert row(db, mail)["state"] == "sending"
    deliver(db, site_settings, now() + LEASE + timedelta(seconds=1))
    assert row(db, mail)["state"] == "sent"


def test_nothing_about_a_family_is_logged(site: Flask, db: Database, smtp: House, caplog: pytest.LogCaptureFixture) -> None:
    smtp.kept.answers = {"gone@example.jp": "550 5.1.1 <gone@example.jp> unknown", "slow@example.jp": "451 <slow@example.jp> later"}
    queue(db, "gone@example.jp")
    queue(db, "slow@example.jp")
    run_due(site)
    assert caplog.records and "example.jp" not in caplog.text
