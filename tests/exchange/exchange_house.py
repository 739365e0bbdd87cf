"""A real exchange process on a real socket, and a tiny hub that knows users and groups by token."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.exchange.store import Grade, Store
from kanikko.exchange_client import CellMark, ExchangeClient, ExchangeDown, Flag
from kanikko.settings import PROJECT, Settings

FAKE_HUB = Path(__file__).with_name("fake_hub.py")
COURSE, OTHER_COURSE = "cabcdefg", "chjkmnpq"
AIKO, BUNTA, TEACHER, OTHER_TEACHER, STRANGER = "uaaaaaaaa2", "ubbbbbbbb2", "uttttttttt2", "uvvvvvvvvv2", "uxxxxxxxxx2"
GROUPS = {
    AIKO: [f"nbgrader-{COURSE}"],
    BUNTA: [f"nbgrader-{COURSE}"],
    TEACHER: [f"formgrade-{COURSE}"],
    OTHER_TEACHER: [f"formgrade-{OTHER_COURSE}"],
    STRANGER: [],
}


def token_of(account: str) -> str:
    return f"token-of-{account}"


def notebook(source: str = "print('かに')") -> bytes:
    return nbformat.writes(new_notebook(cells=[new_markdown_cell("# かに"), new_code_cell(source)])).encode()


class House:
    """A state folder with a hub and an exchange that can be killed and started again."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.settings = Settings(var=var)
        self.settings.make_dirs()
        known = {token_of(account): [account, groups] for account, groups in GROUPS.items()}
        self.environment = {
            **os.environ, "KANIKKO_VAR": str(var), "PYTHONPATH": str(PROJECT), "FAKE_HUB": json.dumps(known),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip
        self.hub: subprocess.Popen[bytes] | None = None
        self.exchange: subprocess.Popen[bytes] | None = None
        self.clients: list[ExchangeClient] = []

    def start_hub(self) -> None:
        self.hub = subprocess.Popen([sys.executable, str(FAKE_HUB), str(self.settings.hub_socket)], env=self.environment)
        wait_for(self.settings.hub_socket.exists)

    def start_exchange(self, **environment: str) -> None:
        command = [sys.executable, "-m", "kanikko", "exchange"]
        log = (self.var / "logs" / "exchange.log").open("ab")
        self.exchange = subprocess.Popen(command, env=self.environment | environment, cwd=self.var, stderr=log)
        wait_for(self.answers)

    def answers(self) -> bool:
        assert self.exchange is not None and self.exchange.poll() is None, (self.var / "logs" / "exchange.log").read_text()
        try:
            ExchangeClient(self.settings.exchange_socket, "x" * 20).me()
        except ExchangeDown:
            return False
        except Exception:
            return True
        return True

    def kill_exchange(self) -> None:
        assert self.exchange is not None
        self.exchange.send_signal(signal.SIGKILL)
        self.exchange.wait()

    def client(self, account: str) -> ExchangeClient:
        client = ExchangeClient(self.settings.exchange_socket, token_of(account))
        self.clients.append(client)
        return client

    def as_hub(self) -> ExchangeClient:
        return ExchangeClient(self.settings.exchange_socket, self.settings.secret("hub-service-token"))

    def store(self) -> Store:
        return Store(self.settings)

    def close(self) -> None:
        for client in self.clients:
            client.close()
        for process in (self.exchange, self.hub):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(10)


def wait_for(what: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"{what} did not come in {seconds} s"
        time.sleep(0.02)


class Worker(threading.Thread):
    """The least a grading worker does: it gives every submission 3 of 5 points, and echoes executions."""

    def __init__(self, settings: Settings, points: float = 3) -> None:
        super().__init__(daemon=True)
        self.settings, self.points, self.ending = settings, points, threading.Event()
        self.start()

    def run(self) -> None:
        store = Store(self.settings)
        bell = store.listen()
        while not self.ending.is_set():
            job = store.claim_job()
            if job is None:
                bell.wait(0.2)
            elif job.submission:
                cell = CellMark(grade_id="mondai1", notebook="kani", points=self.points, max_points=5, hint="もういちど")
                flag = Flag(grade_id="mondai1", kind="eq-always-true")
                store.record_grade(job.submission, Grade(self.points, 5, (cell,), flags=(flag,)))
            elif job.kind == "execution":
                executed = job.payload["notebook"]
                for number, one in enumerate(executed["cells"]):
                    if one["cell_type"] == "code":
                        one["execution_count"] = number + 1
                        one["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "made in the sandbox"}]
                store.finish_job(job, {"notebook": executed, "ended": "done", "detail": None})
            else:
                store.finish_job(job)
        bell.close()
        store.close()

    def stop(self) -> None:
        self.ending.set()
        self.join(5)
