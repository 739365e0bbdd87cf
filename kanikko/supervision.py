"""The programs of the house and the supervisord configuration that keeps them running."""

from __future__ import annotations

import configparser
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from kanikko.settings import PROJECT, Settings


@dataclass(frozen=True)
class Program:
    """One supervised program. ``priority`` orders start (low first) and stop (low last)."""

    name: str
    command: tuple[str, ...]
    priority: int
    stop_seconds: int = 10
    environment: dict[str, str] = field(default_factory=dict)


def programs(settings: Settings) -> list[Program]:
    """What runs beside each other, by `docs/architecture.md`."""
    kanikko = (sys.executable, "-m", "kanikko")
    hub = (sys.executable, "-m", "kanikko.quickly", "jupyterhub", "-f", str(PROJECT / "jupyterhub_config.py"))
    listed = [
        Program("proxy", (*kanikko, "proxy"), 10),
        Program("warm-server", (*kanikko, "warm", "server"), 15),
        Program("warm-kernel", (*kanikko, "warm", "kernel"), 15),
        Program("warm-grader", (*kanikko, "warm", "grader"), 15),
        Program("exchange", (*kanikko, "exchange"), 20),
        Program("hub", hub, 30, stop_seconds=20),
        Program("grader", (*kanikko, "grader"), 40),
        Program("site", (*kanikko, "site", "run"), 45, stop_seconds=20),
    ]
    if settings.idle_minutes > 0:
        listed.append(Program("culler", (*kanikko, "culler"), 50))
    return listed


def supervisord_config(settings: Settings, listed: list[Program]) -> str:
    """supervisord's ini text: each program comes back by itself, logs are rotated, and none outlives supervisord."""
    ini = configparser.RawConfigParser()
    run = settings.run_dir
    ini["unix_http_server"] = {"file": str(run / "supervisor.sock"), "chmod": "0700"}
    ini["supervisorctl"] = {"serverurl": f"unix://{run / 'supervisor.sock'}"}
    ini["rpcinterface:supervisor"] = {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}
    ini["supervisord"] = {
        "nodaemon": "true",
        "umask": "077",
        "minfds": "4096",
        "identifier": "kanikko",
        "logfile": _quoted(settings.logs_dir / "supervisord.log"),
        "pidfile": _quoted(run / "supervisord.pid"),
        "childlogdir": _quoted(settings.logs_dir),
        "directory": _quoted(settings.var),
    }
    for program in listed:
        # setpriv: supervisord killed with -9 takes its programs with it, so that the next start finds the ports free.
        command = ["/usr/bin/setpriv", "--pdeathsig", "TERM", "--", *program.command]
        ini[f"program:{program.name}"] = {
            "command": _quoted(shlex.join(command)),
            "priority": str(program.priority),
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "1000000",
            "stopsignal": "TERM",
            "stopwaitsecs": str(program.stop_seconds),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _quoted(settings.logs_dir / f"{program.name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "3",
        }
        if program.environment:
            ini[f"program:{program.name}"]["environment"] = ",".join(f'{k}="{v}"' for k, v in program.environment.items())
    path = run / "supervisord.conf"
    with path.open("w") as out:
        ini.write(out)
    return str(path)


def _quoted(value: str | Path) -> str:
    """supervisord expands ``%(…)s``; a percent sign of ours is doubled."""
    return str(value).replace("%", "%%")
