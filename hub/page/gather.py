"""``python -m hub.page.gather FOLDER``: fill a new folder with the page's common files (``hub/page/common.py`` says what they are for).

    notebook/…                     Notebook's own scripts and fonts
    notebook/first.js              those that every opening needs, as one file
    extensions/kanikko-page/…      ours
    theme.css, favicon.ico
    settings.json, words.json      what Jupyter's server would answer for settings and translations, asked once instead of by every page

Beside each file that shrinks lies its compressed form, ``….gz``.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from hub.page.common import CONFIG, FIRST, extension_files, notebook_static

TYPES = frozenset({".js", ".css", ".json", ".woff", ".woff2", ".ttf", ".eot", ".svg", ".png", ".ico"})
SHRINK = frozenset({".js", ".css", ".json", ".svg", ".ttf", ".eot", ".ico"})
"""Fonts of the other kinds and pictures are compressed already."""

LOCALE = "ja_JP"
THEME = "@jupyterlab/theme-light-extension/index.css"


def gather(target: Path) -> None:
    """Fill ``target``, which must not exist. Imports JupyterLab: run it in a process of its own."""
    target.mkdir(mode=0o700)
    _copy(notebook_static(), target / "notebook")
    (target / "notebook" / "first.js").write_bytes(first_chunks(notebook_static()))
    ours = extension_files()
    _copy(ours / "static", target / "extensions" / ours.name / "static")
    lab = _lab_folder()
    shutil.copyfile(lab / "themes" / THEME, target / "theme.css")
    shutil.copyfile(_favicon(), target / "favicon.ico")
    (target / "settings.json").write_text(json.dumps(_settings(lab), ensure_ascii=False, separators=(",", ":")))
    (target / "words.json").write_text(json.dumps(_words(), ensure_ascii=False, separators=(",", ":")))
    for place in sorted(target.rglob("*")):
        if place.is_file() and place.suffix in SHRINK:
            _compress(place)


def first_chunks(static: Path) -> bytes:
    """The scripts of FIRST in one. Each pushes its modules on one list, so that the loader finds them there and asks for none again.

    A name that an upgrade has taken away is passed over: the loader then asks for its successor, as it would without us.
    """
    names = {line.partition("#")[0].strip() for line in FIRST.read_text(encoding="utf-8").splitlines()} - {""}
    chunks = sorted(place for place in static.glob("*.js") if place.name.partition(".")[0] in names)
    # Each in a function of its own: a script's "use strict" is its own affair. On lines of their own: it may end in a comment.
    return b"".join(b"(()=>{\n" + place.read_bytes() + b"\n})();\n" for place in chunks)


def _copy(source: Path, target: Path) -> None:
    """Copy the allowed kinds of files. Links are passed over."""
    for place in sorted(source.rglob("*")):
        if place.suffix in TYPES and place.is_file() and not place.is_symlink():
            copy = target / place.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, copy)


def _compress(place: Path) -> None:
    plain = place.read_bytes()
    small = gzip.compress(plain, compresslevel=9, mtime=0)
    if len(small) < len(plain):
        place.with_name(place.name + ".gz").write_bytes(small)


def _lab_folder() -> Path:
    from jupyterlab.commands import get_app_dir

    return Path(get_app_dir())


def _favicon() -> Path:
    import jupyter_server

    return Path(jupyter_server.DEFAULT_STATIC_FILES_PATH) / "favicons" / "favicon-notebook.ico"


def _settings(lab: Path) -> Any:
    """What ``/lab/api/settings`` answers a pupil: all schemas in Japanese, with our defaults."""
    from jupyterlab_server.settings_utils import get_settings
    from jupyterlab_server.translation_utils import translator

    translator.set_locale(LOCALE)
    overrides = json.loads((CONFIG / "default_setting_overrides.json").read_text(encoding="utf-8"))
    nobodys = str(lab / "no-user-settings")
    found, warnings = get_settings(
        str(lab / "settings"), str(lab / "schemas"), nobodys, overrides=overrides, translator=translator.translate_schema
    )
    for warning in filter(None, warnings):
        print(warning, file=sys.stderr)
    return found


def _words() -> Any:
    """What ``/lab/api/translations/ja_JP`` answers."""
    from jupyterlab_server.translation_utils import get_language_pack

    data, message = get_language_pack(LOCALE)
    if not data:
        raise RuntimeError(f"no Japanese for the page: {message}")
    return {"data": data, "message": message}


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
