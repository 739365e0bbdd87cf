"""Other rooms that follow a class: kits are reserved for its sessions, mentors are told. Each lists its function here."""

from __future__ import annotations

import importlib

from sqlite_utils import Database

FOLLOWERS: tuple[str, ...] = ("web.lottery.jobs:follow_class", "web.kits.booking:reserve_for_class", "web.mentors.assignments:follow_class")
"""``module:function``, each ``(db, class_id, actor)``, whatever it returns; called in the transaction in which a class was published,
changed in its sessions or needs, or cancelled. It reads the tables as they are now, and may be called again without harm."""


def tell_followers(db: Database, class_id: str, actor: str) -> None:
    for follower in FOLLOWERS:
        module, _, function = follower.partition(":")
        getattr(importlib.import_module(module), function)(db, class_id, actor)
