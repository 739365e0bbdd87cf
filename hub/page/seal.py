"""Name the page extension's folder after its content: browsers keep its files for ever, so changed files need a new address.

Run ``python -m hub.page.seal`` after every change below ``labextensions/``; a test tells when it was forgotten.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

EXTENSION = Path(__file__).resolve().parent / "labextensions" / "kanikko-page"


def content_hash(folder: Path) -> str:
    """Sixteen hexadecimal digits that change with any file's name or content."""
    digest = hashlib.sha256()
    for place in sorted(folder.iterdir()):
        content = place.read_bytes()
        digest.update(f"{place.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def sealed_folder() -> Path:
    """The one folder below ``static/``."""
    (folder,) = (EXTENSION / "static").iterdir()
    return folder


def seal() -> str:
    """Rename the folder and point ``package.json`` at it. Again without a change: nothing happens. Returns the name."""
    folder = sealed_folder()
    name = content_hash(folder)
    folder.rename(folder.with_name(name))
    manifest = EXTENSION / "package.json"
    package = json.loads(manifest.read_text(encoding="utf-8"))
    package["jupyterlab"]["_build"]["load"] = f"static/{name}/remoteEntry.js"
    manifest.write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return name


if __name__ == "__main__":
    print(seal())
