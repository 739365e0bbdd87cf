"""The part of the page that runs in the pupil's Jupyter server: it registers our addresses and knows the room's surroundings."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from hub.page import lesson_folder, words
from hub.page.lesson_folder import LessonError
from kanikko.exchange_client import AsyncExchangeClient, ExchangeFault, Lesson
from kanikko.safe_files import ArchiveLimits

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

MEGABYTE = 1024 * 1024
KEY = "kanikko_page"
"""Where handlers find the Page in the application's settings."""


@dataclass
class Page:
    """What the handlers share: one object a server."""

    root: Path
    home_url: str
    quota_mb: int
    limits: ArchiveLimits
    exchange: AsyncExchangeClient = field(default_factory=AsyncExchangeClient)
    opening: dict[tuple[str, str], asyncio.Task[str]] = field(default_factory=dict)

    def open_lesson(self, course: str, lesson: str) -> asyncio.Task[str]:
        """The task that fills the lesson's folder; its result is the path of the first notebook.

        A child who taps three times starts one task. Who saw its end calls :meth:`opened`.
        """
        key = (course, lesson)
        if key not in self.opening:
            self.opening[key] = asyncio.create_task(self._open_lesson(course, lesson))
        return self.opening[key]

    def opened(self, course: str, lesson: str) -> None:
        """The task's end has been told to the child: the next tap starts anew."""
        self.opening.pop((course, lesson), None)

    async def _open_lesson(self, course: str, lesson: str) -> str:
        await asyncio.to_thread(lesson_folder.mend, self.root, course, lesson)
        here = await asyncio.to_thread(lesson_folder.first_notebook, self.root, course, lesson)
        try:
            await self._fetch_if_new(course, lesson)
        except (ExchangeFault, LessonError):
            if here is None:
                raise
            # The child has work here; whatever ails the exchange or the disk, it opens.
            return here
        found = await asyncio.to_thread(lesson_folder.first_notebook, self.root, course, lesson)
        if found is None:
            raise LessonError(words.NO_LESSON, 404)
        return found

    async def _fetch_if_new(self, course: str, lesson: str) -> None:
        released = await self._released(course, lesson)
        stamp = released.released_at.isoformat()
        has_notebook = lesson_folder.first_notebook(self.root, course, lesson) is not None
        if has_notebook and lesson_folder.filled_from(self.root, course, lesson) == stamp:
            return
        try:
            with tempfile.TemporaryDirectory(prefix=".kanikko-", dir=self.root) as aside:
                await self.exchange.fetch_release(course, lesson, Path(aside, "release"))
                await asyncio.to_thread(lesson_folder.add_missing, self.root, course, lesson, Path(aside, "release"))
        except OSError as error:
            raise lesson_folder.disk_error(error) from error
        lesson_folder.remember(self.root, course, lesson, stamp)

    async def _released(self, course: str, lesson: str) -> Lesson:
        for released in await self.exchange.lessons(course):
            if released.lesson == lesson:
                return released
        raise LessonError(words.NO_LESSON, 404)


def _home_url(serverapp: ServerApp) -> str:
    """The pupil's home page, as JupyterHub's own single-user server finds it."""
    hub_auth = getattr(serverapp.identity_provider, "hub_auth", None)
    if hub_auth is None:
        return "/hub/home"
    return str(hub_auth.hub_host + url_path_join(hub_auth.hub_prefix, "home"))


def make_page(serverapp: ServerApp) -> Page:
    """The Page of a server, from its root folder and the room's environment."""
    return Page(
        root=Path(serverapp.root_dir),
        home_url=_home_url(serverapp),
        quota_mb=int(os.environ.get("KANIKKO_QUOTA_MB") or 0),
        limits=ArchiveLimits(
            total=int(os.environ.get("KANIKKO_SUBMISSION_LIMIT_MB") or 10) * MEGABYTE,
            entries=int(os.environ.get("KANIKKO_SUBMISSION_LIMIT_FILES") or 100),
        ),
    )


def load(serverapp: ServerApp) -> None:
    """Register our handlers. Jupyter loads extensions by name, so ours come before Notebook's and may stand in front of them."""
    from hub.page.handlers import HANDLERS
    from hub.page.notebook import NotebookPage, files_url

    web_app = serverapp.web_app
    web_app.settings[KEY] = make_page(serverapp)
    base_url = web_app.settings["base_url"]
    handlers: list[Any] = [(url_path_join(base_url, pattern), handler) for pattern, handler in HANDLERS]
    if files := files_url(serverapp):
        handlers.append((url_path_join(base_url, "/notebooks(.*)"), NotebookPage, {"files": files}))
    web_app.add_handlers(".*$", handlers)  # type: ignore[no-untyped-call]
