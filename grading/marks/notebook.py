"""Marks one notebook: plain values in, plain values out, no gradebook and no course folder. It may run in any process of any machine."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
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
    """What came of it. ``node`` is the graded notebook, harmless, as JSON text. ``refused``: it cannot be marked, and why (for the log).

    ``unseen``: the outputs for pupils' eyes are still to come (:func:`see`); nobody waits for them to know the points.
    """

    node: bytes = b""
    scores: NotebookScores = field(default_factory=NotebookScores)
    hints: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    note: str | None = None
    refused: str = ""
    unseen: bool = False


def mark(job: NotebookJob) -> MarkedNotebook:
    """Sanitise, run, score. Blocks the calling thread, which must live on until the process ends. Raises SandboxError, UnsafeFiles."""
    tools = _tools(job.settings)
    try:
        node = tools.sanitise(job.content, job.source)
    except GradingError as error:
        return MarkedNotebook(note=error.note, refused=error.message)
    full = _run(node, job, tools)
    log.info("hand-in %s, %s: %s %s, %.2f s", job.hand_in, job.source.name, full.ended, full.detail, full.seconds)
    found, odd = scores.score(full.notebook)
    released = {cell.name: hidden.visible_source(cell.source, tools.clear) for cell in job.source.source_cells}
    public = scores.Public.of(released[cell.name] for cell in job.source.source_cells if cell.locked)
    first = hidden.first_hidden(node, tools.clear)
    told = first is None or scores.tells_enough(full.notebook, first, public)
    shown = full if told else _run(hidden.without_hidden(node, tools.clear), job, tools, canaries=False)
    hints = scores.hints(full.notebook, shown.notebook, public)
    if not told:
        hidden.keep_visible(full.notebook, shown.notebook)
    flags = (*odd, *forgery.flags(node, full, released))
    text = _text(harmless(full.notebook))
    return MarkedNotebook(text, found, hints, flags, notes.of_run(full), unseen=told and first is not None)


def see(job: NotebookJob, graded: bytes) -> bytes:
    """The graded notebook, with the outputs that a pupil may see beside its own. Raises SandboxError, UnsafeFiles."""
    tools = _tools(job.settings)
    node = tools.sanitise(job.content, job.source)
    shown = _run(hidden.without_hidden(node, tools.clear), job, tools, canaries=False)
    notebook = nbformat.reads(graded, as_version=nbformat.NO_CONVERT)
    hidden.keep_visible(notebook, harmless(shown.notebook))
    return _text(notebook)


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


def _run(node: NotebookNode, job: NotebookJob, tools: _Tools, *, canaries: bool = True) -> Executed:
    executed = execute(node, job.files, job.limits, name=job.hand_in, canaries=canaries)
    for step in tools.after:
        step(executed.notebook, {})
    return executed


def _text(node: NotebookNode) -> bytes:
    text: str = nbformat.writes(node, version=nbformat.NO_CONVERT, indent=None)  # Python's encoder in C knows no indentation
    return text.encode()


__all__ = ["MarkedNotebook", "NotebookJob", "mark", "see", "settings_of"]
