"""What the site does by itself: each job is asked once a minute, beside the pages, and does what is due.

A job is a function ``(db, settings, moment) -> None``; it must be quick, safe to repeat, and write in short transactions. One that
fails is logged and asked again the next minute; the others go on.
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

JOBS: tuple[str, ...] = ()
"""``module:function``, in order."""
EVERY_SECONDS = 60.0

log = logging.getLogger("kanikko.site")


def run_due(app: Flask, moment: datetime | None = None, jobs: tuple[str, ...] | None = None) -> None:
    """Ask every job once, in the application's context (links can be made)."""
    settings: Settings = app.config["SITE"].settings
    with app.app_context(), app.test_request_context(base_url=settings.site_public_url):
        db = open_database(settings.site_db)
        try:
            for job in JOBS if jobs is None else jobs:
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
    """A thread that asks the jobs until it is stopped."""

    def __init__(self, app: Flask, every_seconds: float = EVERY_SECONDS) -> None:
        self._app, self._every, self._over = app, every_seconds, threading.Event()
        self._thread = threading.Thread(target=self._run, name="clockwork", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._over.is_set():
            run_due(self._app)
            self._over.wait(self._every)
