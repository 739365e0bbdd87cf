"""The trusted side of ``grading.release.generate``: starts it once, asks it for one class after another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self

from grading.release.errors import ReleaseError
from kanikko.settings import PROJECT, Settings

SECONDS = 120
"""Longest one lesson may take; a lesson takes well under a second, importing nbgrader a few on a busy machine."""


class Generator:
    """Use as a context manager; the process is started by the first request and ends with the block."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process:
            self._process.communicate()  # closes its input: it ends by itself

    def generate(self, course: str, lesson: str, folder: Path, gradebook: Path) -> None:
        """Turn ``folder/source/<lesson>`` into ``folder/release/<lesson>`` and tell ``gradebook``. Raises ReleaseError."""
        process = self._process = self._process or self._start()
        assert process.stdin and process.stdout  # noqa: S101 (we asked for both)
        request = {"course": course, "lesson": lesson, "folder": str(folder), "gradebook": str(gradebook)}
        watchdog = Timer(SECONDS, process.kill)
        watchdog.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watchdog.cancel()
        error = json.loads(answer)["error"] if answer else "the process ended before it answered"
        if error:
            raise ReleaseError(
                f"教材「{lesson}」をクラス {course} に用意できませんでした。nbgrader の言葉: {error.strip()[-2000:]}",
                remedy="提出があるクラスでは、セルを足したり消したりできません。教材を直すときは、新しい教材にしてください。",
            )

    def _start(self) -> subprocess.Popen[str]:
        # nbgrader runs alembic by name, which stands beside this Python.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = os.environ | {"PATH": path, "KANIKKO_VAR": str(self._settings.var.resolve())}
        command = [sys.executable, "-m", "grading.release.generate"]
        return subprocess.Popen(command, cwd=PROJECT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
