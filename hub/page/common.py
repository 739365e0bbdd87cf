"""The files of the page that are the same for every pupil: gathered once, compressed once, and kept under a name that changes with them.

A pupil's room serves none of them. The proxy does (``hub/proxy/page_files.py``), from ``var/cache/page-files/<key>/``: copies of what the
allow-listed folders of installed packages hold, so that a tab opened before an upgrade still finds the files it began with.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from hub.page.seal import EXTENSION, sealed_folder
from kanikko.errors import KanikkoError
from kanikko.settings import Settings

PACKAGES = ("notebook", "jupyterlab", "jupyterlab_server", "jupyterlab-language-pack-ja-JP")
"""What an upgrade of gives new files."""

CONFIG = Path(__file__).resolve().parent / "config" / "student" / "labconfig"
FIRST = Path(__file__).resolve().parent / "first_chunks.txt"
"""The parts of Notebook that every opening of a lesson needs; ``python -m bench.record_chunks`` writes it after an upgrade."""

KEPT_DAYS = 30
"""How long the files of earlier versions stay: no tab is open longer, and none is missed by a browser that holds its own copy."""


class PageFilesError(KanikkoError):
    """The common files could not be made."""


def key() -> str:
    """Sixteen hexadecimal digits that change with any package or file of ours that the page is made of."""
    digest = hashlib.sha256("\n".join(f"{name} {version(name)}" for name in PACKAGES).encode())
    makers = [Path(__file__), Path(__file__).with_name("gather.py"), FIRST]
    for place in (*makers, *sorted(CONFIG.iterdir())):
        digest.update(place.read_bytes())
    digest.update(sealed_folder().name.encode())
    return digest.hexdigest()[:16]


def folder(settings: Settings) -> Path:
    """The folder that holds one folder a key."""
    return settings.var / "cache" / "page-files"


def ensure(settings: Settings) -> str:
    """Make the files of the installed version if they are missing; returns their key. Blocks for seconds the first time.

    In a process of its own, because what it imports would stay in ours. Raises PageFilesError.
    """
    wanted, shelf = key(), folder(settings)
    if (shelf / wanted).is_dir():
        os.utime(shelf / wanted)
        return wanted
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = shelf / f".{wanted}.{os.getpid()}"
    try:
        made = subprocess.run(
            [sys.executable, "-m", "hub.page.gather", str(aside)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if made.returncode:
            raise PageFilesError(
                "The files of the notebook page could not be gathered: " + made.stderr.strip()[-500:],
                remedy=f"See that {shelf} can be written and the disk is not full; then restart.",
            )
        if not (shelf / wanted).is_dir():  # another process may have been as quick
            aside.rename(shelf / wanted)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _forget_old(shelf, wanted)
    return wanted


def _forget_old(shelf: Path, current: str) -> None:
    """Remove what is older than KEPT_DAYS, except the version before this one: it was in use until now, however old it is."""
    earlier = sorted((place for place in shelf.iterdir() if place.name != current), key=_age)
    for place in earlier[1:]:
        if _age(place) > KEPT_DAYS * 86400:
            shutil.rmtree(place, ignore_errors=True)


def _age(place: Path) -> float:
    """Seconds since the version was last made or found to be the installed one; of one that is gone meanwhile: 0."""
    try:
        return time.time() - place.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def notebook_static() -> Path:
    """Notebook's own static folder. Does not import Notebook."""
    found = importlib.util.find_spec("notebook")
    if found is None or found.origin is None:
        raise PageFilesError("Notebook is not installed.", remedy="Install Kanikko again: make run")
    return Path(found.origin).parent / "static"


def extension_files() -> Path:
    """Our page extension's folder."""
    return EXTENSION
