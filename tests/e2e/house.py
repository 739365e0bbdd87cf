"""The real house, started by the command a newcomer uses, on a state folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from kanikko.settings import PROJECT, Settings

START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class House:
    """``kanikko run --demo`` as a process; ``sheet`` is what it printed for the newcomer."""

    var: Path
    port: int
    process: subprocess.Popen[bytes]
    sheet: dict[str, Any]
    settings: Settings

    @classmethod
    def open(cls, var: Path) -> House:
        port = free_port()
        process = _start(var, port)
        sheet = json.loads((var / "demo" / "sheet.json").read_text())
        return cls(var, port, process, sheet, Settings(var=var, port=port))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reopen(self) -> None:
        """Start again on the same state, after `close`."""
        self.process = _start(self.var, self.port)

    def pid_of(self, program: str) -> int:
        """Process id of a supervised program; 0 while it is down."""
        config = self.settings.run_dir / "supervisord.conf"
        answer = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(config), "pid", program],
            capture_output=True,
            text=True,
            check=False,
        )
        return int(answer.stdout.strip()) if answer.stdout.strip().isdigit() else 0

    def kill(self, program: str) -> None:
        """Kill a program with -9, as a crash would."""
        pid = self.pid_of(program)
        if pid:
            os.kill(pid, signal.SIGKILL)

    def descendants(self) -> list[psutil.Process]:
        """Every process that this house started, rooms included, found by its state folder or its parent."""
        mine = (
            {child.pid: child for child in psutil.Process(self.process.pid).children(recursive=True)} if self.process.poll() is None else {}
        )
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.var) in word for word in process.info["cmdline"] or []):
                mine[process.pid] = process
        return list(mine.values())

    def close(self) -> None:
        """Ctrl-C, as a person ends it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(90)


def _start(var: Path, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"KANIKKO_VAR": str(var), "KANIKKO_PORT": str(port), "KANIKKO_SITE_PORT": "0", "PYTHONUNBUFFERED": "1"}
    log = var / "house.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "kanikko", "run", "--demo"], env=environment, stdout=out, stderr=out, cwd=PROJECT, start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while "Ctrl-C" not in log.read_text().split("Closed.")[-1]:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the house did not open:\n{log.read_text()[-6000:]}")
        time.sleep(0.1)
    return process
