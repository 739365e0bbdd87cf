"""The job that sends what is queued: one connection for all that is due, each mail claimed before it is handed over.

A claim is a lease: after a crash in the middle the mail is tried again when the lease is over. Should the server have taken it
already, it comes twice with the same Message-ID.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTP

from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import now, stamp
from web.data import Row, one, value, writing
from web.mail.bounces import record
from web.mail.message import message, on_the_wire
from web.mail.transport import NoServer, Verdict, connection, send

LEASE = timedelta(minutes=5)
BATCH = 200
"""Most mails over one connection."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 360, 480, 720, 720, 720, 720))
"""How long after each failed try the next one comes: three days in all. Then the mail has failed, and staff sees it."""
_DUE = "state in ('queued', 'sending') and next_try_at <= ?"

log = logging.getLogger("kanikko.site")


def deliver(db: Database, settings: Settings, moment: datetime) -> None:
    """Send what is due. Without a mail server everything stays in the outbox."""
    if not settings.smtp_host or not value(db, f"select 1 from mails where {_DUE} limit 1", (stamp(moment),)):  # noqa: S608
        return
    try:
        with connection(settings) as server:
            for number in range(BATCH):
                mail = _claim(db, moment)
                if mail is None:
                    return
                verdict = _try(server, mail, settings, moment)
                _note(db, mail, verdict, moment)
                if number == 0 and not verdict.lost:
                    _server_is_back(db, moment)
                if verdict.lost:
                    return
    except NoServer as error:
        log.warning("mail: %s", error.message)
        _put_off(db, error.message, moment)


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after that many tries, None when it was the last."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None


def _claim(db: Database, moment: datetime) -> Row | None:
    """Take the mail that waits longest. What a crash left with its lease over counts as waiting."""
    with writing(db):
        mail = one(db, f"select * from mails where {_DUE} order by next_try_at, rowid limit 1", (stamp(moment),))  # noqa: S608
        if mail is None:
            return None
        db.execute(
            "update mails set state = 'sending', tries = tries + 1, next_try_at = ? where id = ?",
            (stamp(max(moment, now()) + LEASE), mail["id"]),
        )
    return {**mail, "tries": mail["tries"] + 1}


def _try(server: SMTP, mail: Row, settings: Settings, moment: datetime) -> Verdict:
    try:
        made, recipient = message(mail, settings, moment), on_the_wire(mail["recipient"])
    except (ValueError, KeyError, TypeError, LookupError) as error:
        log.warning("mail %s cannot be written: %s", mail["id"], type(error).__name__)
        return Verdict("refused", f"cannot be written as a message: {type(error).__name__}")
    return send(server, made, settings.mail_from, recipient)


def _note(db: Database, mail: Row, verdict: Verdict, moment: datetime) -> None:
    state, next_try = {"sent": "sent", "refused": "failed", "bounced": "bounced"}.get(verdict.result, "queued"), moment
    if state == "queued":
        wait = wait_after(mail["tries"])
        state, next_try = ("queued", moment + wait) if wait else ("failed", moment)
    with writing(db):
        db.execute(
            "update mails set state = ?, next_try_at = ?, last_error = ?, sent_at = ? where id = ?",
            (state, stamp(next_try), verdict.reason, stamp(moment) if state == "sent" else None, mail["id"]),
        )
        if state == "bounced":
            record(db, mail["recipient"], verdict.reason, permanent=True)
    if state != "sent":
        log.warning("mail %s: %s, now %s after %d tries", mail["id"], verdict.result, state, mail["tries"])  # no reason: it names people


def _put_off(db: Database, reason: str, moment: datetime) -> None:
    """The server is not there: that counts as a try for all that is due."""
    with writing(db):
        for mail in list(db.query(f"select id, tries from mails where {_DUE}", (stamp(moment),))):  # noqa: S608
            wait = wait_after(mail["tries"] + 1)
            db.execute(
                "update mails set state = ?, tries = tries + 1, next_try_at = ?, last_error = ? where id = ?",
                ("queued" if wait else "failed", stamp(moment + (wait or timedelta())), reason, mail["id"]),
            )


def _server_is_back(db: Database, moment: datetime) -> None:
    """What waited for nothing but the server waits no longer."""
    with writing(db):
        db.execute(
            "update mails set next_try_at = ? where state = 'queued' and next_try_at > ? and last_error like 'connection:%'",
            (stamp(moment), stamp(moment)),
        )
