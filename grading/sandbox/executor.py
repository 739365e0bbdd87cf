"""Runs one notebook in one room, and gives back its outputs as nbgrader's own ``Execute`` would have them."""

from __future__ import annotations

import copy
import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Empty
from typing import Any, Literal

from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution

from grading.sandbox import canary
from grading.sandbox.driver import Opener, RoomKernel
from grading.sandbox.room import open_room
from kanikko.errors import KanikkoError
from kanikko.safe_files import safe_name
from kanikko.settings import Settings

log = logging.getLogger(__name__)

Ended = Literal["done", "timeout", "memory", "output", "disk", "died"]
START_SECONDS = 30
INTERRUPT_SECONDS = 2
"""How long an interrupted cell may take to stop before its room is killed."""
CANARY_SECONDS = 2.0

NOTEBOOK_ENDED = "NotebookEnded"
"""The name of the error that cells get which did not come to their end."""


class SandboxError(KanikkoError):
    """The room itself did not start: our fault or the machine's, never the notebook's."""


@dataclass(frozen=True)
class SandboxLimits:
    """What one notebook may use. Seconds are wall clock."""

    cell_seconds: float = 10
    notebook_seconds: float = 60
    memory_mb: int = 512
    output_mb: int = 4
    disk_mb: int = 64
    processes: int = 64

    @classmethod
    def of(cls, settings: Settings) -> SandboxLimits:
        return cls(
            cell_seconds=settings.grade_cell_seconds,
            notebook_seconds=settings.grade_seconds,
            memory_mb=settings.grade_memory_mb,
            output_mb=settings.grade_output_mb,
            disk_mb=settings.grade_disk_mb,
        )


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell is the teacher's own test of an answer: run, graded, and no answer itself."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


@dataclass(frozen=True)
class Executed:
    """A notebook after its run.

    ``ended`` says why the run was not an ordinary one; ``detail`` where, for the log and the teacher.
    ``canaries`` holds the verdict before each graded cell, by grade id. ``seconds`` is the wall clock of the run.
    """

    notebook: NotebookNode
    ended: Ended = "done"
    detail: str = ""
    canaries: Mapping[str, canary.Verdict] = field(default_factory=dict)
    seconds: float = 0


def execute(
    notebook: NotebookNode, files: Mapping[str, bytes], limits: SandboxLimits, *,
    name: str = "grading", opener: Opener | None = None, canaries: bool = True,
) -> Executed:  # fmt: skip
    """Run ``notebook`` beside ``files`` (relative path → content) in a fresh room; blocks the calling thread, so call it in one.

    Whatever the notebook does, this returns within its limits: cells that ran keep their outputs, and every cell that
    did not come to its end carries an error, so that it scores zero. ``name`` is an opaque id for logs. Without ``canaries``
    nothing is run but the notebook itself.

    Raises:
        SandboxError: the room did not start.
        UnsafeFiles: a file's name leaves the work folder.
    """
    for file in files:
        safe_name(file)
    run = _Run(copy.deepcopy(notebook), limits, canaries)
    started = time.monotonic()
    kernel = RoomKernel(
        opener or open_room(name, limits), files, seconds=limits.notebook_seconds, output_bytes=_output_bytes(notebook, limits)
    )
    try:
        ended = run.through(kernel)
    finally:
        kernel.close()
    _trim(run.notebook, limits.output_mb << 20)
    return Executed(run.notebook, ended, run.detail, run.canaries, time.monotonic() - started)


def _output_bytes(notebook: NotebookNode, limits: SandboxLimits) -> int:
    """The cap, and room for what the kernel says unasked: it repeats each source, and each traceback twice."""
    return (limits.output_mb << 20) + sum(2 * len(cell.source.encode("utf-8", "replace")) + 4096 for cell in notebook.cells)


class _Execute(Execute):
    """nbgrader's Execute on a room: a garbled message costs the message, not the run, and each graded cell has its canary."""

    before_cell: Callable[[NotebookNode, int], Any]

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        try:
            output: NotebookNode | None = super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception as error:  # noqa: BLE001 - a program may send any sequence of well-formed messages
            log.info("message of type %s does not fit: %r", msg["msg_type"], error)
            return None
        return output


class _Run:
    """One notebook on its way through one kernel."""

    def __init__(self, notebook: NotebookNode, limits: SandboxLimits, with_canaries: bool) -> None:
        self.notebook, self.limits, self._with_canaries = notebook, limits, with_canaries
        self.canaries: dict[str, canary.Verdict] = {}
        self.detail = ""
        self._at = 0  # index of the cell that runs now

    def through(self, kernel: RoomKernel) -> Ended:
        executor = _Execute(
            timeout_func=lambda cell: self.limits.cell_seconds,
            iopub_timeout=INTERRUPT_SECONDS,
            startup_timeout=START_SECONDS,
            # A pupil's tag must not spare a check from being run: nobody can guess this one.
            skip_cells_with_tag=secrets.token_hex(8),
            record_timing=False,
        )
        executor.log.setLevel(logging.CRITICAL)  # nbclient logs programs' text

        async def before_cell(cell: NotebookNode, cell_index: int) -> None:
            self._at = cell_index
            if self._with_canaries and is_check(cell):
                self.canaries[cell.metadata.nbgrader["grade_id"]] = await self._canary(kernel)

        executor.on_cell_start = before_cell
        self._at = -1
        try:
            executor.preprocess(self.notebook, {"metadata": {"path": ""}}, km=kernel)
        except (DeadKernelError, CellTimeoutError) as error:
            if self._at < 0:
                raise SandboxError(
                    f"a grading room did not start: {error}: {kernel.last_words()}", remedy="Run `kanikko doctor`."
                ) from error
            kernel.end("timeout" if isinstance(error, CellTimeoutError) else "died")
            ended = _ended(kernel.ended)
            self._mark_unfinished(ended)
            return ended
        return "timeout" if kernel.interrupted else _symptom(self.notebook)

    async def _canary(self, kernel: RoomKernel) -> canary.Verdict:
        source, nonce = canary.make()
        request = kernel.execute(source, store_history=False, stop_on_error=False)
        answers = []
        deadline = time.monotonic() + CANARY_SECONDS
        while kernel.is_alive():
            try:
                message = await kernel.iopub_channel.get_msg(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                break
            if message["parent_header"]["msg_id"] == request:
                answers.append(message)
                if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                    return canary.judge(nonce, answers)
        return "silent"

    def _mark_unfinished(self, ended: Ended) -> None:
        """Give the cell that was running and all after it an error that counts before anything it printed."""
        cell = self.notebook.cells[self._at]
        self.detail = f"{ended} in cell {self._at + 1}"
        for index, cell in enumerate(self.notebook.cells):
            if index >= self._at and cell.cell_type == "code" and cell.source.strip():
                word = "was stopped" if index == self._at else "was not run"
                cell.outputs = [
                    new_output(
                        "error",
                        ename=NOTEBOOK_ENDED,
                        evalue=f"{ended}: this cell {word}",
                        traceback=[f"{NOTEBOOK_ENDED}: {ended}: this cell {word}"],
                    ),
                    *(cell.outputs if index == self._at else []),
                ]


def _ended(reason: str | None) -> Ended:
    return reason if reason in ("timeout", "memory", "output", "disk") else "died"  # type: ignore[return-value]


def _symptom(notebook: NotebookNode) -> Ended:
    """A run that came to its end, but in which a cell ran out of memory or disk and was told so."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                if output.ename == "MemoryError":
                    return "memory"
                if output.ename == "OSError" and output.evalue.startswith(("[Errno 28]", "[Errno 27]")):
                    return "disk"
    return "done"


def _trim(notebook: NotebookNode, most: int) -> None:
    """Cap what outputs hold once written out: one large display shown under a thousand ids costs a room little and us a lot."""
    left = most * 2  # JSON's escapes
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for index, output in enumerate(outputs):
            left -= len(json.dumps(output, ensure_ascii=False, default=str))
            if left < 0:
                note = new_output("error", ename="TooMuchOutput", evalue="output: the notebook showed too much", traceback=[])
                cell.outputs = [*outputs[:index], note]
                break
        if left < 0 and "outputs" in cell and not cell.outputs:
            continue
    widgets = notebook.metadata.get("widgets")
    if widgets and len(json.dumps(widgets, default=str)) > most:
        del notebook.metadata["widgets"]
