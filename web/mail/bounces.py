"""Addresses that mail does not reach: kept until a member of staff has seen it."""

from __future__ import annotations

from sqlite_utils import Database

from web.clock import stamp
from web.data import Row, every, one, writing
from web.ids import new_id
from web.mail.dsn import Failure
from web.mail.message import mail_of
from web.mail.words import one_line

LONGEST = 300


def record(db: Database, address: str, reason: str, *, permanent: bool) -> None:
    """Remember that a mail to this address came back."""
    with writing(db):
        db.table("bounces").insert(
            {
                "id": new_id("bounce"),
                "address": address,
                "at": stamp(),
                "permanent": int(permanent),
                "reason": one_line(reason)[:LONGEST],
            }
        )


def record_failure(db: Database, failure: Failure) -> bool:
    """What a delivery report says, if it speaks of a mail of ours; told twice it counts once. False where we never wrote to the address."""
    with writing(db):
        mail = _mail(db, failure)
        if mail is None:
            return False
        if mail["state"] != "bounced":
            record(db, mail["recipient"], failure.reason, permanent=failure.permanent)
            db.execute("update mails set state = 'bounced', last_error = ? where id = ?", (one_line(failure.reason)[:LONGEST], mail["id"]))
    return True


def _mail(db: Database, failure: Failure) -> Row | None:
    """The mail that was returned: by its Message-ID and recipient, or the last one sent to that address when headers were not returned."""
    named = mail_of(failure.message_id)
    if named:
        return one(db, "select * from mails where id = ? and recipient = ?", (named, failure.address))
    if failure.message_id:
        return None
    return one(
        db,
        "select * from mails where recipient = ? and state in ('sent', 'bounced') order by sent_at desc limit 1",
        (failure.address,),
    )


def unseen(db: Database) -> list[Row]:
    """Bounces that nobody has seen yet, newest first."""
    return every(db, "select * from bounces where seen_at is null order by at desc, rowid desc")


def bounced(db: Database, address: str | None) -> Row | None:
    """The newest bounce of an address to which no mail got through since: for the page of whoever has it. None when all is well."""
    return one(
        db,
        "select * from bounces where address = :address and not exists"
        " (select 1 from mails where recipient = :address and state = 'sent' and sent_at > bounces.at) order by at desc limit 1",
        {"address": address or ""},
    )
