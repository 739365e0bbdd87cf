"""``kanikko doctor``: what this machine lacks, and the exact remedy."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import click
import psutil
from rich.console import Console
from rich.table import Table

from hub.room import check_machine
from kanikko.errors import KanikkoError, MachineError
from kanikko.settings import Settings, get_settings

Verdict = Literal["ok", "missing", "advice"]
MARKS: dict[Verdict, str] = {"ok": "[green]✔ ok[/]", "missing": "[red]✘ missing[/]", "advice": "[yellow]! advice[/]"}

MB_BASE, MB_PER_PUPIL, CLASS_SIZE = 700, 120, 40
"""Measured with cold servers: hub, proxy, exchange and grader together; one pupil's server with a kernel."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table. Only ``missing`` keeps the house from running."""

    what: str
    verdict: Verdict
    says: str
    remedy: str = ""


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything the house needs of a machine."""
    checks: list[Callable[[Settings], Finding]] = [_python, _rooms, _supervision, _memory, _disk, _site, _browser, _fonts, _domain]
    for check in checks:
        yield check(settings)


def _python(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("Python", "ok" if good else "missing", version, "" if good else "Install python3.11 or newer.")


def _rooms(_: Settings) -> Finding:
    if os.geteuid() == 0:
        return Finding("rooms", "advice", "asked as root; the service runs as an ordinary user", "Ask again as the service's user.")
    try:
        check_machine()
    except MachineError as error:
        return Finding("rooms (bubblewrap, user namespaces)", "missing", error.message, error.remedy)
    return Finding("rooms (bubblewrap, user namespaces)", "ok", "a room opens")


def _supervision(_: Settings) -> Finding:
    if os.access("/usr/bin/setpriv", os.X_OK):
        return Finding("setpriv", "ok", "/usr/bin/setpriv")
    return Finding("setpriv", "missing", "not found", "apt install util-linux")


def _memory(_: Settings) -> Finding:
    total = psutil.virtual_memory().total // 2**20
    fits = max(0, (total - MB_BASE) // MB_PER_PUPIL)
    if fits >= CLASS_SIZE:
        return Finding("memory", "ok", f"{total} MB: about {fits} pupils at once")
    needed = MB_BASE + MB_PER_PUPIL * CLASS_SIZE
    return Finding("memory", "advice", f"{total} MB: about {fits} pupils at once", f"{needed} MB for a class of {CLASS_SIZE}.")


def _disk(settings: Settings) -> Finding:
    place = settings.var if settings.var.exists() else settings.var.parent
    free = shutil.disk_usage(place).free // 2**20
    needed = settings.home_quota_mb * CLASS_SIZE
    verdict: Verdict = "ok" if free >= needed else "advice"
    return Finding("disk", verdict, f"{free} MB free at {place}", "" if verdict == "ok" else f"{needed} MB for a class of {CLASS_SIZE}.")


def _site(settings: Settings) -> Finding:
    if os.geteuid() == 0:
        return Finding("site database", "advice", "asked as root; the service runs as an ordinary user", "Ask again as the service's user.")
    if not settings.site_db.exists():
        return Finding("site database", "ok", "none yet")
    from web.data.cli import look_over

    try:
        wrong = look_over(settings)
    except KanikkoError as error:
        return Finding("site database", "missing", error.message, error.remedy)
    if wrong:
        return Finding("site database", "missing", "; ".join(wrong), "kanikko site check; put a copy back: kanikko site restore FILE.")
    return Finding("site database", "ok", "whole")


def _browser(_: Settings) -> Finding:
    found = shutil.which("chromium")
    if found:
        return Finding("chromium (tests only)", "ok", found)
    return Finding("chromium (tests only)", "advice", "not found: browser tests are skipped", "apt install chromium fonts-noto-cjk")


def _fonts(_: Settings) -> Finding:
    lister = shutil.which("fc-list")
    if lister is None or not shutil.which("chromium"):
        return Finding("Japanese font (tests only)", "advice", "no fc-list", "apt install fontconfig fonts-noto-cjk")
    import subprocess

    found = subprocess.run([lister, ":lang=ja", "family"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
    if found:
        return Finding("Japanese font (tests only)", "ok", found)
    return Finding("Japanese font (tests only)", "advice", "none: screenshots show boxes", "apt install fonts-noto-cjk")


def _domain(settings: Settings) -> Finding:
    if settings.domain and settings.https:
        return Finding("domain", "ok", settings.public_url)
    return Finding(
        "domain",
        "advice",
        f"{settings.public_url}: users share one origin" if not settings.domain else f"{settings.public_url}: not https",
        "For real schools set KANIKKO_DOMAIN (one subdomain a user) and KANIKKO_HTTPS behind a TLS proxy.",
    )


@click.command()
def doctor() -> None:
    """Say what this machine lacks, and the exact remedy. Exit code 1 where something needed is missing."""
    table = Table(title="kanikko doctor")
    for heading in ("what", "", "found", "remedy"):
        table.add_column(heading, overflow="fold")
    bad = False
    for finding in findings(get_settings()):
        bad |= finding.verdict == "missing"
        table.add_row(finding.what, MARKS[finding.verdict], finding.says, finding.remedy)
    Console().print(table)
    sys.exit(1 if bad else 0)
