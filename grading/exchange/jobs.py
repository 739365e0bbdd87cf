"""The queue: what the grading worker still has to do. It survives the death of everybody who stands at it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import psutil
from sqlite_utils import Database

from grading.exchange.database import Facts, now, text_of

Kind = Literal["submission", "execution", "release", "withdraw"]
KINDS: tuple[Kind, ...] = ("submission", "execution", "release", "withdraw")

Place = tuple[str, str]
"""A course and a lesson."""

LEASE = 120.0
"""Seconds a job may stay silent (no heartbeat) before somebody else may take it."""
MOST_ATTEMPTS = 12
"""A job whose worker died this often is given up: it is the job that kills it."""
FAIR_WINDOW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. ``attempt`` grows with each claim, and only the holder of the last one may finish it."""

    id: int
    kind: Kind
    course: str
    lesson: str
    submission: str | None
    account: str | None
    attempt: int
    owner: str
    payload: dict[str, Any]


def owner_name(pid: int) -> str:
    """A process, told apart from a later one with the same pid."""
    return f"{pid}:{psutil.Process(pid).create_time():.2f}"


def is_alive(owner: str) -> bool:
    pid = owner.partition(":")[0]
    try:
        return psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE and owner_name(int(pid)) == owner
    except (psutil.Error, ValueError):
        return False


def add(
    database: Database, kind: Kind, *, course: str = "", lesson: str = "", submission: str | None = None, account: str | None = None,
    payload: dict[str, Any] | None = None,
) -> int:  # fmt: skip
    """Queue a job, inside the caller's transaction; its id."""
    row = {"kind": kind, "course": course, "lesson": lesson, "submission": submission, "account": account}
    row |= {"payload": json.dumps(payload) if payload is not None else None, "created_at": text_of(now())}
    job = database.table("jobs").insert(row).last_pk
    return int(str(job))


def claim(facts: Facts, owner: str, kinds: Sequence[Kind] = KINDS, most: int = 1, within: Sequence[Place] | None = None) -> list[Job]:
    """Take the next jobs, ``most`` at most; ``within``: only those of these (course, lesson).

    Fair among pupils: never two of one pupil at once, and who had fewer in the last minutes comes first, so that a child who
    hands in an endless loop again and again delays nobody else. One pupil's own jobs keep their order.
    """
    taken: list[Job] = []
    with facts.write() as database:
        while len(taken) < most and (job := _claim_one(database, owner, kinds, within)):
            taken.append(job)
    return taken


def _claim_one(database: Database, owner: str, kinds: Sequence[Kind], within: Sequence[Place] | None) -> Job | None:
    marks = ",".join("?" * len(kinds))
    places = "" if within is None else f"AND (j.course, j.lesson) IN (VALUES {','.join(['(?,?)'] * len(within)) or '(NULL,NULL)'})"
    found = database.query(
        f"""SELECT j.* FROM jobs j
            WHERE j.state = 'queued' AND j.kind IN ({marks}) {places} AND NOT EXISTS (
                SELECT 1 FROM jobs r WHERE r.state = 'running' AND r.account = j.account AND r.kind = j.kind)
            ORDER BY (SELECT count(*) FROM jobs d WHERE d.account = j.account AND d.started_at > ?), j.id
            LIMIT 1""",  # noqa: S608 (only question marks are put in)
        [*kinds, *(word for place in within or () for word in place), text_of(now() - FAIR_WINDOW)],
    )
    row = next(iter(found), None)
    if row is None:
        return None
    attempt = row["attempts"] + 1
    taken = {"state": "running", "owner": owner, "attempts": attempt, "lease_until": time.time() + LEASE, "started_at": text_of(now())}
    database.table("jobs").update(row["id"], taken)
    if row["kind"] == "submission":
        database.execute("UPDATE submissions SET state = 'grading' WHERE id = ? AND state = 'queued'", [row["submission"]])
        note_submission(database, row["submission"])
    payload = json.loads(row["payload"]) if row["payload"] else {}
    return Job(row["id"], row["kind"], row["course"], row["lesson"], row["submission"], row["account"], attempt, owner, payload)


def queue_again(database: Database, submission: str, *, anew: bool) -> bool:
    """Queue the job of a hand-in whose grading has ended once more, inside the caller's transaction; False: it has not ended.

    ``anew``: its marks are made again even if they have been counted.
    """
    changed = "UPDATE submissions SET state = 'queued' WHERE id = ? AND state IN ('graded', 'failed') AND removed_at IS NULL"
    if not database.execute(changed, [submission]).rowcount:
        return False
    payload = json.dumps({"again": True}) if anew else None
    fresh = "state = 'queued', attempts = 0, owner = NULL, lease_until = NULL, note = NULL, started_at = NULL, finished_at = NULL"
    database.execute(f"UPDATE jobs SET {fresh}, payload = ? WHERE submission = ?", [payload, submission])  # noqa: S608
    note_submission(database, submission)
    return True


def heartbeat(facts: Facts, job: Job) -> bool:
    """Say that the job is still being worked on; False: it was taken away, stop."""
    with facts.write() as database:
        return _touch(database, job, {"lease_until": time.time() + LEASE})


def close(database: Database, job: Job, *, ok: bool, result: dict[str, Any] | None = None, note: str | None = None) -> bool:
    """Finish a job inside the caller's transaction; False: it was no longer this owner's, nothing is changed."""
    row = {"state": "done" if ok else "failed", "result": json.dumps(result) if result is not None else None, "note": note}
    return _touch(database, job, row | {"finished_at": text_of(now()), "payload": None})


def _touch(database: Database, job: Job, values: dict[str, Any]) -> bool:
    held = database.execute("SELECT 1 FROM jobs WHERE id = ? AND state = 'running' AND attempts = ?", [job.id, job.attempt]).fetchone()
    if held:
        database.table("jobs").update(job.id, values)
    return bool(held)


def requeue_lost(facts: Facts) -> list[int]:
    """Put back every job whose worker is dead or silent for longer than its lease; those that came back too often fail."""
    running = list(facts.read().query("SELECT id, owner, lease_until, attempts FROM jobs WHERE state = 'running'"))
    lost = [row for row in running if row["lease_until"] < time.time() or not is_alive(row["owner"])]
    for row in lost:
        with facts.write() as database:
            same = [row["id"], row["attempts"]]
            if row["attempts"] >= MOST_ATTEMPTS:
                change = "state = 'failed', note = 'worker-died', payload = NULL, finished_at = ?"
                done = database.execute(
                    f"UPDATE jobs SET {change} WHERE id = ? AND attempts = ? AND state = 'running'",  # noqa: S608
                    [text_of(now()), *same],
                )
                state = "failed"
            else:
                done = database.execute("UPDATE jobs SET state = 'queued' WHERE id = ? AND attempts = ? AND state = 'running'", same)
                state = "queued"
            if done.rowcount:
                _tell(database, row["id"], state)
    return [row["id"] for row in lost]


def _tell(database: Database, job: int, state: str) -> None:
    row = next(iter(database.query("SELECT * FROM jobs WHERE id = ?", [job])))
    if row["submission"]:
        database.execute("UPDATE submissions SET state = ? WHERE id = ? AND state = 'grading'", [state, row["submission"]])
        note_submission(database, row["submission"])
    elif state == "failed":
        kind = "release-failed" if row["kind"] in ("release", "withdraw") else "job"
        note_change(database, kind, course=row["course"], lesson=row["lesson"], state=state, job=job)


def note_change(database: Database, kind: str, *, course: str, lesson: str, **more: object) -> None:
    """Write down that something changed, for everybody who listens; inside the caller's transaction."""
    database.table("changes").insert({"at": text_of(now()), "kind": kind, "course": course, "lesson": lesson, **more})


def note_submission(database: Database, submission: str, kind: str = "submission") -> None:
    row = next(iter(database.query("SELECT * FROM submissions WHERE id = ?", [submission])))
    facts = {name: row[name] for name in ("state", "score", "max_score")}
    note_change(database, kind, course=row["course"], lesson=row["lesson"], account=row["student"], submission=submission, **facts)
