"""What the site does by itself: each job is asked once a minute, beside the pages, and does what is due. Mail goes out within seconds.

A job is a function ``(db, settings, moment) -> None``; it must be quick, safe to repeat, and write in short transactions. One that
fails is logged and asked again the next time; the others go on.
"""

from __future__ import annotations

import importlib
import logging
import threading
from datetime import datetime

from flask import Flask
from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import now
from web.data import open_database

JOBS: tuple[str, ...] = (
    "web.apply.jobs:expire_offers",
    "web.lottery.jobs:seal_announced",
    "web.mail.reminders:day_before",
    "web.kits.jobs:overdue",
    "web.mentors.jobs:expiring",
    "web.mentors.jobs:unanswered",
    "web.staff.upkeep:keep_house",
)
"""``module:function``, in order."""
EVERY_SECONDS = 60.0
SOON: tuple[str, ...] = ("web.mail.delivery:deliver",)
"""Asked beside them, by a thread of their own: a slow mail server holds up no offer."""
SOON_SECONDS = 2.0

log = logging.getLogger("kanikko.site")


def run_due(app: Flask, moment: datetime | None = None, jobs: tuple[str, ...] | None = None) -> None:
    """Ask every job (or those named) once, in the application's context (links can be made)."""
    settings: Settings = app.config["SITE"].settings
    with app.app_context(), app.test_request_context(base_url=settings.site_public_url):
        db = open_database(settings.site_db)
        try:
            for job in JOBS + SOON if jobs is None else jobs:
                _ask(job, db, settings, moment or now())
        finally:
            db.close()


def _ask(job: str, db: Database, settings: Settings, moment: datetime) -> None:
    module, _, function = job.partition(":")
    try:
        getattr(importlib.import_module(module), function)(db, settings, moment)
    except Exception:
        db.rollback()
        log.exception("job %s failed; it is asked again", job)


class Clockwork:
    """Threads that ask the jobs until they are stopped."""

    def __init__(self, app: Flask, every_seconds: float = EVERY_SECONDS, soon_seconds: float = SOON_SECONDS) -> None:
        self._app, self._over = app, threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(JOBS, every_seconds), name="clockwork", daemon=True),
            threading.Thread(target=self._run, args=(SOON, soon_seconds), name="clockwork-soon", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask no more; what is under way has ten seconds. What it leaves is taken up at the next start."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _run(self, jobs: tuple[str, ...], every_seconds: float) -> None:
        while not self._over.is_set():
            run_due(self._app, jobs=jobs)
            self._over.wait(every_seconds)
