"""Marks one notebook: plain values in, plain values out, no gradebook and no course folder. It may run in any process of any machine."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, IgnorePattern, LimitOutput
from traitlets.config import Config

from grading.marks import forgery, hidden, notes, scores
from grading.marks.harmless import harmless
from grading.marks.lesson import SourceNotebook
from grading.marks.result import GradingError, NotebookScores
from grading.marks.sanitise import STEPS, Sanitiser
from grading.sandbox import Executed, SandboxLimits, execute
from kanikko.exchange_facts import Flag

log = logging.getLogger(__name__)

# Runs without hidden tests go beside the full ones. The threads live as long as the process: a room ends with its thread.
_beside = ThreadPoolExecutor(64, thread_name_prefix="beside")
_of_thread = threading.local()


@dataclass(frozen=True)
class NotebookJob:
    """One handed-in notebook (``content``, hostile) and all it takes to mark it. ``hand_in`` is an opaque id for logs.

    ``files`` lie beside the notebook while it runs; ``settings`` are the sections of nbgrader's configuration that
    :func:`settings_of` picks.
    """

    hand_in: str
    content: bytes
    files: Mapping[str, bytes]
    source: SourceNotebook
    settings: Mapping[str, Any]
    limits: SandboxLimits


@dataclass(frozen=True)
class MarkedNotebook:
    """What came of it. ``node`` is the graded notebook, harmless, as JSON text. ``refused``: it cannot be marked, and why (for the log)."""

    node: bytes = b""
    scores: NotebookScores = field(default_factory=NotebookScores)
    hints: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    note: str | None = None
    refused: str = ""


def mark(job: NotebookJob) -> MarkedNotebook:
    """Sanitise, run, score. Blocks the calling thread, which must live on until the process ends. Raises SandboxError, UnsafeFiles."""
    tools = _tools(job.settings)
    try:
        node = tools.sanitise(job.content, job.source)
    except GradingError as error:
        return MarkedNotebook(note=error.note, refused=error.message)
    full, shown = _runs(node, job, tools)
    log.info("hand-in %s, %s: %s %s, %.2f s", job.hand_in, job.source.name, full.ended, full.detail, full.seconds)
    for executed in (full, shown) if full is not shown else (full,):
        for step in tools.after:
            step(executed.notebook, {})
    found, odd = scores.score(full.notebook)
    released = {cell.name: hidden.visible_source(cell.source, tools.clear) for cell in job.source.source_cells}
    public = scores.texts_in(released[cell.name] for cell in job.source.source_cells if cell.locked)
    hints = scores.hints(full.notebook, shown.notebook, public)
    if full is not shown:
        hidden.keep_visible(full.notebook, shown.notebook)
    flags = (*odd, *forgery.flags(node, full, released))
    return MarkedNotebook(_text(harmless(full.notebook)), found, hints, flags, notes.of_run(full))


def settings_of(config: Config) -> dict[str, Any]:
    """The part of a course's nbgrader configuration that marking a notebook needs, as plain values."""
    wanted = {kind.__name__ for tool in (*STEPS, ClearHiddenTests, IgnorePattern, LimitOutput) for kind in tool.__mro__}
    return {name: config[name].to_dict() for name in sorted(wanted & config.keys())}


class _Tools:
    """nbgrader's preprocessors, made once a thread and configuration: making them costs more than their work."""

    def __init__(self, config: Config) -> None:
        self.sanitise = Sanitiser(config)
        self.clear = ClearHiddenTests(config=config)
        self.after = (IgnorePattern(config=config), LimitOutput(config=config))


def _tools(settings: Mapping[str, Any]) -> _Tools:
    name = json.dumps(settings, sort_keys=True, default=str)
    if getattr(_of_thread, "name", None) != name:
        _of_thread.name, _of_thread.tools = name, _Tools(Config(settings))
    tools: _Tools = _of_thread.tools
    return tools


def _runs(node: NotebookNode, job: NotebookJob, tools: _Tools) -> tuple[Executed, Executed]:
    """The full run, and beside it the run without hidden tests (the same one where there are none)."""
    if not hidden.has_hidden(node, tools.clear):
        full = execute(node, job.files, job.limits, name=job.hand_in)
        return full, full
    # Only the full run gives points, so only it has to be believed.
    beside = _beside.submit(execute, hidden.without_hidden(node, tools.clear), job.files, job.limits, name=job.hand_in, canaries=False)
    full = execute(node, job.files, job.limits, name=job.hand_in)
    return full, beside.result()


def _text(node: NotebookNode) -> bytes:
    text: str = nbformat.writes(node, version=nbformat.NO_CONVERT, indent=None)  # Python's encoder in C knows no indentation
    return text.encode()


__all__ = ["MarkedNotebook", "NotebookJob", "mark", "settings_of"]
