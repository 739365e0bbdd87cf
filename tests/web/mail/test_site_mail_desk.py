"""The desk sees what did not get through, and what it does there is written down."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.conftest import As
from web.clock import now, stamp
from web.data import one, value
from web.ids import new_id
from web.mail.bounces import bounced, record
from web.mail.message import message_id


def queue(db: Database, state: str = "failed", **more: Any) -> str:
    mail = {
        "id": new_id("mail"), "recipient": "hanako@example.jp", "language": "ja", "template": "apply/received", "subject": "<b>受付</b>",
        "body": "1行目\n<script>\nhttps://manabi.example.jp/easy/my/WyJm.secret\n", "next_try_at": stamp(), "queued_at": stamp(),
        "state": state, "tries": 3, "last_error": "451 later", "sent_at": stamp() if state == "sent" else None,
    } | more  # fmt: skip
    db.table("mails").insert({"key": mail["id"], **mail})
    return str(mail["id"])


def row(db: Database, mail: str) -> dict[str, Any]:
    found = one(db, "select * from mails where id = ?", (mail,))
    assert found is not None
    return found


def test_the_desk_lists_mail_by_state_with_the_reason(db: Database, as_role: As) -> None:
    queue(db), queue(db, "sent", recipient="taro@example.jp")
    clerk = as_role("clerk")
    page = clerk.get("/staff/mail/?state=failed").text
    assert "hanako@example.jp" in page and "451 later" in page and "taro@example.jp" not in page and "<b>受付" not in page
    assert "taro@example.jp" in clerk.get("/staff/mail/").text
    assert value(db, "select count(*) from audit where action = 'mail.list'") == 2


@pytest.mark.parametrize("query", ["?state=nothing", "?page=-5", "?page=99999999999999999999", "?page=x", "?state=%00&page="])
def test_hostile_addresses_show_the_list(as_role: As, query: str) -> None:
    assert as_role("clerk").get(f"/staff/mail/{query}").status_code == 200


def test_one_mail_is_read_as_text_and_that_is_written_down(db: Database, as_role: As, site_settings: Settings) -> None:
    mail = queue(db)
    clerk = as_role("clerk")
    page = clerk.get(f"/staff/mail/{mail}").text
    assert "1行目<br>" in page and "&lt;script&gt;" in page and "WyJm.secret" in page  # nothing is sent here: staff hands it on
    site_settings.smtp_host = "mail.example.jp"
    page = clerk.get(f"/staff/mail/{mail}").text
    assert "/easy/my/…" in page and "WyJm.secret" not in page
    assert value(db, "select count(*) from audit where action = 'mail.see' and subject = ?", (mail,)) == 2
    assert clerk.get("/staff/mail/mlnothing").status_code == 404


def test_an_invitation_of_staff_is_for_the_director_alone(db: Database, as_role: As) -> None:
    mail = queue(db, about_kind="staff", about="st123456789")
    assert as_role("clerk").get(f"/staff/mail/{mail}").status_code == 403
    assert as_role("clerk").post(f"/staff/mail/{mail}/resend").status_code == 403 and row(db, mail)["state"] == "failed"
    assert as_role("director").get(f"/staff/mail/{mail}").status_code == 200


def test_a_mail_sent_anew_gets_an_id_of_its_own_and_goes_once(db: Database, as_role: As, site_settings: Settings) -> None:
    mail = queue(db, "bounced")
    before = message_id(row(db, mail), site_settings)
    clerk = as_role("clerk")
    for _ in range(2):
        assert clerk.post(f"/staff/mail/{mail}/resend").status_code == 303
    assert (row(db, mail)["state"], row(db, mail)["tries"], row(db, mail)["resent"]) == ("queued", 0, 1)
    assert message_id(row(db, mail), site_settings) != before
    assert value(db, "select count(*) from audit where action = 'mail.resend'") == 1


def test_a_mail_under_way_is_left_alone(db: Database, as_role: As) -> None:
    mail = queue(db, "sending")
    as_role("clerk").post(f"/staff/mail/{mail}/resend")
    assert row(db, mail)["state"] == "sending" and row(db, mail)["resent"] == 0


def test_a_bounce_stays_until_somebody_has_seen_it(db: Database, as_role: As) -> None:
    record(db, "gone@example.jp", "550 5.1.1 no such\r\nuser", permanent=True)
    clerk = as_role("clerk")
    assert "550 5.1.1 no such user" in clerk.get("/staff/mail/").text
    bounce = value(db, "select id from bounces")
    for _ in range(2):
        assert clerk.post(f"/staff/mail/bounces/{bounce}/seen").status_code == 303
    assert "gone@example.jp" not in clerk.get("/staff/mail/").text
    assert value(db, "select count(*) from audit where action = 'bounce.seen'") == 1
    assert clerk.post("/staff/mail/bounces/bnothing/seen").status_code == 404


def test_an_address_bounces_until_a_mail_gets_through(db: Database, site: Flask) -> None:
    assert bounced(db, None) is None and bounced(db, "") is None
    record(db, "hanako@example.jp", "550 gone", permanent=True)
    assert bounced(db, "Hanako@example.jp") and not bounced(db, "taro@example.jp")
    db.execute("update bounces set at = '2026-01-01T00:00:00+09:00'")
    queue(db, "sent", sent_at=stamp(now()))
    assert bounced(db, "hanako@example.jp") is None
