"""A process that writes linked rows into a site's database until it is killed: an application with its entry, an audit line, a mail."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.web.make import make_application, make_class, make_family, make_participant
from web.clock import stamp
from web.data import open_database, writing
from web.ids import new_id
from web.staff.audit import audit


def main(place: Path) -> None:
    db = open_database(place)
    with writing(db):
        of_class = make_class(db, capacity=100_000)
    print("writing", flush=True)
    while True:
        time.sleep(0.002)
        with writing(db):
            family = make_family(db, email=f"{new_id('family')}@example.jp")
            application, _ = make_application(db, of_class, family, [make_participant(db, family)])
            audit(db, "system", "application.add", "application", application["id"])
            mail = new_id("mail")
            db.table("mails").insert(
                {
                    "id": mail, "key": mail, "recipient": family["email"], "language": "ja", "template": "apply/received", "subject": "x",
                    "body": "x" * 5000, "about": application["id"], "next_try_at": stamp(), "queued_at": stamp(),
                }
            )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
