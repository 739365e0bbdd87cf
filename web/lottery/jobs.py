"""What this room does by itself: it seals promises. Nothing is ever frozen, drawn or confirmed without a person."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import stamp
from web.data import every, value
from web.lottery.book import commit


def seal_announced(db: Database, settings: Settings, moment: datetime) -> None:
    """Lottery classes that are published and not yet closed get their sealed seed, should it be missing (:mod:`web.clockwork`)."""
    for row in every(
        db,
        "select id from classes where admission = 'lottery' and state = 'published' and apply_to > ?"
        " and not exists (select 1 from draws where draws.class = classes.id)",
        (stamp(moment),),
    ):
        commit(db, settings, row["id"], "system", moment=moment)


def follow_class(db: Database, class_id: str, actor: str) -> None:
    """A class was published or changed: its promise is sealed, and follows its rules as long as nobody could apply
    (:mod:`web.classes.followers`)."""
    if value(db, "select 1 from classes where id = ? and admission = 'lottery' and state = 'published'", (class_id,)):
        commit(db, current_app.config["SITE"].settings, class_id, actor)
