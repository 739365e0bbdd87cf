"""The queue's other jobs: notebooks for formgrader's own button, and lessons to be released or withdrawn."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
from typing import Any

import nbformat

from grading.exchange.jobs import Job
from grading.sandbox import SandboxLimits, execute
from grading.worker.outcome import Done, Failed, Outcome
from kanikko.errors import KanikkoError
from kanikko.settings import Settings

log = logging.getLogger(__name__)


def run_notebook(payload: dict[str, Any], limits: SandboxLimits, name: str) -> dict[str, Any]:
    """Run a notebook that a teacher's room sent (in the pool); plain values both ways. Raises whatever is wrong with it."""
    notebook = nbformat.from_dict(payload["notebook"])
    files = {file: base64.b64decode(content) for file, content in payload["files"].items()}
    executed = execute(notebook, files, _within(limits, payload.get("limits", {})), name=name)
    # Through JSON text once: from here on it is data, not notebook objects.
    return {"notebook": json.loads(nbformat.writes(executed.notebook)), "ended": executed.ended, "detail": executed.detail}


def _within(house: SandboxLimits, wished: dict[str, Any]) -> SandboxLimits:
    """The wished limits, never above the house's."""
    most = dataclasses.asdict(house)
    kept = {
        name: min(value, most[name]) for name, value in wished.items() if name in most and isinstance(value, (int, float)) and value > 0
    }
    return dataclasses.replace(house, **{name: type(most[name])(value) for name, value in kept.items()})


def do_lesson(settings: Settings, job: Job) -> Outcome:
    """Release or withdraw a lesson."""
    from grading import release  # the only user of the lesson library here

    act = release.release if job.kind == "release" else release.withdraw
    try:
        act(settings, job.course, job.lesson)
    except Exception as error:  # noqa: BLE001 - told to the teacher who pressed the button
        log.warning("%s of %s for %s: %s", job.kind, job.lesson, job.course, error)
        return failed(error)
    return Done()


def failed(error: BaseException) -> Failed:
    """For the teacher who asked."""
    return Failed(error.message if isinstance(error, KanikkoError) else f"{type(error).__name__}: {error}"[:500])
