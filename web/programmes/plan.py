"""The plan's programmes as data: ``plan.toml`` is read at every start."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from web.data import every, writing

PLAN = Path(__file__).with_name("plan.toml")


@lru_cache(maxsize=1)
def plan() -> tuple[dict[str, Any], ...]:
    """The programmes of the file, in order, each as a row of ``programmes``."""
    listed = tomllib.loads(PLAN.read_text(encoding="utf-8"))["programme"]
    return tuple({**programme, "position": number} for number, programme in enumerate(listed, start=1))


def ensure_programmes(db: Database) -> None:
    """The database has every programme of the plan in the file's words; what the site set itself (``last_year``) stays. Safe to repeat."""
    there = {row["id"]: row for row in every(db, "select * from programmes")}
    changed = [row for row in plan() if any(there.get(row["id"], {}).get(name) != value for name, value in row.items())]
    if not changed:
        return
    with writing(db):
        for row in changed:
            db.table("programmes").upsert(row, pk="id")
