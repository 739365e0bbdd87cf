"""``python -m bench.line``: a class opens the lesson over one line of 100 Mbit/s, before and after the page's files were common.

Started by root: the whole measurement runs in a network namespace of its own, whose loopback is that line (``tc``), as an ordinary
user. One pupil is a real Chromium, the others fetch the same list of files and calls, six at a time as browsers do. Only the house's
public port is TCP, so the namespace's own count of bytes is what crossed the line.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import click
from rich.console import Console
from rich.table import Table

from bench.browser import CONNECTIONS, FETCH, NAVIGATE
from bench.chromium import Tablet
from bench.ours import OurHouse
from bench.pupil import Pupil, signed_in
from bench.site import SiteError, prepare_process
from bench.static_files import CONFIG
from hub.page.common import FIRST, extension_files, notebook_static
from kanikko.unroot import give_up_root

MEGABITS = 100
IN_LINE = "KANIKKO_BENCH_LINE"
"""Set within the namespace, to the line's speed."""

SERVERS_CALLS = ("lab/api/settings", "lab/api/translations/ja_JP", "lab/api/themes/@jupyterlab/theme-light-extension/index.css")
"""What a room was asked for besides scripts, before the same answers became common files."""


@dataclass(frozen=True)
class Way:
    """One way the files may come. ``encoding`` is what the tablets accept."""

    name: str
    common: bool
    known: bool
    encoding: str = "gzip"


WAYS = (
    Way("from each room, uncompressed", common=False, known=False, encoding="identity"),
    Way("from each room, compressed", common=False, known=False),
    Way("common, new tablets", common=True, known=False),
    Way("common, tablets that know them", common=True, known=True),
)


@dataclass(frozen=True)
class Measured:
    """``megabytes`` crossed the line; ``seconds`` until all light pupils had all; ``page_seconds`` until Chromium showed the notebook."""

    way: str
    pupils: int
    megabytes: float
    seconds: float
    page_seconds: float | None
    requests_of_rooms: int


# ------------------------------------------------------------------ the line
def hindrance() -> str:
    """Why this machine cannot measure, or nothing."""
    if os.geteuid() != 0:
        return "a line needs a network namespace: start it as root"
    missing = [name for name in ("ip", "tc", "unshare") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} missing: apt install iproute2 util-linux"
    tried = subprocess.run(["unshare", "--net", "--", "sh", "-c", " && ".join(_line_commands(MEGABITS))], capture_output=True, check=False)
    return f"no line can be made here: {tried.stderr.decode().strip()}" if tried.returncode else ""


def _line_commands(megabits: int) -> list[str]:
    """A loopback with the packets of an Ethernet and a speed."""
    return [
        "ip link set lo mtu 1500",
        "ip link set lo up",
        f"tc qdisc add dev lo root tbf rate {megabits}mbit burst 128kb latency 100ms",
    ]


def _move_to_line(megabits: int) -> None:
    """Start this program anew behind the line. Does not return."""
    script = " && ".join([*_line_commands(megabits), 'exec "$@"'])
    os.environ[IN_LINE] = str(megabits)
    os.execvp("unshare", ["unshare", "--net", "--", "sh", "-c", script, "line", sys.executable, "-m", "bench.line", *sys.argv[1:]])  # noqa: S606


def _line_bytes() -> int:
    """Bytes that the line has carried."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, counts = line.partition(":")
        if name.strip() == "lo":
            return int(counts.split()[0])
    raise SiteError("no loopback")


# ------------------------------------------------------------------ what is fetched
class Tab:
    """One light pupil's tab: fetches what Chromium would, counts nothing but requests to the room, and keeps the bytes as they come."""

    def __init__(self, pupil: Pupil, encoding: str) -> None:
        self.pupil = pupil
        self.of_room = 0
        self._session = aiohttp.ClientSession(
            base_url=pupil.browser.url,
            cookie_jar=pupil.browser.session.cookie_jar,
            connector=aiohttp.TCPConnector(limit_per_host=CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"Accept-Encoding": encoding},
            auto_decompress=False,
        )

    async def opens(self, way: Way) -> None:
        """The page, its files and its calls. Raises SiteError."""
        page = await self._get(f"{self.pupil.base}/notebooks/{quote(self.pupil.notebook)}", NAVIGATE | {"Accept-Encoding": "identity"})
        found = CONFIG.search(page.decode())
        if found is None:
            raise SiteError("no page")
        if not way.known:
            files = common_files(json.loads(found[1])) if way.common else room_files(self.pupil.base)
            await asyncio.gather(*(self._get(file) for file in files))
        for wave in self.pupil.site.calls.of(quote(self.pupil.notebook)):
            await asyncio.gather(*(self._get(f"{self.pupil.base}/{call}") for call in wave))

    async def _get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """What comes, as it comes."""
        self.of_room += path.startswith("/user/")
        headers = headers or FETCH | {"X-XSRFToken": self.pupil.token}
        async with self._session.get(path, headers=headers) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise SiteError(f"{answer.status} for {path}")
            return body

    async def close(self) -> None:
        await self._session.close()


def common_files(config: dict[str, Any]) -> list[str]:
    """What the page that has this configuration takes from the common files."""
    base = re.sub(r"^https?://[^/]+", "", config["kanikkoFiles"])
    main = next(place.name for place in notebook_static().glob("main.*.js"))
    ours = extension_files()
    modules = [f"extensions/{ours.name}/{place.relative_to(ours)}" for place in (ours / "static").rglob("*") if place.is_file()]
    return [f"{base}/{name}" for name in ("notebook/first.js", f"notebook/{main}", "settings.json", "words.json", "theme.css", *modules)]


def room_files(base: str) -> list[str]:
    """The same from a room, as Notebook itself serves it."""
    names = {"main", *(line.strip() for line in FIRST.read_text().splitlines() if not line.startswith("#"))}
    chunks = sorted(place.name for place in notebook_static().glob("*.js") if place.name.partition(".")[0] in names)
    ours = extension_files()
    modules = [f"lab/extensions/{ours.name}/{place.relative_to(ours)}" for place in (ours / "static").rglob("*") if place.is_file()]
    return [f"{base}/{name}" for name in (*SERVERS_CALLS, *(f"static/notebook/{chunk}" for chunk in chunks), *modules)]


# ------------------------------------------------------------------ measuring
async def measure(pupils: Sequence[Pupil], way: Way, tablet: Tablet | None) -> Measured:
    """Let all open the lesson in the same moment. The first of them has the real browser, where the page is served in this way."""
    light = pupils[1:] if tablet is not None else pupils
    tabs = [Tab(pupil, way.encoding) for pupil in light]
    before, began = _line_bytes(), time.perf_counter()
    try:
        shown = asyncio.create_task(tablet.opens(pupils[0])) if tablet is not None else None
        await asyncio.gather(*(tab.opens(way) for tab in tabs))
        seconds = time.perf_counter() - began
        page = await shown if shown is not None else None
    finally:
        for tab in tabs:
            await tab.close()
    return Measured(way.name, len(pupils), (_line_bytes() - before) / 1e6, seconds, page, sum(tab.of_room for tab in tabs))


async def _all_ways(size: int, console: Console) -> list[Measured]:
    with OurHouse(size) as site:
        pupils = await signed_in(site, site.pupils[:size])
        try:
            for pupil in pupils:  # one after the other: starting is measured elsewhere
                await pupil.begins(last="signed in")
                if pupil.trouble:
                    raise SiteError(pupil.trouble)
            found = []
            async with Tablet.started() as tablet:
                for way in WAYS:
                    found.append(await measure(pupils, way, tablet if way.common else None))
                    console.print(found[-1])
            return found
        finally:
            await asyncio.gather(*(pupil.close() for pupil in pupils), return_exceptions=True)


@click.command()
@click.option("--pupils", default=40, show_default=True, help="Pupils in the class.")
@click.option("--megabits", default=MEGABITS, show_default=True, help="Speed of the line.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the numbers there, as JSON.")
def main(pupils: int, megabits: int, out: Path | None) -> None:
    """Measure a class that opens the lesson over one line."""
    console = Console()
    if IN_LINE not in os.environ:
        if reason := hindrance():
            console.print(f"Not measured: {reason}.")
            return
        if out is not None:
            out.touch()
        _move_to_line(megabits)
    give_up_root([sys.executable, "-m", "bench.line", *sys.argv[1:]], owned=[out] if out else [])
    prepare_process()
    found = asyncio.run(_all_ways(pupils, console))
    table = Table(title=f"{pupils} pupils on one line of {os.environ[IN_LINE]} Mbit/s")
    for heading in ("files", "MB", "s until all have all", "s until Chromium shows it", "requests of rooms"):
        table.add_column(heading, justify="left" if heading == "files" else "right")
    for one in found:
        page = f"{one.page_seconds:.1f}" if one.page_seconds is not None else "–"
        table.add_row(one.way, f"{one.megabytes:.1f}", f"{one.seconds:.1f}", page, str(one.requests_of_rooms))
    console.print(table)
    if out is not None:
        out.write_text(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
