"""The addresses of the page below ``/user/<account>/``: hand in, watch a hand-in, open a lesson, disk use, closed doors."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import math
import time
from pathlib import Path
from string import Template
from typing import Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_escape, url_path_join
from tornado import web

from hub.page import lesson_folder, words
from hub.page.lesson_folder import LessonError
from hub.page.server import KEY, MEGABYTE, Page
from kanikko.exchange_client import ExchangeFault, Files, Submission

LONGEST_WAIT = 25.0
"""Seconds a request may wait for marks: below what proxies take for a dead connection."""
OPEN_WAIT = 1.5
"""Seconds before a child sees the waiting page instead of an empty one."""
PATIENCE, PAUSE = 8.0, 0.5
"""Seconds a hand-in is tried again while the exchange is away, and between two tries."""
TEMPLATES = Path(__file__).parent / "templates"
NAME = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,63})"

SAID = {
    401: words.SIGN_IN,
    403: words.SIGN_IN,
    404: words.NO_LESSON,
    413: words.TOO_BIG,
    429: words.TOO_OFTEN,
    503: words.NO_ANSWER,
    507: words.DISK_FULL,
}


def _seconds(text: str) -> float:
    try:
        wait = float(text)
    except ValueError:
        return 0.0
    return min(max(wait, 0.0), LONGEST_WAIT) if math.isfinite(wait) else 0.0


def _as_lesson_error(error: Exception) -> LessonError:
    """Words for a child, whatever went wrong at the exchange or here."""
    if isinstance(error, LessonError):
        return error
    if isinstance(error, ExchangeFault):
        own = {"down": words.NO_ANSWER, "not-allowed": words.NOT_YOURS, "not-released": words.NO_LESSON, "sign-in": words.SIGN_IN}
        said = own.get(error.code) or words.Words(error.for_pupil, "")
        return LessonError(said, error.status or 503)
    return LessonError(words.UNEXPECTED, 500)


class PageMixin:
    """Shared by our handlers: the server's Page."""

    settings: dict[str, Any]

    @property
    def page(self) -> Page:
        page: Page = self.settings[KEY]
        return page


class PageAPI(PageMixin, APIHandler):
    """Answers JSON; every error is ``{message, remedy}`` in a child's Japanese. Jupyter checks sign-in and XSRF."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        said = SAID.get(status_code, words.UNEXPECTED)
        message, remedy = (error.message, error.remedy) if isinstance(error, LessonError) else (said.message, said.remedy)
        self.finish(json.dumps({"message": message, "remedy": remedy}, ensure_ascii=False))

    def say(self, error: Exception) -> None:
        """Answer with the error in words. What we did not expect goes to the log, without anything of the child's."""
        told = _as_lesson_error(error)
        if told.status >= 500:
            self.log.warning("page: %s: %s", type(error).__name__, getattr(error, "detail", "") or error)
        self.set_status(told.status)
        self.finish(json.dumps({"message": told.message, "remedy": told.remedy}, ensure_ascii=False))


class SubmitHandler(PageAPI):
    """``POST kanikko/submit {path, wait?}``: hand in the folder of the lesson that the notebook ``path`` belongs to.

    Answers 201 with the Submission once it is safely stored, after waiting up to ``wait`` seconds (25) for its marks.
    """

    @web.authenticated
    async def post(self) -> None:
        said = self.get_json_body()
        body = said if isinstance(said, dict) else {}
        try:
            course, lesson = lesson_folder.lesson_of(str(body.get("path", "")))
            page = self.page
            files = await asyncio.to_thread(lesson_folder.files_to_send, page.root, course, lesson, page.limits)
            submission = await _submit(page, course, lesson, files)
        except Exception as error:  # noqa: BLE001 - a child is told in words, whatever it was
            self.say(error)
            return
        wait = _seconds(str(body.get("wait", LONGEST_WAIT)))
        if wait and submission.state in ("queued", "grading"):
            # It is in. A failure while waiting for marks must not sound as if it were not.
            with contextlib.suppress(Exception):
                submission = await page.exchange.submission(submission.id, wait=wait)
        self.set_status(201)
        self.finish(submission.model_dump_json())


async def _submit(page: Page, course: str, lesson: str, files: Files) -> Submission:
    """Hand in, with patience: the exchange comes back within seconds of a crash, and a child need not notice.

    One that got through without an answer is stored twice then; every hand-in is kept and the newest counts.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await page.exchange.submit(course, lesson, files)
        except ExchangeFault as error:
            if error.code != "down" or time.monotonic() > until:
                raise
        await asyncio.sleep(PAUSE)


class SubmissionHandler(PageAPI):
    """``GET kanikko/submission/ID?wait=SECONDS``: a hand-in as soon as it is graded, or when the wait is over."""

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        try:
            submission = await self.page.exchange.submission(submission_id, wait=_seconds(self.get_argument("wait", "0")))
        except Exception as error:  # noqa: BLE001 - as above
            self.say(error)
            return
        self.finish(submission.model_dump_json())


class UsageHandler(PageAPI):
    """``GET kanikko/usage``: ``{used_bytes, quota_bytes}`` of the home; ``quota_bytes`` 0 means no limit is known.

    The page also asks it whether the room can be reached; that does not count as activity, or an open tab would keep a room for ever.
    """

    _track_activity = False
    counted_at = -math.inf
    counted = 0
    FRESH = 10.0
    """Seconds a count stays good."""

    @web.authenticated
    async def get(self) -> None:
        if time.monotonic() - UsageHandler.counted_at > self.FRESH:
            UsageHandler.counted_at = time.monotonic()
            UsageHandler.counted = await asyncio.to_thread(lesson_folder.used_bytes, self.page.root)
        self.finish({"used_bytes": UsageHandler.counted, "quota_bytes": self.page.quota_mb * MEGABYTE})


class OpenHandler(PageMixin, JupyterHandler):
    """``GET kanikko/open/<course>/<lesson>``: fetch the lesson if it is missing, then go to its first notebook."""

    @web.authenticated
    async def get(self, course: str, lesson: str) -> None:
        task = self.page.open_lesson(course, lesson)
        done, _ = await asyncio.wait({task}, timeout=OPEN_WAIT)
        if not done:
            self._show("waiting.html", 202)
            return
        self.page.opened(course, lesson)
        try:
            path = task.result()
        except Exception as error:  # noqa: BLE001 - a child is told in words, whatever it was
            told = _as_lesson_error(error)
            if told.status >= 500:
                self.log.warning("page: %s: %s", type(error).__name__, getattr(error, "detail", "") or error)
            self._show("sorry.html", told.status, message=told.message, remedy=told.remedy)
            return
        self.redirect(url_path_join(self.base_url, "notebooks", url_escape(path)))

    def _show(self, template: str, status: int, **texts: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        safe = {name: html.escape(words.plain(text)) for name, text in {**texts, "home": self.page.home_url}.items()}
        self.finish(Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(safe))


class ClosedHandler(PageMixin, JupyterHandler):
    """Doors that are none for a pupil (Lab, the file tree, terminals, consoles, the editor): back to the home page."""

    @web.authenticated
    async def get(self) -> None:
        self.redirect(self.page.home_url)


HANDLERS: list[tuple[str, type[JupyterHandler]]] = [
    (r"/kanikko/submit", SubmitHandler),
    (r"/kanikko/submission/([A-Za-z0-9_-]{1,64})", SubmissionHandler),
    (r"/kanikko/usage", UsageHandler),
    (rf"/kanikko/open/{NAME}/{NAME}", OpenHandler),
    # /lab/api and /lab/extensions are Notebook's own.
    (r"/(?:lab(?!/(?:api|extensions)/)|tree|doc|edit|consoles|terminals|retro|nbclassic)(?:/.*)?", ClosedHandler),
]
