"""Rows of the exchange's facts, read and written: what a submission is, and how its grading ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from grading.exchange import jobs
from grading.exchange.database import now, text_of
from kanikko.exchange_facts import CellMark, Flag, Lesson, Progress, Submission
from kanikko.exchange_faults import ExchangeFault


@dataclass(frozen=True, slots=True)
class Grade:
    """What the worker found out. ``note`` (for the child) says what went wrong; ``flags`` are for the teacher."""

    score: float
    max_score: float
    cells: tuple[CellMark, ...] = ()
    note: str | None = None
    flags: tuple[Flag, ...] = ()


def conclude(database: Database, submission: str, result: Grade | str) -> None:
    """How grading ended, inside the caller's transaction; a graded submission stays as it is."""
    if isinstance(result, str):
        row, job_state = {"state": "failed", "note": result, "graded_at": text_of(now())}, "failed"
    else:
        row, job_state = _graded(result), "done"
    state = database.execute("SELECT state FROM submissions WHERE id = ?", [submission]).fetchone()
    if state is None:
        raise ExchangeFault("not-found", "no such submission")
    if state[0] != "graded":
        database.table("submissions").update(submission, row)
        jobs.note_submission(database, submission)
    sql = "UPDATE jobs SET state = ?, finished_at = ?, payload = NULL WHERE submission = ? AND state IN ('queued', 'running')"
    database.execute(sql, [job_state, text_of(now()), submission])


def _graded(grade: Grade) -> dict[str, Any]:
    return {
        "state": "graded", "score": grade.score, "max_score": grade.max_score, "note": grade.note, "graded_at": text_of(now()),
        "cells": json.dumps([cell.model_dump() for cell in grade.cells]),
        "flags": json.dumps([flag.model_dump() for flag in grade.flags]),
    }  # fmt: skip


def lesson_of(row: dict[str, Any]) -> Lesson:
    return Lesson.model_validate(row | {"notebooks": json.loads(row["notebooks"])})


def submission_of(row: dict[str, Any]) -> Submission:
    lists = {name: json.loads(row[name]) for name in ("cells", "flags", "notebooks", "feedback")}
    return Submission.model_validate(row | lists)


def shared_facts(source: Submission, target: type[Progress]) -> dict[str, Any]:
    return {name: getattr(source, name) for name in target.model_fields if hasattr(source, name)}


def notebooks_in(folder: Path) -> list[str]:
    """Names, without ending, of the notebooks in a folder."""
    return sorted(place.stem for place in folder.glob("*.ipynb") if place.is_file() and not place.is_symlink())
