"""The files that make up Notebook 7's page, fetched as a browser with an empty cache fetches them."""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

import notebook

from bench.browser import Browser

CHUNKS = (
    "main notebook_core 945 2343 5353 5699 1682 2320 4275 5927 6656 273 490 824 1774 6338 3429 3896 723 9784 6136 2780 4121 1459 5876 3653 "
    "8084 4858 8198 9924 8985 8522 8470 2368 3732 1773 9855 8150 9713 5938 7676 8070 3776 6757 5244 137 114 4164 8179 5538 3594 8037 9432 "
    "2436 7766 3003 2762 3805 290 3826 5593 4286 7006 4117 9128 1495 6920 4228 3703 953 5655 256 "
)
"""What Chromium was seen to load of Notebook 7.6.5 to show a notebook, on both sides; a name lasts through builds, its hash does not."""

CONFIG = re.compile(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', re.DOTALL)


async def fetch_all(browser: Browser, page: str, token: str) -> int:
    """Fetch the files of the page at this path: Notebook's, and the extensions' entries. Returns how many were fetched."""
    answer = await browser.page(page)
    found = CONFIG.search(answer.text)
    if found is None:
        return 0
    config = json.loads(found[1])
    extensions = f"{config['fullLabextensionsUrl'].rstrip('/')}/"
    files = [f"{config['fullStaticUrl'].rstrip('/')}/{name}" for name in _chunks()]
    files += [urljoin(extensions, f"{one['name']}/{one['load']}") for one in config.get("federated_extensions", [])]
    await asyncio.gather(*(browser.drain(file, token) for file in files))
    return len(files)


@cache
def _chunks() -> tuple[str, ...]:
    """The files behind the names, as installed."""
    folder = Path(notebook.__file__).parent / "static"
    wanted = set(CHUNKS.split())
    return tuple(sorted(file.name for file in folder.glob("*.js") if file.name.split(".")[0] in wanted))
