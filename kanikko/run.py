"""``kanikko run``: start the whole house in the foreground, say where it is, end it whole."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import click
from rich.console import Console

from hub.room import check_machine
from hub.spawner import end_all_rooms
from kanikko import demo as demo_city
from kanikko.errors import KanikkoError, MachineError
from kanikko.lock import hold
from kanikko.settings import PROJECT, Settings, get_settings
from kanikko.supervision import programs, supervisord_config
from kanikko.unroot import give_up_root
from web.demo import cli as demo_year

START_SECONDS = 60
SITE_SECONDS = 30
STOP_SECONDS = 45
PR_SET_PDEATHSIG = 1
SITE_PORT_FILE = "site.port"
"""Written by the site (web.run) while it is open."""


@click.command()
@click.option("--demo", is_flag=True, help="Make the demo city at the first start and print its sign-in sheet.")
@click.option("--port", type=int, help="Port of the classroom (KANIKKO_PORT).")
@click.option("--site-port", type=int, help="Port of the community site (KANIKKO_SITE_PORT); 0: any free one.")
def run(demo: bool, port: int | None, site_port: int | None) -> None:
    """Start the whole house and keep it running until Ctrl-C.

    Everything is kept in var/ (or KANIKKO_VAR): start again and all is as it was. Logs are in var/logs/.
    """
    for name, given in (("KANIKKO_PORT", port), ("KANIKKO_SITE_PORT", site_port)):
        if given is not None:
            os.environ[name] = str(given)
            get_settings.cache_clear()
    settings = get_settings()
    give_up_root([sys.executable, "-m", "kanikko", *sys.argv[1:]], owned=[settings.var])
    console = Console()
    check_machine()
    with _only_one(settings):
        settings.make_dirs()
        _check_port(settings.host, settings.port, "make run PORT=8010 (or kanikko run --port 8010)")
        _check_port(settings.host, settings.site_port, "make run SITE_PORT=8011 (or kanikko run --site-port 8011)")
        (settings.run_dir / SITE_PORT_FILE).unlink(missing_ok=True)
        if demo:
            demo_city.ensure(settings, console)
            demo_year.ensure(settings)
        _supervise(settings, console, demo)


def _only_one(settings: Settings) -> AbstractContextManager[None]:
    """Two houses must not share a state folder."""
    taken = KanikkoError(f"Kanikko is already running on {settings.var}.", remedy=f"Open {settings.public_url}, or stop the other one.")
    return hold(settings.var / "run.lock", taken)


def _check_port(host: str, port: int, other: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise MachineError(f"Port {port} on {host} cannot be used: {error.strerror}.", remedy=f"Choose another: {other}.") from error


def _supervise(settings: Settings, console: Console, demo: bool) -> None:
    config = supervisord_config(settings, programs(settings))
    began = time.monotonic()
    house = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", config],
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us alone; we end the house in order
        preexec_fn=_die_with_parent,
        cwd=PROJECT,
    )
    stopping = _Stopping()
    try:
        with console.status("Starting the house …"):
            _wait_until_open(settings, house, stopping)
            site = _wait_for_site(settings, house, stopping)
        if not stopping.asked:
            _announce(settings, console, demo, time.monotonic() - began, site)
        while not stopping.asked and house.poll() is None:
            time.sleep(0.2)
        if not stopping.asked:
            raise KanikkoError("The supervisor ended by itself.", remedy=f"See {settings.logs_dir / 'supervisord.log'}.")
    finally:
        with console.status("Closing …"):
            _end(house)
            end_all_rooms(settings)
        console.print("Closed. Everything is kept in", str(settings.var))


class _Stopping:
    """Turns SIGINT, SIGTERM and SIGHUP into a flag."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_open(settings: Settings, house: subprocess.Popen[bytes], stopping: _Stopping) -> None:
    deadline = time.monotonic() + START_SECONDS
    address = f"http://{settings.host}:{settings.port}/hub/health"
    request = urllib.request.Request(address, headers={"Host": settings.public_url.split("//", 1)[1]})
    while not stopping.asked:
        try:
            with urllib.request.urlopen(request, timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        if house.poll() is not None or time.monotonic() > deadline:
            raise KanikkoError(
                f"The hub did not open within {START_SECONDS} s.\n\n{_last_lines(settings.logs_dir / 'hub.log')}",
                remedy=f"Run 'kanikko doctor', and see the logs in {settings.logs_dir}.",
            )
        time.sleep(0.1)


def _wait_for_site(settings: Settings, house: subprocess.Popen[bytes], stopping: _Stopping) -> str:
    """The site's address once it answers; empty where it does not come up. The classroom opens without it."""
    deadline = time.monotonic() + SITE_SECONDS
    while not stopping.asked and house.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, ValueError):
            port = int((settings.run_dir / SITE_PORT_FILE).read_text())
            with urllib.request.urlopen(f"http://{settings.host}:{port}/health", timeout=2):
                return settings.model_copy(update={"site_port": port}).site_public_url
        time.sleep(0.1)
    return ""


def _last_lines(log: Path, count: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else ""


def _announce(settings: Settings, console: Console, demo: bool, seconds: float, site: str) -> None:
    if site:
        console.print(f"\n[bold green]Open[/] [bold]{site}[/]   the community site", highlight=False)
    else:
        console.print(f"\n[bold red]The community site did not open[/], see {settings.logs_dir / 'site.log'}; its last words:")
        console.print(_last_lines(settings.logs_dir / "site.log", 5), markup=False)
    console.print(f"[bold green]Open[/] [bold]{settings.public_url}[/]   the classroom (ready in {seconds:.1f} s; Ctrl-C closes)\n")
    if demo:
        demo_city.print_sheet(settings, console)
        console.print("The community site's desk: " + demo_year.sheet_text(settings.model_copy(update={"site_url": site})), highlight=False)
    console.print(f"Logs: {settings.logs_dir}\n", style="dim")


def _end(house: subprocess.Popen[bytes]) -> None:
    if house.poll() is None:
        house.terminate()
        try:
            house.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(house.pid, signal.SIGKILL)
            house.wait()
