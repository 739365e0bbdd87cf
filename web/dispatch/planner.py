"""Making a plan beside the pages: a thread a plan, whose progress the page shows and which can be stopped.

The solver (and its half second of importing) is loaded when the first plan is asked for. A plan whose process ended stays "running" in the
table and nowhere else: the page tells it from one that is being made.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from flask import Flask
from sqlite_utils import Database

from web.data import one, open_database
from web.dispatch import book
from web.dispatch.problem import Plan, Problem
from web.language import Text

SECONDS = 10.0
"""How long a search may take."""
PREPARING = Text("準備しています")
log = logging.getLogger("kanikko.site")


@dataclass
class Making:
    """A plan that is being made. ``share``: of its time, 0 to 1."""

    stage: Text = PREPARING
    share: float = 0.0
    cancelled: bool = False
    failed: bool = False
    done: threading.Event = field(default_factory=threading.Event)


_makings: dict[str, Making] = {}


def start(app: Flask, plan_id: str, *, seconds: float = SECONDS) -> Making:
    """Make this plan in a thread of its own."""
    making = _makings[plan_id] = Making()
    threading.Thread(target=_run, args=(app, plan_id, making, seconds), name="dispatch", daemon=True).start()
    return making


def making(plan_id: str) -> Making | None:
    """The plan's making, if it is of this process."""
    return _makings.get(plan_id)


def _run(app: Flask, plan_id: str, making: Making, seconds: float) -> None:
    db = open_database(app.config["SITE"].settings.site_db)
    try:
        with app.app_context():
            row = one(db, "select * from plans where id = ?", (plan_id,))
            if row is not None:
                problem = book.problem_of(db, row)
                plan = _search(problem, making, seconds)
                _keep(db, plan_id, problem, plan)
    except Exception:
        log.exception("plan %s failed", plan_id)
        making.failed = True
        book.drop(db, plan_id)
    finally:
        db.close()
        making.done.set()


def _search(problem: Problem, making: Making, seconds: float) -> Plan:
    from web.dispatch.solve import dispatch
    from web.dispatch.watch import Effort, Progress
    from web.dispatch.words import STAGES

    def told(progress: Progress) -> None:
        making.stage, making.share = STAGES[progress.stage], progress.share

    return dispatch(problem, Effort(seconds=seconds), told, lambda: making.cancelled)


def _keep(db: Database, plan_id: str, problem: Problem, plan: Plan) -> None:
    from web.dispatch.words import BREACHES, explain

    names = book.Named(db)
    notes = [Text(f"{names.session(note.session)}: {BREACHES[note.breach]}") for note in plan.notes]
    book.keep(db, plan_id, problem, plan, [explain(each, names) for each in plan.unfilled], notes)
