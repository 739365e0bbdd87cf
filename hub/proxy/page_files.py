"""The pupils' page's common files, served to all of them by the proxy: no room is asked, and a browser asks for each only once.

They are public (scripts of published packages and our own, the same for everybody), so nobody is asked who he is. What there is lies in one
folder (``hub/page/common.py``); links are not followed and folders not listed.
"""

from __future__ import annotations

import asyncio
import logging
import mimetypes
import re
from pathlib import Path
from typing import Any

from tornado.web import HTTPError, StaticFileHandler

from hub.page import FILES_ADDRESS, common
from kanikko.settings import Settings

log = logging.getLogger("kanikko.proxy")

ROUTE = rf"{FILES_ADDRESS}/([0-9a-f]{{16}}/.+)"
FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".woff": "font/woff", ".woff2": "font/woff2"}
"""What ``/etc/mime.types`` of some machines says otherwise."""

NAME = re.compile(r"(?:[A-Za-z0-9@_][A-Za-z0-9@._-]*/)*[A-Za-z0-9@_][A-Za-z0-9@._-]*")
ZERO = re.compile(r"q\s*=\s*0(\.0*)?")


class Shelf:
    """The folder of all versions, and the making of the installed one."""

    def __init__(self, settings: Settings) -> None:
        self.folder = common.folder(settings)
        self._settings = settings
        self._making: asyncio.Task[str] | None = None

    def make(self) -> asyncio.Task[str]:
        """Begin to make the installed version's files if they are missing; who comes meanwhile waits for the same task."""
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(asyncio.to_thread(common.ensure, self._settings))
        return self._making

    async def has(self, version: str) -> bool:
        """Whether the files of ``version`` are there. Those of the installed one are made, should they be missing."""
        if (self.folder / version).is_dir():
            return True
        if version != common.key():
            return False
        try:
            return await self.make() == version
        except common.PageFilesError as error:
            log.error("%s %s", error, error.remedy)
            return False


class PageFileHandler(StaticFileHandler):
    """Tornado's static files, sent in the compressed form that lies beside them, with headers for ever."""

    shelf: Shelf
    squeezed = False

    def initialize(self, shelf: Shelf) -> None:  # type: ignore[override]
        super().initialize(path=str(shelf.folder))
        self.shelf = shelf

    async def prepare(self) -> None:
        """A browser may come before the files are made: it waits."""
        version = self.path_args[0].partition("/")[0]
        if not await self.shelf.has(version):
            raise HTTPError(404)

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """As Tornado. What cannot be a name of ours is none: dots in front, odd letters, the compressed forms by themselves."""
        if path.endswith(".gz") or not NAME.fullmatch(path):
            raise HTTPError(404)
        return super().get_absolute_path(root, path)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """The file to send: the compressed one, if there is one and the browser takes it."""
        if takes_gzip(self.request.headers.get("Accept-Encoding", "")) and Path(small := absolute_path + ".gz").is_file():
            self.squeezed = True
            return super().validate_absolute_path(root, small)
        return super().validate_absolute_path(root, absolute_path)

    def get_content_type(self) -> str:
        """The type of the file, compressed or not."""
        suffix = Path(self.path).suffix
        found = TYPES.get(suffix) or mimetypes.guess_type(self.path)[0] or "application/octet-stream"
        return f"{found}; charset=utf-8" if found.startswith("text/") else found

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        """None of Tornado's: ours is set below."""
        return 0

    def set_extra_headers(self, path: str) -> None:
        """For ever, for everybody, and also for pages of other origins: with a domain, each pupil's page has one of its own."""
        self.set_header("Cache-Control", FOR_EVER)
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.set_header("X-Content-Type-Options", "nosniff")
        if self.squeezed:
            self.set_header("Content-Encoding", "gzip")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One line; it says nothing of what lies where."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(f"{status_code}\n")


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding allows gzip (RFC 9110: a weight of 0 refuses it, ``*`` stands for what is not named)."""
    weights = {name.strip(): rest.strip() for name, _, rest in (item.partition(";") for item in accepted.lower().split(","))}
    weight = weights.get("gzip", weights.get("*"))
    return weight is not None and not ZERO.fullmatch(weight)
