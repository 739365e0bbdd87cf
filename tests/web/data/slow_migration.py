"""A newer site whose migration takes long: it says when it is in the middle, and waits there to be killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sqlite_utils import Database

from web.data import migrate, open_database
from web.data.migrations import migrations


@migrations(name="0900_quick")
def quick(db: Database, /) -> None:
    db.execute("alter table places add column colour text not null default 'red'")


@migrations(name="0901_slow")
def slow(db: Database, /) -> None:
    db.execute("alter table families rename to households")
    db.execute("delete from facts")
    db.execute("update places set name = 'half'")
    if sys.argv[2] == "raise":
        raise RuntimeError("in the middle")
    if sys.argv[2] == "wait":
        print("half", flush=True)
        time.sleep(60)


migrate(open_database(Path(sys.argv[1])))
