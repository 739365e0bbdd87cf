"""One roster import in a process of its own: a city's file takes a minute of work, and the hub must answer meanwhile.

``python -m hub.screens.importing ROSTER_DB ZIP [full]`` prints JSON lines: how far it is, then what changed or every bad row.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from hub.roster import Roster, RosterError, apply_oneroster
from kanikko.settings import PROJECT

log = logging.getLogger("JupyterHub.screens")

PROGRESS_SECONDS = 0.3
"""Least time between two words on how far it is."""
LINE_BYTES = 4 * 1024 * 1024
"""Longest line the process may print (all the bad rows)."""
PROBLEMS_SHOWN = 500
"""Bad rows the page lists; a file with more has one mistake many times."""


WHAT = {"student": "児童生徒", "teacher": "先生", "operator": "運用担当者", "class": "クラス", "school": "学校", "enrollment": "在籍"}
KIND = {"add": "追加", "update": "変更", "leave": "転出・終了", "return": "復帰"}


@dataclass
class ImportJob:
    """The newest import of this hub, as the operator's page shows it."""

    file: str
    state: Literal["running", "done", "refused", "broken"] = "running"
    done: int = 0
    total: int = 0
    message: str = ""
    remedy: str = ""
    counts: list[tuple[str, str, int]] = field(default_factory=list)
    """What changed: (student, teacher, class, …; kind of change; how many)."""
    problems: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0

    def facts(self) -> list[tuple[str, str]]:
        """What changed, in words."""
        return [(f"{WHAT.get(what, what)}({KIND.get(kind, kind)})", f"{count:,}") for what, kind, count in self.counts]


class ImportDesk:
    """Takes one file at a time. The job outlives the request that brought it."""

    def __init__(self, roster_db: Path, folder: Path) -> None:
        self._roster_db = roster_db
        self._folder = folder
        self._task: asyncio.Task[None] | None = None
        self.job: ImportJob | None = None

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def take(self, name: str, content: bytes, *, full: bool) -> ImportJob:
        """Start importing ``content``. Only when not ``busy``. ``full``: it is the whole city; who is missing has left."""
        job = self.job = ImportJob(file=name)
        self._task = asyncio.create_task(self._run(job, content, full))
        return job

    async def _run(self, job: ImportJob, content: bytes, full: bool) -> None:
        try:
            # In our own folder, not /tmp: the file is full of children's names.
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".roster-", suffix=".zip") as place:
                place.write(content)
                place.flush()
                await self._follow(job, place.name, full)
        except Exception:
            log.exception("The roster import broke off")
        if job.state == "running":
            job.state, job.message = "broken", "取り込みの途中で止まりました。名簿は変わっていません。"
            job.remedy = "もう一度お試しください。"

    async def _follow(self, job: ImportJob, place: str, full: bool) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, str(self._roster_db), place, *(["full"] if full else []),
            cwd=PROJECT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )  # fmt: skip
        lines = process.stdout or asyncio.StreamReader()  # never None: we asked for a pipe
        try:
            async for line in lines:
                _keep(job, json.loads(line))
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()


def _keep(job: ImportJob, told: Mapping[str, Any]) -> None:
    if "progress" in told:
        job.done, job.total = told["progress"]
    elif "counts" in told:
        job.state, job.counts = "done", [(what, kind, count) for what, kind, count in told["counts"]]
    else:
        job.state, job.message, job.remedy = "refused", told["message"], told["remedy"]
        job.problems, job.more = told["problems"], told["more"]


def import_here(roster_db: Path, delivery: Path, *, full: bool, tell: Callable[[dict[str, Any]], None]) -> None:
    """Check and apply a delivery in this process, and ``tell`` of it in plain JSON values."""
    last = 0.0

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > PROGRESS_SECONDS:
            last = time.monotonic()
            tell({"progress": [done, total]})

    try:
        report = apply_oneroster(Roster(roster_db), delivery, full=full, progress=progress)
        tell({"counts": [[what, kind, count] for (what, kind), count in sorted(report.counts().items())]})
    except RosterError as error:
        shown = [asdict(problem) for problem in error.problems[:PROBLEMS_SHOWN]]
        tell({"message": error.message, "remedy": error.remedy, "problems": shown, "more": len(error.problems) - len(shown)})


if __name__ == "__main__":
    import_here(Path(sys.argv[1]), Path(sys.argv[2]), full=sys.argv[3:] == ["full"], tell=lambda told: print(json.dumps(told), flush=True))
